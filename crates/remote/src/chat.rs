//! A model behind an endpoint that takes conversations and nothing else.
//!
//! Whoever hosts models mostly offers this alone. It gives whole answers: strategies that draw, vote, judge, revise or
//! fuse them work; what goes on from the beginning of an answer does not. There are no token ids, so words stand in for
//! tokens on the way in, and on the way out a text has as many pieces as tokens were paid for it.

use crate::address::Address;
use crate::call::call;
use crate::error::ConnectError;
use crate::http::{Http, HttpError, LOOK};
use crate::probe::{Check, Probe, ServerKind};
use crate::wire::chat::{Chat, Said, Takes, Told, read_next, read_told};
use crate::wire::{Ask, Fault};
use crate::words::Words;
use deliberate_lm::{
    Abilities, Answer, Fingerprint, GenerateRequest, Generation, LanguageModel, LmError, Message, ModelFacts,
    Reading, Role, Sample, Sampling, ScoreRequest, Scoring, Token, Usage,
};
use futures::future::try_join_all;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A model behind one endpoint for chats or several. Clones share its connections.
#[derive(Debug, Clone)]
pub struct ChatModel {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    http: Http,
    chat: Chat,
    facts: ModelFacts,
    /// One for each endpoint.
    probes: Vec<Probe>,
    words: Mutex<Words>,
    drawn: AtomicU64,
}

/// What stands before the role of a turn, and between it and what is said. No text has them: whoever renders a prompt puts
/// a question between the turns as it is.
const TURN: char = '\u{1}';
const SAYS: char = '\u{2}';

/// Words that fit where an endpoint does not tell: it refuses itself.
const CONTEXT: usize = 1 << 20;

/// Tokens that are drawn to see what an endpoint takes.
const DRAWN: u32 = 16;

