//! `deliberate run`: all questions of a dataset, in a run directory.

use crate::args::{Global, RunArgs};
use crate::config::settle;
use crate::exit::{INTERRUPTED, NO_ANSWER, bad_input};
use crate::interrupt::Interrupt;
use crate::output::{self, note};
use crate::progress::{Speed, questions};
use crate::show::{Table, Time, bill, count, flops, share};
use deliberate::{Deliberate, Error, ModelSettings, Search, Usual, budget};
use deliberate_run::{Dataset, DirectoryError, Found, Question, QuestionResult, RunDirectory, Summary};
use deliberate_search::{Ended, Observer, ObserverError, Outcome, Record, SearchError};
use deliberate_text::{Gold, Trace};
use futures::stream::{self, StreamExt};
use serde_json::json;
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Failed questions that are named, at most.
const FAILURES_SHOWN: usize = 5;

const FOREIGN: &str = "the journal was written by another version of this program, or for other weights or prompts of \
                       the same name (give another --run-directory)";

type Directory = Arc<Mutex<RunDirectory<Trace>>>;

pub(crate) fn run(args: RunArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let options = settle(global.config.as_deref(), args.search, args.engine, Usual::Base)?;
    let search = Search::resolve(options.search)?;
    let models = ModelSettings::resolve(options.models);
    let limit = args.limit.map(std::num::NonZero::get);
    let dataset = Dataset::read(&args.dataset, limit, args.skip_bad_lines).map_err(bad_input)?;
    tell(&dataset, global);
    let questions = args.concurrency.get().min(dataset.questions.len());
    super::models::fetch_default(&models, global)?;
    let runtime = super::runtime()?;
    let deliberate = runtime.block_on(super::open(search, &models, questions))?;
    let search = deliberate.search();
    let configuration = json!({
        "dataset": {"path": dataset.path, "sha256": dataset.sha256, "questions": dataset.questions.len(),
                    "skipped": dataset.skipped.len()},
        "search": search,
        "models": deliberate.models().provenance(search),
        "engine": models,
    });
    let path = args.run_directory.unwrap_or_else(|| default_directory(&dataset, search));
    let directory = RunDirectory::<Trace>::open(&path, &configuration).map_err(|error| {
        let usage = matches!(error, DirectoryError::OtherRun { .. } | DirectoryError::NoConfiguration { .. });
        let error = anyhow::Error::new(error);
        let error = error.context(format!("cannot use the run directory `{}`", path.display()));
        if usage { bad_input(error) } else { error }
    })?;
    runtime.block_on(async {
        let started = Instant::now();
        let work = Work { deliberate: &deliberate, interrupt: Interrupt::listen() };
        let results = work.all(directory, &dataset, args.concurrency.get(), global).await?;
        let Some((results, directory)) = results else {
            note(format_args!("interrupted; run the same command again to go on in `{}`", path.display()));
            return Ok(INTERRUPTED.into());
        };
        let summary = Summary::of(&results, search.seed);
        directory.write_results(&results, &summary)?;
        let elapsed_seconds = started.elapsed().as_secs_f64();
        let drawn = deliberate.models().proposer.model.drawn();
        if args.json {
            let report = json!({"summary": summary, "run-directory": path,
                                "this-process": {"elapsed-seconds": elapsed_seconds, "tokens-drawn": drawn}});
            output::line(serde_json::to_string(&report)?)?;
        } else {
            print(&summary, Time::SideBySide { elapsed_seconds, drawn })?;
            output::line(format_args!("results  {}", path.join("results.jsonl").display()))?;
        }
        for result in results.iter().filter(|result| result.error.is_some()).take(FAILURES_SHOWN) {
            note(format_args!("question `{}` failed: {}", result.id, result.error.as_deref().unwrap_or("?")));
        }
        Ok(if summary.failed > 0 {
            ExitCode::FAILURE
        } else if summary.unanswered == summary.questions {
            note("no question got an answer (`deliberate solve` says why of one of them)");
            NO_ANSWER.into()
        } else {
            ExitCode::SUCCESS
        })
    })
}

/// Right answers that no answer can equal which are named, at most.
const NEVER_SHOWN: usize = 3;

