//! A model behind a server that scores texts and writes none: vLLM's `/pooling` and `/classify`, `SGLang`'s `/classify`.

use crate::address::Address;
use crate::connect::{join, narrow};
use crate::error::ConnectError;
use crate::http::{Http, LOOK};
use crate::probe::{Check, Probe, ServerKind};
use crate::server::Server;
use crate::wire::Fault;
use crate::wire::reward::{Endpoint, Told, good, scores};
use deliberate_lm::{
    Abilities, Answer, Chat, GenerateRequest, Generation, LanguageModel, LmError, ModelFacts, RewardRequest,
    Rewarded, Rewards, ScoreRequest, Scoring, Token, Usage,
};
use futures::future::join_all;
use std::sync::Arc;

/// A reward model behind one server or several. Clones share its connections.
#[derive(Debug, Clone)]
pub struct RewardModel {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: Server,
    endpoint: Endpoint,
    facts: ModelFacts,
    /// One for each server.
    probes: Vec<Probe>,
    /// Texts of one call, at most.
    together: usize,
}

/// Texts of one call, so that the calls of a large batch can go to several servers.
const TOGETHER: usize = 32;

/// What a server is asked to see what it does.
const SPECIMEN: &str = "What is 2 + 2?\n2 + 2 = 4.";

/// Where a server scores texts; none for one that writes.
pub(crate) async fn endpoint(server: &Server, kind: ServerKind) -> Option<Endpoint> {
    let known: &[Endpoint] = match kind {
        ServerKind::Vllm => &[Endpoint::Pooling, Endpoint::Classify],
        ServerKind::Sglang => &[Endpoint::SglangClassify],
        ServerKind::LlamaServer | ServerKind::Chat => &[],
    };
    if known.is_empty() {
        return None;
    }
    let text = specimen(server).await.ok()?;
    for &endpoint in known {
        if server.http.post(&endpoint.ask(&server.name, &[&text]), LOOK).await.is_ok() {
            return Some(endpoint);
        }
    }
    None
}

async fn specimen(server: &Server) -> Result<RewardRequest, LmError> {
    Ok(RewardRequest { tokens: server.tokens(SPECIMEN, false).await?.into(), places: Vec::new() })
}

