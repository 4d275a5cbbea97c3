//! What the experiments share: the bundled models, questions, samples, and how progress and numbers are shown.

use deliberate_decoder::Model;
use deliberate_family::{Observer, Plan, Scale, Words, asked, domain, serve};
use deliberate_lab::{Question, Split, generate_set};
use deliberate_run::Interval;
use deliberate_train::gather::{Asked, Progress, SamplePlan, Sampled, draw_samples};
use futures::executor::block_on;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Seeds of the questions that are learnt from and of those that are measured on; the bundled models saw neither set.
const LEARNT: u64 = 101;
const MEASURED: u64 = 102;

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Development questions.
    pub(crate) questions: usize,
    /// Searches of each question by each arm.
    pub(crate) runs: u64,
    /// Training questions.
    pub(crate) learnt: usize,
    /// Tokens that each model learns from.
    pub(crate) tokens: u64,
}

impl Default for Extent {
    fn default() -> Self {
        Self { questions: 200, runs: 4, learnt: 1000, tokens: 2_000_000 }
    }
}

impl Extent {
    /// Takes one `NAME=NUMBER`.
    pub(crate) fn set(&mut self, argument: &str) -> Result<(), Box<dyn Error>> {
        let (name, number) = argument.split_once('=').ok_or("numbers are given as `questions=200`")?;
        match name {
            "questions" => self.questions = number.parse()?,
            "runs" => self.runs = number.parse()?,
            "learnt" => self.learnt = number.parse()?,
            "tokens" => self.tokens = number.parse()?,
            _ => return Err(format!("`{name}` is none of questions, runs, learnt, tokens").into()),
        }
        Ok(())
    }
}

/// The bundled models and a folder to work in.
pub(crate) struct Bench {
    pub(crate) plan: Plan,
    pub(crate) folder: PathBuf,
    pub(crate) extent: Extent,
}

impl Bench {
    pub(crate) fn new(folder: PathBuf, extent: Extent) -> Result<Self, Box<dyn Error>> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { plan: Scale::Full.plan(), folder, extent })
    }

    /// The file of a bundled model.
    pub(crate) fn model(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../models/lab-{name}.gguf"))
    }

    /// The vocabulary of all bundled models.
    pub(crate) fn words() -> Result<Words, Box<dyn Error>> {
        Ok(Words::new(Model::read_gguf(Self::model("proposer"))?.vocabulary)?)
    }

    /// Questions to learn from.
    pub(crate) fn learnt(&self) -> Result<Vec<Asked>, Box<dyn Error>> {
        let questions = generate_set(&self.plan.lab()?.questions, Split::Train, LEARNT, self.extent.learnt)?;
        Ok(questions.iter().map(asked).collect())
    }

    /// Questions to measure on.
    pub(crate) fn measured(&self) -> Result<Vec<Question>, Box<dyn Error>> {
        Ok(generate_set(&self.plan.lab()?.questions, Split::Validation, MEASURED, self.extent.questions)?)
    }

    /// Seed of the questions to measure on, and of what is drawn for them.
    pub(crate) const fn seed() -> u64 {
        MEASURED
    }

    /// The bundled proposer's samples of questions.
    pub(crate) fn samples(&self, questions: &[Asked], samples: u32) -> Result<Vec<Sampled>, Box<dyn Error>> {
        let count = questions.len();
        let first = questions.first().map_or("", |question| &question.id);
        let file = self.folder.join(format!("samples-{first}-{count}x{samples}.jsonl"));
        let engine = serve(&Self::model("proposer"))?;
        let domain = domain(&engine, self.plan.method.temperature)?;
        let plan = SamplePlan { samples, seed: MEASURED, concurrency: self.plan.method.returns.concurrency };
        let mut watch = Watch::new("samples");
        Ok(block_on(draw_samples(&domain, questions, &plan, &file, &mut watch))?)
    }
}

/// Says now and then on stderr how far something is.
pub(crate) struct Watch {
    stage: String,
    said: Instant,
}

impl Watch {
    pub(crate) fn new(stage: &str) -> Self {
        eprintln!("{stage}");
        Self { stage: stage.to_owned(), said: Instant::now() }
    }

    fn say(&mut self, done: u64, all: u64, note: &str) -> ControlFlow<()> {
        if self.said.elapsed() > Duration::from_secs(15) {
            self.said = Instant::now();
            eprintln!("{} {done}/{all} {note}", self.stage);
        }
        ControlFlow::Continue(())
    }
}

impl Progress for Watch {
    fn at(&mut self, done: usize, all: usize) -> ControlFlow<()> {
        self.say(done as u64, all as u64, "questions")
    }
}

impl Observer for Watch {
    fn stage(&mut self, name: &str) {
        *self = Self::new(name);
    }

    fn at(&mut self, done: u64, all: u64, note: &str) -> ControlFlow<()> {
        self.say(done, all, note)
    }
}

/// `52.3 [48.1, 56.0]`, in percent.
pub(crate) fn percent(Interval { value, low, high }: Interval) -> String {
    format!("{:.1} [{:.1}, {:.1}]", value * 100.0, low * 100.0, high * 100.0)
}

/// `3.41 [3.30, 3.52]`.
pub(crate) fn number(Interval { value, low, high }: Interval, digits: usize) -> String {
    format!("{value:.digits$} [{low:.digits$}, {high:.digits$}]")
}
