//! A model behind a server, like any other.

use crate::address::Address;
use crate::connect::{join, narrow};
use crate::error::ConnectError;
use crate::http::Http;
use crate::probe::Probe;
use crate::server::Server;
use crate::spelling::Spelling;
use crate::trial;
use crate::wire::{Drawn, Next};
use deliberate_lm::{
    Answer, Chat, GenerateRequest, Generation, LanguageModel, LmError, Mark, ModelFacts, Reading,
    ScoreRequest, Scoring, Token, Usage,
};
use futures::future::try_join_all;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A model behind one server or several. Clones share its connections and what is known of its vocabulary.
#[derive(Debug, Clone)]
pub struct RemoteModel {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: Server,
    facts: ModelFacts,
    /// One for each server.
    probes: Vec<Probe>,
    spelling: Mutex<Spelling>,
    /// Tokens drawn so far.
    drawn: AtomicU64,
}

impl RemoteModel {
    pub(crate) async fn new(
        (server, facts, probe): (Server, ModelFacts, Probe),
        address: &Address,
    ) -> Result<Self, ConnectError> {
        let (probes, spelling, drawn) = (vec![probe], Mutex::default(), AtomicU64::new(0));
        let shared = Shared { server, facts, probes, spelling, drawn };
        let model = Self { shared: Arc::new(shared) };
        let checks = trial::try_out(&model, address).await?;
        let Self { shared } = model;
        let mut shared = Arc::into_inner(shared).expect("trying it out is over");
        shared.facts.abilities.logprobs =
            checks.iter().all(|check| check.works || check.what != trial::LOGPROBS);
        shared.probes[0].checks = checks;
        Ok(Self { shared: Arc::new(shared) })
    }

    /// One model behind all their servers, which agree, asked through `http`.
    pub(crate) fn joined(models: Vec<Self>, http: Http) -> Self {
        let mut shared = join(models.into_iter().map(|model| model.shared), |all, other| {
            all.server.most = all.server.most.min(other.server.most);
            narrow((&mut all.facts, &mut all.probes), (&other.facts, other.probes));
        });
        shared.server.http = http;
        Self { shared: Arc::new(shared) }
    }

    /// What was found out about its servers, one after the other.
    pub fn probes(&self) -> &[Probe] {
        &self.shared.probes
    }

    /// Tokens drawn so far.
    pub fn drawn(&self) -> u64 {
        self.shared.drawn.load(Ordering::Relaxed)
    }

    pub(crate) async fn shared_text(&self, tokens: &[Token]) -> Result<String, LmError> {
        self.shared.server.text(tokens).await
    }

    /// Draws in as few calls as the server allows.
    async fn generation(&self, request: &GenerateRequest) -> Result<Generation, LmError> {
        let most = self.shared.server.most.max(1);
        if request.seeds.len() <= most {
            return self.call(request).await;
        }
        let parts = request.seeds.chunks(most).map(|seeds| async move {
            self.call(&GenerateRequest { seeds: seeds.to_vec(), ..request.clone() }).await
        });
        let mut all = Generation { samples: Vec::new(), usage: Usage::default() };
        for Generation { samples, usage } in try_join_all(parts).await? {
            all.samples.extend(samples);
            all.usage += usage;
        }
        Ok(all)
    }

    async fn call(&self, request: &GenerateRequest) -> Result<Generation, LmError> {
        let Shared { server, facts, .. } = &*self.shared;
        let (length, count) = (request.prompt.len() as u64, request.seeds.len() as u64);
        if request.prompt.len() >= facts.context {
            return Err(LmError::PromptTooLong { prompt: request.prompt.len(), context: facts.context });
        }
        let room = u32::try_from(facts.context - request.prompt.len()).unwrap_or(u32::MAX);
        let bounded = GenerateRequest { max_tokens: request.max_tokens.min(room), ..request.clone() };
        let read = |answer| server.dialect.read_drawn(&bounded, answer);
        let Drawn { mut samples, prefilled } =
            server.ask(&server.dialect.generate(&bounded), &bounded.prompt, read).await?;
        self.learn(samples.iter().flat_map(|sample| &sample.tokens)).await?;
        let spelling = self.shared.spelling.lock().unwrap_or_else(PoisonError::into_inner);
        for sample in &mut samples {
            sample.pieces = spelling.pieces(&sample.tokens, &sample.text);
            sample.text = String::from_utf8_lossy(&sample.pieces.concat()).into_owned();
        }
        drop(spelling);
        let prefilled = prefilled.unwrap_or(length).min(length * count);
        let decoded = samples.iter().map(|sample| sample.tokens.len() as u64);
        let drawing = decoded.clone().map(|drawn| facts.flops(length..(length + drawn).max(1) - 1));
        let flops = facts.flops(length.saturating_sub(prefilled)..length) + drawing.sum::<f64>();
        let usage = Usage { prefilled, cached: length * count - prefilled, decoded: decoded.sum(), flops };
        self.shared.drawn.fetch_add(usage.decoded, Ordering::Relaxed);
        Ok(Generation { samples, usage })
    }

