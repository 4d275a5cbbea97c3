//! The bare loop of llama.cpp and of the native runtime on one file, in turn: `side_by_side MODEL [sequences,…] [steps]
//! [rounds]`. Loading, a prompt, then decoding of so many sequences behind it; no token is drawn. Medians over the rounds.

use deliberate_decoder::ModelFile;
use deliberate_engine::{ModelRuntime, Span};
use deliberate_llama::LlamaRuntime;
use deliberate_lm::Token;
use deliberate_native::NativeRuntime;
use std::env;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

type Failure = Box<dyn Error>;

/// Tokens of the prompt.
const PROMPT: usize = 256;

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("a model file is needed")?;
    let sequences = arguments.next().unwrap_or_else(|| "1,16,64,128".to_owned());
    let sequences = sequences.split(',').map(str::parse).collect::<Result<Vec<u32>, _>>()?;
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<usize>());
    let (steps, rounds) = (number(16)?, number(3)?);
    let most = sequences.iter().copied().max().unwrap_or(1);
    let settings = deliberate_engine::Settings {
        slots: Some(most),
        context: Some((PROMPT + steps + 1) as u32),
        batch_tokens: Some(512),
        ..Default::default()
    };
    println!("{path}: prompt of {PROMPT} tokens, {steps} steps, {rounds} rounds");
    println!(
        "{:<8} {:>8} {:>8} {:>12} decoding, tokens/s at sequences",
        "runtime", "load s", "MiB", "prompt tok/s"
    );
    for _ in 0..2 {
        for name in ["llama", "native"] {
            let (before, started) = (resident(), Instant::now());
            let mut runtime: Box<dyn ModelRuntime> = match name {
                "llama" => Box::new(LlamaRuntime::load(Path::new(&path), &settings)?),
                _ => Box::new(NativeRuntime::of_file(ModelFile::open(&path)?, Vec::new(), &settings)?),
            };
            let load = started.elapsed().as_secs_f64();
            let prompt = median(rounds, || prefill(runtime.as_mut(), most))?;
            let mut speeds = Vec::new();
            for &sequences in &sequences {
                let speed = median(rounds, || {
                    prefill(runtime.as_mut(), most)?;
                    decode(runtime.as_mut(), sequences, steps)
                })?;
                speeds.push(format!("{sequences}: {speed:.1}"));
            }
            let mebibytes = resident().saturating_sub(before) >> 20;
            println!("{name:<8} {load:>8.2} {mebibytes:>8} {prompt:>12.1}  {}", speeds.join("  "));
        }
    }
    Ok(())
}

fn median(rounds: usize, mut run: impl FnMut() -> Result<f64, Failure>) -> Result<f64, Failure> {
    let mut all = (0..rounds).map(|_| run()).collect::<Result<Vec<_>, _>>()?;
    all.sort_by(f64::total_cmp);
    Ok(all[rounds / 2])
}

fn token(at: usize) -> Token {
    300 + (at * 7919 % 1500) as Token
}

/// Fills slot 0 and copies it to the others; tokens a second without the copies.
fn prefill(runtime: &mut dyn ModelRuntime, slots: u32) -> Result<f64, Failure> {
    (0..slots).for_each(|slot| runtime.truncate(slot, 0));
    let tokens = (0..PROMPT).map(token).collect();
    let started = Instant::now();
    runtime.forward(
        &[Span { slot: 0, variant: 0, start: 0, tokens, read: vec![PROMPT - 1] }],
        &mut |_, _, _| (),
    )?;
    let speed = PROMPT as f64 / started.elapsed().as_secs_f64();
    (1..slots).for_each(|slot| runtime.copy(0, slot, PROMPT));
    Ok(speed)
}

/// Decodes so many sequences; tokens a second.
fn decode(runtime: &mut dyn ModelRuntime, sequences: u32, steps: usize) -> Result<f64, Failure> {
    let started = Instant::now();
    for step in 0..steps {
        let spans: Vec<Span> = (0..sequences)
            .map(|slot| {
                let tokens = vec![token(step + 31 * slot as usize)];
                Span { slot, variant: 0, start: PROMPT + step, tokens, read: vec![0] }
            })
            .collect();
        runtime.forward(&spans, &mut |_, _, _| ())?;
    }
    Ok(f64::from(sequences) * steps as f64 / started.elapsed().as_secs_f64())
}

/// Bytes of this process in memory, where the system says it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).map_or(0, |pages| pages * 4096)
}
