//! Continuations in the making.

use crate::Tokenizer;
use crate::sampler::Draws;
use crate::stop::StopWatch;
use deliberate_lm::{Finish, GenerateRequest, Listener, ModelFacts, Sample, Token, TokenStat};

/// One continuation being drawn.
pub(crate) struct Draft {
    draws: Draws,
    watch: StopWatch,
    tokens: Vec<Token>,
    pieces: Vec<Vec<u8>>,
    stats: Vec<TokenStat>,
    finish: Option<Finish>,
    /// Tokens, at most.
    limit: usize,
    /// Hears each token.
    pub(crate) listener: Option<Listener>,
}

impl Draft {
    /// An empty continuation for one of the request's seeds.
    pub(crate) fn new(request: &GenerateRequest, seed: u64, context: usize) -> Self {
        Self {
            draws: Draws::new(seed),
            watch: StopWatch::new(&request.stop),
            tokens: Vec::new(),
            pieces: Vec::new(),
            stats: Vec::new(),
            finish: None,
            listener: None,
            limit: (request.max_tokens as usize).min(context - request.prompt.len()),
        }
    }

    /// The random number that decides the next token.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.draws.at(self.tokens.len())
    }

    /// Takes the next token; says whether that was the last one.
    pub(crate) fn take(
        &mut self,
        (token, stat): (Token, TokenStat),
        request: &GenerateRequest,
        facts: &ModelFacts,
        tokenizer: &dyn Tokenizer,
    ) -> bool {
        if facts.endings.contains(&token) {
            self.finish = Some(Finish::EndOfSequence);
            return true;
        }
        let piece = tokenizer.piece(token);
        self.tokens.push(token);
        self.stats.push(stat);
        let stopped = self.watch.push(&request.stop, &piece);
        if let Some(listener) = &self.listener {
            listener(&piece);
        }
        self.pieces.push(piece);
        if let Some(index) = stopped {
            self.finish = Some(Finish::Stop(index));
        } else if self.tokens.len() >= self.limit {
            self.finish = Some(Finish::Length);
        }
        self.finish.is_some()
    }

    /// Whether it has ended.
    pub(crate) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// The result; an unfinished one counts as cut off.
    pub(crate) fn into_sample(self) -> Sample {
        Sample {
            tokens: self.tokens,
            text: String::from_utf8_lossy(&self.pieces.concat()).into_owned(),
            pieces: self.pieces,
            stats: self.stats,
            finish: self.finish.unwrap_or(Finish::Length),
        }
    }
}
