//! A family on a model that is there, from questions with answers.

use super::{Learning, Method, Plan};
use deliberate_lm::Sampling;
use deliberate_text::{Prompt, PromptKind};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A model to begin with, and questions that have answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Base {
    /// A name of the catalogue, or the path of a GGUF file of a Llama or Qwen2 model.
    pub model: String,
    /// Questions with answers (JSON lines), which everything is learnt from.
    pub questions: PathBuf,
    /// Questions of the final measurement: never learnt from, and refused among those that are.
    #[serde(default)]
    pub test: Option<PathBuf>,
    /// Of a hundred questions of the file, those that nothing learns from: for choices.
    pub development: u32,
    /// How questions are put.
    pub prompt: String,
    /// Tokens of one solution, at most.
    pub answer_tokens: u32,
    /// What is drawn from beside the temperature, as [`Sampling`] has it: the smallest set of likely tokens that has this
    /// probability …
    #[serde(default)]
    pub top_p: Option<f32>,
    /// … and no more than so many tokens. A verifier is to judge what will be drawn when it is used.
    #[serde(default)]
    pub top_k: Option<u32>,
    /// Samples with the answer as a hint for each question that no sample got right (rationalisation: Zelikman et al. 2022,
    /// STaR); those that come out right are learnt from by `star`, without the hint.
    #[serde(default)]
    pub hinted: u32,
    /// Adapters of this rank in the place of whole models.
    #[serde(default)]
    pub lora: Option<Lora>,
    /// How the proposer learns from worked solutions first; without it, the model is the proposer as it stands.
    #[serde(default)]
    pub written: Option<Written>,
}

/// Sizes of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lora {
    /// Rank of its matrices.
    pub rank: u32,
    /// What it counts: alpha over rank.
    pub alpha: f32,
    /// The last so many blocks have changes, or all. What lies below is computed forwards only.
    #[serde(default)]
    pub blocks: Option<u32>,
}

/// Learning from worked solutions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Written {
    /// Of a hundred questions of the file, those that the proposer learns from. No samples are drawn for them.
    pub share: u32,
    /// How it learns.
    pub learning: Learning,
}

/// Adapters of a larger rank are whole models by another name.
const MOST_RANK: u32 = 1024;

impl Base {
    /// Of a hundred questions, those that the proposer learns from.
    pub fn written_share(&self) -> u32 {
        self.written.map_or(0, |written| written.share)
    }

    /// How tokens are drawn.
    pub fn sampling(&self, temperature: f32) -> Sampling {
        let all = Sampling::at(temperature);
        Sampling { top_p: self.top_p.unwrap_or(all.top_p), top_k: self.top_k, ..all }
    }

    /// What keeps it from being built, with samples drawn at a temperature or without.
    pub(crate) fn check(&self, samples: bool, temperature: f32) -> Result<(), String> {
        self.sampling(temperature).check().map_err(|error| error.to_string())?;
        let prompt = Prompt::load_for(&self.prompt, PromptKind::Solve).map_err(|error| error.to_string())?;
        Prompt::load_for(prompt.reviser(), PromptKind::Revise).map_err(|error| error.to_string())?;
        let taken = self.development.saturating_add(self.written_share());
        if taken > 100 || (taken == 100 && samples) {
            return Err("`development` and `written.share` leave no questions to draw samples for".to_owned());
        }
        if self.written.is_none() && !samples {
            return Err(
                "nothing is to be made: neither a proposer of worked solutions nor anything of samples"
                    .to_owned(),
            );
        }
        if self.answer_tokens == 0 {
            return Err("`answer-tokens` must be above 0".to_owned());
        }
        if let Some(Lora { rank, alpha, blocks }) = self.lora {
            if rank == 0 || rank > MOST_RANK {
                return Err(format!("the rank of adapters must be from 1 to {MOST_RANK}"));
            }
            if !(alpha.is_finite() && alpha != 0.0) {
                return Err("`lora.alpha` must be a number other than 0".to_owned());
            }
            if blocks == Some(0) {
                return Err("`lora.blocks` must be above 0".to_owned());
            }
        }
        self.written.map_or(Ok(()), |written| written.learning.check())
    }
}

/// The plan that `deliberate train` begins with: every model of the method on a base, with adapters.
const USUAL: &str = include_str!("../../plans/base.toml");

impl Plan {
    /// Every model of the method on a base that is yet to be named.
    ///
    /// # Panics
    /// Never: a test reads the plan.
    pub fn usual() -> (Base, Method) {
        let plan: Self = toml::from_str(USUAL).expect("a test reads the plan");
        match plan.from {
            super::Beginning::Base(base) => (base, plan.method),
            super::Beginning::Lab(_) => unreachable!("it is a plan of a base"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Beginning;

    fn plan(change: impl FnOnce(&mut Base, &mut Method)) -> Result<(), String> {
        let (mut base, mut method) = Plan::usual();
        change(&mut base, &mut method);
        let plan = Plan { seed: 0, from: Beginning::Base(base), method };
        let again: Plan = toml::from_str(&toml::to_string(&plan).unwrap()).unwrap();
        assert_eq!(plan, again);
        plan.check().map_err(|error| error.to_string())
    }

    #[test]
    fn the_usual_plan_can_work() {
        assert_eq!(plan(|_, _| ()), Ok(()));
    }

    #[test]
    fn what_cannot_work_is_named() {
        let refused = |change: fn(&mut Base, &mut Method), words: &str| {
            let reason = plan(change).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        };
        refused(|base, _| base.development = 100, "`development`");
        refused(|base, _| base.lora = Some(Lora { rank: 0, alpha: 1.0, blocks: None }), "rank");
        refused(|base, _| base.prompt = "nobody".to_owned(), "nobody");
        refused(|_, method| method.prm = None, "`distilled` goes on from `prm`");
        refused(|_, method| method.reviser = None, "goes on from `reviser`");
        refused(|_, method| method.star.as_mut().unwrap().peak = 0.0, "`star`: `peak`");
        refused(|_, method| method.temperature = 0.0, "`temperature`");
        refused(|base, _| base.top_p = Some(1.5), "top-p 1.5");
        refused(|base, _| base.top_k = Some(0), "top-k 0");
    }
}
