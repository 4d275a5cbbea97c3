//! The stages in their order.

use crate::gathered::Gathered;
use crate::watch::{Watch, unless_broken};
use crate::workshop::{Task, Workshop};
use crate::{BuildError, Card, Observer, Plan, Start, serve};
use deliberate_text::{Domain, Prompt, PromptKind};
use deliberate_train::gather::{
    Asked, Chains, Returns, SamplePlan, Sampled, draw_chains, draw_samples, estimate_returns,
};
use deliberate_train::recipes::{labelled, read_labels, write_labels};
use deliberate_train::{Device, Example, recipes};
use futures::executor::block_on;
use std::path::{Path, PathBuf};

/// What a build made.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The models, in the order of making, with the paths of their files.
    pub models: Vec<(Card, PathBuf)>,
    /// What was drawn for them.
    pub gathered: Vec<Gathered>,
    /// Settings that use them, for models that grew from a base.
    pub settings: Option<PathBuf>,
}

/// Makes a family in a folder, or goes on with the one in it. Models learn on the device, whichever it was before; they
/// are sampled on the CPU.
///
/// # Errors
/// [`BuildError`]; what was done stays in the folder.
pub fn build(
    plan: &Plan,
    path: &Path,
    device: &Device,
    observer: &mut dyn Observer,
) -> Result<Built, BuildError> {
    let mut build = Workshop::open(plan, path, device, observer)?;
    build.development()?;
    build.proposer()?;
    let questions = std::mem::take(&mut build.ground.questions);
    let sampled = if plan.method.draws() { build.samples(&questions)? } else { Vec::new() };
    build.prm(&questions, &sampled)?;
    build.orm(&sampled)?;
    build.reviser(&sampled)?;
    let chains = if plan.method.chained() { build.chains(&questions)? } else { Vec::new() };
    build.revision_orm(&chains)?;
    build.larger()?;
    build.star(&questions, &sampled)?;
    build.rest_em(&questions)?;
    build.distilled(&questions)?;
    build.revision_rest_em(&chains)?;
    let settings = build.settings()?;
    Ok(Built { models: build.made, gathered: build.gathered, settings })
}

