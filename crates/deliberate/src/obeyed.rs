//! A policy in the place of a strategy.

use crate::budget::MOST_GENERATIONS;
use crate::error::Error;
use deliberate_policy::{ByDifficulty, ByRanking, Policy, Reasons, Sequential};
use deliberate_search::Strategy;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// Which part of a policy is obeyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// Draw round by round, and stop when another round is not worth its price.
    #[default]
    Online,
    /// Guess the difficulty from a few samples, and spend the rest of the budget as was best for it.
    Fixed,
    /// Draw the whole budget, and choose by the learnt vote.
    Ranking,
}

impl Regime {
    const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Fixed => "fixed",
            Self::Ranking => "ranking",
        }
    }
}

impl FromStr for Regime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Online, Self::Fixed, Self::Ranking];
        let found = all.into_iter().find(|regime| regime.name() == text);
        found.ok_or_else(|| "`online`, `fixed` or `ranking`".to_owned())
    }
}

/// A policy and the part of it that is obeyed.
#[derive(Debug, Clone, Serialize)]
pub struct Obeyed {
    regime: Regime,
    policy: Arc<Policy>,
}

impl Obeyed {
    /// Reads a policy that has the part that is wanted.
    ///
    /// # Errors
    /// [`Error::Policy`] for what is none, [`Error::NoPart`] where that part is missing.
    pub fn read(path: &Path, regime: Regime) -> Result<Self, Error> {
        let policy = Policy::read(path)?;
        let there = match regime {
            Regime::Online => policy.online.is_some(),
            Regime::Fixed => policy.fixed.is_some(),
            Regime::Ranking => policy.ranking.is_some(),
        };
        if there {
            return Ok(Self { regime, policy: Arc::new(policy) });
        }
        Err(Error::NoPart { path: path.to_owned(), regime: regime.name() })
    }

    /// Generations that it spends where no budget is given.
    pub fn generations(&self) -> Option<u32> {
        match self.regime {
            Regime::Online => self.policy.online.as_ref().map(|online| online.most),
            Regime::Fixed => self.policy.fixed.as_ref()?.most(),
            Regime::Ranking => None,
        }
    }

    /// Refuses scores that the policy does not know, and says what else is not as it was when it was fitted: another
    /// proposer, models that are asked in another way.
    pub(crate) fn check(&self, proposer: &str, verifier: &str, now: &Asked) -> Result<Vec<String>, Error> {
        let fitted = &self.policy.provenance;
        if fitted.verifier != verifier {
            return Err(Error::PolicyVerifier {
                fitted: fitted.verifier.clone(),
                verifier: verifier.to_owned(),
            });
        }
        let mut warnings = self.policy.mismatch(proposer, verifier);
        for (name, then) in &fitted.asked {
            let now = now.get(name).map_or("none", String::as_str);
            if now != then {
                warnings.push(format!("the policy was fitted with {name} {then}, not {now}"));
            }
        }
        Ok(warnings
            .into_iter()
            .map(|warning| format!("{warning}: its chances and its prices may be off"))
            .collect())
    }

    /// The strategy that obeys it.
    pub(crate) fn build(
        &self,
        generations: Option<u32>,
        reasons: Reasons,
    ) -> Result<Box<dyn Strategy>, Error> {
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
                Box::new(ByDifficulty::new(fixed, generations, reasons)?)
            }
            Regime::Ranking => {
                Box::new(ByRanking::new(self.policy.ranking.clone().expect(some), generations))
            }
        })
    }
}

/// How models are asked, by setting: what a policy's chances and prices depend on besides who answers.
pub type Asked = BTreeMap<String, String>;

/// How models are asked, out of the search settings and the provenance of the models as they are written down.
pub fn asked(search: &Value, models: &Value) -> Asked {
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
