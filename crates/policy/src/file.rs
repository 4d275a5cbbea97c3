//! A policy as one readable, versioned TOML file: what it was fitted on, how well it did held out, and what a live
//! solver obeys.

use crate::bins::Bins;
use crate::decide::Online;
use crate::difficulty::{EASE_FEATURES, EasePredictor, ease_features};
use crate::features::{ANSWER_FEATURES, STATE_FEATURES};
use crate::regression::Linear;
use crate::resample::Interval;
use crate::sheet::Seen;
use crate::ways::{RANKING_FEATURES, Ranking};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The version that this build writes and reads.
pub const VERSION: u32 = 2;

/// A policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    /// Of the format.
    pub version: u32,
    /// What it was fitted on.
    pub provenance: Provenance,
    /// Held-out accuracy against cost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<CurveRow>,
    /// Fixed budget per question: bins of ease and a strategy for each (bin, budget).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Fixed>,
    /// Decides after every round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<Online>,
    /// Chooses among any number of samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Ranking>,
}

/// What a policy was fitted on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provenance {
    /// The model that answered.
    pub proposer: String,
    /// The model that scored.
    pub verifier: String,
    /// Name of the dataset.
    pub dataset: String,
    /// SHA-256 of the file that it was fitted on.
    pub dataset_sha256: String,
    /// Questions in it.
    pub questions: usize,
    /// Strategies that were compared.
    pub grid: Vec<String>,
    /// Folds of cross-validation.
    pub folds: usize,
    /// Of folds, orders and bootstrap.
    pub seed: u64,
    /// How the models were asked, by setting (prompt, temperature …); empty where nobody knows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<String, String>,
}

/// One held-out measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CurveRow {
    /// `fixed`, `online`, `total`, or the name of a strategy that they are compared with.
    pub regime: String,
    /// Mean generations per question spent.
    pub generations: f64,
    /// Mean tokens per question spent; 0 where they were not counted.
    pub tokens: f64,
    /// Mean accuracy.
    pub accuracy: Interval,
}

/// The regime of a fixed budget per question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fixed {
    /// What to do with each budget, cheap ones first.
    pub budgets: Vec<FixedBudget>,
}

/// What to do with one budget: the first samples tell the bin, and the bin tells the strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FixedBudget {
    /// Generations per question, the first samples included.
    pub budget: u32,
    /// Guesses the ease from the first samples, in the same unit as the bins.
    pub predictor: EasePredictor,
    /// Of the guessed ease.
    pub bins: Bins,
    /// One per bin, the easiest first.
    pub choices: Vec<BinChoice>,
}

/// The strategy for one bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BinChoice {
    /// Name of the strategy.
    pub arm: String,
    /// Generations that it was measured at. Those of a strategy that only samples include the first samples; a search
    /// has them beside these.
    pub arm_budget: u32,
}

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The file cannot be read.
    #[error("cannot read the policy `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the policy `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no policy.
    #[error("`{}` is no policy", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// It was written by another version.
    #[error("the policy has format {found}, this build reads {VERSION} (fit it again)")]
    Version {
        /// Its version.
        found: u32,
    },
    /// It contradicts itself.
    #[error("the policy's {part} cannot be right: {reason} (fit it again, or undo the edit)")]
    Part {
        /// Which part.
        part: &'static str,
        /// Why not.
        reason: String,
    },
}

