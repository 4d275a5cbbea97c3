//! Answers in a form that somebody asked for: JSON, or calls of tools.
//!
//! What a solution says in its form is read here and compared here. A solution that is not in its form is no answer: it does
//! not vote, and no verifier is asked for it ([`FormVerifier`]). Nothing is mended on the way: what is read is what was
//! written, found inside of prose, of a fenced block or of the marks that models put around their calls.

mod calls;
mod json;
mod roles;
#[cfg(test)]
mod tests;
mod told;

use calls::Toolbox;
use deliberate_lm::{Call, Chat, Format};
use json::Wanted;
pub use roles::{FormAnswers, FormVerifier};
use serde_json::Value;
use std::fmt;
pub(crate) use told::told;

/// What an answer has to be.
#[derive(Debug, Default)]
pub struct Form {
    format: Option<Wanted>,
    tools: Option<Toolbox>,
}

/// A form that nobody can ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// A schema of answers that is none.
    #[error("this is no JSON schema that can be checked here: {reason}")]
    Schema {
        /// Where and why.
        reason: String,
    },
    /// A schema of a tool's arguments that is none.
    #[error("the parameters of the tool `{tool}` are no JSON schema that can be checked here: {reason}")]
    Parameters {
        /// Which tool.
        tool: String,
        /// Its place among the tools.
        index: usize,
        /// Where and why.
        reason: String,
    },
}

/// Why a solution is not in its form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// No JSON, where JSON is wanted.
    #[error("it is no JSON: {reason}")]
    NoJson {
        /// Where and why.
        reason: String,
    },
    /// JSON that is not what is wanted.
    #[error("it is not valid{}: {reason}", at(path))]
    Invalid {
        /// Where in it.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A tool has to be called.
    #[error("it calls no tool")]
    NoCall,
    /// More calls than are wanted.
    #[error("it calls {calls} tools at once")]
    SeveralCalls {
        /// How many.
        calls: usize,
    },
    /// A call of what may not be called.
    #[error("it calls `{name}`, which it may not")]
    OtherTool {
        /// What is called.
        name: String,
    },
    /// Arguments that the tool does not take.
    #[error("it calls `{name}` with arguments that are not valid{}: {reason}", at(path))]
    Arguments {
        /// What is called.
        name: String,
        /// Where in them.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" at {path}") }
}

/// What a solution says, in its form.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// What is said in words, or in JSON as it was written.
    pub content: String,
    /// What is called, with the arguments in one spelling; identifiers are left to whoever passes the calls on.
    pub calls: Vec<Call>,
    value: Option<Value>,
}

impl Form {
    /// The form that a conversation asks for. Arguments of the names in `ignored` do not count where calls are compared.
    ///
    /// # Errors
    /// [`FormError`] for schemas that are none, or that refer to what is not in them.
    pub fn of(chat: &Chat, ignored: &[String]) -> Result<Self, FormError> {
        let Chat { tools, format, .. } = chat;
        let format = match format {
            Format::Text => None,
            Format::Object => Some(Wanted::Object),
            Format::Schema(schema) => Some(Wanted::schema(schema)?),
        };
        let tools = (!tools.is_empty()).then(|| Toolbox::new(chat, ignored)).transpose()?;
        Ok(Self { format, tools })
    }

    /// Whether any text will do.
    pub fn is_free(&self) -> bool {
        self.format.is_none() && self.tools.is_none()
    }

    /// Reads a finished solution.
    ///
    /// # Errors
    /// [`Misfit`] for one that is not in the form.
    pub fn read(&self, solution: &str) -> Result<Said, Misfit> {
        let mut content = solution.trim_end().to_owned();
        if let Some(tools) = &self.tools {
            let (before, calls) = tools.read(solution)?;
            if !calls.is_empty() {
                return Ok(Said { content: before, calls, value: None });
            }
        }
        let mut value = None;
        if let Some(format) = &self.format {
            let (written, read) = format.read(solution)?;
            (content, value) = (written.to_owned(), Some(read));
        }
        Ok(Said { content, calls: Vec::new(), value })
    }

    /// Whether two say the same, where it is JSON or calls; `None` where both say something in words.
    pub fn same(&self, one: &Said, other: &Said) -> Option<bool> {
        match (one, other) {
            (Said { calls: left, .. }, Said { calls: right, .. })
                if !(left.is_empty() && right.is_empty()) =>
            {
                Some(self.tools.as_ref().is_some_and(|tools| tools.same(left, right)))
            }
            (Said { value: Some(left), .. }, Said { value: Some(right), .. }) => {
                Some(json::same(left, right))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Said {
    /// Calls as they are made, or the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.calls.is_empty() {
            return f.write_str(self.content.trim());
        }
        let calls: Vec<String> =
            self.calls.iter().map(|call| format!("{}({})", call.name, call.arguments)).collect();
        f.write_str(&calls.join(" "))
    }
}
