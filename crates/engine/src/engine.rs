//! The handle through which everyone speaks to a model.

use crate::metrics::{Counters, Metrics};
use crate::worker::{Job, Shares, Worker};
use crate::{Capacity, ModelRuntime, Tokenizer, Turns, Variant, validate};
use deliberate_lm::{
    Answer, Chat, GenerateRequest, Generation, LanguageModel, Listener, LmError, ModelFacts, ScoreRequest,
    Scoring, Token,
};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, mpsc as blocking};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError<E: std::error::Error + 'static> {
    /// The runtime could not be made.
    #[error("cannot load the model")]
    Load(#[source] E),
    /// There is no thread to run it on.
    #[error("cannot start a thread for the model")]
    Thread(#[source] std::io::Error),
    /// Making the runtime panicked.
    #[error("loading the model failed by a fault of this program: {reason} (please report it)")]
    Panicked {
        /// The last words of the thread.
        reason: String,
    },
}

/// How a model is served.
#[derive(Debug, Clone)]
pub struct Serving {
    /// With whom it computes in turn.
    pub turns: Turns,
    /// Whether prefixes that were evaluated before, and prompts that samples share, are evaluated once. Without it
    /// every sample evaluates all of its prompt: a yardstick, and a way to rule the cache out when in doubt.
    pub prefix_cache: bool,
}

impl Default for Serving {
    fn default() -> Self {
        Self { turns: Turns::default(), prefix_cache: true }
    }
}

/// Requests that may wait outside the scheduler before callers are held back.
const QUEUE: usize = 256;

/// A running model: cheap to clone, to be called concurrently. The model thread ends, and the runtime is dropped on
/// it, when the last clone is dropped, which waits for that.
#[derive(Debug, Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    /// What its requests are evaluated with.
    variant: Variant,
}

struct Shared {
    /// Of the model itself and of each of its variants.
    facts: Vec<Arc<ModelFacts>>,
    capacity: Capacity,
    tokenizer: Arc<dyn Tokenizer>,
    counters: Arc<Counters>,
    /// Why the thread panicked, from before its callers learn that it is gone.
    last_words: Arc<OnceLock<String>>,
    /// Only the drop takes it out.
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// What the model thread reports once its runtime stands.
struct Ready {
    facts: Vec<Arc<ModelFacts>>,
    capacity: Capacity,
    tokenizer: Arc<dyn Tokenizer>,
}

impl Ready {
    fn of(runtime: &impl ModelRuntime) -> Self {
        let capacity = runtime.capacity();
        let mut facts = runtime.facts().clone();
        facts.context = facts.context.min(capacity.slot_tokens).min(capacity.total_tokens);
        let mut all = vec![Arc::new(facts.clone())];
        all.extend(runtime.adapters().iter().map(|adapter| {
            Arc::new(ModelFacts { name: format!("{}+{adapter}", facts.name), ..facts.clone() })
        }));
        Self { facts: all, capacity, tokenizer: runtime.tokenizer() }
    }
}

/// Makes the runtime; a panic on the way is an error.
fn made<R, E: std::error::Error + 'static>(make: impl FnOnce() -> Result<R, E>) -> Result<R, StartError<E>> {
    match catch_unwind(AssertUnwindSafe(make)) {
        Ok(runtime) => runtime.map_err(StartError::Load),
        Err(panic) => Err(StartError::Panicked { reason: words(&*panic) }),
    }
}

/// Works until no handle is left. A panic leaves its words before anyone who waits is let go.
fn obey<R: ModelRuntime>(worker: &mut Worker<R>, requests: mpsc::Receiver<Job>, heard: &OnceLock<String>) {
    let mut requests = requests;
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| worker.run(&mut requests))) {
        let _ = heard.set(words(&*panic));
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}

