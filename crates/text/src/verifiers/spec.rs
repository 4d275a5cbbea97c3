//! A verifier named in a word, for command lines and configuration files.

use super::judge::JudgeSettings;
use super::{
    CertaintyVerifier, Confidence, JudgeVerifier, LabelFormat, LabelVerifier, ProductVerifier,
    RewardVerifier, VerifierError,
};
use crate::{Prompt, Trace};
use deliberate_lm::{LanguageModel, ModelFacts, Rewarded};
use deliberate_search::{Granularity, Verifier};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Nats of mean certainty at which a score reaches 1 − 1/e.
const CERTAINTY_SCALE: f32 = 20.0;

/// Which verifier.
///
/// Written `none`, `logprob`, `likelihood`, `certainty`, `judge`, `judge:variants=3`, `judge:samples=4`, `prm:FORMAT`,
/// `orm:FORMAT`, `reward`, `reward:PROMPT`, or two of them as `prm:FORMAT*likelihood`; a format is the name of a built-in
/// [`LabelFormat`] or the path of a file, a prompt that of a built-in [`Prompt`] or the path of a file. Two that ask a model
/// ask the same one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum VerifierSpec {
    /// No verifier: strategies that vote.
    #[default]
    None,
    /// The proposer's mean log-probability.
    Logprob,
    /// The proposer's probability of the whole.
    Likelihood,
    /// The proposer's mean certainty.
    Certainty,
    /// A yes or a no.
    Judge {
        /// Critiques written first; 0 asks directly.
        samples: u32,
        /// Wordings, without critiques.
        variants: u32,
        /// Verdicts drawn for each question; 0 reads the probability.
        verdicts: u32,
    },
    /// A score for each step, by label tokens.
    Prm {
        /// Built-in name or path.
        format: String,
    },
    /// A score for the whole, by label tokens.
    Orm {
        /// Built-in name or path.
        format: String,
    },
    /// What a reward model says, at each step or of the whole, as its server has it.
    Reward {
        /// Built-in name or path; what suits the server where none is named.
        prompt: Option<String>,
    },
    /// Both scores, multiplied.
    Product(Box<[VerifierSpec; 2]>),
}

impl VerifierSpec {
    /// Whether it calls a model.
    pub fn needs_model(&self) -> bool {
        match self {
            Self::None | Self::Logprob | Self::Likelihood | Self::Certainty => false,
            Self::Judge { .. } | Self::Prm { .. } | Self::Orm { .. } | Self::Reward { .. } => true,
            Self::Product(parts) => parts.iter().any(Self::needs_model),
        }
    }

    /// Refuses a verifier of what nobody tells.
    fn told(&self, model: &ModelFacts, proposer: &ModelFacts) -> Result<(), VerifierError> {
        let vote = "a strategy that votes, such as majority, or a verifier that asks another model";
        let drawn = "the log-probabilities of what was drawn";
        let rewards = model.abilities.rewards;
        let (facts, told, read, instead) = match self {
            // A reward model is asked for when it is put together.
            Self::None | Self::Product(_) | Self::Reward { .. } => return Ok(()),
            // A head is read in the place of labels.
            Self::Prm { .. } | Self::Orm { .. } if rewards == Some(Rewarded::Steps) => return Ok(()),
            Self::Judge { .. } | Self::Prm { .. } | Self::Orm { .. } if rewards.is_some() => {
                (model, false, "what a model would write", "reward, which asks the server's reward endpoint")
            }
            Self::Logprob | Self::Likelihood => (proposer, proposer.abilities.logprobs, drawn, vote),
            Self::Certainty => {
                let read = "the whole distribution of every token drawn";
                (proposer, proposer.abilities.certainty, read, "likelihood, or a model that runs here")
            }
            Self::Judge { verdicts, .. } => {
                let told = *verdicts > 0 || model.abilities.scores || model.abilities.logprobs;
                (
                    model,
                    told,
                    "the probabilities of a yes and a no",
                    "judge:verdicts=8, which draws and counts",
                )
            }
            Self::Prm { .. } | Self::Orm { .. } => {
                let read = "distributions in the middle of a text";
                (
                    model,
                    model.abilities.scores,
                    read,
                    "judge, or a server that takes token ids: vLLM, llama-server",
                )
            }
        };
        let (verifier, model) = (self.to_string(), facts.name.clone());
        if told { Ok(()) } else { Err(VerifierError::Untold { verifier, read, model, instead }) }
    }

