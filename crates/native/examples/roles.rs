//! A base and adapters on it in one process: `roles MODEL [adapters] [rank] [sequences]`. Says what they take in memory
//! together and alone, whether texts are the same in mixed batches and alone, and what adapters cost in speed. The adapters
//! are random and written for the occasion.

use deliberate_decoder::{Adapter, ModelFile, Precision};
use deliberate_engine::{Engine, ModelRuntime, Serving, Settings, Span, Variant};
use deliberate_lm::{GenerateRequest, LanguageModel, Sampling, Token};
use deliberate_native::{NativeRuntime, open};
use futures::executor::block_on;
use futures::future::join_all;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

type Failure = Box<dyn Error>;

const PROMPT: &str = "A farmer has 12 hens and each lays 5 eggs a week. How many eggs are that in a year?";
const STEPS: usize = 12;
const MIB: f64 = (1 << 20) as f64;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [mode, model, adapters @ ..] = arguments.as_slice()
        && mode == "--memory"
    {
        return memory(Path::new(model), adapters.iter().map(PathBuf::from).collect());
    }
    let model = PathBuf::from(arguments.first().ok_or("a model file is needed")?);
    let number = |at: usize, usual| arguments.get(at).map_or(Ok(usual), |text| text.parse::<u32>());
    let (count, rank, sequences) = (number(1, 3)?, number(2, 16)?, number(3, 64)?);
    let folder = tempfile::tempdir()?;
    let adapters = write(&model, folder.path(), count, rank)?;
    let values: u64 = adapters.iter().map(|(_, adapter)| adapter.parameters()).sum();
    let files: Vec<PathBuf> = adapters.iter().map(|(file, _)| file.clone()).collect();
    println!("{count} adapters of rank {rank}: {:.0} MiB of floats", values as f64 * 4.0 / MIB);
    let (alone, together) = (resident(&model, &[])?, resident(&model, &files)?);
    let sum = alone + values as f64 * 4.0;
    println!(
        "memory: base {:.0} MiB, with all adapters {:.0} MiB, which is {:+.1} % of base and adapters",
        alone / MIB,
        together / MIB,
        100.0 * (together / sum - 1.0)
    );
    texts(&model, &files)?;
    speed(&model, adapters.into_iter().map(|(_, adapter)| adapter).collect(), sequences)
}

/// Random adapters that change what is said.
fn write(model: &Path, folder: &Path, count: u32, rank: u32) -> Result<Vec<(PathBuf, Adapter)>, Failure> {
    let file = ModelFile::open(model)?;
    let one = |index: u32| {
        let mut rng = ChaCha8Rng::seed_from_u64(index.into());
        let mut adapter = Adapter::zeros(&file.shape, rank, rank as f32);
        for (_, values) in adapter.named_mut() {
            for value in values.iter_mut() {
                *value = 0.02 * rng.random_range(-1.0..1.0f32);
            }
        }
        let path = folder.join(format!("adapter-{index}.gguf"));
        adapter.write_gguf(&path, &file.shape, Precision::F16)?;
        Ok((path.clone(), Adapter::read_gguf(&path, &file.shape)?))
    };
    (0..count).map(one).collect()
}

/// Draws a little, and says what this process took.
fn memory(model: &Path, adapters: Vec<PathBuf>) -> Result<(), Failure> {
    let count = adapters.len();
    let engine = open(model, adapters, settings(8), Serving::default())?;
    let all = (0..count).filter_map(|index| engine.with_adapter(index));
    for one in std::iter::once(engine.clone()).chain(all) {
        draw(&[one], 8)?;
    }
    let status = std::fs::read_to_string("/proc/self/statm")?;
    println!("{}", status.split(' ').nth(1).ok_or("no resident pages")?.parse::<u64>()? * 4096);
    Ok(())
}

/// What a process of its own takes with these adapters.
fn resident(model: &Path, adapters: &[PathBuf]) -> Result<f64, Failure> {
    let output = Command::new(env::current_exe()?).arg("--memory").arg(model).args(adapters).output()?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned().into())
}

fn settings(slots: u32) -> Settings {
    Settings { slots: Some(slots), context: Some(512), batch_tokens: Some(512), ..Settings::default() }
}

/// Greedy texts of some variants, all at once.
fn draw(engines: &[Engine], max_tokens: u32) -> Result<Vec<String>, Failure> {
    let asks = engines.iter().map(|engine| async move {
        let prompt = engine.encode(PROMPT, false).await?.into();
        let (seeds, sampling) = (vec![1], Sampling::GREEDY);
        let request = GenerateRequest { prompt, seeds, sampling, stop: Vec::new(), max_tokens };
        engine.generate(request).await.map(|mut answer| answer.samples.remove(0).text)
    });
    Ok(block_on(join_all(asks)).into_iter().collect::<Result<_, _>>()?)
}

fn texts(model: &Path, adapters: &[PathBuf]) -> Result<(), Failure> {
    let start = || open(model, adapters.to_vec(), settings(16), Serving::default());
    let all = |engine: &Engine| -> Vec<Engine> {
        let adapted = (0..adapters.len()).filter_map(|index| engine.with_adapter(index));
        std::iter::once(engine.clone()).chain(adapted).collect()
    };
    let together = draw(&all(&start()?), 48)?;
    let mut same = 0;
    for (index, text) in together.iter().enumerate() {
        let alone = draw(&all(&start()?)[index..=index], 48)?;
        same += usize::from(alone[0] == *text);
        println!("  {}", text.replace('\n', " ").chars().take(100).collect::<String>());
    }
    println!("texts: {same} of {} are in a mixed batch what they are alone", together.len());
    Ok(())
}

/// Decoding of so many sequences with the base alone, with one adapter, and with all mixed; medians of five rounds in turn.
fn speed(model: &Path, adapters: Vec<Adapter>, sequences: u32) -> Result<(), Failure> {
    let count = adapters.len() as Variant;
    let named = adapters.into_iter().enumerate().map(|(index, one)| (index.to_string(), one)).collect();
    let mut runtime = NativeRuntime::of_file(ModelFile::open(model)?, named, &settings(sequences))?;
    // The variant of a slot is the remainder by the one, and at least the other.
    let ways = [("base", 1, 0), ("one adapter", 1, 1), ("mixed", count + 1, 0)];
    let mut speeds = vec![Vec::new(); ways.len()];
    for _ in 0..5 {
        for (&(_, of, least), speeds) in ways.iter().zip(&mut speeds) {
            (0..sequences).for_each(|slot| runtime.truncate(slot, 0));
            let started = Instant::now();
            for start in 0..STEPS {
                let span = |slot: u32| {
                    let tokens = vec![300 + (start as u32 * 31 + slot * 7919) % 1500 as Token];
                    Span { slot, variant: (slot % of).max(least), start, tokens, read: vec![0] }
                };
                runtime.forward(&(0..sequences).map(span).collect::<Vec<_>>(), &mut |_, _, _| ())?;
            }
            speeds.push(f64::from(sequences) * STEPS as f64 / started.elapsed().as_secs_f64());
        }
    }
    for ((name, ..), mut speeds) in ways.iter().zip(speeds) {
        speeds.sort_by(f64::total_cmp);
        println!("decoding {sequences} sequences, {name}: {:.1} tokens/s", speeds[speeds.len() / 2]);
    }
    Ok(())
}
