//! What is drawn from the proposer, and which models are made of it.

use super::Learning;
use deliberate_train::gather::{ChainPlan, ReturnsPlan, SearchPlan};
use deliberate_train::recipes::RevisionPlan;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// From a proposer to all other models. Each is made if the plan says how it learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Method {
    /// Temperature of all sampling.
    pub temperature: f32,
    /// Questions that samples are drawn for, at most.
    pub sampled_questions: usize,
    /// Samples of each.
    pub samples: u32,
    /// Solutions of a question that a model learns from, at most.
    pub outcomes: usize,
    /// Questions that chains of revisions are drawn for, at most.
    pub chained_questions: usize,
    /// Questions in a hundred that are held out to stop training in time.
    pub held_out: u32,
    /// Labelled steps in the place of Monte-Carlo returns: JSON lines with `prompt`, `completions` and `labels` or `values`.
    #[serde(default)]
    pub labels: Option<PathBuf>,
    /// Monte-Carlo returns of the samples' steps.
    pub returns: ReturnsPlan,
    /// What the reviser learns from.
    pub revisions: RevisionPlan,
    /// Chains of revisions, which the ORM of revisions learns from.
    pub chains: ChainPlan,
    /// How the PRM learns.
    pub prm: Option<Learning>,
    /// How the ORM learns.
    pub orm: Option<Learning>,
    /// How the reviser learns.
    pub reviser: Option<Learning>,
    /// How the ORM of revisions learns.
    pub revision_orm: Option<Learning>,
    /// How a copy of the proposer learns from its own right samples (STaR, the first round of ReST-EM).
    pub star: Option<Learning>,
    /// How another copy learns from right samples of the first one (the second round of ReST-EM).
    pub rest_em: Option<Learning>,
    /// What searches are distilled into a copy of the proposer.
    pub searches: Option<SearchPlan>,
    /// How that copy learns from what the searches chose.
    pub distilled: Option<Learning>,
    /// How a copy of the reviser learns from its own trajectories up to the first right answer (ReST-EM).
    pub revision_rest_em: Option<Learning>,
}

impl Method {
    /// What keeps it from being carried out.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, learning) in self.learnings() {
            learning.check().map_err(|reason| format!("`{name}`: {reason}"))?;
        }
        // What is made of what.
        let needs = [
            ("rest-em", self.rest_em.is_some(), "star", self.star.is_some()),
            ("distilled", self.distilled.is_some(), "prm", self.prm.is_some()),
            ("revision-orm", self.revision_orm.is_some(), "reviser", self.reviser.is_some()),
            ("revision-rest-em", self.revision_rest_em.is_some(), "reviser", self.reviser.is_some()),
        ];
        if let Some((one, _, other, _)) = needs.iter().find(|(_, wanted, _, there)| *wanted && !there) {
            return Err(format!("`{one}` goes on from `{other}`"));
        }
        if self.searches.is_some() != self.distilled.is_some() {
            return Err("`searches` and `distilled` go together".to_owned());
        }
        if let Some(Err(reason)) = self.searches.as_ref().map(SearchPlan::spec) {
            return Err(reason);
        }
        if !(0.0..=1.0).contains(&self.revisions.kept) {
            return Err("`revisions.kept` must be in 0..=1".to_owned());
        }
        if self.held_out >= 100 {
            return Err("`held-out` must be below 100".to_owned());
        }
        if self.samples == 0 || self.sampled_questions == 0 {
            return Err("`samples` and `sampled-questions` must be above 0".to_owned());
        }
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            return Err("`temperature` must be above 0: samples are to differ".to_owned());
        }
        Ok(())
    }

    /// How each model learns that is to be made, by its key in the plan.
    fn learnings(&self) -> impl Iterator<Item = (&'static str, &Learning)> {
        let all = [
            ("prm", &self.prm),
            ("orm", &self.orm),
            ("reviser", &self.reviser),
            ("revision-orm", &self.revision_orm),
            ("star", &self.star),
            ("rest-em", &self.rest_em),
            ("distilled", &self.distilled),
            ("revision-rest-em", &self.revision_rest_em),
        ];
        all.into_iter().filter_map(|(name, learning)| Some((name, learning.as_ref()?)))
    }

    /// How each model learns that is to be made, to be changed.
    pub fn learnings_mut(&mut self) -> impl Iterator<Item = &mut Learning> {
        let all = [
            &mut self.prm,
            &mut self.orm,
            &mut self.reviser,
            &mut self.revision_orm,
            &mut self.star,
            &mut self.rest_em,
            &mut self.distilled,
            &mut self.revision_rest_em,
        ];
        all.into_iter().filter_map(Option::as_mut)
    }

    /// Whether samples are drawn, because something is made of them: where none are, questions need no answers.
    pub(crate) fn draws(&self) -> bool {
        self.learnings().next().is_some()
    }

    /// Whether chains of revisions are drawn.
    pub(crate) fn chained(&self) -> bool {
        self.revision_orm.is_some() || self.revision_rest_em.is_some()
    }
}
