//! Performs what a grid asks for and the folder does not have yet, all questions in flight at once.

use crate::record::{Compared, Foreseen, Line, Sample, answer_flops, drawn};
use crate::tree::{KeptTree, tree_view};
use crate::{Arm, Grid, Sampled, Searched, StudyError};
use deliberate_lm::LanguageModel;
use deliberate_run::{Folder, Lines, Question};
use deliberate_search::{
    Budget, Cancellation, Ended, Failure, Outcome, Settings, Silent, StrategySpec, Verification, mix,
    question_seed, search,
};
use deliberate_text::{Domain, Gold, Trace};
use futures::stream::{self, StreamExt};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Questions, the first ones, whose search trees are kept to be looked at, and the budget of the searches.
const TREES: (usize, u32) = (10, 16);

/// Samples of one search of the pool: what a kill loses of a question, at most.
const PART: u32 = 32;

/// Who performs the searches.
pub struct Bench<'a, M> {
    /// Draws, and scores steps.
    pub search: &'a Domain<M>,
    /// Draws, revises, and scores attempts with the earlier ones in view; for strategies that revise.
    pub revision: Option<&'a Domain<M>>,
    /// Another verifier that scores the pool as well, to be compared with the first: its name, and who has it.
    pub compared: Option<(&'a str, &'a Domain<M>)>,
    /// Every draw follows from it.
    pub seed: u64,
    /// Searches under way at the same time.
    pub concurrency: usize,
    /// Ends the sweep early.
    pub cancel: Option<Cancellation>,
}

/// Is told how far a sweep is.
pub trait Watch {
    /// So many searches of all are done.
    fn at(&mut self, done: usize, all: usize);
    /// A search failed; the sweep goes on without it, and a later one tries it again.
    fn failed(&mut self, question: &str, arm: &str, reason: &str);
}

/// A study's folder.
#[derive(Debug)]
pub struct Study {
    folder: Folder,
    lines: Lines,
    asking: Lines,
    trees: Lines,
    asked: HashMap<String, Question>,
    sampled: HashMap<(String, u32), Sampled>,
    searched: HashMap<(String, String, u32, u32), Searched>,
    foreseen: HashMap<String, Option<f64>>,
}

/// What is missing.
enum Missing<'a> {
    /// A look at the question.
    Prior(&'a Question),
    Search(&'a Question, Wanted<'a>),
}

/// A search that is missing.
enum Wanted<'a> {
    Part { part: u32, samples: u32 },
    Arm { arm: &'a Arm, run: u32, kept: bool },
}

impl Study {
    /// Creates a study, or opens one to go on in it. The configuration says what its numbers depend on besides
    /// questions and grid, which may grow.
    ///
    /// # Errors
    /// [`StudyError`] if it holds another study, is in use, or is damaged.
    pub fn open(path: &Path, configuration: &Value) -> Result<Self, StudyError> {
        let folder = Folder::open(path, configuration)?;
        let (lines, known) = Lines::open::<Line>(&path.join("searches.jsonl"))?;
        let (asking, asked) = Lines::open::<Question>(&path.join("questions.jsonl"))?;
        let (trees, _) = Lines::open::<KeptTree>(&path.join(crate::tree::TREES))?;
        let asked = asked.into_iter().map(|question| (question.id.clone(), question)).collect();
        let (sampled, searched, foreseen) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut study = Self { folder, lines, asking, trees, asked, sampled, searched, foreseen };
        for line in known {
            study.learn(line);
        }
        Ok(study)
    }

