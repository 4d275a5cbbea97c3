//! Speed of a random decoder, bare and behind the engine, beside the machine's own in the same seconds: `speed
//! [hidden] [layers] [heads] [feed_forward] [vocabulary] [sequences] [prompt] [decoded] [threads] [rounds]`.
//! Medians over the rounds.

use deliberate_decoder::{Shape, Weights};
use deliberate_engine::{
    Capacity, Engine, LogitSink, ModelRuntime, RuntimeError, Serving, Slot, Span, Tokenizer,
};
use deliberate_lm::{Chat, GenerateRequest, LanguageModel, ModelFacts, Sampling, Token};
use deliberate_native::{LoadError, NativeRuntime, Parts, Settings};
use rand::{Rng, SeedableRng};
use std::env;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let mut number = |default: u32| arguments.next().map_or(Ok(default), |text| text.parse::<u32>());
    let (hidden, layers, heads) = (number(128)?, number(5)?, number(4)?);
    let (feed_forward, vocabulary) = (number(384)?, number(512)?);
    let run = Run { sequences: number(256)?, prompt: number(40)?, decoded: number(80)? };
    let cores = thread::available_parallelism()?.get() as u32;
    let (threads, rounds) = (number(cores)?, number(7)?);
    let shape = Shape {
        vocabulary,
        context: run.prompt + run.decoded,
        hidden,
        layers,
        heads,
        kv_heads: heads,
        feed_forward,
        rope_base: 10_000.0,
        norm_epsilon: 1e-5,
        tied: true,
        bias: false,
    };
    let settings = Settings { slots: Some(run.sequences + 1), threads: Some(threads), ..Settings::default() };
    println!(
        "{:.2}M parameters, {} sequences of {} + {} tokens, {threads} threads",
        shape.parameters() as f64 / 1e6,
        run.sequences,
        run.prompt,
        run.decoded
    );
    let mut runtime = NativeRuntime::new(parts(shape), &settings)?;
    let times = Arc::new(Times::default());
    let clocks = Arc::clone(&times);
    let engine = Engine::start(Serving::default(), move || {
        let runtime = NativeRuntime::new(parts(shape), &settings)?;
        Ok::<_, LoadError>(Timed { runtime, times: clocks })
    })?;
    let mut table: Vec<[f64; 14]> = Vec::new();
    for round in 0..rounds {
        let peak = peak(threads);
        let bare = run.bare(&mut runtime);
        let [prefill, decode] = bare.map(|part| part.seconds.map(|seconds| part.operations / seconds));
        let (drawn, seconds) = run.through(&engine, round)?;
        let [forward, sink] = times.take();
        table.push([
            peak[0] / 1e9,
            peak[1] / 1e9,
            bare[0].tokens / bare[0].seconds[0],
            bare[1].tokens / bare[1].seconds[0],
            bare[1].tokens / (bare[0].seconds[0] + bare[1].seconds[0]),
            decode[0] / 1e9,
            decode[0] / peak[0],
            bare[1].tokens / bare[1].seconds[1],
            prefill[1] / peak[1],
            decode[1] / peak[1],
            drawn / seconds[0],
            drawn / seconds[1],
            forward / seconds[0],
            sink / seconds[0],
        ]);
    }
    let names = [
        "peak of fused multiply-add, GFLOP/s",
        "the same for each second of computing",
        "prompts, tokens/s",
        "decoding, tokens/s",
        "decoded tokens/s, prompts included",
        "decoding, GFLOP/s",
        "decoding, share of the peak",
        "decoding, tokens for each second of computing",
        "prompts, share of the peak by computing time",
        "decoding, share of the peak by computing time",
        "engine (one prompt, T = 0.8), decoded tokens/s",
        "engine, decoded tokens for each second of computing",
        "engine, share of the time in the runtime, sink included",
        "engine, share of the time in the sink",
    ];
    for (index, name) in names.iter().enumerate() {
        let mut values: Vec<f64> = table.iter().map(|row| row[index]).collect();
        values.sort_by(f64::total_cmp);
        let [least, median, most] = [0, values.len() / 2, values.len() - 1].map(|at| values[at]);
        let digits = if most < 10.0 { 3 } else { 0 };
        println!("{name:<56} {median:>9.digits$}  ({least:.digits$} to {most:.digits$})");
    }
    Ok(())
}

/// What is computed in every round.
#[derive(Clone, Copy)]
struct Run {
    sequences: u32,
    prompt: u32,
    decoded: u32,
}

#[derive(Clone, Copy, Default)]
struct Part {
    tokens: f64,
    operations: f64,
    /// By the clock, and of computing.
    seconds: [f64; 2],
}

