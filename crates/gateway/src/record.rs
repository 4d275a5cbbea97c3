//! Records of requests: a folder for each, with what was asked and what came of it. No keys.

use crate::reply::{self, Head};
use crate::request::AnswerRequest;
use crate::{Refusal, Solved};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder of one request.
#[derive(Debug)]
pub(crate) struct Record {
    folder: PathBuf,
}

impl Record {
    /// Begins one with what was asked, as [`asked`] has it. A record that cannot be kept is an error in the log, and none
    /// for the client.
    pub(crate) async fn begin(records: &Path, id: &str, asked: &Value) -> Self {
        let record = Self { folder: records.join(id) };
        record.keep("request.json", asked).await;
        record
    }

    /// Where it is, for what else belongs to it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends it with what came of it. What the same request gives again is apart from what differs every time.
    pub(crate) async fn end(&self, head: &Head, solved: Result<&Solved, &Refusal>, seconds: f64) {
        let Head { id, created, model, .. } = head;
        let mut bill = json!({"id": id, "created": created, "model": model, "seconds": seconds});
        match solved {
            Ok(solved) => {
                let mut whole = reply::whole(head, solved, seconds);
                let own = &mut whole["deliberate"];
                let votes = own["votes"].take();
                for name in ["way", "degraded", "spent"] {
                    bill[name] = own[name].take();
                }
                self.keep("answer.json", &json!({"choices": whole["choices"], "votes": votes})).await;
            }
            Err(refusal) => bill["error"] = refusal.json()["error"].take(),
        }
        self.keep("bill.json", &bill).await;
    }

    async fn keep(&self, name: &str, content: &Value) {
        let path = self.folder.join(name);
        let text = format!("{content:#}\n");
        let write = move || -> io::Result<()> {
            std::fs::create_dir_all(path.parent().expect("it is in a folder"))?;
            deliberate_files::replace(&path, |file| file.write_all(text.as_bytes()))
        };
        let written = tokio::task::spawn_blocking(write).await.map_err(io::Error::other);
        if let Err(error) = written.and_then(|written| written) {
            tracing::error!(folder = %self.folder.display(), name, %error, "cannot keep a record");
        }
    }
}

/// The request as it is to be asked again: with the seed that was drawn for it, and with what its headers said.
pub(crate) fn asked(body: &[u8], request: &AnswerRequest) -> Value {
    let mut body: Value = serde_json::from_slice(body).expect("it was read before");
    body["seed"] = json!(request.overrides.seed);
    for (name, value) in [("budget", json!(request.overrides.budget)), ("seconds", json!(request.seconds))] {
        if !value.is_null() {
            body["deliberate"][name] = value;
        }
    }
    body
}