impl Engine {
    /// Makes a runtime on a thread of its own and starts serving it. Blocks until the runtime is made.
    ///
    /// # Errors
    /// [`StartError`] if the runtime cannot be made.
    pub fn start<R, E, F>(serving: Serving, make: F) -> Result<Self, StartError<E>>
    where
        R: ModelRuntime,
        E: std::error::Error + Send + 'static,
        F: FnOnce() -> Result<R, E> + Send + 'static,
    {
        let (queue, requests) = mpsc::channel(QUEUE);
        let (report, ready) = blocking::sync_channel(1);
        let (counters, last_words) = (Arc::default(), Arc::default());
        let (counted, heard) = (Arc::clone(&counters), Arc::clone(&last_words));
        let serve = move || match made(make) {
            Ok(runtime) => {
                let answer = Ready::of(&runtime);
                let facts = Arc::clone(&answer.facts[0]);
                let mut worker = Worker::new(runtime, Shares { facts, counters: counted, serving });
                if report.send(Ok(answer)).is_ok() {
                    obey(&mut worker, requests, &heard);
                }
            }
            Err(error) => drop(report.send(Err(error))),
        };
        let thread =
            thread::Builder::new().name("model".to_string()).spawn(serve).map_err(StartError::Thread)?;
        let gone = |_| StartError::Panicked { reason: "its thread ended".to_owned() };
        let Ready { facts, capacity, tokenizer } = ready.recv().map_err(gone)??;
        tracing::debug!(model = facts[0].name, ?capacity, "engine started");
        let (queue, thread) = (Some(queue), Some(thread));
        let shared = Shared { facts, capacity, tokenizer, counters, last_words, queue, thread };
        Ok(Self { shared: Arc::new(shared), variant: 0 })
    }

    /// The same model with one of its adapters, counted from 0 in the order of [`ModelRuntime::adapters`]; none past the
    /// last. All share its weights, its slots and its batches.
    pub fn with_adapter(&self, index: usize) -> Option<Self> {
        let variant = index + 1;
        let there = variant < self.shared.facts.len();
        there.then(|| Self { shared: Arc::clone(&self.shared), variant: variant as Variant })
    }

    /// What the engine can hold and take at once.
    pub fn capacity(&self) -> Capacity {
        self.shared.capacity
    }

    /// The tokenizer, usable without waiting.
    pub fn tokenizer(&self) -> &Arc<dyn Tokenizer> {
        &self.shared.tokenizer
    }

    /// What it has done so far and is doing now.
    pub fn metrics(&self) -> Metrics {
        let queue = self.queue();
        self.shared.counters.read((queue.max_capacity() - queue.capacity()) as u64)
    }

    fn queue(&self) -> &mpsc::Sender<Job> {
        self.shared.queue.as_ref().expect("only the drop takes the queue")
    }

    fn closed(&self) -> LmError {
        let reason = self.shared.last_words.get().cloned();
        LmError::Closed { model: self.facts().name.clone(), reason }
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, LmError>>) -> Job,
    ) -> Result<T, LmError> {
        let (reply, answer) = oneshot::channel();
        self.queue().send(job(reply)).await.map_err(|_| self.closed())?;
        answer.await.map_err(|_| self.closed())?
    }
}

impl LanguageModel for Engine {
    fn facts(&self) -> &ModelFacts {
        &self.shared.facts[self.variant as usize]
    }

    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        let tokens = self.shared.tokenizer.encode(text, special);
        let model = &self.facts().name;
        let tokens = tokens.map_err(|error| LmError::Backend { model: model.clone(), reason: error.reason });
        Box::pin(std::future::ready(tokens))
    }

    fn render<'a>(&'a self, chat: &'a Chat) -> Answer<'a, String> {
        let text = self.shared.tokenizer.render(chat);
        let model = &self.facts().name;
        let text =
            text.map_err(|error| LmError::NoChatTemplate { model: model.clone(), reason: error.reason });
        Box::pin(std::future::ready(text))
    }

    fn piece(&self, token: Token) -> Option<Vec<u8>> {
        Some(self.shared.tokenizer.piece(token))
    }

    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        Box::pin(async move {
            validate::generate(&request, self.facts())?;
            self.ask(|reply| Job::Generate(self.variant, request, None, reply)).await
        })
    }

    fn generate_aloud(&self, request: GenerateRequest, listener: Listener) -> Answer<'_, Generation> {
        Box::pin(async move {
            validate::generate(&request, self.facts())?;
            self.ask(|reply| Job::Generate(self.variant, request, Some(listener), reply)).await
        })
    }

    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(async move {
            validate::score(&request, self.facts())?;
            self.ask(|reply| Job::Score(self.variant, request, reply)).await
        })
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("model", &self.facts[0].name)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic on it has been reported to every caller with its words.
            drop(thread.join());
        }
    }
}
