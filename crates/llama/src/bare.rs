//! A bare llama.cpp decode loop, the yardstick for the engine: one prompt, evaluated once, copied to all sequences,
//! which are then decoded in lock-step. No queue, no scheduler, no cache, no stop conditions; the sampler is the
//! engine's.

use crate::error::LoadError;
use crate::load;
use deliberate_engine::logits::Row;
use deliberate_engine::sampler::{Distribution, Draws};
use deliberate_engine::{Reserve, RuntimeError, Settings};
use deliberate_lm::{Sampling, Token};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use std::path::Path;
use std::time::{Duration, Instant};

/// What the loop shall do.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The prompt; at least one token.
    pub prompt: &'a [Token],
    /// Continuations drawn side by side, at most the slots of the settings.
    pub sequences: u32,
    /// Tokens of each continuation; ends of sequence are drawn over.
    pub tokens: u32,
    /// How tokens are chosen.
    pub sampling: Sampling,
}

/// How long it took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// Tokens in the prompt.
    pub prompt: u64,
    /// Tokens drawn in all continuations together.
    pub decoded: u64,
    /// Time for the prompt.
    pub prefill: Duration,
    /// Time for all that follows, the copies of the prompt included.
    pub decode: Duration,
}

impl Speed {
    /// Tokens drawn per second, after the prompt.
    pub fn decoded_per_second(&self) -> f64 {
        self.decoded as f64 / self.decode.as_secs_f64()
    }

    /// Tokens drawn per second, the time for the prompt included.
    pub fn overall_per_second(&self) -> f64 {
        self.decoded as f64 / (self.prefill + self.decode).as_secs_f64()
    }
}

/// Why the loop did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BareError {
    /// The model could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The settings hold less than the run needs.
    #[error("{sequences} sequences of {length} tokens do not fit {slots} slots of {context} tokens")]
    Size {
        /// Sequences asked for.
        sequences: u32,
        /// Prompt and continuation together.
        length: usize,
        /// Sequences held.
        slots: u32,
        /// Tokens of each.
        context: u32,
    },
    /// llama.cpp failed while computing.
    #[error("llama.cpp failed")]
    Run(#[from] RuntimeError),
}

/// Loads a model and runs the loop once.
///
/// # Errors
/// [`BareError`] if the model cannot be loaded, the run does not fit the settings, or computing fails.
pub fn run(path: &Path, settings: &Settings, run: &Run<'_>) -> Result<Speed, BareError> {
    let length = run.prompt.len() + run.tokens as usize;
    let loaded = load::model(path, None, settings)?;
    let Reserve { slots, context, batch_tokens } = loaded.reserve;
    let batch_tokens = batch_tokens as usize;
    let fits = (1..=slots.min(batch_tokens as u32)).contains(&run.sequences)
        && length <= context as usize
        && !run.prompt.is_empty()
        && run.tokens > 0;
    if !fits {
        return Err(BareError::Size { sequences: run.sequences, length, slots, context });
    }
    let unknown = run.prompt.iter().find(|&&token| token >= loaded.header.vocabulary);
    if let Some(token) = unknown {
        return Err(RuntimeError { reason: format!("token {token} is not in the vocabulary") }.into());
    }
    let mut context = load::context(&loaded, path, settings)?;
    let mut batch = LlamaBatch::new(batch_tokens, 1);
    let mut draws: Vec<Draws> = (0..u64::from(run.sequences)).map(Draws::new).collect();
    let mut next = vec![0; run.sequences as usize];

    let started = Instant::now();
    let mut position = 0;
    for part in run.prompt.chunks(batch_tokens) {
        batch.clear();
        for &token in part {
            position += 1;
            add(&mut batch, token, position - 1, 0, position as usize == run.prompt.len())?;
        }
        decode(&mut context, &mut batch)?;
    }
    let row = Row::new(context.get_logits_ith(batch.n_tokens() - 1)).map_err(reason)?;
    let distribution = Distribution::new(&row, &run.sampling);
    for (draws, next) in draws.iter_mut().zip(&mut next) {
        *next = distribution.draw(&row, draws.at(0));
    }
    let prefill = started.elapsed();

    let started = Instant::now();
    for sequence in 1..run.sequences {
        context.copy_kv_cache_seq(0, sequence as i32, None, None).map_err(reason)?;
    }
    for index in 1..run.tokens {
        batch.clear();
        for (sequence, &token) in (0..).zip(&next) {
            add(&mut batch, token, position, sequence, true)?;
        }
        position += 1;
        decode(&mut context, &mut batch)?;
        for (sequence, (draws, next)) in (0..).zip(draws.iter_mut().zip(&mut next)) {
            let row = Row::new(context.get_logits_ith(sequence)).map_err(reason)?;
            *next = Distribution::new(&row, &run.sampling).draw(&row, draws.at(index as usize));
        }
    }
    Ok(Speed {
        prompt: run.prompt.len() as u64,
        decoded: u64::from(run.sequences) * u64::from(run.tokens),
        prefill,
        decode: started.elapsed(),
    })
}

fn add(
    batch: &mut LlamaBatch<'_>,
    token: Token,
    position: i32,
    sequence: i32,
    read: bool,
) -> Result<(), RuntimeError> {
    batch.add(LlamaToken(token as i32), position, &[sequence], read).map_err(reason)
}

fn decode(context: &mut LlamaContext<'_>, batch: &mut LlamaBatch<'_>) -> Result<(), RuntimeError> {
    context.decode(batch).map_err(reason)
}

#[expect(clippy::needless_pass_by_value, reason = "to be passed to `map_err`")]
fn reason(error: impl ToString) -> RuntimeError {
    RuntimeError { reason: error.to_string() }
}
