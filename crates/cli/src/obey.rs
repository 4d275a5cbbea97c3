//! A policy in the place of a strategy.

use crate::budget::MOST_GENERATIONS;
use crate::exit::bad_input;
use crate::output::note;
use anyhow::anyhow;
use deliberate_policy::{ByDifficulty, ByRanking, Policy, Reasons, Sequential};
use deliberate_search::Strategy;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Which part of a policy is obeyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Regime {
    /// Draw round by round, and stop when another round is not worth its price.
    #[default]
    Online,
    /// Guess the difficulty from a few samples, and spend the rest of the budget as was best for it.
    Fixed,
    /// Draw the whole budget, and choose by the learnt vote.
    Ranking,
}

/// A policy and the part of it that is obeyed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Obeyed {
    regime: Regime,
    policy: Policy,
}

impl Obeyed {
    /// Reads a policy that has the part that is wanted.
    pub(crate) fn read(path: &Path, regime: Regime) -> anyhow::Result<Self> {
        let policy = Policy::read(path).map_err(bad_input)?;
        let there = match regime {
            Regime::Online => policy.online.is_some(),
            Regime::Fixed => policy.fixed.is_some(),
            Regime::Ranking => policy.ranking.is_some(),
        };
        if there {
            return Ok(Self { regime, policy });
        }
        Err(bad_input(anyhow!("the policy `{}` has no part for --regime {regime:?}", path.display())))
    }

    /// Generations that it spends where no budget is given.
    pub(crate) fn generations(&self) -> Option<u32> {
        match self.regime {
            Regime::Online => self.policy.online.as_ref().map(|online| online.most),
            Regime::Fixed => self.policy.fixed.as_ref()?.most(),
            Regime::Ranking => None,
        }
    }

    /// Refuses scores that the policy does not know, and warns of another proposer and of models that are asked in
    /// another way.
    pub(crate) fn check(&self, proposer: &str, verifier: &str, now: &Asked) -> anyhow::Result<()> {
        let fitted = &self.policy.provenance;
        if fitted.verifier != verifier {
            return Err(bad_input(anyhow!(
                "the policy was fitted on scores of the verifier `{}`, and those of `{verifier}` mean something else \
                 (give --verifier {}, or calibrate again)",
                fitted.verifier,
                fitted.verifier
            )));
        }
        for difference in self.policy.mismatch(proposer, verifier) {
            note(format_args!("{difference}: its chances and its prices may be off"));
        }
        for (name, then) in &fitted.asked {
            let now = now.get(name).map_or("none", String::as_str);
            if now != then {
                note(format_args!(
                    "the policy was fitted with {name} {then}, not {now}: its chances and its prices may be off"
                ));
            }
        }
        Ok(())
    }

    /// The strategy that obeys it.
    pub(crate) fn build(
        &self,
        generations: Option<u32>,
        reasons: Reasons,
    ) -> anyhow::Result<Box<dyn Strategy>> {
        let some = "it was read with this part";
        // A budget that counts none leaves the policy its own.
        let generations = generations.or(self.generations()).unwrap_or(MOST_GENERATIONS);
        Ok(match self.regime {
            Regime::Online => {
                let mut online = self.policy.online.clone().expect(some);
                online.most = online.most.min(generations);
                Box::new(Sequential::new(online, reasons))
            }
            Regime::Fixed => {
                let fixed = self.policy.fixed.as_ref().expect(some);
                Box::new(ByDifficulty::new(fixed, generations, reasons).map_err(bad_input)?)
            }
            Regime::Ranking => {
                Box::new(ByRanking::new(self.policy.ranking.clone().expect(some), generations))
            }
        })
    }
}

/// How models are asked, by setting: what a policy's chances and prices depend on besides who answers.
pub(crate) type Asked = BTreeMap<String, String>;

/// How models are asked, out of the search settings and the provenance of the models as they are written down.
pub(crate) fn asked(search: &Value, models: &Value) -> Asked {
    let sampling = &search["sampling"];
    let all = [
        ("verifier-model", &models["verifier"]["model"]),
        ("prompt", &search["prompt"]),
        ("steps", &search["steps"]),
        ("max-tokens", &search["max-tokens"]),
        ("temperature", &sampling["temperature"]),
        ("top-k", &sampling["top_k"]),
        ("top-p", &sampling["top_p"]),
        ("min-p", &sampling["min_p"]),
    ];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let said = all.into_iter().filter(|(_, value)| !value.is_null());
    said.map(|(name, value)| (name.to_owned(), text(value))).collect()
}
