//! One call to a model's server: what is asked, what is read, and whose failure it is.

use crate::http::{Http, HttpError, WORK};
use crate::wire::{Ask, Fault};
use deliberate_lm::LmError;
use serde_json::Value;

/// Asks, and reads the answer; `model` is for messages.
pub(crate) async fn call<T>(
    http: &Http,
    model: &str,
    ask: &Ask,
    read: impl FnOnce(Value) -> Result<T, Fault>,
) -> Result<T, LmError> {
    let answer = http.post(ask.path, &ask.body, WORK).await.map_err(|error| failed(model, &error))?;
    read(answer).map_err(|fault| strange(model, &fault))
}

/// What may be otherwise later is told from what would not.
pub(crate) fn failed(model: &str, error: &HttpError) -> LmError {
    let model = model.to_owned();
    match error {
        HttpError::Failing { .. } => LmError::Unavailable { model, reason: error.to_string() },
        _ => LmError::Backend { model, reason: error.to_string() },
    }
}

pub(crate) fn strange(model: &str, fault: &Fault) -> LmError {
    LmError::Backend { model: model.to_owned(), reason: format!("a strange answer: {fault}") }
}