impl ChatModel {
    /// Tries out what an endpoint takes.
    pub(crate) async fn connect(
        address: &Address,
        model: String,
        context: Option<usize>,
    ) -> Result<Self, ConnectError> {
        let http = Http::new(std::slice::from_ref(address)).map_err(ConnectError::http(address))?;
        let (takes, checks) = try_out(&http, &model, address).await?;
        let facts = ModelFacts {
            name: model.clone(),
            context: context.unwrap_or(CONTEXT),
            vocabulary: u32::MAX,
            spelling: Fingerprint::of(["words"]),
            beginning: None,
            endings: Vec::new(),
            architecture: None,
            abilities: Abilities {
                continues: false,
                scores: false,
                logprobs: takes.logprobs,
                certainty: false,
            },
        };
        let probe = Probe { server: address.to_string(), kind: ServerKind::Chat, version: None, checks };
        let (probes, words, drawn) = (vec![probe], Mutex::default(), AtomicU64::new(0));
        let shared = Shared { http, chat: Chat { model, takes }, facts, probes, words, drawn };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// One model behind all their endpoints, asked through `http` for what all of them take.
    pub(crate) fn joined(models: Vec<Self>, http: Http) -> Self {
        let shared =
            models.into_iter().map(|model| Arc::into_inner(model.shared).expect("nobody has it yet"));
        let joined = shared.reduce(|mut all, other| {
            all.chat.takes = all.chat.takes.both(other.chat.takes);
            all.facts.context = all.facts.context.min(other.facts.context);
            all.facts.abilities.logprobs &= other.facts.abilities.logprobs;
            all.probes.extend(other.probes);
            all
        });
        let shared = Shared { http, ..joined.expect("there is an endpoint") };
        Self { shared: Arc::new(shared) }
    }

    /// What was found out about its endpoints, one after the other.
    pub fn probes(&self) -> &[Probe] {
        &self.shared.probes
    }

    /// Tokens drawn so far.
    pub fn drawn(&self) -> u64 {
        self.shared.drawn.load(Ordering::Relaxed)
    }

    fn words(&self) -> MutexGuard<'_, Words> {
        self.shared.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The conversation that a prompt is; nothing else is taken here.
    fn conversation(&self, prompt: &[Token]) -> Result<Value, LmError> {
        let text = self.words().text(prompt);
        text.as_deref().and_then(turns).ok_or_else(|| LmError::InvalidRequest {
            reason: format!(
                "`{}` is asked by conversations alone, and begins every answer anew",
                self.shared.facts.name
            ),
        })
    }

    /// As many answers as there are seeds, in as few calls as the endpoint takes.
    async fn generation(&self, request: &GenerateRequest) -> Result<Generation, LmError> {
        let messages = self.conversation(&request.prompt)?;
        if self.shared.chat.takes.several && request.seeds.len() > 1 {
            let first = self.call(&messages, request).await?;
            // Some give fewer than they were asked for.
            let missing = request.seeds.get(first.samples.len()..).unwrap_or_default();
            let rest = try_join_all(missing.iter().map(|&seed| self.one(&messages, request, seed))).await?;
            return Ok(together(std::iter::once(first).chain(rest), request.seeds.len()));
        }
        let calls = request.seeds.iter().map(|&seed| self.one(&messages, request, seed));
        Ok(together(try_join_all(calls).await?, request.seeds.len()))
    }

    async fn one(
        &self,
        messages: &Value,
        request: &GenerateRequest,
        seed: u64,
    ) -> Result<Generation, LmError> {
        let mut one = self.call(messages, &GenerateRequest { seeds: vec![seed], ..request.clone() }).await?;
        one.samples.truncate(1);
        Ok(one)
    }

    async fn call(&self, messages: &Value, request: &GenerateRequest) -> Result<Generation, LmError> {
        let Shared { chat, drawn, .. } = &*self.shared;
        let Told { said, prompt, drawn: paid } =
            self.ask(&chat.draw(messages, request), &request.prompt, read_told).await?;
        let samples: Vec<Sample> = {
            let mut words = self.words();
            said.into_iter().map(|said| sample(said, &mut words)).collect()
        };
        let length = request.prompt.len() as u64;
        let (given, cached) = prompt.unwrap_or((length, 0));
        // Where tokens are told one by one, those of thought are not among them.
        let decoded = samples.iter().map(|sample| sample.tokens.len() as u64).sum::<u64>().max(paid);
        drawn.fetch_add(decoded, Ordering::Relaxed);
        let usage = Usage { prefilled: given - cached, cached, decoded, flops: 0.0 };
        Ok(Generation { samples, usage })
    }

    /// What is thought of the first word of an answer.
    async fn scoring(&self, request: &ScoreRequest) -> Result<Scoring, LmError> {
        let end = request.tokens.len().checked_sub(1);
        if request.marks.iter().any(|mark| Some(mark.position) != end) {
            let reason = format!(
                "`{}` tells what it thinks of the end of a conversation alone",
                self.shared.facts.name
            );
            return Err(LmError::InvalidRequest { reason });
        }
        let messages = self.conversation(&request.tokens)?;
        let known = self.ask(&self.shared.chat.next(&messages), &request.tokens, read_next).await?;
        // What is not even among so many is at most as likely as the last of them.
        let least = known.iter().map(|&(_, logprob)| logprob).fold(0.0, f32::min);
        let words = self.words();
        let logprob = |token: &Token| {
            let wanted = words.word(*token);
            known
                .iter()
                .find(|(word, _)| wanted == Some(word.as_bytes()))
                .map_or(least, |&(_, logprob)| logprob)
        };
        let reading = |mark: &deliberate_lm::Mark| Reading {
            logprobs: mark.candidates.iter().map(logprob).collect(),
            certainty: f32::NAN,
        };
        let readings = request.marks.iter().map(reading).collect();
        let usage = Usage { prefilled: request.tokens.len() as u64, ..Usage::default() };
        Ok(Scoring { readings, usage })
    }

    async fn ask<T>(
        &self,
        ask: &Ask,
        prompt: &[Token],
        read: impl Fn(Value) -> Result<T, Fault>,
    ) -> Result<T, LmError> {
        call(&self.shared.http, &self.shared.facts.name, ask, prompt, read).await
    }
}

/// The turns of a rendered conversation; none of a text that is none, or that goes on after them.
fn turns(text: &str) -> Option<Value> {
    let turns = text.strip_prefix(TURN)?.strip_suffix(TURN)?.split(TURN);
    let turn = |turn: &str| {
        let (role, content) = turn.split_once(SAYS)?;
        Some(json!({"role": role, "content": content}))
    };
    turns.map(turn).collect()
}

/// A text without the marks of turns.
fn unmarked(text: &str) -> String {
    text.replace([TURN, SAYS], "")
}

fn sample(Said { pieces, stats, finish }: Said, words: &mut Words) -> Sample {
    let tokens = pieces.iter().map(|piece| words.token(piece)).collect();
    let text = String::from_utf8_lossy(&pieces.concat()).into_owned();
    Sample { tokens, pieces, text, stats, finish }
}

/// What several calls gave, as one.
fn together(all: impl IntoIterator<Item = Generation>, wanted: usize) -> Generation {
    let mut whole = Generation { samples: Vec::new(), usage: Usage::default() };
    for Generation { samples, usage } in all {
        whole.samples.extend(samples);
        whole.usage += usage;
    }
    whole.samples.truncate(wanted);
    whole
}

/// Asks for a word in more and more demanding ways; what is refused is left out from then on.
async fn try_out(http: &Http, model: &str, address: &Address) -> Result<(Takes, Vec<Check>), ConnectError> {
    let messages = json!([{"role": "user", "content": "Name one colour."}]);
    let told = async |takes: Takes| {
        let request = GenerateRequest {
            prompt: Vec::new().into(),
            seeds: if takes.several { vec![1, 2] } else { vec![1] },
            sampling: Sampling::at(1.0),
            stop: Vec::new(),
            max_tokens: DRAWN,
        };
        http.post(&Chat { model: model.to_owned(), takes }.draw(&messages, &request), LOOK).await
    };
    let mut takes = Takes::LEAST;
    let mut answer = told(takes).await;
    if matches!(&answer, Err(HttpError::Refused { reason, .. }) if reason.contains("max_completion_tokens")) {
        takes.completion_limit = true;
        answer = told(takes).await;
    }
    let what = "answers a conversation";
    let fatal =
        |found: String| ConnectError::Check { server: address.to_string(), check: what.to_owned(), found };
    let answer = answer.map_err(ConnectError::http(address))?;
    let counted = answer["usage"]["completion_tokens"].is_u64();
    let Told { said, .. } = read_told(answer).map_err(|fault| fatal(fault.to_string()))?;
    let text = String::from_utf8_lossy(&said[0].pieces.concat()).into_owned();
    let mut checks = vec![Check { what, works: true, found: format!("{text:?}") }];
    let found = if counted { "usage is told" } else { "no usage: a token is taken for four characters" };
    checks.push(Check { what: "counts its tokens", works: counted, found: found.to_owned() });

    takes.seed = told(Takes { seed: true, ..takes }).await.is_ok();
    let found = if takes.seed { "taken" } else { "refused" };
    checks.push(Check { what: "takes a seed", works: takes.seed, found: found.to_owned() });

    let several = told(Takes { several: true, ..takes }).await.ok().and_then(|answer| read_told(answer).ok());
    let count = several.map_or(0, |told| told.said.len());
    takes.several = count == 2;
    let found = format!("{count} of 2 in one call");
    checks.push(Check { what: "several answers in one call", works: takes.several, found });

    let likely = told(Takes { logprobs: true, several: false, ..takes }).await.ok();
    let likely = likely.and_then(|answer| read_told(answer).ok());
    let known = likely.map_or(0, |told| told.said[0].stats.len());
    takes.logprobs = known > 0;
    let found = format!("of {known} tokens");
    checks.push(Check { what: "log-probabilities of what was drawn", works: takes.logprobs, found });
    Ok((takes, checks))
}

impl LanguageModel for ChatModel {
    fn facts(&self) -> &ModelFacts {
        &self.shared.facts
    }

    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        let text = if special { text.to_owned() } else { unmarked(text) };
        Box::pin(async move { Ok(self.words().tokens(&text)) })
    }

    fn piece(&self, token: Token) -> Option<Vec<u8>> {
        self.words().word(token).map(<[u8]>::to_vec)
    }

    fn render<'a>(&'a self, messages: &'a [Message]) -> Answer<'a, String> {
        let role = |role: &Role| match role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let turn = |turn: &Message| format!("{TURN}{}{SAYS}{}", role(&turn.role), unmarked(&turn.content));
        let text: String = messages.iter().map(turn).chain([TURN.to_string()]).collect();
        Box::pin(async move { Ok(text) })
    }

    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        Box::pin(async move { self.generation(&request).await })
    }

    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(async move { self.scoring(&request).await })
    }
}
