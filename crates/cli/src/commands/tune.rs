//! `deliberate tune`: a model learns from worked solutions, all of it or an adapter on top of it.

mod examples;
mod words;

use crate::args::{EngineArgs, Global, SearchArgs, TuneArgs};
use crate::config::{EPOCHS, Extent, Lora, Tuning, settle};
use crate::exit::{INTERRUPTED, bad_input};
use crate::interrupt::Interrupt;
use crate::output::{self, note};
use crate::progress::stage;
use crate::show::{Table, count, seconds};
use anyhow::{Context, anyhow};
use deliberate::{PROMPT, Usual, asking};
use deliberate_decoder::{Asking, Model, Precision};
use deliberate_models::Models;
use deliberate_run::{DirectoryError, Folder};
use deliberate_text::{Prompt, PromptKind};
use deliberate_train::{
    Decoder, Device, Epochs, Evaluation, Example, LogLine, Outcome, Progress, Report, Settings, TrainError,
    checksum, curve, evaluate, fresh_adapter, read_log, train,
};
use examples::Lines;
use indicatif::ProgressBar;
use serde::Serialize;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use words::Words;

/// The prompt beside a model that was tuned with it.
const PROMPT_FILE: &str = "prompt.toml";

/// Columns of a loss curve.
const CURVE: usize = 40;

