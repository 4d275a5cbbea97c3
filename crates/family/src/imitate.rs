//! The stages in which a proposer or a reviser learns from what turned out well.

use crate::gathered::Gathered;
use crate::watch::{Watch, unless_broken};
use crate::workshop::{Task, Workshop};
use crate::{Beginning, BuildError, ServeError, Start, serve};
use deliberate_text::Domain;
use deliberate_train::gather::{Asked, Chains, Sampled, Solution, search_solutions};
use deliberate_train::{Example, recipes};
use futures::executor::block_on;

impl Workshop<'_> {
    /// STaR: the proposer learns from its own right samples, and from those that came out right with the answer as a hint.
    pub(crate) fn star(&mut self, questions: &[Asked], sampled: &[Sampled]) -> Result<(), BuildError> {
        let Some(learning) = &self.plan.method.star else { return Ok(()) };
        let mut rows = self.right(sampled);
        rows.extend(self.rationalised(questions, sampled)?);
        let role = "the proposer after it learnt from its own right samples";
        let (shape, start) = (self.ground.proposing, self.ground.proposer);
        self.copy(Task { name: "proposer-star", role, shape, learning, start }, rows)
    }

    /// Right samples with the answer as a hint, of questions that none without it got right; as if there had been none.
    fn rationalised(
        &mut self,
        questions: &[Asked],
        sampled: &[Sampled],
    ) -> Result<Vec<Vec<Example>>, BuildError> {
        let Beginning::Base(base) = &self.plan.from else { return Ok(Vec::new()) };
        let failed =
            questions.iter().zip(sampled).filter(|(_, one)| one.iter().all(|solution| !solution.right));
        let failed: Vec<&Asked> = failed.map(|(asked, _)| asked).collect();
        if base.hinted == 0 || failed.is_empty() {
            return Ok(Vec::new());
        }
        let hinted: Vec<Asked> = failed.iter().map(|asked| hinted(asked)).collect();
        let drawn = self.drawn("hinted", self.ground.proposer, &hinted, base.hinted, self.plan.seed + 3)?;
        let engine = self.engine(self.ground.proposer)?;
        let domain = self.domain(&engine)?;
        let (most, end) = (self.plan.method.outcomes, self.ground.words.end());
        let mut rows = Vec::new();
        for (asked, drawn) in failed.into_iter().zip(&drawn) {
            let prompt = block_on(unhinted(&domain, asked))?;
            let right = drawn.iter().filter(|solution| solution.right).take(most);
            rows.push(right.map(|solution| learnt(&prompt, solution, end)).collect());
        }
        Ok(rows)
    }

    /// The second round of ReST-EM: fresh samples of the first round's model, learnt from the beginning again.
    pub(crate) fn rest_em(&mut self, questions: &[Asked]) -> Result<(), BuildError> {
        let method = &self.plan.method;
        let Some(learning) = &method.rest_em else { return Ok(()) };
        let model = Start::From("proposer-star");
        let drawn = self.drawn("samples-star", model, questions, method.samples, self.plan.seed + 2)?;
        let role = "the proposer after it learnt from right samples of `proposer-star`";
        let (shape, start) = (self.ground.proposing, self.ground.proposer);
        self.copy(Task { name: "proposer-rest-em", role, shape, learning, start }, self.right(&drawn))
    }

    /// One row a question: what the model that drew them is to imitate.
    fn right(&self, sampled: &[Sampled]) -> Vec<Vec<Example>> {
        let (most, end) = (self.plan.method.outcomes, self.ground.words.end());
        sampled.iter().map(|question| recipes::imitate(question.iter(), most, end)).collect()
    }

    /// What searches with the PRM chose, right or not, is taught to the proposer.
    pub(crate) fn distilled(&mut self, questions: &[Asked]) -> Result<(), BuildError> {
        let method = &self.plan.method;
        let (Some(wanted), Some(learning)) = (&method.searches, &method.distilled) else { return Ok(()) };
        self.observer.stage("searches");
        let file = self.folder.of("searches")?.join("searches.jsonl");
        let (proposer, prm) = (self.engine(self.ground.proposer)?, self.engine(Start::From("prm"))?);
        let verifier = block_on(serve::verifier(&prm, "prm:signs")).map_err(ServeError::from)?;
        let domain = self.domain(&proposer)?.with_verifier(Some(verifier));
        let mut progress = Watch::new(self.observer);
        let picked = block_on(search_solutions(&domain, questions, wanted, &file, &mut progress));
        let picked = unless_broken(picked)?;
        self.gathered.push(Gathered::searches(&picked, wanted.generations, &proposer));
        let end = self.ground.words.end();
        let rows = picked.iter().map(|one| recipes::distil(one.solution.as_ref(), end)).collect();
        let role = "the proposer after it learnt what searches with the PRM chose";
        let (shape, start) = (self.ground.proposing, self.ground.proposer);
        self.copy(Task { name: "proposer-distilled", role, shape, learning, start }, rows)
    }

    /// ReST-EM of the reviser: its own trajectories up to the first right answer.
    pub(crate) fn revision_rest_em(&mut self, chains: &[Chains]) -> Result<(), BuildError> {
        let Some(learning) = &self.plan.method.revision_rest_em else { return Ok(()) };
        let rows = recipes::trajectories(chains, self.ground.words.end());
        let role = "the reviser after it learnt from its own trajectories up to the first right answer";
        let (shape, start) = (self.ground.judging, Start::From("reviser"));
        self.copy(Task { name: "reviser-rest-em", role, shape, learning, start }, rows)
    }
}

/// A question that gives its answer away.
fn hinted(asked: &Asked) -> Asked {
    let problem = format!("{}\n(Hint: the final answer is {}.)", asked.problem, asked.answer);
    Asked { problem, ..asked.clone() }
}

/// The tokens of the prompt without the hint.
async fn unhinted(domain: &Domain<deliberate_engine::Engine>, asked: &Asked) -> Result<Vec<u32>, BuildError> {
    let root = domain.root(&asked.problem).await;
    let root = root
        .map_err(|source| deliberate_train::gather::GatherError::Question { id: asked.id.clone(), source })?;
    Ok(root.tokens().to_vec())
}

/// A solution as if it had been drawn after this prompt.
fn learnt(prompt: &[u32], solution: &Solution, end: u32) -> Example {
    let trace = &solution.trace;
    recipes::solved(prompt, &trace.tokens()[trace.prompt_tokens()..], end)
}