    /// Sets it up. `model` scores what `proposer` draws; both may be the same model, and `model` is not used by
    /// verifiers that need none.
    ///
    /// # Errors
    /// [`VerifierError`] if it does not fit the model, or its format or prompt is broken.
    pub async fn build<M: LanguageModel + Clone + 'static>(
        &self,
        model: M,
        proposer: &ModelFacts,
    ) -> Result<Option<Box<dyn Verifier<Trace>>>, VerifierError> {
        self.told(model.facts(), proposer)?;
        Ok(Some(match self {
            Self::None => return Ok(None),
            Self::Product(parts) => {
                let [one, other] = parts.as_ref();
                let one = Box::pin(one.build(model.clone(), proposer)).await?;
                let other = Box::pin(other.build(model, proposer)).await?;
                let Some((one, other)) = one.zip(other) else { return Ok(None) };
                Box::new(ProductVerifier::new(one, other))
            }
            Self::Logprob => Box::new(CertaintyVerifier::new(Confidence::Logprob)),
            Self::Likelihood => Box::new(CertaintyVerifier::new(Confidence::Likelihood)),
            Self::Certainty => {
                Box::new(CertaintyVerifier::new(Confidence::Certainty { scale: CERTAINTY_SCALE }))
            }
            &Self::Judge { samples, variants, verdicts } => {
                let settings = match samples {
                    0 => JudgeSettings::wordings(variants),
                    samples => JudgeSettings::critiques(samples),
                };
                Box::new(JudgeVerifier::new(model, settings.with_verdicts(verdicts)).await?)
            }
            Self::Reward { prompt } => Box::new(RewardVerifier::new(model, prompt.as_deref()).await?),
            Self::Prm { format } => {
                let format = LabelFormat::load(format)?;
                Box::new(LabelVerifier::new(model, format, Granularity::Step, proposer).await?)
            }
            Self::Orm { format } => {
                let format = LabelFormat::load(format)?;
                Box::new(LabelVerifier::new(model, format, Granularity::Whole, proposer).await?)
            }
        }))
    }
}

/// A text that names no verifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is no verifier: {reason} (use none, logprob, likelihood, certainty, judge, judge:variants=1..{max}, judge:samples=NUMBER, judge:verdicts=NUMBER, prm:FORMAT, orm:FORMAT, reward, reward:PROMPT, or two of them with a * between; formats: {formats}, or the path of a .toml file)",
    max = JudgeSettings::VARIANTS,
    formats = LabelFormat::built_in().join(", ")
)]
pub struct VerifierSpecError {
    /// What was given.
    pub given: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FromStr for VerifierSpec {
    type Err = VerifierSpecError;

    fn from_str(given: &str) -> Result<Self, VerifierSpecError> {
        let wrong = |reason: String| VerifierSpecError { given: given.to_owned(), reason };
        if let Some((one, other)) = given.split_once('*') {
            let parts = [one.parse()?, other.parse()?];
            return match parts {
                [Self::None, _] | [_, Self::None] => Err(wrong("`none` has no score to multiply".to_owned())),
                [_, Self::Product(_)] => Err(wrong("a product has two verifiers".to_owned())),
                parts => Ok(Self::Product(Box::new(parts))),
            };
        }
        let (kind, rest) = given.split_once(':').map_or((given, None), |(kind, rest)| (kind, Some(rest)));
        match (kind, rest) {
            ("none", None) => Ok(Self::None),
            ("logprob", None) => Ok(Self::Logprob),
            ("likelihood", None) => Ok(Self::Likelihood),
            ("certainty", None) => Ok(Self::Certainty),
            ("judge", None) => Ok(Self::Judge { samples: 0, variants: 1, verdicts: 0 }),
            ("judge", Some(options)) => judge(options).map_err(wrong),
            ("reward", None) => Ok(Self::Reward { prompt: None }),
            ("reward", Some("")) => Err(wrong("which prompt?".to_owned())),
            ("reward", Some(prompt)) => reward(prompt).map_err(wrong),
            ("prm" | "orm", None | Some("")) => Err(wrong("which label format?".to_owned())),
            ("prm", Some(format)) => known(format).map(|format| Self::Prm { format }).map_err(wrong),
            ("orm", Some(format)) => known(format).map(|format| Self::Orm { format }).map_err(wrong),
            ("none" | "logprob" | "likelihood" | "certainty", Some(_)) => {
                Err(wrong(format!("`{kind}` has no options")))
            }
            _ => Err(wrong(format!("there is no kind `{kind}`"))),
        }
    }
}

fn judge(options: &str) -> Result<VerifierSpec, String> {
    let (mut samples, mut variants, mut verdicts) = (0, 1, 0);
    for option in options.split(',') {
        let (name, value) = option.split_once('=').ok_or_else(|| format!("`{option}` has no value"))?;
        let number = value.parse::<u32>().ok().filter(|&number| number > 0);
        let number = number.ok_or_else(|| format!("`{value}` is no number above 0"))?;
        match name {
            "samples" => samples = number,
            "verdicts" => verdicts = number,
            "variants" if number <= JudgeSettings::VARIANTS => variants = number,
            "variants" => return Err(format!("there are only {} variants", JudgeSettings::VARIANTS)),
            _ => return Err(format!("a judge has no option `{name}`")),
        }
    }
    if samples > 0 && variants > 1 {
        return Err("samples and variants exclude each other".to_owned());
    }
    Ok(VerifierSpec::Judge { samples, variants, verdicts })
}

fn reward(prompt: &str) -> Result<VerifierSpec, String> {
    if LabelFormat::is_path(prompt) || Prompt::built_in().contains(&prompt) {
        return Ok(VerifierSpec::Reward { prompt: Some(prompt.to_owned()) });
    }
    Err(format!("there is no prompt `{prompt}`"))
}

fn known(format: &str) -> Result<String, String> {
    if LabelFormat::is_path(format) || LabelFormat::built_in().contains(&format) {
        return Ok(format.to_owned());
    }
    Err(format!("there is no label format `{format}`"))
}

impl fmt::Display for VerifierSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Logprob => f.write_str("logprob"),
            Self::Likelihood => f.write_str("likelihood"),
            Self::Certainty => f.write_str("certainty"),
            Self::Judge { samples, variants, verdicts } => {
                f.write_str("judge")?;
                let options = [("samples", samples, 0), ("variants", variants, 1), ("verdicts", verdicts, 0)];
                let set = options.into_iter().filter(|(_, value, usual)| *value != usual);
                for (index, (name, value, _)) in set.enumerate() {
                    write!(f, "{}{name}={value}", if index == 0 { ':' } else { ',' })?;
                }
                Ok(())
            }
            Self::Prm { format } => write!(f, "prm:{format}"),
            Self::Orm { format } => write!(f, "orm:{format}"),
            Self::Reward { prompt: None } => f.write_str("reward"),
            Self::Reward { prompt: Some(prompt) } => write!(f, "reward:{prompt}"),
            Self::Product(parts) => write!(f, "{}*{}", parts[0], parts[1]),
        }
    }
}