    /// Where it is.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    fn learn(&mut self, line: Line) {
        match line {
            Line::Sampled(part) => {
                self.sampled.insert((part.question.clone(), part.part), part);
            }
            Line::Searched(one) => {
                self.searched.insert((one.question.clone(), one.arm.clone(), one.budget, one.run), one);
            }
            Line::Foreseen(one) => {
                self.foreseen.insert(one.question, one.prior);
            }
        }
    }

    /// The samples of a question, in the order of drawing; `None` if there are not as many.
    pub fn samples(&self, question: &str, samples: u32) -> Option<Vec<&Sampled>> {
        parts(samples)
            .map(|(part, wanted)| {
                let known = self.sampled.get(&(question.to_owned(), part))?;
                (known.samples.len() >= wanted as usize).then_some(known)
            })
            .collect()
    }

    /// What one run of a search came to.
    pub fn searched(&self, question: &str, arm: &Arm, run: u32) -> Option<&Searched> {
        self.searched.get(&(question.to_owned(), arm.name.clone(), arm.budget, run))
    }

    /// The verifier's score of the bare question, if it gave one.
    pub fn prior(&self, question: &str) -> Option<f64> {
        self.foreseen.get(question).copied().flatten()
    }

    /// Remembers the questions: what is known of one does not hold for another of the same id.
    fn ask(&mut self, questions: &[Question]) -> Result<(), StudyError> {
        for question in questions {
            match self.asked.get(&question.id) {
                Some(known) if known == question => {}
                Some(_) => return Err(StudyError::Changed { question: question.id.clone() }),
                None => {
                    self.asking.append(question)?;
                    self.asked.insert(question.id.clone(), question.clone());
                }
            }
        }
        Ok(self.asking.sync()?)
    }

    /// Performs what is missing. `false` if it was cancelled.
    ///
    /// # Errors
    /// [`StudyError`] if a search cannot be made or its result cannot be written; what was done before is kept.
    pub async fn sweep<M: LanguageModel>(
        &mut self,
        grid: &Grid,
        questions: &[Question],
        bench: &Bench<'_, M>,
        watch: &mut dyn Watch,
    ) -> Result<bool, StudyError> {
        let arms = grid.arms()?;
        if let Some(question) = questions.iter().find(|question| question.answer.is_none()) {
            return Err(StudyError::NoAnswer { question: question.id.clone() });
        }
        self.ask(questions)?;
        let pool = questions
            .iter()
            .flat_map(|q| parts(grid.samples.get()).map(move |(part, samples)| (q, part, samples)))
            .filter(|(question, part, samples)| {
                let known = self.sampled.get(&(question.id.clone(), *part));
                !known.is_some_and(|known| bench.suffices(known, *samples))
            })
            .map(|(question, part, samples)| Missing::Search(question, Wanted::Part { part, samples }));
        let runs = grid.runs.get();
        let searches = (0..runs)
            .flat_map(|run| arms.iter().map(move |arm| (run, arm)))
            .flat_map(|(run, arm)| questions.iter().enumerate().map(move |asked| (run, arm, asked)))
            .filter(|(run, arm, (_, question))| self.searched(&question.id, arm, *run).is_none())
            .map(|(run, arm, (at, question))| {
                let kept = at < TREES.0 && arm.budget == TREES.1 && run == 0;
                Missing::Search(question, Wanted::Arm { arm, run, kept })
            });
        let priors =
            questions.iter().filter(|question| !self.foreseen.contains_key(&question.id)).map(Missing::Prior);
        let missing: Vec<Missing<'_>> = priors.chain(pool).chain(searches).collect();
        let all = questions.len() * (1 + parts(grid.samples.get()).count() + arms.len() * runs as usize);
        let mut done = all - missing.len();
        watch.at(done, all);
        let mut arriving =
            stream::iter(&missing).map(|one| bench.perform(one)).buffer_unordered(bench.concurrency.max(1));
        let mut complete = true;
        while let Some(performed) = arriving.next().await {
            match performed? {
                Performed::Done(line, tree) => {
                    if let Some(tree) = tree {
                        self.trees.append(&tree)?;
                    }
                    self.lines.append(&line)?;
                    self.learn(line);
                    done += 1;
                    watch.at(done, all);
                }
                Performed::Failed { question, arm, reason } => watch.failed(&question, &arm, &reason),
                Performed::Cancelled => complete = false,
            }
        }
        drop(arriving);
        self.lines.sync()?;
        Ok(complete)
    }
}

/// The parts of so many samples: (part, samples in it).
fn parts(samples: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..samples.div_ceil(PART)).map(move |part| (part, PART.min(samples - part * PART)))
}

/// What became of a search.
enum Performed {
    Done(Line, Option<Box<KeptTree>>),
    Failed { question: String, arm: String, reason: String },
    Cancelled,
}