impl Policy {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`PolicyError`] says what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| PolicyError::Read { path: path.to_owned(), source })?;
        let policy: Self = toml::from_str(&text)
            .map_err(|source| PolicyError::Parse { path: path.to_owned(), source: Box::new(source) })?;
        policy.check()?;
        Ok(policy)
    }

    /// Checks and writes a file, whole or not at all.
    ///
    /// # Errors
    /// [`PolicyError`] if it contradicts itself or cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), PolicyError> {
        self.check()?;
        let written = toml::to_string(self).map_err(io::Error::other);
        let written =
            written.and_then(|text| deliberate_files::replace(path, |file| file.write_all(text.as_bytes())));
        written.map_err(|source| PolicyError::Write { path: path.to_owned(), source })
    }

    /// Checks that the parts agree with each other and with this build.
    ///
    /// # Errors
    /// [`PolicyError::Version`] and [`PolicyError::Part`].
    pub fn check(&self) -> Result<(), PolicyError> {
        if self.version != VERSION {
            return Err(PolicyError::Version { found: self.version });
        }
        if let Some(fixed) = &self.fixed {
            check_fixed(fixed).map_err(|reason| PolicyError::Part { part: "fixed part", reason })?;
        }
        if let Some(online) = &self.online {
            check_online(online).map_err(|reason| PolicyError::Part { part: "online part", reason })?;
        }
        if let Some(Ranking { weights }) = &self.ranking {
            let model = Linear { bias: 0.0, weights: weights.clone() };
            linear("it", &model, RANKING_FEATURES.len())
                .map_err(|reason| PolicyError::Part { part: "ranking", reason })?;
        }
        Ok(())
    }

    /// What differs between the models at hand and those that the policy was fitted with, one line each; empty if
    /// nothing does.
    pub fn mismatch(&self, proposer: &str, verifier: &str) -> Vec<String> {
        let compare = |role: &str, fitted: &str, given: &str| {
            (fitted != given)
                .then(|| format!("the policy was fitted with the {role} `{fitted}`, not `{given}`"))
        };
        let pairs = [
            compare("proposer", &self.provenance.proposer, proposer),
            compare("verifier", &self.provenance.verifier, verifier),
        ];
        pairs.into_iter().flatten().collect()
    }
}

impl Fixed {
    /// What to do with `budget` generations: as with the largest fitted budget that is at most that; `None` if all are
    /// larger.
    pub fn at(&self, budget: u32) -> Option<&FixedBudget> {
        self.budgets.iter().filter(|one| one.budget <= budget).max_by_key(|one| one.budget)
    }

    /// The largest budget that it was fitted for.
    pub fn most(&self) -> Option<u32> {
        self.budgets.iter().map(|one| one.budget).max()
    }
}

impl FixedBudget {
    /// The bin that the first samples suggest, fewer than wanted if some could not be drawn; `None` without any.
    pub fn bin(&self, seen: &[Seen]) -> Option<usize> {
        let first = &seen[..seen.len().min(self.predictor.samples as usize)];
        (!first.is_empty()).then(|| self.bins.place(self.predictor.model.at(&ease_features(first))))
    }
}

fn linear(name: &str, linear: &Linear, width: usize) -> Result<(), String> {
    if linear.weights.len() != width {
        return Err(format!("{name} has {} weights instead of {width}", linear.weights.len()));
    }
    if !linear.bias.is_finite() || linear.weights.iter().any(|weight| !weight.is_finite()) {
        return Err(format!("{name} has a weight that is no finite number"));
    }
    Ok(())
}

fn check_fixed(fixed: &Fixed) -> Result<(), String> {
    if fixed.budgets.is_empty() {
        return Err("there is no budget".to_owned());
    }
    if !fixed.budgets.is_sorted_by(|a, b| a.budget < b.budget) {
        return Err("the budgets do not grow".to_owned());
    }
    fixed.budgets.iter().try_for_each(|one| {
        check_budget(one).map_err(|reason| format!("at a budget of {}, {reason}", one.budget))
    })
}

fn check_budget(FixedBudget { budget, predictor, bins, choices }: &FixedBudget) -> Result<(), String> {
    linear("the predictor", &predictor.model, EASE_FEATURES.len())?;
    if !(1..=*budget).contains(&predictor.samples) {
        return Err(format!("the predictor reads {} samples", predictor.samples));
    }
    if !bins.edges.iter().all(|edge| edge.is_finite()) || !bins.edges.is_sorted_by(|a, b| a >= b) {
        return Err("the edges of the bins do not fall".to_owned());
    }
    if choices.len() != bins.count() {
        return Err(format!("{} strategies are chosen for {} bins", choices.len(), bins.count()));
    }
    let impossible = |choice: &&BinChoice| !(1..=*budget).contains(&choice.arm_budget);
    match choices.iter().find(impossible) {
        Some(BinChoice { arm, arm_budget }) => Err(format!("`{arm}` is to spend {arm_budget} generations")),
        None => Ok(()),
    }
}

