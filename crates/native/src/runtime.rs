//! The forward pass: ragged batches over separate key-value stores.

use crate::batch::{self, Limits};
use crate::crew::{self, Job};
use crate::error::LoadError;
use crate::lanes::{Lanes, flat};
use crate::network::Network;
use crate::pass::{Piece, Scratch};
use crate::store::Store;
use crate::tensors::{Loose, Tensors};
use deliberate_decoder::{Adapter, Shape, Weights};
use deliberate_engine::{
    Capacity, LogitSink, ModelRuntime, Reserve, RuntimeError, Settings, Slot, Span, Tokenizer, Usual,
};
use deliberate_lm::{ModelFacts, Token};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::Arc;
use std::thread;

/// Most bytes of keys and values: what a process can address at all.
const ADDRESSABLE: u128 = 1 << 46;

/// Parameters from which on threads share the work on every matrix. Below, each takes sequences of its own through the
/// whole network, and nobody waits.
const HEAVY: u64 = 1 << 24;

/// What is taken where nobody chose: a slot costs nothing until it is filled.
pub(crate) const USUAL: Usual = Usual { slots: 256, most_slots: 1 << 16, batch_tokens: 1024 };

/// What makes a model, whatever file it came from.
#[derive(Clone)]
pub struct Parts {
    /// Name for people and for provenance.
    pub name: String,
    /// The sizes.
    pub shape: Shape,
    /// The weights; packed into another order, and not kept.
    pub weights: Weights,
    /// What sequences may be evaluated with besides the model itself.
    pub adapters: Vec<Named>,
    /// Token put before a text that starts a sequence, where the model wants one.
    pub beginning: Option<Token>,
    /// Tokens that end a sequence.
    pub endings: Vec<Token>,
    /// Text to tokens and back.
    pub tokenizer: Arc<dyn Tokenizer>,
}

/// An adapter and its name.
pub type Named = (String, Adapter);

/// What makes a model besides its tensors.
pub(crate) struct Reader {
    pub(crate) name: String,
    pub(crate) adapters: Vec<Named>,
    pub(crate) beginning: Option<Token>,
    pub(crate) endings: Vec<Token>,
    /// Asked for last: it may still be in the making.
    pub(crate) tokenizer: Box<dyn FnOnce() -> Result<Arc<dyn Tokenizer>, LoadError>>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("name", &self.name).field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// A decoder with its key-value stores.
///
/// The logits of a token are the same bits whatever else is in the batch, however its prefix was cut into spans, and
/// on however many threads: every number is computed in one fixed order (tested).
pub struct NativeRuntime {
    network: Network,
    stores: Vec<Store>,
    /// Tokens in each slot.
    held: Vec<usize>,
    /// One for each thread, or one for the team.
    scratches: Vec<Scratch>,
    /// The threads that share the work on every matrix, for models whose weights are far larger than any cache: all of
    /// them take the weights from memory once together, not once each.
    team: Option<ThreadPool>,
    logits: Vec<Lanes>,
    facts: ModelFacts,
    capacity: Capacity,
    tokenizer: Arc<dyn Tokenizer>,
    /// Names of the adapters.
    adapters: Vec<String>,
}

impl std::fmt::Debug for NativeRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativeRuntime")
            .field("facts", &self.facts)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl NativeRuntime {
    /// Packs a model's weights and sets up its key-value stores, which take up memory as they fill.
    ///
    /// # Errors
    /// A [`LoadError`] that says what does not fit: the sizes, the weights, or a setting.
    pub fn new(parts: Parts, settings: &Settings) -> Result<Self, LoadError> {
        let Parts { name, shape, weights, adapters, beginning, endings, tokenizer } = parts;
        shape.check()?;
        weights.check(&shape).map_err(LoadError::Weights)?;
        let tokenizer = Box::new(|| Ok(tokenizer));
        let reader = Reader { name, adapters, beginning, endings, tokenizer };
        Self::build(reader, &shape, &mut Loose::new(weights), settings)
    }

    /// Packs a model as its tensors come.
    pub(crate) fn build(
        reader: Reader,
        shape: &Shape,
        tensors: &mut dyn Tensors,
        settings: &Settings,
    ) -> Result<Self, LoadError> {
        let Reader { name, adapters, beginning, endings, tokenizer } = reader;
        let Reserve { slots, context, batch_tokens } = settings.reserve(shape.context, USUAL)?;
        if let Some(&token) = endings.iter().chain(&beginning).find(|&&token| token >= shape.vocabulary) {
            return Err(LoadError::Token { token, vocabulary: shape.vocabulary });
        }
        let (adapters, changes): (Vec<String>, Vec<Adapter>) = adapters.into_iter().unzip();
        for change in &changes {
            change.check(shape).map_err(LoadError::Weights)?;
        }
        let network = Network::new(shape, context, tensors, changes)?;
        let kv_bytes_per_token = network.sizes.kv_bytes_per_token();
        let bytes = u128::from(kv_bytes_per_token) * u128::from(slots) * u128::from(context);
        if bytes > ADDRESSABLE {
            return Err(LoadError::Memory { slots, context, bytes });
        }
        let tokenizer = tokenizer()?;
        let slot_tokens = context as usize;
        let threads = threads(settings);
        let heavy = threads > 1 && shape.parameters() >= HEAVY;
        let team = heavy.then(|| ThreadPoolBuilder::new().num_threads(threads).build()).transpose();
        let team = team.map_err(LoadError::Threads)?;
        let scratches = if heavy { 1 } else { threads };
        Ok(Self {
            stores: (0..slots).map(|_| Store::default()).collect(),
            held: vec![0; slots as usize],
            scratches: (0..scratches).map(|_| Scratch::new(&network, heavy)).collect(),
            team,
            logits: Vec::new(),
            facts: ModelFacts {
                name,
                context: slot_tokens,
                vocabulary: shape.vocabulary,
                spelling: tokenizer.spelling(shape.vocabulary),
                beginning,
                endings,
                architecture: Some(shape.architecture()),
                abilities: deliberate_lm::Abilities::default(),
            },
            capacity: Capacity {
                slots,
                slot_tokens,
                total_tokens: slots as usize * slot_tokens,
                batch_tokens: batch_tokens as usize,
                kv_bytes_per_token,
            },
            network,
            tokenizer,
            adapters,
        })
    }
}

/// Threads that compute: one for each core that this process may use, where nobody chose.
fn threads(settings: &Settings) -> usize {
    let cores = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
    settings.threads.map_or_else(cores, |threads| threads as usize)
}

impl ModelRuntime for NativeRuntime {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn adapters(&self) -> &[String] {
        &self.adapters
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn tokenizer(&self) -> Arc<dyn Tokenizer> {
        Arc::clone(&self.tokenizer)
    }