impl Workshop<'_> {
    fn samples(&mut self, questions: &[Asked]) -> Result<Vec<Sampled>, BuildError> {
        let (proposer, seed) = (self.ground.proposer, self.plan.seed);
        let sampled = self.drawn("samples", proposer, questions, self.plan.method.samples, seed)?;
        let solutions = || sampled.iter().flat_map(Sampled::iter);
        if !solutions().any(|solution| solution.right) {
            return Err(BuildError::NeverRight {
                questions: sampled.len(),
                samples: solutions().count(),
                answered: solutions().filter(|solution| solution.answered).count(),
            });
        }
        Ok(sampled)
    }

    /// Samples of a model, in a stage of their own.
    pub(crate) fn drawn(
        &mut self,
        stage: &'static str,
        model: Start,
        questions: &[Asked],
        samples: u32,
        seed: u64,
    ) -> Result<Vec<Sampled>, BuildError> {
        self.observer.stage(stage);
        let file = self.folder.of(stage)?.join("samples.jsonl");
        let engine = self.engine(model)?;
        let domain = self.domain(&engine)?;
        let wanted = SamplePlan { samples, seed, concurrency: self.plan.method.returns.concurrency };
        let mut progress = Watch::new(self.observer);
        let drawn = block_on(draw_samples(&domain, questions, &wanted, &file, &mut progress));
        let drawn = unless_broken(drawn)?;
        self.gathered.push(Gathered::samples(stage, &drawn, &engine));
        Ok(drawn)
    }

    fn returns(&mut self, questions: &[Asked], sampled: &[Sampled]) -> Result<Vec<Returns>, BuildError> {
        self.observer.stage("returns");
        let folder = self.folder.of("returns")?;
        let engine = self.engine(self.ground.proposer)?;
        let domain = self.domain(&engine)?;
        let plan = &self.plan.method.returns;
        let mut progress = Watch::new(self.observer);
        let file = folder.join("returns.jsonl");
        let returns = block_on(estimate_returns(&domain, questions, sampled, plan, &file, &mut progress));
        let returns = unless_broken(returns)?;
        write_labels(&folder.join("labels.jsonl"), &returns)?;
        self.gathered.push(Gathered::returns(&returns, plan.rollouts, &engine));
        Ok(returns)
    }

    fn prm(&mut self, questions: &[Asked], sampled: &[Sampled]) -> Result<(), BuildError> {
        let Some(learning) = &self.plan.method.prm else { return Ok(()) };
        let rows = if let Some(file) = &self.plan.method.labels {
            self.labelled(file)?
        } else {
            let returns = self.returns(questions, sampled)?;
            self.valued(sampled, &returns)
        };
        let role = "scores every step with `+` or `-`: the share of rollouts from there that come out right";
        self.copy(self.judge("prm", role, learning), rows)
    }

    /// What a PRM learns from rollouts.
    fn valued(&self, sampled: &[Sampled], returns: &[Returns]) -> Vec<Vec<Example>> {
        let (labels, most) = (self.ground.words.labels(), self.plan.method.outcomes);
        let rows = sampled.iter().zip(returns).map(|(sampled, question)| -> Vec<Example> {
            let (pass, valued) = (sampled.pass_at_1() as f32, question.solutions.iter());
            let valued = valued.filter(|valued| !valued.returns.is_empty());
            let valued = valued.map(|valued| recipes::steps(valued, pass, labels));
            // The other samples are rollouts too.
            let others = sampled.iter().filter(|solution| solution.answered).skip(question.solutions.len());
            valued.chain(recipes::outcomes(others, most, labels)).collect()
        });
        rows.collect()
    }

    /// What a PRM learns from the labels of others.
    fn labelled(&mut self, file: &Path) -> Result<Vec<Vec<Example>>, BuildError> {
        let lines = read_labels(file)?;
        let engine = self.engine(self.ground.proposer)?;
        let prompt = Prompt::load_for(&self.ground.asking.prompt, PromptKind::Solve)?;
        Ok(block_on(labelled(&lines, &prompt, &engine, self.ground.words.labels()))?)
    }

    fn orm(&mut self, sampled: &[Sampled]) -> Result<(), BuildError> {
        let Some(learning) = &self.plan.method.orm else { return Ok(()) };
        let (labels, most) = (self.ground.words.labels(), self.plan.method.outcomes);
        let rows = sampled.iter().map(|question| recipes::outcomes(question.iter(), most, labels)).collect();
        let role = "scores a whole solution with `+` or `-`: whether its answer is right";
        self.copy(self.judge("orm", role, learning), rows)
    }

    fn reviser(&mut self, sampled: &[Sampled]) -> Result<(), BuildError> {
        let Some(learning) = &self.plan.method.reviser else { return Ok(()) };
        let engine = self.engine(self.ground.proposer)?;
        let prompt = self.domain(&engine)?.prompt().reviser().to_owned();
        let prompt = Prompt::load_for(&prompt, PromptKind::Revise)?;
        let (end, plan) = (self.ground.words.end(), &self.plan.method.revisions);
        let mut rows = Vec::new();
        for question in sampled {
            rows.push(block_on(recipes::revisions(question, &prompt, &engine, end, plan))?);
        }
        drop(engine);
        self.copy(self.judge("reviser", "draws a better solution after earlier attempts", learning), rows)
    }

    fn chains(&mut self, questions: &[Asked]) -> Result<Vec<Chains>, BuildError> {
        self.observer.stage("chains");
        let file = self.folder.of("chains")?.join("chains.jsonl");
        let (proposer, reviser) = (self.engine(self.ground.proposer)?, self.engine(Start::From("reviser"))?);
        let domain = block_on(serve::revising(&proposer, &reviser, &self.ground.asking))?;
        let some = &questions[..questions.len().min(self.plan.method.chained_questions)];
        let mut progress = Watch::new(self.observer);
        let chains = block_on(draw_chains(&domain, some, &self.plan.method.chains, &file, &mut progress));
        let chains = unless_broken(chains)?;
        self.gathered.push(Gathered::chains(&chains, &reviser));
        Ok(chains)
    }

    fn revision_orm(&mut self, chains: &[Chains]) -> Result<(), BuildError> {
        let Some(learning) = &self.plan.method.revision_orm else { return Ok(()) };
        let (labels, most) = (self.ground.words.labels(), self.plan.method.outcomes);
        let rows =
            chains.iter().map(|question| recipes::outcomes(question.attempts(), most, labels)).collect();
        let role = "scores a whole revision, with the attempts before it in its context";
        self.copy(self.judge("revision-orm", role, learning), rows)
    }

    /// A model that judges what stands there.
    fn judge<'t>(&self, name: &'static str, role: &'static str, learning: &'t crate::Learning) -> Task<'t> {
        Task { name, role, shape: self.ground.judging, learning, start: self.ground.proposer }
    }

    /// Asks a model as the plan says.
    pub(crate) fn domain(
        &self,
        engine: &deliberate_engine::Engine,
    ) -> Result<Domain<deliberate_engine::Engine>, BuildError> {
        Ok(Domain::new(engine.clone(), &self.ground.asking)?)
    }
}
