//! Verifiers of traces: by label tokens (PRM, ORM), by a judge's yes or no, by reward models, for nothing by the proposer's own confidence,
//! and products of two of them.

mod certainty;
mod format;
mod judge;
mod label;
#[cfg(test)]
mod poor;
mod product;
mod reward;
mod spec;

pub use certainty::{CertaintyVerifier, Confidence};
pub use format::{LabelFormat, LabelSource};
pub use judge::{JudgeSettings, JudgeVerifier};
pub use label::LabelVerifier;
pub use product::ProductVerifier;
pub use reward::RewardVerifier;
pub use spec::{VerifierSpec, VerifierSpecError};

use crate::PromptError;
use deliberate_lm::{LmError, Rewarded, Usage as LmUsage};
use deliberate_search::{Assessed, Failure};
use std::path::PathBuf;

/// Why a verifier cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// Neither a built-in label format nor a path.
    #[error("there is no label format `{name}` (built in: {known}; or give the path of a .toml file)")]
    UnknownFormat {
        /// What was asked for.
        name: String,
        /// The built-in names.
        known: String,
    },
    /// A file that cannot be read.
    #[error("cannot read the label format `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file that is no label format.
    #[error("`{format}` is not a label format")]
    Parse {
        /// Which format.
        format: String,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A model whose backend does not tell what the verifier reads.
    #[error("`{verifier}` reads {read}, which the server of `{model}` does not tell (take {instead})")]
    Untold {
        /// The verifier.
        verifier: String,
        /// What it reads.
        read: &'static str,
        /// Who does not tell it.
        model: String,
        /// What would do.
        instead: &'static str,
    },
    /// A reward model is asked for, and this is none.
    #[error(
        "`reward` asks the reward endpoint of a server, and `{model}` is behind none (name one as `verifier-server`: vLLM with a \
         reward model, which has /pooling or /classify, or SGLang with --is-embedding; or take prm:FORMAT, orm:FORMAT or judge)"
    )]
    NoReward {
        /// The model.
        model: String,
    },
    /// A prompt for steps and a model for wholes, or the other way round.
    #[error(
        "the prompt `{prompt}` is for reward models that score {}, and the server of `{model}` has another endpoint (take \
         `reward`, which is `reward:{usual}` here)", scored(*rewarded)
    )]
    OtherReward {
        /// The model.
        model: String,
        /// The prompt.
        prompt: String,
        /// What the prompt is for.
        rewarded: Rewarded,
        /// What would do.
        usual: &'static str,
    },
    /// A label that the model does not write as one token.
    #[error(
        "`{label}` is not one token of `{model}` but {tokens}, and a label is read as one (choose labels of one token, such as `+` and `-`, or let the model score that the format was made for)"
    )]
    NotOneToken {
        /// The label's text.
        label: String,
        /// How many tokens it is.
        tokens: usize,
        /// Whose tokens.
        model: String,
    },
    /// A text of the format that the model cannot write.
    #[error(
        "`{model}` cannot write `{text}`, which the label format inserts or reads: its vocabulary lacks some of it (let the model score that the format was made for, or take another format)"
    )]
    Unwritable {
        /// The text.
        text: String,
        /// Whose tokens.
        model: String,
    },
    /// A text that reads like a special token, of which the model knows nothing.
    #[error(
        "`{text}` reads like a special token, but `{model}` has none of that name and would read {tokens} ordinary tokens (let the model score that the format was made for, or take another separator)"
    )]
    UnknownMarker {
        /// The text.
        text: String,
        /// Whose tokens.
        model: String,
        /// Tokens that it would be.
        tokens: usize,
    },
    /// A model that says neither yes nor no in one token.
    #[error(
        "`{model}` cannot judge: it has no single token for `{word}` (let a general model judge, or choose another verifier, such as `likelihood` or `prm:FORMAT`)"
    )]
    NoJudge {
        /// The word.
        word: &'static str,
        /// Whose tokens.
        model: String,
    },
    /// Both labels are the same token.
    #[error("`{model}` writes both labels as the same token")]
    SameToken {
        /// Whose tokens.
        model: String,
    },
    /// The proposer's tokens mean something else to the verifier.
    #[error(
        "`{verifier}` has another vocabulary than `{proposer}`, so it cannot read the proposer's tokens (use a label format with `source = \"text\"`)"
    )]
    OtherVocabulary {
        /// Who scores.
        verifier: String,
        /// Who draws.
        proposer: String,
    },
    /// A prompt could not be loaded or does not fit.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The model could not encode something.
    #[error(transparent)]
    Model(#[from] LmError),
}

fn scored(rewarded: Rewarded) -> &'static str {
    match rewarded {
        Rewarded::Steps => "each step, at a `tag`",
        Rewarded::Whole => "whole answers, without a `tag`",
    }
}

/// One state's scores.
type Scores = (Result<Vec<f64>, ScoreError>, LmUsage);

/// Why one state was not scored.
#[derive(Debug, thiserror::Error)]
enum ScoreError {
    #[error(transparent)]
    Model(#[from] LmError),
    #[error(transparent)]
    Prompt(#[from] PromptError),
    #[error("the verifier gives neither label any probability")]
    Nothing,
    #[error("the proposer's backend tells no token statistics (choose another verifier)")]
    NoStatistics,
}

/// All states' scores; a model that has shut down fails the batch.
fn assessed(all: Vec<Scores>) -> Result<Assessed, Failure> {
    let mut usage = LmUsage::default();
    let mut scores = Vec::with_capacity(all.len());
    for (score, used) in all {
        usage += used;
        if let Err(
            error @ (ScoreError::Model(LmError::Closed { .. })
            | ScoreError::Prompt(PromptError::Model(LmError::Closed { .. }))),
        ) = &score
        {
            return Err(Failure::from_error(error));
        }
        scores.push(score.map_err(|error| Failure::from_error(&error)));
    }
    Ok(Assessed { scores, usage: crate::proposer::usage(usage) })
}

/// The share of the positive labels in the probability of all labels.
fn share(positive: &[f32], negative: &[f32]) -> Result<f64, ScoreError> {
    let highest = positive.iter().chain(negative).copied().fold(f32::NEG_INFINITY, f32::max);
    if !highest.is_finite() {
        return Err(ScoreError::Nothing);
    }
    let sum = |labels: &[f32]| labels.iter().map(|&label| f64::from(label - highest).exp()).sum::<f64>();
    let (positive, negative) = (sum(positive), sum(negative));
    let share = positive / (positive + negative);
    if share.is_nan() { Err(ScoreError::Nothing) } else { Ok(share.clamp(0.0, 1.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_the_share_of_the_positive_labels() {
        let ln = f32::ln;
        assert!((share(&[ln(0.03)], &[ln(0.01)]).unwrap() - 0.75).abs() < 1e-6);
        assert!((share(&[ln(0.1), ln(0.2)], &[ln(0.1)]).unwrap() - 0.75).abs() < 1e-6);
        assert!((share(&[f32::NEG_INFINITY], &[-900.0]).unwrap() - 0.0).abs() < 1e-12);
        assert!(share(&[f32::NEG_INFINITY], &[f32::NEG_INFINITY]).is_err());
        assert!(share(&[f32::NAN], &[0.0]).is_err());
    }
}