impl<M: LanguageModel> Bench<'_, M> {
    /// Whether these are samples enough, and scored by everyone.
    fn suffices(&self, known: &Sampled, samples: u32) -> bool {
        let by = |sample: &Sample| sample.compared.as_ref().map(|compared| compared.verifier.clone());
        known.samples.len() >= samples as usize
            && self.compared.is_none_or(|(name, _)| {
                known.samples.iter().all(|sample| by(sample).as_deref() == Some(name))
            })
    }

    /// What the other verifier makes of the samples of a pool, if there is one.
    async fn compare(&self, outcome: &Outcome<Trace>) -> Result<Vec<Compared>, Failure> {
        let Some((name, domain)) = self.compared else { return Ok(Vec::new()) };
        let Some(verifier) = domain.roles().verifier else { return Ok(Vec::new()) };
        let batch: Vec<Verification<'_, Trace>> =
            drawn(outcome).map(|id| Verification { state: outcome.state(id), known: &[] }).collect();
        let scores = verifier.verify(&batch).await?.scores.into_iter();
        scores.map(|scores| Ok(Compared { verifier: name.to_owned(), scores: scores? })).collect()
    }

    async fn perform(&self, missing: &Missing<'_>) -> Result<Performed, StudyError> {
        match missing {
            Missing::Prior(question) => Ok(self.foresee(question).await),
            Missing::Search(question, wanted) => self.search(question, wanted).await,
        }
    }

    /// What the verifier thinks of a question before anything is drawn.
    async fn foresee(&self, question: &Question) -> Performed {
        let prior = async {
            let root = self.search.root(&question.problem).await.map_err(|error| error.to_string())?;
            match self.search.roles().verifier {
                Some(verifier) => verifier.prior(&root).await.map_err(|failure| failure.to_string()),
                None => Ok(None),
            }
        };
        let question = question.id.clone();
        match prior.await {
            Ok(prior) => Performed::Done(Line::Foreseen(Foreseen { question, prior }), None),
            Err(reason) => Performed::Failed { question, arm: "the question alone".to_owned(), reason },
        }
    }

    async fn search(&self, question: &Question, wanted: &Wanted<'_>) -> Result<Performed, StudyError> {
        let (name, domain, strategy, budget, seed) = match wanted {
            Wanted::Part { part, samples } => {
                let strategy = pool_strategy(self.search.roles().verifier.is_some(), *samples);
                let seed = mix(question_seed(self.seed, &question.id), (*part).into());
                ("the pool", self.search, strategy, *samples, seed)
            }
            Wanted::Arm { arm, run, .. } => {
                let domain = if arm.strategy.needs().reviser {
                    self.revision.ok_or_else(|| StudyError::NoReviser { arm: arm.name.clone() })?
                } else {
                    self.search
                };
                let seed = search_seed(self.seed, &question.id, arm, *run);
                (arm.name.as_str(), domain, arm.strategy.clone(), arm.budget, seed)
            }
        };
        let failed = |reason: String| {
            Ok(Performed::Failed { question: question.id.clone(), arm: name.to_owned(), reason })
        };
        let root = match domain.root(&question.problem).await {
            Ok(root) => root,
            Err(error) => return failed(error.to_string()),
        };
        let outcome = run(domain, root, &strategy, budget, seed, self.cancel.clone()).await?;
        if let Some(reason) = outcome.ended.failure() {
            return failed(reason);
        }
        if outcome.ended == Ended::Cancelled {
            return Ok(Performed::Cancelled);
        }
        let answer = question.answer.as_deref().expect("questions without an answer were refused");
        let gold = Gold::new(answer);
        let line = match wanted {
            Wanted::Part { part, .. } => Line::Sampled(Sampled {
                question: question.id.clone(),
                part: *part,
                samples: match self.compare(&outcome).await {
                    Ok(compared) => Sample::all(&outcome, &gold, &compared),
                    Err(failure) => return failed(failure.to_string()),
                },
                charged: outcome.ledger.charged,
                answer_flops: answer_flops(&outcome),
            }),
            Wanted::Arm { arm, run, .. } => {
                Line::Searched(Searched::of(&question.id, (arm, *run), &outcome, &gold))
            }
        };
        let kept = matches!(wanted, Wanted::Arm { kept: true, .. });
        let tree = kept.then(|| {
            let (expected, aggregation) = (question.answer.as_deref(), strategy.selection().aggregation);
            let view = tree_view(&question.problem, expected, name, &outcome, aggregation);
            Box::new(KeptTree { question: question.id.clone(), arm: name.to_owned(), budget, view })
        });
        Ok(Performed::Done(line, tree))
    }
}

/// Dice of their own for every question, arm, budget and run: nothing is compared on shared luck.
fn search_seed(seed: u64, question: &str, arm: &Arm, run: u32) -> u64 {
    let place = format!("{question}\n{}\n{}", arm.name, arm.budget);
    mix(question_seed(seed, &place), run.into())
}

/// Best-of-N draws the pool: independent samples, each scored where there is a verifier.
fn pool_strategy(scored: bool, samples: u32) -> StrategySpec {
    let text = if scored { "best-of-n" } else { "majority" };
    let spec: StrategySpec = text.parse().expect("a strategy of the project");
    spec.with_generations(samples).expect("best-of-N takes any budget from 1")
}

async fn run<M: LanguageModel>(
    domain: &Domain<M>,
    root: Trace,
    strategy: &StrategySpec,
    budget: u32,
    seed: u64,
    cancel: Option<Cancellation>,
) -> Result<Outcome<Trace>, StudyError> {
    let mut strategy = strategy.build()?;
    let settings = Settings { cancel, ..Settings::new(Budget::generations(budget), seed) };
    Ok(search(root, &mut *strategy, &domain.roles(), settings, &mut Silent).await?)
}
