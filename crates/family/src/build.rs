//! The stages in their order.

use crate::watch::{Watch, unless_broken};
use crate::words::asked;
use crate::workshop::{Lessons, PROPOSER, Task, Workshop};
use crate::{BuildError, Card, Observer, Plan, Start, Words, serve};
use deliberate_decoder::Shape;
use deliberate_lab::{Question, Split, generate, generate_set};
use deliberate_text::{Prompt, PromptKind};
use deliberate_train::gather::{
    Asked, Chains, Returns, SamplePlan, Sampled, draw_chains, draw_samples, estimate_returns,
};
use deliberate_train::{Device, Drawn, Example, recipes};
use futures::executor::block_on;
use rand::Rng;
use std::path::{Path, PathBuf};

/// Questions that validation of a proposer asks.
const VALIDATION: usize = 256;

/// What a build made.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The models, in the order of making, with the paths of their files.
    pub models: Vec<(Card, PathBuf)>,
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
    let words = build.words()?;
    build.proposer(&words)?;
    let (questions, sampled) = build.samples()?;
    let returns = build.returns(&questions, &sampled)?;
    build.prm(&words, &sampled, &returns)?;
    build.orm(&words, &sampled)?;
    build.reviser(&words, &sampled)?;
    let chains = build.chains(&questions)?;
    build.revision_orm(&words, &chains)?;
    build.larger(&words)?;
    build.star(&words, &sampled)?;
    build.rest_em(&words, &questions)?;
    build.distilled(&words, &questions)?;
    build.revision_rest_em(&words, &chains)?;
    Ok(Built { models: build.made })
}

