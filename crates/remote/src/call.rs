//! One call to a model's servers: what is asked, what is read, and whose failure it is.

use crate::http::{Http, HttpError, WORK};
use crate::wire::{Ask, Fault};
use deliberate_lm::{LmError, Token};
use serde_json::Value;

/// Asks, and reads the answer; `model` is for messages, and `prompt` says who may hold its beginning.
pub(crate) async fn call<T>(
    http: &Http,
    model: &str,
    ask: &Ask,
    prompt: &[Token],
    read: impl Fn(Value) -> Result<T, Fault>,
) -> Result<T, LmError> {
    http.ask(ask, prompt, WORK, read).await.map_err(|error| failed(model, &error))
}

/// What may be otherwise later is told from what would not.
pub(crate) fn failed(model: &str, error: &HttpError) -> LmError {
    let model = model.to_owned();
    match error {
        HttpError::Failing { .. } => LmError::Unavailable { model, reason: error.to_string() },
        _ => LmError::Backend { model, reason: error.to_string() },
    }
}
