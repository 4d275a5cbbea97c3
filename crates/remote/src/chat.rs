//! A model behind an endpoint that takes conversations and nothing else.
//!
//! Whoever hosts models mostly offers this alone. It gives whole answers: strategies that draw, vote, judge, revise or
//! fuse them work; what goes on from the beginning of an answer does not. There are no token ids, so words stand in for
//! tokens on the way in, and on the way out a text has as many pieces as tokens were paid for it.

mod try_out;

use crate::address::Address;
use crate::call::call;
use crate::connect::{join, narrow};
use crate::error::ConnectError;
use crate::http::Http;
use crate::probe::{Probe, ServerKind};
use crate::wire::chat::{Asked, Chat, Said, Told, read_next, read_told};
use crate::wire::{Ask, Fault};
use crate::words::Words;
use deliberate_lm::{
    self as lm, Abilities, Answer, Fingerprint, GenerateRequest, Generation, LanguageModel, LmError, Message,
    ModelFacts, Reading, Sample, ScoreRequest, Scoring, Token, Usage,
};
use futures::future::try_join_all;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use try_out::try_out;

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

/// What stands before each turn, and between what is known of it and what is said. No text has them: whoever renders a prompt puts
/// a question between the turns as it is.
const TURN: char = '\u{1}';
const SAYS: char = '\u{2}';

/// Words that fit where an endpoint does not tell: it refuses itself.
const CONTEXT: usize = 1 << 20;

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
            vocabulary: ModelFacts::UNKNOWN,
            spelling: Fingerprint::of(["words"]),
            beginning: None,
            endings: Vec::new(),
            architecture: None,
            abilities: Abilities {
                continues: false,
                scores: false,
                logprobs: takes.logprobs,
                certainty: false,
                rewards: None,
            },
        };
        let probe = Probe { server: address.to_string(), kind: ServerKind::Chat, version: None, checks };
        let (probes, words, drawn) = (vec![probe], Mutex::default(), AtomicU64::new(0));
        let shared = Shared { http, chat: Chat { model, takes }, facts, probes, words, drawn };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// One model behind all their endpoints, asked through `http` for what all of them take.
    pub(crate) fn joined(models: Vec<Self>, http: Http) -> Self {
        let joined = join(models.into_iter().map(|model| model.shared), |all, other| {
            all.chat.takes = all.chat.takes.both(other.chat.takes);
            narrow((&mut all.facts, &mut all.probes), (&other.facts, other.probes));
        });
        let shared = Shared { http, ..joined };
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
    fn conversation(&self, prompt: &[Token]) -> Result<Asked, LmError> {
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
        let asked = self.conversation(&request.prompt)?;
        if self.shared.chat.takes.several && request.seeds.len() > 1 {
            let first = self.call(&asked, request).await?;
            // Some give fewer than they were asked for.
            let missing = request.seeds.get(first.samples.len()..).unwrap_or_default();
            let rest = try_join_all(missing.iter().map(|&seed| self.one(&asked, request, seed))).await?;
            return Ok(together(std::iter::once(first).chain(rest), request.seeds.len()));
        }
        let calls = request.seeds.iter().map(|&seed| self.one(&asked, request, seed));
        Ok(together(try_join_all(calls).await?, request.seeds.len()))
    }

    async fn one(&self, asked: &Asked, request: &GenerateRequest, seed: u64) -> Result<Generation, LmError> {
        let mut one = self.call(asked, &GenerateRequest { seeds: vec![seed], ..request.clone() }).await?;
        one.samples.truncate(1);
        Ok(one)
    }

    async fn call(&self, asked: &Asked, request: &GenerateRequest) -> Result<Generation, LmError> {
        let Shared { chat, drawn, .. } = &*self.shared;
        let Told { said, prompt, drawn: paid } =
            self.ask(&chat.draw(asked, request), &request.prompt, read_told).await?;
        let samples: Vec<Sample> = {
            let mut words = self.words();
            said.into_iter().map(|said| sample(said, &mut words)).collect()
        };
        let length = request.prompt.len() as u64;
        let (given, cached) = prompt.unwrap_or((length, 0));
        // Some tell more than they bill.
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
        let asked = self.conversation(&request.tokens)?;
        let known = self.ask(&self.shared.chat.next(&asked), &request.tokens, read_next).await?;
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

/// A rendered conversation; none of a text that is none, or that goes on after its last turn.
fn turns(text: &str) -> Option<Asked> {
    let (form, turns) = text.split_once(TURN)?;
    let turn = |turn: &str| {
        let (head, content) = turn.split_once(SAYS)?;
        let mut message: Value = serde_json::from_str(head).ok()?;
        message["content"] = json!(content);
        Some(message)
    };
    let messages = turns.strip_suffix(TURN)?.split(TURN).map(turn).collect::<Option<_>>()?;
    Some(Asked { messages, form: serde_json::from_str(form).ok()? })
}

/// What is known of a turn besides its words.
fn head(message: &Message) -> String {
    let mut head = json!(message);
    head.as_object_mut().expect("a message has fields").remove("content");
    head.to_string()
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

    fn render<'a>(&'a self, chat: &'a lm::Chat) -> Answer<'a, String> {
        let form = Value::Object(self.shared.chat.takes.form(chat)).to_string();
        let turn = |turn: &Message| format!("{TURN}{}{SAYS}{}", head(turn), unmarked(&turn.content));
        let turns = chat.messages.iter().map(turn);
        let text = std::iter::once(form).chain(turns).chain([TURN.to_string()]).collect();
        Box::pin(async move { Ok(text) })
    }

    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        Box::pin(async move { self.generation(&request).await })
    }

    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(async move { self.scoring(&request).await })
    }
}