impl Run {
    /// Prompts and decoding of as many different sequences, without drawing.
    fn bare(self, runtime: &mut NativeRuntime) -> [Part; 2] {
        let facts = runtime.facts().clone();
        let token = |slot: u32, position: u32| {
            (slot.wrapping_mul(0x9e37_79b9) ^ position.wrapping_mul(0x85eb_ca6b)) % facts.vocabulary
        };
        let span = |slot: u32, start: u32, end: u32| Span {
            slot,
            variant: 0,
            start: start as usize,
            tokens: (start..end).map(|position| token(slot, position)).collect(),
            read: vec![(end - start - 1) as usize],
        };
        (0..self.sequences).for_each(|slot| runtime.truncate(slot, 0));
        let room = (runtime.capacity().batch_tokens / self.prompt as usize).max(1);
        let mut parts = [Part::default(); 2];
        let mut forward = |part: &mut Part, spans: &[Span]| {
            let touch = &mut |_: usize, _: usize, logits: &[f32]| {
                black_box(logits[0]);
            };
            runtime.forward(spans, touch).expect("the batch fits");
            for Span { start, tokens, .. } in spans {
                part.tokens += tokens.len() as f64;
                part.operations += facts.flops(*start as u64..(start + tokens.len()) as u64);
            }
        };
        let prompts: Vec<Span> = (0..self.sequences).map(|slot| span(slot, 0, self.prompt)).collect();
        let clock = Clock::start();
        prompts.chunks(room).for_each(|spans| forward(&mut parts[0], spans));
        let prefilled = clock.read();
        let clock = Clock::start();
        for position in self.prompt..self.prompt + self.decoded {
            let spans: Vec<Span> =
                (0..self.sequences).map(|slot| span(slot, position, position + 1)).collect();
            forward(&mut parts[1], &spans);
        }
        [parts[0].seconds, parts[1].seconds] = [prefilled, clock.read()];
        parts
    }

    /// Samples of one prompt, drawn by the engine; tokens and seconds.
    fn through(self, engine: &Engine, round: u32) -> Result<(f64, [f64; 2]), Box<dyn std::error::Error>> {
        let vocabulary = engine.facts().vocabulary;
        let prompt: Vec<Token> =
            (0..self.prompt).map(|index| (index * 7 + round * 13) % vocabulary).collect();
        let request = GenerateRequest {
            prompt: prompt.into(),
            seeds: (0..u64::from(self.sequences)).collect(),
            sampling: Sampling::at(0.8),
            stop: Vec::new(),
            max_tokens: self.decoded,
        };
        let clock = Clock::start();
        let answer = futures::executor::block_on(engine.generate(request))?;
        Ok((answer.usage.decoded as f64, clock.read()))
    }
}

/// Time by the clock, and time that the threads of this process had a core, which others cannot take from it.
#[derive(Clone, Copy)]
struct Clock {
    started: Instant,
    computed: f64,
}

impl Clock {
    fn start() -> Self {
        Self { started: Instant::now(), computed: computed() }
    }

    /// Seconds by the clock, and of computing.
    fn read(self) -> [f64; 2] {
        [self.started.elapsed().as_secs_f64(), computed() - self.computed]
    }
}

/// Seconds that this process has computed so far, 0 where the system does not tell. The system counts hundredths.
fn computed() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Operations a second that the machine can do at all, on as many threads: by the clock, and for each second that a
/// thread computes.
fn peak(threads: u32) -> [f64; 2] {
    let clock = Clock::start();
    let operations = deliberate_native::yardstick::multiply_add(threads, 10_000_000);
    clock.read().map(|seconds| operations / seconds)
}

/// Nanoseconds spent where.
#[derive(Default)]
struct Times {
    forward: AtomicU64,
    sink: AtomicU64,
}

impl Times {
    fn take(&self) -> [f64; 2] {
        [&self.forward, &self.sink].map(|time| time.swap(0, Ordering::Relaxed) as f64 / 1e9)
    }
}

/// A runtime with a clock.
struct Timed {
    runtime: NativeRuntime,
    times: Arc<Times>,
}

impl ModelRuntime for Timed {
    fn facts(&self) -> &ModelFacts {
        self.runtime.facts()
    }

    fn capacity(&self) -> Capacity {
        self.runtime.capacity()
    }

    fn tokenizer(&self) -> Arc<dyn Tokenizer> {
        self.runtime.tokenizer()
    }

    fn forward(&mut self, spans: &[Span], sink: &mut LogitSink<'_>) -> Result<(), RuntimeError> {
        let times = &self.times;
        let add = |counter: &AtomicU64, since: Instant| {
            counter.fetch_add(since.elapsed().as_nanos() as u64, Ordering::Relaxed);
        };
        let started = Instant::now();
        let outcome = self.runtime.forward(spans, &mut |span, token, logits| {
            let started = Instant::now();
            sink(span, token, logits);
            add(&times.sink, started);
        });
        add(&times.forward, started);
        outcome
    }

    fn copy(&mut self, from: Slot, to: Slot, tokens: usize) {
        self.runtime.copy(from, to, tokens);
    }

    fn truncate(&mut self, slot: Slot, tokens: usize) {
        self.runtime.truncate(slot, tokens);
    }
}

fn parts(shape: Shape) -> Parts {
    let mut weights = Weights::zeros(&shape);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    for (name, data) in weights.named_mut() {
        let spread = (3.0 / shape.hidden as f32).sqrt();
        let weight = |_| if name.contains("norm") { 1.0 } else { rng.random_range(-spread..spread) };
        *data = (0..data.len()).map(weight).collect();
    }
    let name = "random".to_owned();
    Parts {
        name,
        shape,
        weights,
        adapters: Vec::new(),
        beginning: None,
        endings: Vec::new(),
        tokenizer: Arc::new(Bytes),
    }
}

struct Bytes;

impl Tokenizer for Bytes {
    fn encode(&self, text: &str, _special: bool) -> Result<Vec<Token>, RuntimeError> {
        Ok(text.bytes().map(Token::from).collect())
    }

    fn piece(&self, token: Token) -> Vec<u8> {
        vec![token as u8]
    }

    fn render(&self, _chat: &Chat) -> Result<String, RuntimeError> {
        Err(RuntimeError { reason: "bytes are no chat".to_owned() })
    }
}
