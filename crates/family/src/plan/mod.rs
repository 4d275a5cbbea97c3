//! Everything that decides a build, as data.

mod base;
mod lab;
mod learning;
mod method;

pub use base::{Base, Lora, Written};
pub use lab::{Lab, Scale, Size};
pub(crate) use learning::EPOCHS;
pub use learning::Learning;
pub use method::Method;

use serde::{Deserialize, Serialize};

/// How a family is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// Every draw and every weight follows from it.
    pub seed: u64,
    /// What it grows from.
    pub from: Beginning,
    /// What is made of that.
    pub method: Method,
}

/// What a family grows from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beginning {
    /// Nothing but the lab's questions.
    Lab(Lab),
    /// A model that is there, and a file of questions with answers.
    Base(Base),
}

/// A text that is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It cannot be read as one.
    #[error("this is no plan")]
    Parse(#[from] Box<toml::de::Error>),
    /// Its sizes or its questions do not work.
    #[error("the plan cannot work: {reason}")]
    Nonsense {
        /// Why.
        reason: String,
    },
}

impl Plan {
    /// Reads a plan's TOML.
    ///
    /// # Errors
    /// [`PlanError`] if it is no plan or cannot work.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let plan: Self = toml::from_str(text).map_err(Box::new)?;
        plan.check()?;
        Ok(plan)
    }

    /// Whether it can work.
    ///
    /// # Errors
    /// [`PlanError::Nonsense`] with the reason.
    pub fn check(&self) -> Result<(), PlanError> {
        let beginning = match &self.from {
            Beginning::Lab(lab) => lab.check(),
            Beginning::Base(base) => base.check(self.method.draws(), self.method.temperature),
        };
        beginning.and_then(|()| self.method.check()).map_err(|reason| PlanError::Nonsense { reason })
    }

    /// The lab's part, for those who know only that.
    ///
    /// # Errors
    /// [`PlanError::Nonsense`] for a plan that grows from a model.
    pub fn lab(&self) -> Result<&Lab, PlanError> {
        match &self.from {
            Beginning::Lab(lab) => Ok(lab),
            Beginning::Base(_) => {
                Err(PlanError::Nonsense { reason: "it is no plan of the lab's".to_owned() })
            }
        }
    }
}