    fn forward(&mut self, spans: &[Span], sink: &mut LogitSink<'_>) -> Result<(), RuntimeError> {
        let (vocabulary, adapters) = (self.facts.vocabulary, self.adapters.len());
        batch::check(spans, &self.held, &Limits { capacity: self.capacity, vocabulary, adapters })?;
        let width = self.network.logit_lanes();
        let read: usize = spans.iter().map(|span| span.read.len()).sum();
        self.logits.resize(read * width, Lanes::ZERO);
        let ranges = match self.team {
            Some(_) => std::iter::once(0..spans.len()).collect(),
            None => batch::jobs(spans, self.scratches.len()),
        };
        let mut stores = self.stores.iter_mut().enumerate();
        let mut store =
            |slot: Slot| stores.find(|&(index, _)| index == slot as usize).map(|(_, store)| store);
        let mut logits = self.logits.as_mut_slice();
        let mut work = Vec::with_capacity(ranges.len());
        for range in ranges.iter().cloned() {
            let mut pieces = Vec::with_capacity(range.len());
            for Span { slot, variant, start, tokens, read } in &spans[range] {
                let store = store(*slot).expect("the slots rise and exist");
                pieces.push(Piece { store, variant: *variant, start: *start, tokens, read });
            }
            let read: usize = pieces.iter().map(|piece| piece.read.len()).sum();
            let (these, others) = logits.split_at_mut(read * width);
            logits = others;
            work.push(Job { pieces, logits: these });
        }
        let mut give = |job: usize, logits: &[Lanes]| {
            let range = ranges[job].clone();
            let first = range.start;
            let reads = spans[range].iter().enumerate();
            let reads =
                reads.flat_map(|(span, Span { read, .. })| read.iter().map(move |&token| (span, token)));
            for ((span, token), row) in reads.zip(logits.chunks_exact(width)) {
                sink(first + span, token, &flat(row)[..self.network.sizes.vocabulary]);
            }
        };
        let (network, scratches) = (&self.network, &mut self.scratches);
        match &self.team {
            Some(pool) => {
                for job in work {
                    give(0, pool.install(|| job.run(network, &mut scratches[0])));
                }
            }
            None => crew::run(network, work, scratches, give),
        }
        for span in spans {
            self.held[span.slot as usize] = span.start + span.tokens.len();
        }
        Ok(())
    }

    fn copy(&mut self, from: Slot, to: Slot, tokens: usize) {
        let tokens = tokens.min(self.held[from as usize]);
        let [source, target] = self
            .stores
            .get_disjoint_mut([from as usize, to as usize])
            .expect("a copy is from one slot to another");
        target.share(source, tokens);
        self.held[to as usize] = tokens;
    }

    fn truncate(&mut self, slot: Slot, tokens: usize) {
        let held = &mut self.held[slot as usize];
        *held = tokens.min(*held);
        self.stores[slot as usize].truncate(*held);
    }
}