fn check_online(online: &Online) -> Result<(), String> {
    let model = &online.model;
    let rounds = model.rounds.len();
    if !online.price.is_finite() || online.price < 0.0 {
        return Err(format!("the price is {}", online.price));
    }
    if model.rounds.first().is_none_or(|&first| first == 0 || first > online.most) {
        return Err("there is no round within the limit of samples".to_owned());
    }
    if !model.rounds.is_sorted_by(|a, b| a < b) {
        return Err("the rounds do not grow".to_owned());
    }
    if model.selections.is_empty() {
        return Err("there is no selection".to_owned());
    }
    if model.chance.len() != rounds || model.gain.len() != rounds {
        return Err(format!("{rounds} rounds need {rounds} models of chance and of gain"));
    }
    for (round, (chance, gains)) in model.chance.iter().zip(&model.gain).enumerate() {
        linear(&format!("the chance of round {round}"), chance, ANSWER_FEATURES.len())?;
        if gains.len() != rounds - 1 - round {
            return Err(format!(
                "round {round} has {} models of gain instead of {}",
                gains.len(),
                rounds - 1 - round
            ));
        }
        gains
            .iter()
            .try_for_each(|gain| linear(&format!("a gain of round {round}"), gain, STATE_FEATURES.len()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::questions_of_known_ease;
    use crate::{OnlineSettings, fit_online};

    fn policy() -> Policy {
        let sheet = questions_of_known_ease(60, 8, 1);
        let choice = |arm_budget| BinChoice { arm: "best-of-n".to_owned(), arm_budget };
        let at = |budget| FixedBudget {
            budget,
            predictor: EasePredictor::fit(&sheet, 2),
            bins: Bins { edges: vec![0.6, 0.3] },
            choices: vec![choice(2), choice(4), choice(4)],
        };
        let online = fit_online(&sheet, &OnlineSettings { orders: 2, ..OnlineSettings::default() }, 4.0);
        Policy {
            version: VERSION,
            provenance: Provenance {
                proposer: "small".to_owned(),
                verifier: "prm".to_owned(),
                ..Provenance::default()
            },
            curves: vec![CurveRow {
                regime: "online".to_owned(),
                generations: 4.0,
                tokens: 0.0,
                accuracy: Interval { value: 0.5, low: 0.4, high: 0.6 },
            }],
            fixed: Some(Fixed { budgets: vec![at(4), at(8)] }),
            online: Some(online),
            ranking: Some(Ranking::fit(&sheet, 0)),
        }
    }

    #[test]
    fn a_policy_survives_its_file_to_the_bit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("policy.toml");
        policy().write(&path).unwrap();
        assert_eq!(Policy::read(&path).unwrap(), policy());
    }

    #[test]
    fn a_contradiction_is_named() {
        fn check(change: impl Fn(&mut Policy), expected: &str) {
            let mut policy = policy();
            change(&mut policy);
            let error = policy.check().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        check(|policy| policy.version = 9, "format 9");
        check(|policy| policy.fixed.as_mut().unwrap().budgets[1].bins.edges.reverse(), "do not fall");
        check(
            |policy| drop(policy.fixed.as_mut().unwrap().budgets[0].choices.pop()),
            "at a budget of 4, 2 strategies are chosen for 3 bins",
        );
        check(|policy| policy.fixed.as_mut().unwrap().budgets[0].predictor.samples = 5, "reads 5 samples");
        check(|policy| policy.fixed.as_mut().unwrap().budgets.reverse(), "budgets do not grow");
        check(|policy| policy.online.as_mut().unwrap().price = f64::NAN, "price");
        check(|policy| policy.ranking.as_mut().unwrap().weights.truncate(9), "9 weights instead of 10");
        check(|policy| policy.online.as_mut().unwrap().model.rounds[1] = 1, "do not grow");
        check(|policy| drop(policy.online.as_mut().unwrap().model.gain[0].pop()), "models of gain");
        check(
            |policy| policy.online.as_mut().unwrap().model.chance[0].weights.truncate(14),
            "14 weights instead of 15",
        );
    }

    #[test]
    fn other_models_are_named() {
        assert!(policy().mismatch("small", "prm").is_empty());
        let lines = policy().mismatch("large", "orm");
        assert!(lines.len() == 2 && lines[0].contains("`small`, not `large`"), "{lines:?}");
    }

    #[test]
    fn a_smaller_fitted_budget_serves_a_larger_one_but_not_the_reverse() {
        let fixed = policy().fixed.unwrap();
        assert_eq!(fixed.at(20).unwrap().budget, 8);
        assert_eq!(fixed.at(7).unwrap().budget, 4);
        assert_eq!(fixed.at(3), None);
    }
}
