//! A deterministic language model for tests: what it writes and what it thinks are closures over text.
//!
//! Tokens are bytes, a few longer pieces (some across separators, as real vocabularies have them), and special
//! tokens. It keeps a log of what it was asked, and counts prefix reuse as an engine would.

use deliberate_lm::{
    Answer, Architecture, Chat, Fingerprint, Finish, GenerateRequest, Generation, LanguageModel, LmError,
    Message, ModelFacts, Reading, Role, Sample, ScoreRequest, Scoring, Token, TokenStat, Usage,
};
use std::sync::Mutex;

const SPECIAL: [(&str, Token); 3] = [("<s>", 256), ("<|im_start|>", 257), ("<|im_end|>", 258)];
const LONG: [&str; 17] = [
    "\n\n",
    ".\n",
    " the",
    "The answer is",
    "\nSo",
    "ки",
    " ки",
    "Yes",
    "No",
    "Step",
    "\nStep",
    "1\n2",
    "Question:",
    "\n ",
    "é",
    " +",
    " -",
];

type Write = Box<dyn Fn(&str, u64) -> Result<String, LmError> + Send + Sync>;
type Read = Box<dyn Fn(&str, Token) -> f32 + Send + Sync>;

/// What it was asked.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) generated: Vec<GenerateRequest>,
    pub(crate) scored: Vec<ScoreRequest>,
    /// Tokens of sequences that it evaluated.
    known: Vec<Vec<Token>>,
}

pub(crate) struct Simulated {
    pub(crate) facts: ModelFacts,
    /// All that it would write after a text, given a seed.
    pub(crate) write: Write,
    /// Log-probability of a token after a text.
    pub(crate) read: Read,
    pub(crate) drops_system: bool,
    /// Whether its template shows the names of tools.
    pub(crate) shows_tools: bool,
    pub(crate) tells_stats: bool,
    pub(crate) log: Mutex<Log>,
}

impl Simulated {
    pub(crate) fn new(write: impl Fn(&str, u64) -> Result<String, LmError> + Send + Sync + 'static) -> Self {
        let architecture = Architecture { parameters: 1000, layers: 2, attention_width: 8 };
        Self {
            facts: ModelFacts {
                name: "simulated".to_owned(),
                context: 4096,
                vocabulary: 400,
                spelling: Fingerprint::of((0..317).filter(|id| !(259..300).contains(id)).map(Self::bytes)),
                beginning: Some(256),
                endings: vec![258],
                architecture: Some(architecture),
                abilities: deliberate_lm::Abilities::default(),
            },
            write: Box::new(write),
            read: Box::new(|_, _| -1.0),
            drops_system: false,
            shows_tools: false,
            tells_stats: true,
            log: Mutex::default(),
        }
    }

    /// Writes nothing.
    pub(crate) fn silent() -> Self {
        Self::new(|_, _| Ok(String::new()))
    }

    /// Always writes this solution, from wherever a prompt leaves it.
    pub(crate) fn script(solution: &str) -> Self {
        let solution = solution.to_owned();
        Self::new(move |text, _| Ok(rest(&solution, text)))
    }

    pub(crate) fn with_read(self, read: impl Fn(&str, Token) -> f32 + Send + Sync + 'static) -> Self {
        Self { read: Box::new(read), ..self }
    }

