//! How to search, complete and checked. Defaults and cross-checks live here only.

use crate::affordable::{self, Affordable};
use crate::error::Error;
use crate::obeyed::Obeyed;
use crate::options::SearchOptions;
use deliberate_lm::Sampling;
use deliberate_policy::Reasons;
use deliberate_search::{Budget, Selection, Strategy, StrategySpec};
use deliberate_text::{StepRule, VerifierSpec};
use serde::Serialize;
use std::num::NonZeroU32;

/// The prompt where none is named.
pub const PROMPT: &str = "few-shot";
/// Generations where no budget is given.
const GENERATIONS: u32 = 16;

/// How to search, complete and checked.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Search {
    /// Under a policy, what the roles have to be able to do. Its size is open where it follows from a budget that counts
    /// no generations.
    pub strategy: StrategySpec,
    /// What decides in the strategy's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Obeyed>,
    /// What one question may cost.
    pub budget: Budget,
    /// Who scores.
    pub verifier: VerifierSpec,
    /// Who scores where the strategy revises, if not the verifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_verifier: Option<VerifierSpec>,
    /// Every draw follows from it and from the question.
    pub seed: u64,
    /// A built-in prompt or the path of a prompt file.
    pub prompt: String,
    /// Where a step ends, if not where the prompt says.
    pub steps: Option<StepRule>,
    /// Texts that end a solution and are no part of it, besides those of the prompt; none unless somebody sets them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Tokens of one solution, at most.
    pub max_tokens: u32,
    /// How tokens are sampled.
    #[serde(serialize_with = "as_written")]
    pub sampling: Sampling,
}

/// Single-precision numbers as people write them: 0.7 is not 0.699999988079071.
fn as_written<S: serde::Serializer>(sampling: &Sampling, to: S) -> Result<S::Ok, S::Error> {
    let text = serde_json::to_string(sampling).map_err(serde::ser::Error::custom)?;
    serde_json::from_str::<serde_json::Value>(&text).map_err(serde::ser::Error::custom)?.serialize(to)
}

impl Search {
    /// Fills in what was left open, reads the policy, and checks what belongs together.
    ///
    /// # Errors
    /// [`Error`] for what cannot be understood, and for what does not go together.
    pub fn resolve(options: SearchOptions) -> Result<Self, Error> {
        if options.regime.is_some() && options.policy.is_none() {
            return Err(Error::RegimeWithoutPolicy);
        }
        let regime = options.regime.unwrap_or_default();
        let policy = options.policy.map(|path| Obeyed::read(&path, regime)).transpose()?;
        let text = options.strategy.filter(|_| policy.is_none()).unwrap_or_else(|| "best-of-n".to_owned());
        let usual = policy.as_ref().and_then(Obeyed::generations).unwrap_or(GENERATIONS);
        let budget = options.budget.unwrap_or(Budget::generations(usual));
        let mut strategy: StrategySpec = text.parse()?;
        if let Some(generations) = affordable::generations(&strategy, &budget) {
            strategy = strategy.with_generations(generations)?;
        }
        let verifier: VerifierSpec = options.verifier.unwrap_or_else(|| "logprob".to_owned()).parse()?;
        let revision_verifier = options.revision_verifier.map(|text| text.parse()).transpose()?;
        if strategy.needs().verifier && verifier == VerifierSpec::None {
            return Err(Error::NoScores { strategy: strategy.name().to_owned() });
        }
        let sampling = Sampling {
            temperature: options.temperature.unwrap_or(0.8),
            top_k: options.top_k,
            top_p: options.top_p.unwrap_or(1.0),
            min_p: options.min_p.unwrap_or(0.0),
        };
        sampling.check()?;
        Ok(Self {
            strategy,
            policy,
            budget,
            verifier,
            revision_verifier,
            seed: options.seed.unwrap_or(0),
            prompt: options.prompt.unwrap_or_else(|| PROMPT.to_owned()),
            steps: options.steps,
            stop: Vec::new(),
            max_tokens: options.max_tokens.map_or(512, NonZeroU32::get),
            sampling,
        })
    }

    /// What decides; under a policy it leaves its reasons.
    ///
    /// # Errors
    /// [`Error::Policy`] for a policy that has nothing for this budget, [`Error::Strategy`] for a strategy without a size.
    pub fn decider(&self, reasons: &Reasons) -> Result<Box<dyn Strategy>, Error> {
        match &self.policy {
            Some(policy) => policy.build(self.budget.generations, reasons.clone()),
            None if self.strategy.cost().is_none() => {
                Ok(Box::new(Affordable::new(self.strategy.clone(), self.budget)))
            }
            None => Ok(self.strategy.build()?),
        }
    }

    /// What decides, in a word.
    pub fn way(&self) -> String {
        if self.policy.is_some() { "policy".to_owned() } else { self.strategy.name().to_owned() }
    }

    /// Who chooses among the answers, for people.
    pub fn selection(&self) -> Selection {
        self.strategy.selection()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget;

    #[test]
    fn what_a_budget_does_not_name_does_not_bind() {
        let resolved = |strategy: &str, budget: &str| {
            let options = SearchOptions {
                strategy: Some(strategy.to_owned()),
                budget: Some(budget::parse(budget).unwrap()),
                ..SearchOptions::default()
            };
            Search::resolve(options).unwrap().strategy.cost()
        };
        assert_eq!(resolved("best-of-n", "100000tokens"), Some(budget::MOST_GENERATIONS));
        assert_eq!(resolved("best-of-n", "300tokens"), Some(300));
        assert_eq!((resolved("beam", "300tokens"), resolved("beam", "8")), (None, Some(8)));
    }

    #[test]
    fn a_number_is_written_down_as_it_was_given() {
        let options = SearchOptions { temperature: Some(0.7), ..SearchOptions::default() };
        let written = serde_json::to_value(Search::resolve(options).unwrap()).unwrap();
        assert_eq!(written["sampling"]["temperature"].to_string(), "0.7");
    }
}