/// Says what was read: fields, lines passed over, and answers that cannot be right.
fn tell(dataset: &Dataset, global: &Global) {
    for skipped in &dataset.skipped {
        note(format_args!("passed over line {}: {}", skipped.line, skipped.reason));
    }
    if !global.quiet {
        note(dataset);
    }
    let never = dataset.never_right();
    if !never.is_empty() {
        let named: Vec<String> = never.iter().take(NEVER_SHOWN).map(|id| format!("`{id}`")).collect();
        note(format_args!(
            "{} right answers are whole texts, which no final answer equals: of {}{} (give the final answer alone, as \
             `#### 72` in the last line, or in \\boxed{{}})",
            never.len(),
            named.join(", "),
            if never.len() > NEVER_SHOWN { " and others" } else { "" },
        ));
    }
}

fn default_directory(dataset: &Dataset, search: &Search) -> PathBuf {
    let stem = dataset.path.file_stem().map_or("dataset".into(), |stem| stem.to_string_lossy());
    let budget = budget::format(&search.budget);
    PathBuf::from("runs").join(format!("{stem}-{}-{budget}", search.way()))
}

struct Work<'a> {
    deliberate: &'a Deliberate,
    interrupt: Interrupt,
}

impl Work<'_> {
    /// All results in the dataset's order; `None` if it was interrupted.
    async fn all(
        &self,
        mut directory: RunDirectory<Trace>,
        dataset: &Dataset,
        concurrency: usize,
        global: &Global,
    ) -> anyhow::Result<Option<(Vec<QuestionResult>, RunDirectory<Trace>)>> {
        let mut finished = std::mem::take(&mut directory.finished);
        let mut unfinished = std::mem::take(&mut directory.unfinished);
        if !finished.is_empty() && !global.quiet {
            note(format_args!("going on after {} of {} questions", finished.len(), dataset.questions.len()));
        }
        let bar = questions(global, dataset.questions.len());
        bar.set_position(finished.len() as u64);
        let _speed = Speed::watch(&self.deliberate.models().proposer.model, &bar);
        let shared = Arc::new(Mutex::new(directory));
        let open: Vec<(&Question, Vec<Record<Trace>>)> = dataset
            .questions
            .iter()
            .filter(|question| !finished.contains_key(&question.id))
            .map(|question| (question, unfinished.remove(&question.id).unwrap_or_default()))
            .collect();
        let mut answers = stream::iter(open)
            .map(|(question, checkpoint)| self.one(question, checkpoint, Arc::clone(&shared)))
            .buffer_unordered(concurrency);
        let mut fresh: HashMap<String, QuestionResult> = HashMap::new();
        while let Some(result) = answers.next().await {
            if let Some(result) = result? {
                bar.inc(1);
                fresh.insert(result.id.clone(), result);
                let right =
                    fresh.values().chain(finished.values()).filter(|r| r.correct == Some(true)).count();
                bar.set_message(format!("{right} right"));
            }
        }
        drop(answers);
        bar.finish_and_clear();
        finished.extend(fresh);
        let results: Option<Vec<QuestionResult>> =
            dataset.questions.iter().map(|question| finished.remove(&question.id)).collect();
        let directory = Arc::into_inner(shared).expect("all questions are done with the directory");
        Ok(results.map(|results| (results, directory.into_inner().unwrap_or_else(PoisonError::into_inner))))
    }

    /// One question; `None` if it was interrupted.
    async fn one(
        &self,
        question: &Question,
        checkpoint: Vec<Record<Trace>>,
        directory: Directory,
    ) -> anyhow::Result<Option<QuestionResult>> {
        if self.interrupt.pressed() {
            return Ok(None);
        }
        let mut journal = Journal { question: &question.id, directory: Arc::clone(&directory) };
        let asked = self.deliberate.ask(&question.problem).dice(&question.id).resuming(checkpoint);
        let result = match asked.until(self.interrupt.signal.clone()).watched(&mut journal).await {
            Ok(solved) if solved.outcome().ended == Ended::Cancelled => return Ok(None),
            Ok(solved) => graded(question, solved.outcome()),
            Err(Error::Question(error)) => failed(question, &anyhow::Error::new(error)),
            Err(error) => {
                let foreign = matches!(error, Error::Search(SearchError::ForeignCheckpoint { .. }));
                let error = anyhow::Error::new(error).context(format!("question `{}`", question.id));
                return Err(if foreign { error.context(FOREIGN) } else { error });
            }
        };
        // A question that failed is not written down as finished: the next start tries it again.
        if result.error.is_none() {
            directory.lock().unwrap_or_else(PoisonError::into_inner).journal.result(&result)?;
        }
        Ok(Some(result))
    }
}