    pub(crate) fn tokens(text: &str, special: bool) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut rest = text.as_bytes();
        while let Some(&first) = rest.first() {
            let marker = SPECIAL.iter().filter(|(piece, _)| special && rest.starts_with(piece.as_bytes()));
            let long = LONG.iter().enumerate().map(|(index, piece)| (*piece, 300 + index as Token));
            let pieces = marker.copied().chain(long.filter(|(piece, _)| rest.starts_with(piece.as_bytes())));
            let (length, token) = pieces
                .map(|(piece, token)| (piece.len(), token))
                .max_by_key(|(length, _)| *length)
                .unwrap_or((1, Token::from(first)));
            tokens.push(token);
            rest = &rest[length..];
        }
        tokens
    }

    pub(crate) fn bytes(token: Token) -> Vec<u8> {
        if let Ok(byte) = u8::try_from(token) {
            return vec![byte];
        }
        let special = SPECIAL.iter().find(|(_, id)| *id == token).map(|(text, _)| *text);
        special.unwrap_or_else(|| LONG[token as usize - 300]).as_bytes().to_vec()
    }

    pub(crate) fn is_special(token: Token) -> bool {
        SPECIAL.iter().any(|(_, id)| *id == token)
    }

    pub(crate) fn spell(tokens: &[Token]) -> String {
        String::from_utf8(tokens.iter().flat_map(|&token| Self::bytes(token)).collect()).unwrap()
    }

    fn known(&self, tokens: &[Token]) -> usize {
        let log = self.log.lock().unwrap();
        let shared = |known: &Vec<Token>| known.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        log.known.iter().map(shared).max().unwrap_or(0)
    }

    fn sample(&self, request: &GenerateRequest, text: &str, seed: u64) -> Result<Sample, LmError> {
        let written = (self.write)(text, seed)?;
        let room = (request.max_tokens as usize).min(self.facts.context - request.prompt.len());
        let mut tokens = Vec::new();
        let mut bytes = Vec::new();
        let mut finish = Finish::EndOfSequence;
        for token in Self::tokens(&written, false) {
            if tokens.len() == room {
                finish = Finish::Length;
                break;
            }
            let before = bytes.len();
            tokens.push(token);
            bytes.extend(Self::bytes(token));
            let stop = request.stop.iter().position(|stop| {
                let from = (before + 1).saturating_sub(stop.len());
                bytes[from..].windows(stop.len()).any(|window| window == stop.as_bytes())
            });
            if let Some(stop) = stop {
                finish = Finish::Stop(stop);
                break;
            }
        }
        if finish == Finish::EndOfSequence && tokens.len() == room {
            finish = Finish::Length;
        }
        let stat =
            |&token: &Token| TokenStat { logprob: -0.1 * (token % 5) as f32, certainty: (token % 7) as f32 };
        let stats = if self.tells_stats { tokens.iter().map(stat).collect() } else { Vec::new() };
        let pieces = tokens.iter().map(|&token| Self::bytes(token)).collect();
        Ok(Sample { text: String::from_utf8_lossy(&bytes).into_owned(), pieces, tokens, stats, finish })
    }

    fn generation(&self, request: GenerateRequest) -> Result<Generation, LmError> {
        let prompt = request.prompt.len();
        if prompt >= self.facts.context {
            return Err(LmError::PromptTooLong { prompt, context: self.facts.context });
        }
        assert!(prompt > 0 && !request.seeds.is_empty() && request.max_tokens > 0, "{request:?}");
        let text = Self::spell(&request.prompt);
        let samples: Result<Vec<Sample>, LmError> =
            request.seeds.iter().map(|&seed| self.sample(&request, &text, seed)).collect();
        let samples = samples?;
        let cached = self.known(&request.prompt) + (request.seeds.len() - 1) * prompt;
        let prefilled = (request.seeds.len() * prompt - cached) as u64;
        let decoded = samples.iter().map(|sample| sample.tokens.len() as u64).sum();
        let usage = Usage { prefilled, cached: cached as u64, decoded, flops: (prefilled + decoded) as f64 };
        let mut log = self.log.lock().unwrap();
        for sample in &samples {
            log.known.push([&request.prompt, sample.tokens.as_slice()].concat());
        }
        log.generated.push(request);
        Ok(Generation { samples, usage })
    }

    fn scoring(&self, request: ScoreRequest) -> Result<Scoring, LmError> {
        let length = request.tokens.len();
        if length > self.facts.context {
            return Err(LmError::PromptTooLong { prompt: length, context: self.facts.context });
        }
        assert!(request.marks.is_sorted_by_key(|mark| mark.position));
        let readings = request
            .marks
            .iter()
            .map(|mark| {
                let text = Self::spell(&request.tokens[..=mark.position]);
                let logprobs = mark.candidates.iter().map(|&token| (self.read)(&text, token)).collect();
                Reading { logprobs, certainty: 1.0 }
            })
            .collect();
        let first = request.marks.first().map_or(length, |mark| mark.position);
        let cached = self.known(&request.tokens).min(first);
        let prefilled = (length - cached) as u64;
        let usage = Usage { prefilled, cached: cached as u64, decoded: 0, flops: prefilled as f64 };
        let mut log = self.log.lock().unwrap();
        log.known.push(request.tokens.to_vec());
        log.scored.push(request);
        Ok(Scoring { readings, usage })
    }
}

/// The rest of a solution that a text ends with a beginning of.
fn rest(solution: &str, text: &str) -> String {
    let at = (0..=solution.len())
        .rev()
        .find(|&at| solution.is_char_boundary(at) && text.ends_with(&solution[..at]));
    solution[at.unwrap_or(0)..].to_owned()
}

impl LanguageModel for Simulated {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        Box::pin(async move { Ok(Self::tokens(text, special)) })
    }

    fn render<'a>(&'a self, chat: &'a Chat) -> Answer<'a, String> {
        let turn = |message: &Message| {
            let role = match message.role {
                Role::System if self.drops_system => return String::new(),
                role => role.name(),
            };
            format!("<|im_start|>{role}\n{}<|im_end|>\n", message.content)
        };
        let tools = chat.tools.iter().filter(|_| self.shows_tools).map(|tool| format!("{}\n", tool.name));
        let turns: String = tools.chain(chat.messages.iter().map(turn)).collect();
        Box::pin(async move { Ok(format!("{turns}<|im_start|>assistant\n")) })
    }

    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        Box::pin(async move { self.generation(request) })
    }

    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(async move { self.scoring(request) })
    }
}
