//! The handle through which everyone speaks to a model.

use crate::metrics::{Counters, Metrics};
use crate::worker::{Job, Shares, Worker};
use crate::{Capacity, EngineConfig, ModelRuntime, Shortage, Tokenizer, Turns, validate};
use deliberate_lm::{
    Answer, GenerateRequest, Generation, LanguageModel, LmError, Message, ModelFacts, ScoreRequest, Scoring,
    Token,
};
use std::sync::{Arc, mpsc as blocking};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError<E: std::error::Error + 'static> {
    /// The runtime could not be made.
    #[error("cannot load the model")]
    Load(#[source] E),
    /// The runtime is smaller than was asked for.
    #[error(transparent)]
    Shortage(#[from] Shortage),
    /// There is no thread to run it on.
    #[error("cannot start a thread for the model")]
    Thread(#[source] std::io::Error),
    /// Making the runtime panicked.
    #[error("loading the model panicked")]
    Panicked,
}

/// A running model: cheap to clone, to be called concurrently. The model thread ends, and the runtime is dropped on
/// it, when the last clone is dropped, which waits for that.
#[derive(Debug, Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    facts: Arc<ModelFacts>,
    capacity: Capacity,
    tokenizer: Arc<dyn Tokenizer>,
    counters: Arc<Counters>,
    /// Only the drop takes it out.
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// What the model thread reports once its runtime stands.
struct Ready {
    facts: Arc<ModelFacts>,
    capacity: Capacity,
    tokenizer: Arc<dyn Tokenizer>,
}

impl Engine {
    /// Makes a runtime on a thread of its own and starts serving it. Blocks until the runtime is made.
    ///
    /// # Errors
    /// [`StartError`] if the runtime cannot be made or holds less than `config` asks for.
    pub fn start<R, E, F>(config: EngineConfig, make: F) -> Result<Self, StartError<E>>
    where
        R: ModelRuntime,
        E: std::error::Error + Send + 'static,
        F: FnOnce() -> Result<R, E> + Send + 'static,
    {
        Self::start_in_turn(config, Turns::default(), make)
    }

    /// Like [`Self::start`], for a model that computes in turn with others.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_in_turn<R, E, F>(config: EngineConfig, turns: Turns, make: F) -> Result<Self, StartError<E>>
    where
        R: ModelRuntime,
        E: std::error::Error + Send + 'static,
        F: FnOnce() -> Result<R, E> + Send + 'static,
    {
        let (queue, requests) = mpsc::channel(config.queue.get());
        let (report, ready) = blocking::sync_channel(1);
        let counters = Arc::new(Counters::default());
        let counted = Arc::clone(&counters);
        let serve = move || {
            let started = make().map_err(StartError::Load).and_then(|runtime| {
                let capacity = config.within(runtime.capacity())?;
                let mut facts = runtime.facts().clone();
                facts.context = facts.context.min(capacity.slot_tokens);
                if let Some(name) = &config.name {
                    facts.name.clone_from(name);
                }
                Ok((Ready { facts: Arc::new(facts), capacity, tokenizer: runtime.tokenizer() }, runtime))
            });
            match started {
                Ok((answer, runtime)) => {
                    let facts = Arc::clone(&answer.facts);
                    let shares =
                        Shares { facts, counters: counted, turns, prefix_cache: config.prefix_cache };
                    let worker = Worker::new(runtime, answer.capacity, shares);
                    if report.send(Ok(answer)).is_ok() {
                        worker.run(requests);
                    }
                }
                Err(error) => drop(report.send(Err(error))),
            }
        };
        let thread =
            thread::Builder::new().name("model".to_string()).spawn(serve).map_err(StartError::Thread)?;
        let Ready { facts, capacity, tokenizer } = ready.recv().map_err(|_| StartError::Panicked)??;
        tracing::debug!(model = facts.name, ?capacity, "engine started");
        let shared =
            Shared { facts, capacity, tokenizer, counters, queue: Some(queue), thread: Some(thread) };
        Ok(Self { shared: Arc::new(shared) })
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
        LmError::Closed { model: self.shared.facts.name.clone() }
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
        &self.shared.facts
    }

    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        let tokens = self.shared.tokenizer.encode(text, special);
        let model = &self.shared.facts.name;
        let tokens = tokens.map_err(|error| LmError::Backend { model: model.clone(), reason: error.reason });
        Box::pin(std::future::ready(tokens))
    }

    fn render<'a>(&'a self, messages: &'a [Message]) -> Answer<'a, String> {
        let text = self.shared.tokenizer.render(messages);
        let model = &self.shared.facts.name;
        Box::pin(std::future::ready(text.ok_or_else(|| LmError::NoChatTemplate { model: model.clone() })))
    }

    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        Box::pin(async move {
            validate::generate(&request, &self.shared.facts)?;
            self.ask(|reply| Job::Generate(request, reply)).await
        })
    }

    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(async move {
            validate::score(&request, &self.shared.facts)?;
            self.ask(|reply| Job::Score(request, reply)).await
        })
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("model", &self.facts.name)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic on it has been reported to every caller as a closed model.
            drop(thread.join());
        }
    }
}