pub(crate) fn run(args: &TuneArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let tuning = Tuning::resolve(args)?;
    let device = super::device(args.gpu)?;
    let search = SearchArgs { prompt: args.prompt.clone(), ..SearchArgs::default() };
    let engine = EngineArgs { model: args.model.clone(), ..EngineArgs::default() };
    let layer = settle(global.config.as_deref(), search, engine, Usual::Bundled)?;
    let prompt = layer.search.prompt.as_deref().unwrap_or(PROMPT);
    let prompt = Prompt::load_for(prompt, PromptKind::Solve).map_err(bad_input)?;
    let lines = Lines::read(&args.examples)?;
    let mut model = model(layer.models.model.as_deref())?;
    model.asking.prompt = Some(prompt.name().to_owned());
    let runtime = super::runtime()?;
    let interrupt = runtime.block_on(async { Interrupt::listen() });
    let words = Words::new(&model).map_err(bad_input)?;
    let split = (tuning.held_out, tuning.seed);
    let (learnt, held_out) = runtime.block_on(lines.encode(&args.examples, &prompt, &words, split))?;
    let tokens = |examples: &[Example]| examples.iter().map(Example::len).sum::<usize>();
    let identity = json!({
        "tune": tuning,
        "prompt": prompt.name(),
        "examples": {"sha256": lines.sha256, "lines": lines.len(), "tokens": tokens(&learnt) + tokens(&held_out)},
        "model": {"name": model.name, "weights": checksum(&model.weights)},
    });
    let folder = Folder::open(&args.output, &identity).map_err(|error| unusable(error, &args.output))?;
    let task = Task { args, device, tuning, model, learnt, held_out, folder };
    let mut watch = Watch { global, interrupt, bar: None, note: String::new() };
    let tuned = task.learn(&mut watch);
    watch.finish();
    match tuned? {
        Some(tuned) if args.json => output::line(serde_json::to_string(&tuned)?)?,
        Some(tuned) => print(&tuned, &args.output)?,
        None => {
            note(format_args!(
                "interrupted; run the same command again to go on in `{}`",
                args.output.display()
            ));
            return Ok(INTERRUPTED.into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The model to begin with: a folder, a file, or a name.
fn model(name: Option<&str>) -> anyhow::Result<Model> {
    let folder = name.map(Path::new).filter(|path| path.is_dir());
    if let Some(folder) = folder {
        return Model::read_hugging_face(folder).map_err(bad_input);
    }
    let models = Models::from_env().map_err(bad_input)?;
    let name = name.unwrap_or(&models.catalogue().default);
    if let (base, Some(_)) = models.split(name) {
        return Err(bad_input(anyhow!(
            "tuning begins with a model alone, not with `{name}` (--model {base})"
        )));
    }
    let file = models.resolve(name).map_err(bad_input)?;
    let model = Model::read_gguf(&file.path)
        .context("only Llama and Qwen2 models can be tuned, with a vocabulary like that of SmolLM or Qwen2")
        .map_err(bad_input)?;
    Ok(Model { asking: asking(&file), ..model })
}

fn unusable(error: DirectoryError, path: &Path) -> anyhow::Error {
    match error {
        DirectoryError::OtherRun { differences, .. } => bad_input(anyhow!(
            "`{}` holds another tuning: {} (give another --output, or the earlier settings)",
            path.display(),
            differences.join("; ")
        )),
        DirectoryError::Busy { .. } => bad_input(anyhow!(
            "another process is tuning in `{}` (wait until it is done, or give another --output)",
            path.display()
        )),
        other => anyhow::Error::new(other).context(format!("cannot use `{}`", path.display())),
    }
}

/// All that a tuning needs.
struct Task<'a> {
    args: &'a TuneArgs,
    device: Device,
    tuning: Tuning,
    model: Model,
    learnt: Vec<Example>,
    held_out: Vec<Example>,
    folder: Folder,
}

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Tuned {
    /// The model or the adapter.
    file: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    hugging_face: Option<PathBuf>,
    model: String,
    /// Weights that learn.
    parameters: u64,
    examples: usize,
    held_out_examples: usize,
    outcome: Outcome,
    steps: u64,
    /// Steps made when what was written was best.
    chosen: Option<u64>,
    tokens: u64,
    seconds: f64,
    /// Of every line of the log.
    losses: Vec<f64>,
    /// On the held-out questions, before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<[Evaluation; 2]>,
}

impl Task<'_> {
    /// Trains and writes; `None` if it was interrupted.
    fn learn(self, watch: &mut Watch<'_>) -> anyhow::Result<Option<Tuned>> {
        let Self { args, device, tuning, model, learnt, held_out, folder } = self;
        let Model { name, shape, weights, vocabulary, asking } = model;
        let mut decoder = Decoder::from_weights(&shape, &weights)?;
        drop(weights);
        decoder = decoder.on(&device)?;
        let mut parameters = shape.parameters();
        let examples = learnt.len();
        let mut source = Epochs::new(learnt, tuning.batch_tokens, tuning.seed);
        let steps = tuning.tokens.map_or_else(|| source.steps(EPOCHS), |tokens| source.steps_for(tokens));
        let settings = tuning.settings(Extent { steps, validated: !held_out.is_empty() });
        settings.check().map_err(bad_input)?;
        watch.begin(examples, held_out.len(), &settings, tuning.batch_tokens);
        let before = evaluate(&decoder, &held_out, settings.evaluation_tokens)?;
        if let Some(Lora { rank, alpha }) = tuning.lora {
            let adapter = fresh_adapter(&shape, rank, alpha, tuning.seed);
            parameters = adapter.parameters();
            decoder = decoder.with_adapter(&adapter)?;
        }
        let training = args.output.join("training");
        let report = train(&decoder, &mut source, &held_out, &settings, &training, watch).map_err(advise)?;
        if report.outcome == Outcome::Interrupted {
            return Ok(None);
        }
        let (file, hugging_face) = if let Some(adapter) = decoder.to_adapter()? {
            let file = args.output.join("adapter.gguf");
            adapter.write_gguf(&file, &shape, Precision::F32)?;
            (file, None)
        } else {
            let file = args.output.join("model.gguf");
            let asking = keep_prompt(asking, &folder)?;
            let weights = decoder.to_weights()?;
            let model = Model { name: name.clone(), shape, weights, vocabulary, asking };
            model.write_gguf(&file, Precision::F16)?;
            let path = args.hugging_face.then(|| args.output.join("hugging-face"));
            path.as_ref().map_or(Ok(()), |path| model.write_hugging_face(path))?;
            (file, path)
        };
        let after = after(&report);
        let tuned = Tuned {
            file,
            hugging_face,
            model: name,
            parameters,
            examples,
            held_out_examples: held_out.len(),
            outcome: report.outcome,
            steps: report.steps,
            chosen: report.chosen,
            tokens: report.tokens,
            seconds: report.seconds,
            losses: read_log(&training)?.into_iter().filter_map(|line| line.loss).collect(),
            held_out: after.map(|after| [before, after]),
        };
        folder.write("report.json", &serde_json::to_vec_pretty(&tuned)?)?;
        Ok(Some(tuned))
    }
}

/// A prompt of the user's own goes into the model's folder, so that the model is asked with it wherever the folder is.
fn keep_prompt(mut asking: Asking, folder: &Folder) -> anyhow::Result<Asking> {
    let own = asking.prompt.as_deref().filter(|name| !Prompt::built_in().contains(name));
    if let Some(path) = own {
        let text = std::fs::read(path).with_context(|| format!("cannot read the prompt `{path}`"))?;
        folder.write(PROMPT_FILE, &text)?;
        asking.prompt = Some(PROMPT_FILE.to_owned());
    }
    Ok(asking)
}

/// The evaluation of the weights that were chosen.
fn after(report: &Report) -> Option<Evaluation> {
    let chosen = report.validated.iter().find(|validated| Some(validated.step) == report.chosen);
    chosen.map(|validated| validated.evaluation)
}

/// Says what to change, where the flags of this command do.
fn advise(error: TrainError) -> anyhow::Error {
    let diverged = matches!(error, TrainError::Diverged { .. });
    let error = anyhow::Error::new(error);
    if diverged {
        error.context("the training went astray (lower --rate, and give another --output)")
    } else {
        error
    }
}

fn print(tuned: &Tuned, folder: &Path) -> anyhow::Result<()> {
    let mut table = Table::new(["tuning", "value"]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("model", tuned.model.clone());
    row("weights that learnt", count(tuned.parameters));
    row("examples", format!("{} and {} held out", tuned.examples, tuned.held_out_examples));
    row("steps", tuned.steps.to_string());
    row("tokens", count(tuned.tokens));
    row("time", seconds(tuned.seconds));
    if let [first, .., last] = tuned.losses[..] {
        row("loss", format!("{first:.4} → {last:.4}  {}", curve(&tuned.losses, CURVE)));
    }
    if let Some([before, after]) = tuned.held_out {
        row("held-out loss", format!("{:.4} → {:.4}", before.loss, after.loss));
        let percent = |evaluation: Evaluation| format!("{:.1} %", evaluation.accuracy * 100.0);
        row("held-out tokens foreseen", format!("{} → {}", percent(before), percent(after)));
        if let Some(chosen) = tuned.chosen {
            row("best after", format!("{chosen} steps"));
        }
    }
    output::data(table)?;
    output::line(format_args!("written  {}", tuned.file.display()))?;
    if let Some(path) = &tuned.hugging_face {
        output::line(format_args!("         {}", path.display()))?;
    }
    output::line(format_args!("logs     {}", folder.join("training").display()))?;
    if tuned.held_out.is_some_and(|[before, after]| after.loss >= before.loss) {
        note("the held-out loss is no better than before (try a lower --rate, or more examples)");
    }
    Ok(())
}

/// Shows a bar, and passes Ctrl-C on.
struct Watch<'a> {
    global: &'a Global,
    interrupt: Interrupt,
    bar: Option<ProgressBar>,
    note: String,
}

impl Watch<'_> {
    fn begin(&mut self, examples: usize, held_out: usize, settings: &Settings, batch_tokens: usize) {
        if !self.global.quiet {
            note(format_args!(
                "learning from {examples} examples ({held_out} held out) in {} steps of up to {batch_tokens} tokens",
                settings.steps
            ));
        }
        self.bar = Some(stage(self.global));
    }

    fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Watch<'_> {
    fn stepped(&mut self, step: u64, steps: u64, _loss: f32) -> ControlFlow<()> {
        if let Some(bar) = &self.bar {
            bar.set_length(steps);
            bar.set_position(step);
            bar.set_message(self.note.clone());
        }
        if self.interrupt.pressed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn logged(&mut self, line: &LogLine) {
        if let Some(loss) = line.validation_loss {
            self.note = format!("held-out loss {loss:.3}");
        } else if let (Some(loss), Some(speed)) = (line.loss, line.tokens_per_second) {
            self.note = format!("loss {loss:.3}, {speed:.0} tokens/s");
        }
    }

    fn resumed(&mut self, step: u64) {
        if !self.global.quiet {
            note(format_args!("going on after step {step}"));
        }
    }
}
