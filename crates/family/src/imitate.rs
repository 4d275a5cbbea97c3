//! The stages in which a proposer or a reviser learns from what turned out well.

use crate::watch::{Watch, unless_broken};
use crate::workshop::{PROPOSER, Task, Workshop};
use crate::{BuildError, ServeError, Start, Words, serve};
use deliberate_train::gather::{Asked, Chains, SamplePlan, Sampled, draw_samples, search_solutions};
use deliberate_train::recipes;
use futures::executor::block_on;

impl Workshop<'_> {
    /// STaR: the proposer learns from its own right samples.
    pub(crate) fn star(&mut self, words: &Words, sampled: &[Sampled]) -> Result<(), BuildError> {
        let plan = self.plan;
        let Some(learning) = &plan.star else { return Ok(()) };
        let role = "the proposer after it learnt from its own right samples";
        let shape = self.proposer_shape(words);
        let task = Task { name: "proposer-star", role, shape, learning, start: PROPOSER };
        self.copy(words, task, self.right(words, sampled))
    }

    /// The second round of ReST-EM: fresh samples of the first round's model, learnt from the beginning again.
    pub(crate) fn rest_em(&mut self, words: &Words, questions: &[Asked]) -> Result<(), BuildError> {
        let plan = self.plan;
        let Some(learning) = &plan.rest_em else { return Ok(()) };
        self.observer.stage("samples-star");
        let file = self.folder.of("samples-star")?.join("samples.jsonl");
        let engine = serve(&self.model("proposer-star")?)?;
        let domain = serve::domain(&engine, plan.temperature)?;
        let concurrency = plan.returns.concurrency;
        let wanted = SamplePlan { samples: plan.samples, seed: plan.seed + 2, concurrency };
        let mut progress = Watch::new(self.observer);
        let drawn = block_on(draw_samples(&domain, questions, &wanted, &file, &mut progress));
        let drawn = unless_broken(drawn)?;
        let role = "the proposer after it learnt from right samples of `proposer-star`";
        let shape = self.proposer_shape(words);
        let task = Task { name: "proposer-rest-em", role, shape, learning, start: PROPOSER };
        self.copy(words, task, self.right(words, &drawn))
    }

    /// One row a question: what the model that drew them is to imitate.
    fn right(&self, words: &Words, sampled: &[Sampled]) -> Vec<Vec<deliberate_train::Example>> {
        let most = self.plan.outcomes;
        sampled.iter().map(|question| recipes::imitate(question.iter(), most, words.end())).collect()
    }

    /// What searches with the PRM chose, right or not, is taught to the proposer.
    pub(crate) fn distilled(&mut self, words: &Words, questions: &[Asked]) -> Result<(), BuildError> {
        let plan = self.plan;
        let (Some(wanted), Some(learning)) = (&plan.searches, &plan.distilled) else { return Ok(()) };
        self.observer.stage("searches");
        let file = self.folder.of("searches")?.join("searches.jsonl");
        let (proposer, prm) = (serve(&self.model("proposer")?)?, serve(&self.model("prm")?)?);
        let verifier = block_on(serve::verifier(&prm, "prm:signs")).map_err(ServeError::from)?;
        let domain = serve::domain(&proposer, plan.temperature)?.with_verifier(Some(verifier));
        let mut progress = Watch::new(self.observer);
        let picked = block_on(search_solutions(&domain, questions, wanted, &file, &mut progress));
        let picked = unless_broken(picked)?;
        let rows = picked.iter().map(|one| recipes::distil(one.solution.as_ref(), words.end())).collect();
        let role = "the proposer after it learnt what searches with the PRM chose";
        let shape = self.proposer_shape(words);
        let task = Task { name: "proposer-distilled", role, shape, learning, start: PROPOSER };
        self.copy(words, task, rows)
    }

    /// ReST-EM of the reviser: its own trajectories up to the first right answer.
    pub(crate) fn revision_rest_em(&mut self, words: &Words, chains: &[Chains]) -> Result<(), BuildError> {
        let Some(learning) = &self.plan.revision_rest_em else { return Ok(()) };
        let rows = recipes::trajectories(chains, words.end());
        let role = "the reviser after it learnt from its own trajectories up to the first right answer";
        let shape = self.judging(words);
        let start = Start::From("reviser");
        let task = Task { name: "reviser-rest-em", role, shape, learning, start };
        self.copy(words, task, rows)
    }
}