    /// Asks what tokens spell that were not seen before.
    async fn learn(&self, tokens: impl Iterator<Item = &Token>) -> Result<(), LmError> {
        let Shared { server, spelling, .. } = &*self.shared;
        let lock = || spelling.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = lock().missing(tokens);
        let texts = try_join_all(missing.chunks(1).map(|token| server.text(token))).await?;
        let mut spelling = lock();
        missing.into_iter().zip(texts).for_each(|(token, text)| spelling.learn(token, text));
        Ok(())
    }

    async fn scoring(&self, request: &ScoreRequest) -> Result<Scoring, LmError> {
        let context = self.shared.facts.context;
        if request.tokens.len() >= context {
            return Err(LmError::PromptTooLong { prompt: request.tokens.len(), context });
        }
        // One after the other, so that each finds the one before it in the server's cache.
        let mut scoring = Scoring { readings: Vec::new(), usage: Usage::default() };
        for mark in &request.marks {
            let (reading, prefilled) = self.reading(&request.tokens, mark).await?;
            let asked = mark.position as u64 + 1;
            scoring.readings.push(reading);
            scoring.usage.prefilled += prefilled;
            scoring.usage.cached += asked - prefilled;
            scoring.usage.flops += self.shared.facts.flops(asked - prefilled..asked);
        }
        Ok(scoring)
    }

    /// What is thought at one place, and the tokens that were evaluated for it.
    async fn reading(&self, tokens: &[Token], mark: &Mark) -> Result<(Reading, u64), LmError> {
        let server = &self.shared.server;
        let prompt = &tokens[..=mark.position];
        let read = |answer| server.dialect.read_next(answer);
        let Next { mut known, prefilled } = server.ask(&server.dialect.next(prompt), prompt, read).await?;
        let found = |known: &[(Token, f32)], wanted: Token| {
            known.iter().find(|(token, _)| *token == wanted).map(|&(_, logprob)| logprob)
        };
        let missing = |wanted: &Token| found(&known, *wanted).is_none();
        let missing: Vec<Token> = mark.candidates.iter().copied().filter(missing).collect();
        if !missing.is_empty() {
            for ask in server.dialect.unlikely(prompt, &missing) {
                known.extend(server.ask(&ask, prompt, read).await?.known);
            }
        }
        if known.is_empty() {
            let reason = "it tells no log-probabilities of the next token".to_owned();
            return Err(LmError::Backend { model: server.name.clone(), reason });
        }
        // What is not even among so many is at most as likely as the last of them.
        let least = known.iter().map(|&(_, logprob)| logprob).fold(0.0, f32::min);
        let logprobs = mark.candidates.iter().map(|&wanted| found(&known, wanted).unwrap_or(least)).collect();
        let prefilled = prefilled.unwrap_or(prompt.len() as u64).min(prompt.len() as u64);
        Ok((Reading { logprobs, certainty: f32::NAN }, prefilled))
    }
}

impl LanguageModel for RemoteModel {
    fn facts(&self) -> &ModelFacts {
        &self.shared.facts
    }

    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        Box::pin(self.shared.server.tokens(text, special))
    }

    fn piece(&self, token: Token) -> Option<Vec<u8>> {
        self.shared.spelling.lock().unwrap_or_else(PoisonError::into_inner).piece(token)
    }

    fn render<'a>(&'a self, chat: &'a Chat) -> Answer<'a, String> {
        Box::pin(self.shared.server.rendered(chat, true))
    }

    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        Box::pin(async move { self.generation(&request).await })
    }

    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(async move { self.scoring(&request).await })
    }
}