impl TryFrom<String> for VerifierSpec {
    type Error = VerifierSpecError;
    fn try_from(given: String) -> Result<Self, VerifierSpecError> {
        given.parse()
    }
}

impl From<VerifierSpec> for String {
    fn from(spec: VerifierSpec) -> Self {
        spec.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn a_spec_is_written_as_it_is_read() {
        let all = "none logprob likelihood certainty judge judge:variants=3 judge:samples=4 judge:samples=4,verdicts=8 judge:verdicts=8 prm:math-shepherd orm:signs reward reward:reward-whole reward:a/b.toml \
                   prm:a/b.toml orm:A/B.TOML prm:signs*likelihood";
        for text in all.split(' ') {
            assert_eq!(text.parse::<VerifierSpec>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_spec_is_answered_with_the_alternatives() {
        let error = |text: &str| text.parse::<VerifierSpec>().unwrap_err();
        assert_snapshot!(error("prm:shepherd"), @"`prm:shepherd` is no verifier: there is no label format `shepherd` (use none, logprob, likelihood, certainty, judge, judge:variants=1..3, judge:samples=NUMBER, judge:verdicts=NUMBER, prm:FORMAT, orm:FORMAT, reward, reward:PROMPT, or two of them with a * between; formats: signs, math-shepherd, rlhflow, or the path of a .toml file)");
        for (text, reason) in [
            ("", "there is no kind ``"),
            ("prm", "which label format?"),
            ("none:x", "`none` has no options"),
            ("reward:", "which prompt?"),
            ("reward:steps", "there is no prompt `steps`"),
            ("judge:samples", "`samples` has no value"),
            ("judge:samples=0", "`0` is no number above 0"),
            ("judge:variants=9", "there are only 3 variants"),
            ("judge:tries=2", "a judge has no option `tries`"),
            ("logprob*none", "`none` has no score to multiply"),
            ("logprob*orm:signs*judge", "a product has two verifiers"),
            ("logprob*x", "there is no kind `x`"),
            ("judge:samples=2,variants=2", "samples and variants exclude each other"),
        ] {
            assert_eq!(error(text).reason, reason);
        }
    }
}