impl Workshop<'_> {
    /// The vocabulary. It is not kept: learning it again takes seconds and gives the same.
    fn words(&mut self) -> Result<Words, BuildError> {
        self.observer.stage("vocabulary");
        let Plan { seed, vocabulary, vocabulary_questions, questions, .. } = self.plan;
        let texts: Vec<Question> =
            generate(questions, Split::Train, *seed)?.take(*vocabulary_questions).collect();
        Ok(Words::learn(&texts, *vocabulary)?)
    }

    fn proposer(&mut self, words: &Words) -> Result<(), BuildError> {
        let plan = self.plan;
        let task = Task {
            name: "proposer",
            role: "draws solutions step by step; its samples made the verifiers and the reviser",
            shape: plan.proposer.shape(words.size()),
            learning: &plan.base,
            start: Start::Nothing,
        };
        self.written(words, task)
    }

    fn larger(&mut self, words: &Words) -> Result<(), BuildError> {
        let plan = self.plan;
        let (Some(size), Some(learning)) = (plan.large, &plan.large_base) else { return Ok(()) };
        let task = Task {
            name: "proposer-large",
            role: "the larger proposer that test-time compute is exchanged against, grown from the proposer and trained on",
            shape: size.shape(words.size()),
            learning,
            start: PROPOSER,
        };
        self.written(words, task)
    }

    /// Learns from fresh questions with written solutions.
    fn written(&mut self, words: &Words, task: Task<'_>) -> Result<(), BuildError> {
        let plan = self.plan;
        let held_out = generate_set(&plan.questions, Split::Validation, plan.seed, VALIDATION)?;
        let validation: Vec<Example> =
            held_out.iter().map(|question| words.solved(question, &question.solution)).collect();
        let (recipe, slips) = (plan.questions.clone(), plan.slips);
        let mut source = Drawn::new(task.learning.batch_tokens, plan.seed, move |random| {
            let fresh = generate(&recipe, Split::Train, random.random()).ok();
            let question = fresh.and_then(|mut questions| questions.next());
            let question = question.expect("the recipe was checked and has questions");
            words.solved(&question, &question.attempt(slips, random))
        });
        self.learn(task, words, Lessons { source: &mut source, validation, examples: None })
    }

    fn samples(&mut self) -> Result<(Vec<Asked>, Vec<Sampled>), BuildError> {
        self.observer.stage("samples");
        let plan = self.plan;
        // Other questions than the first ones of the proposer's training: seeds do not meet.
        let questions = generate_set(&plan.questions, Split::Train, plan.seed + 1, plan.sampled_questions)?;
        let questions: Vec<Asked> = questions.iter().map(asked).collect();
        let file = self.folder.of("samples")?.join("samples.jsonl");
        let engine = serve(&self.model("proposer")?)?;
        let domain = serve::domain(&engine, plan.temperature)?;
        let wanted =
            SamplePlan { samples: plan.samples, seed: plan.seed, concurrency: plan.returns.concurrency };
        let mut progress = Watch::new(self.observer);
        let sampled = block_on(draw_samples(&domain, &questions, &wanted, &file, &mut progress));
        Ok((questions, unless_broken(sampled)?))
    }

    fn returns(&mut self, questions: &[Asked], sampled: &[Sampled]) -> Result<Vec<Returns>, BuildError> {
        self.observer.stage("returns");
        let file = self.folder.of("returns")?.join("returns.jsonl");
        let engine = serve(&self.model("proposer")?)?;
        let domain = serve::domain(&engine, self.plan.temperature)?;
        let mut progress = Watch::new(self.observer);
        let plan = &self.plan.returns;
        let returns = block_on(estimate_returns(&domain, questions, sampled, plan, &file, &mut progress));
        unless_broken(returns)
    }

    fn prm(&mut self, words: &Words, sampled: &[Sampled], returns: &[Returns]) -> Result<(), BuildError> {
        let (labels, most) = (words.labels(), self.plan.outcomes);
        let rows = sampled.iter().zip(returns).map(|(sampled, question)| -> Vec<Example> {
            let (pass, valued) = (sampled.pass_at_1() as f32, question.solutions.iter());
            let valued = valued.filter(|valued| !valued.returns.is_empty());
            let valued = valued.map(|valued| recipes::steps(valued, pass, labels));
            // The other samples are rollouts too.
            let others = sampled.iter().filter(|solution| solution.answered).skip(question.solutions.len());
            valued.chain(recipes::outcomes(others, most, labels)).collect()
        });
        let rows = rows.collect();
        let role = "scores every step with `+` or `-`: the share of rollouts from there that come out right";
        let shape = self.judging(words);
        let task = Task { name: "prm", role, shape, learning: &self.plan.prm, start: PROPOSER };
        self.copy(words, task, rows)
    }

    fn orm(&mut self, words: &Words, sampled: &[Sampled]) -> Result<(), BuildError> {
        let (labels, most) = (words.labels(), self.plan.outcomes);
        let rows = sampled.iter().map(|question| recipes::outcomes(question.iter(), most, labels)).collect();
        let role = "scores a whole solution with `+` or `-`: whether its answer is right";
        let shape = self.judging(words);
        let task = Task { name: "orm", role, shape, learning: &self.plan.orm, start: PROPOSER };
        self.copy(words, task, rows)
    }

    fn reviser(&mut self, words: &Words, sampled: &[Sampled]) -> Result<(), BuildError> {
        let engine = serve(&self.model("proposer")?)?;
        let prompt = Prompt::load_for("revise-lab", PromptKind::Revise)?;
        let mut rows = Vec::new();
        for question in sampled {
            let made = recipes::revisions(question, &prompt, &engine, words.end(), &self.plan.revisions);
            rows.push(block_on(made)?);
        }
        let role = "draws a better solution after earlier attempts";
        let shape = self.judging(words);
        let task = Task { name: "reviser", role, shape, learning: &self.plan.reviser, start: PROPOSER };
        self.copy(words, task, rows)
    }

    fn chains(&mut self, questions: &[Asked]) -> Result<Vec<Chains>, BuildError> {
        self.observer.stage("chains");
        let file = self.folder.of("chains")?.join("chains.jsonl");
        let (proposer, reviser) = (serve(&self.model("proposer")?)?, serve(&self.model("reviser")?)?);
        let domain = block_on(serve::revising(&proposer, &reviser, self.plan.temperature))?;
        let some = &questions[..questions.len().min(self.plan.chained_questions)];
        let mut progress = Watch::new(self.observer);
        let chains = block_on(draw_chains(&domain, some, &self.plan.chains, &file, &mut progress));
        unless_broken(chains)
    }

    fn revision_orm(&mut self, words: &Words, chains: &[Chains]) -> Result<(), BuildError> {
        let (labels, most) = (words.labels(), self.plan.outcomes);
        let rows =
            chains.iter().map(|question| recipes::outcomes(question.attempts(), most, labels)).collect();
        let role = "scores a whole revision, with the attempts before it in its context";
        let learning = &self.plan.revision_orm;
        let shape = self.judging(words);
        let task = Task { name: "revision-orm", role, shape, learning, start: PROPOSER };
        self.copy(words, task, rows)
    }

    /// Sizes of the proposer and of its copies.
    pub(crate) fn proposer_shape(&self, words: &Words) -> Shape {
        self.plan.proposer.shape(words.size())
    }
}