/// Writes every answer of a role to the journal before anything is built on it.
struct Journal<'a> {
    question: &'a str,
    directory: Directory,
}

impl Observer<Trace> for Journal<'_> {
    fn performed(&mut self, record: &Record<Trace>) -> Result<(), ObserverError> {
        let mut directory = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        directory.journal.record(self.question, record).map_err(|error| ObserverError(Box::new(error)))
    }
}

fn failed(question: &Question, error: &anyhow::Error) -> QuestionResult {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    QuestionResult {
        id: question.id.clone(),
        expected: question.answer.clone(),
        answer: None,
        correct: question.answer.as_ref().map(|_| false),
        solutions: 0,
        right_solutions: question.answer.as_ref().map(|_| 0),
        found: Vec::new(),
        ended: "failed".to_owned(),
        generations: 0,
        charged: deliberate_search::Charge::default(),
        error: Some(causes.join(": ")),
        measured: deliberate_search::Ledger::default(),
    }
}

/// What a search came to, compared with the right answer.
pub(crate) fn graded(question: &Question, outcome: &Outcome<Trace>) -> QuestionResult {
    let gold = question.answer.as_deref().map(Gold::new);
    let right = |state: &Trace| gold.as_ref().map(|gold| gold.right(state));
    let solutions: Vec<&Trace> = outcome.tree.answers().map(|id| outcome.state(id)).collect();
    let found = outcome.choice.votes.iter().map(|vote| Found {
        answer: outcome.state(vote.node).answer().map(str::to_owned),
        count: vote.count,
        weight: vote.weight,
        correct: right(outcome.state(vote.node)),
    });
    let ended = match &outcome.ended {
        Ended::Stopped(deliberate_search::StopReason::Confident { .. }) => "confident",
        Ended::Stopped(_) => "finished",
        Ended::Budget => "budget",
        Ended::Cancelled => "cancelled",
        Ended::Failed { .. } => "failed",
    };
    // What was chosen without the role that should have chosen is no answer.
    let chosen = outcome.answer().filter(|_| outcome.ended.failure().is_none());
    QuestionResult {
        id: question.id.clone(),
        expected: question.answer.clone(),
        answer: chosen.and_then(Trace::answer).map(str::to_owned),
        correct: gold.as_ref().map(|_| chosen.and_then(&right) == Some(true)),
        solutions: solutions.len() as u32,
        right_solutions: gold
            .as_ref()
            .map(|_| solutions.iter().filter(|state| right(state) == Some(true)).count() as u32),
        found: found.collect(),
        ended: ended.to_owned(),
        generations: outcome.ledger.generations,
        charged: outcome.ledger.charged,
        error: outcome.ended.failure(),
        measured: outcome.ledger,
    }
}

fn print(summary: &Summary, time: Time) -> anyhow::Result<()> {
    let mut table = Table::new(["", "value"]);
    let mut add = |name: &str, value: String| table.row([name.to_owned(), value]);
    add("questions", summary.questions.to_string());
    if summary.failed > 0 {
        add("failed (tried again at the next start)", summary.failed.to_string());
    }
    if summary.graded < summary.questions {
        add(
            "graded (the others have no right answer)",
            format!("{} of {}", summary.graded, summary.questions),
        );
    }
    if summary.unanswered > 0 {
        add("without an answer", summary.unanswered.to_string());
    }
    if let Some(accuracy) = summary.accuracy {
        add("accuracy [95 % interval]", share(accuracy));
    }
    for (k, pass) in &summary.pass_at {
        add(&format!("pass@{k}"), format!("{:.1} %", pass * 100.0));
    }
    if let Some(coverage) = summary.coverage {
        add("a right solution was found", format!("{:.1} %", coverage * 100.0));
    }
    add("solutions a question", format!("{:.1}", summary.solutions));
    add("generations a question", format!("{:.1}", summary.generations));
    add("tokens drawn a question", count(summary.tokens.round() as u64));
    add("FLOPs charged a question", flops(summary.flops));
    output::data(table)?;
    let bill = bill(&summary.measured, 0, time);
    output::line(format_args!("bill     {}", bill.replace('\n', "\n         ")))
}