impl RewardModel {
    pub(crate) async fn new(
        (server, mut facts, mut probe): (Server, ModelFacts, Probe),
        endpoint: Endpoint,
        address: &Address,
    ) -> Result<Self, ConnectError> {
        let what = match endpoint.rewarded() {
            Rewarded::Steps => "scores the steps of a text",
            Rewarded::Whole => "scores a text as a whole",
        };
        let fatal = |error: LmError| {
            let (server, check) = (address.to_string(), what.to_owned());
            let way = "serve the reward model with vLLM from version 0.32 on, or with SGLang";
            ConnectError::Check { server, check, found: format!("{}: {error}; {way}", endpoint.path()) }
        };
        let text = specimen(&server).await.map_err(fatal)?;
        let told = vectors(&server, endpoint, &[&text]).await.map_err(fatal)?;
        let (vectors_told, length) = (&told.vectors[0], text.tokens.len());
        let classes = vectors_told
            .first()
            .map_or("no tag among them".to_owned(), |one| format!("classes: {}", one.len()));
        let found = format!("{}: {} for {length} tokens, {classes}", endpoint.path(), vectors_told.len());
        probe.checks.push(Check { what, works: true, found });

        let several = vectors(&server, endpoint, &[&text, &text]).await;
        let found = several.as_ref().map_or_else(ToString::to_string, |_| "2 of 2".to_owned());
        probe.checks.push(Check { what: "several texts in one call", works: several.is_ok(), found });

        let rewards = Some(endpoint.rewarded());
        facts.abilities =
            Abilities { continues: false, scores: false, logprobs: false, certainty: false, rewards };
        let together = if several.is_ok() { TOGETHER } else { 1 };
        let shared = Shared { server, endpoint, facts, probes: vec![probe], together };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// One model behind all their servers, which agree, asked through `http`.
    pub(crate) fn joined(models: Vec<Self>, http: Http) -> Self {
        let mut shared = join(models.into_iter().map(|model| model.shared), |all, other| {
            all.together = all.together.min(other.together);
            narrow((&mut all.facts, &mut all.probes), (&other.facts, other.probes));
        });
        shared.server.http = http;
        Self { shared: Arc::new(shared) }
    }

    /// What was found out about its servers, one after the other.
    pub fn probes(&self) -> &[Probe] {
        &self.shared.probes
    }

    /// Refuses a text that cannot be scored.
    fn fits(&self, RewardRequest { tokens, places }: &RewardRequest) -> Result<(), LmError> {
        let context = self.shared.facts.context;
        if tokens.len() > context {
            return Err(LmError::PromptTooLong { prompt: tokens.len(), context });
        }
        let steps = self.shared.endpoint.rewarded() == Rewarded::Steps;
        let rising = places.is_sorted_by(|one, next| one < next);
        if steps == places.is_empty() || !rising || places.last().map_or(0, |last| last + 1) > tokens.len() {
            let reason = format!("the places {places:?} of {} tokens are not to be scored", tokens.len());
            return Err(LmError::InvalidRequest { reason });
        }
        Ok(())
    }

    /// In as few calls as the server allows; one text that cannot be scored does not keep the others from it.
    async fn rewards(&self, batch: &[RewardRequest]) -> Rewards {
        let able: Vec<&RewardRequest> = batch.iter().filter(|text| self.fits(text).is_ok()).collect();
        let calls = join_all(able.chunks(self.shared.together).map(|texts| self.call(texts))).await;
        let usage = calls.iter().map(|(_, usage)| *usage).sum();
        let mut told = calls.into_iter().flat_map(|(scores, _)| scores);
        let scores = batch.iter().map(|text| {
            self.fits(text)?;
            told.next().expect("each text that fits was sent")
        });
        Rewards { scores: scores.collect(), usage }
    }

    async fn call(&self, texts: &[&RewardRequest]) -> (Vec<Result<Vec<f64>, LmError>>, Usage) {
        match self.together(texts).await {
            Ok((scores, usage)) => (scores.into_iter().map(Ok).collect(), usage),
            // It may be for one of them that all are refused.
            Err(LmError::Backend { .. }) if texts.len() > 1 => {
                let alone =
                    join_all(texts.iter().map(|text| self.together(std::slice::from_ref(text)))).await;
                let mut usage = Usage::default();
                let scores = alone.into_iter().map(|told| {
                    let (mut scores, used) = told?;
                    usage += used;
                    Ok(scores.remove(0))
                });
                (scores.collect(), usage)
            }
            Err(error) => (vec![Err(error); texts.len()], Usage::default()),
        }
    }

    async fn together(&self, texts: &[&RewardRequest]) -> Result<(Vec<Vec<f64>>, Usage), LmError> {
        let Shared { server, endpoint, facts, .. } = &*self.shared;
        let read = |answer| {
            let Told { vectors, prefilled } = endpoint.read(texts.len(), answer)?;
            let scores =
                texts.iter().zip(&vectors).map(|(text, vectors)| scores(endpoint.rewarded(), text, vectors));
            Ok((scores.collect::<Result<Vec<_>, Fault>>()?, prefilled))
        };
        let ask = endpoint.ask(&server.name, texts);
        let (scores, prefilled) = server.ask(&ask, &texts[0].tokens, read).await?;
        let lengths = texts.iter().map(|text| text.tokens.len() as u64);
        let sent: u64 = lengths.clone().sum();
        let prefilled = prefilled.unwrap_or(sent).min(sent);
        let flops = lengths.map(|length| facts.flops(0..length)).sum();
        Ok((scores, Usage { prefilled, cached: sent - prefilled, decoded: 0, flops }))
    }

    fn writes_nothing<T>(&self) -> Result<T, LmError> {
        Err(LmError::InvalidRequest {
            reason: format!("`{}` scores texts and writes none", self.shared.facts.name),
        })
    }
}

/// What a head tells of some texts, of which every vector can be read.
async fn vectors(server: &Server, endpoint: Endpoint, texts: &[&RewardRequest]) -> Result<Told, LmError> {
    let read = |answer| {
        let told = endpoint.read(texts.len(), answer)?;
        told.vectors.iter().flatten().try_for_each(|vector| good(vector).map(drop))?;
        Ok(told)
    };
    server.ask(&endpoint.ask(&server.name, texts), &[], read).await
}

impl LanguageModel for RewardModel {
    fn facts(&self) -> &ModelFacts {
        &self.shared.facts
    }

    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        Box::pin(self.shared.server.tokens(text, special))
    }

    fn render<'a>(&'a self, chat: &'a Chat) -> Answer<'a, String> {
        Box::pin(self.shared.server.rendered(chat, false))
    }

    fn generate(&self, _: GenerateRequest) -> Answer<'_, Generation> {
        Box::pin(async { self.writes_nothing() })
    }

    fn score(&self, _: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(async { self.writes_nothing() })
    }

    fn reward<'a>(&'a self, batch: &'a [RewardRequest]) -> Answer<'a, Rewards> {
        Box::pin(async move { Ok(self.rewards(batch).await) })
    }
}
