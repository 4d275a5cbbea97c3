//! Draws steps and rollouts from a language model.
//!
//! Every continuation continues token ids. A step is one generation that stops at the rule's separator. A rollout is one
//! generation, cut at the same places afterwards.

use crate::draft::{Draft, Piece, PieceEnd, Taken};
use crate::split::split;
use crate::{Ending, StepRule, Trace};
use deliberate_lm::{
    Finish, GenerateRequest, Generation, LanguageModel, Listener, LmError, Sample, Sampling, Usage as LmUsage,
};
use deliberate_search::{
    Answer, Draw, Drawn, Expansion, Failure, Proposal, Proposer, Reach, Status, Usage, mix,
};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// How solutions are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DrawSettings {
    /// For [`Draw::Sample`]; [`Draw::Greedy`] is always greedy.
    pub sampling: Sampling,
    /// Tokens of one step, at most, where steps are drawn one by one; a longer one is cut and ends its branch.
    pub step_tokens: u32,
    /// Tokens of one solution, at most.
    pub answer_tokens: u32,
    /// Where a step ends.
    pub steps: StepRule,
    /// Where a solution ends, besides the end of sequence.
    pub ending: Ending,
}

impl Default for DrawSettings {
    fn default() -> Self {
        Self {
            sampling: Sampling::at(0.8),
            step_tokens: 256,
            answer_tokens: 1024,
            steps: StepRule::default(),
            ending: Ending::default(),
        }
    }
}

/// Draws continuations of traces.
#[derive(Clone)]
pub struct TextProposer<M> {
    model: M,
    settings: DrawSettings,
    listener: Option<Listener>,
}

/// One draw's result, and what it used past the generation that it shared with others.
type Walked = (Result<Proposal<Trace>, LmError>, LmUsage);

/// How far one draw goes.
#[derive(Clone, Copy)]
struct Bounds {
    /// Steps, at most; `None` to the end.
    steps: Option<u32>,
    /// Tokens drawn, at most.
    tokens: usize,
    sampling: Sampling,
}

impl<M: LanguageModel> TextProposer<M> {
    /// A proposer. Cloning a model behind an [`Arc`](std::sync::Arc) shares it.
    pub fn new(model: M, settings: DrawSettings) -> Self {
        Self { model, settings, listener: None }
    }

    /// Lets a listener hear what is drawn, wherever one continuation is drawn alone.
    #[must_use]
    pub fn aloud(self, listener: Listener) -> Self {
        Self { listener: Some(listener), ..self }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// How solutions are drawn.
    pub fn settings(&self) -> &DrawSettings {
        &self.settings
    }

    /// Continues one trace, once for each seed. One failed generation fails its own draws.
    pub(crate) async fn extend(
        &self,
        expansion: &Expansion<'_, Trace>,
    ) -> (Vec<Result<Proposal<Trace>, LmError>>, LmUsage) {
        let &Expansion { state, ref seeds, reach, draw, limit } = expansion;
        if seeds.is_empty() {
            return (Vec::new(), LmUsage::default());
        }
        let room = (self.settings.answer_tokens as usize).saturating_sub(state.solution_tokens());
        let bounds = Bounds {
            steps: match reach {
                Reach::Steps(steps) => Some(steps.max(1)),
                Reach::End => None,
            },
            tokens: limit.map_or(room, |limit| room.min(usize::try_from(limit).unwrap_or(room))),
            sampling: match draw {
                Draw::Sample => self.settings.sampling,
                Draw::Greedy => Sampling::GREEDY,
            },
        };
        let draft = Draft::new(state, &self.settings.steps, &self.settings.ending);
        let first = match self.pause(&draft, 0, bounds, seeds.clone()).await {
            Ok(Some(generation)) => generation,
            Ok(None) => {
                let cut = Proposal {
                    state: draft.into_trace(Taken::Truncated),
                    status: Status::Truncated,
                    drawn: 0,
                };
                return (seeds.iter().map(|_| Ok(cut.clone())).collect(), LmUsage::default());
            }
            Err(error) => return (seeds.iter().map(|_| Err(error.clone())).collect(), LmUsage::default()),
        };
        let Generation { samples, usage } = first;
        let mut samples = samples.into_iter();
        let walks = seeds.iter().map(|&seed| {
            let (sample, draft) = (samples.next(), draft.clone());
            async move {
                match sample {
                    Some(sample) if bounds.steps.is_none() => {
                        (Ok(self.cut_whole(draft, &sample)), LmUsage::default())
                    }
                    Some(sample) => self.walk(draft, seed, sample, bounds).await,
                    None => (Err(self.fault("fewer samples than seeds")), LmUsage::default()),
                }
            }
        });
        let (drawn, usages): (Vec<_>, Vec<LmUsage>) = join_all(walks).await.into_iter().unzip();
        (drawn, usage + usages.into_iter().sum())
    }

    /// Draws up to the next pause; `None` if there is no room for a token.
    async fn pause(
        &self,
        draft: &Draft<'_>,
        drawn: usize,
        bounds: Bounds,
        seeds: Vec<u64>,
    ) -> Result<Option<Generation>, LmError> {
        let mut tokens = bounds.tokens.saturating_sub(drawn);
        let mut stop = Vec::new();
        if bounds.steps.is_some() {
            tokens = tokens.min((self.settings.step_tokens as usize).saturating_sub(draft.unfinished()));
            stop = self.settings.steps.separators();
            if let Some(budget) = self.settings.steps.token_budget() {
                tokens = tokens.min(budget as usize);
            }
        }
        stop.extend(self.settings.ending.stop.iter().cloned());
        if tokens == 0 {
            return Ok(None);
        }
        let request = GenerateRequest {
            prompt: draft.tokens(),
            seeds,
            sampling: bounds.sampling,
            stop,
            max_tokens: u32::try_from(tokens).unwrap_or(u32::MAX),
        };
        let generation = match &self.listener {
            Some(listener) if request.seeds.len() == 1 => {
                self.model.generate_aloud(request, Arc::clone(listener)).await
            }
            _ => self.model.generate(request).await,
        };
        match generation {
            Ok(generation) => Ok(Some(generation)),
            Err(LmError::PromptTooLong { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Goes on from a first sample, step by step, to where the draw ends.
    async fn walk(&self, mut draft: Draft<'_>, seed: u64, first: Sample, bounds: Bounds) -> Walked {
        let (mut sample, mut usage, mut drawn) = (first, LmUsage::default(), 0);
        for ordinal in 0.. {
            if sample.tokens.is_empty() && matches!(sample.finish, Finish::Stop(_)) {
                return (Err(self.fault("a stop text was completed without a token")), usage);
            }
            drawn += sample.tokens.len();
            let end = self.piece_end(&sample);
            let taken = take(&mut draft, &sample, end);
            let finished = matches!(taken, Taken::Complete | Taken::Truncated);
            if finished || bounds.steps.is_some_and(|steps| draft.steps() >= steps) {
                return (Ok(proposal(draft, taken, drawn)), usage);
            }
            let next = match self.pause(&draft, drawn, bounds, vec![mix(seed, ordinal)]).await {
                Ok(next) => next,
                Err(error) => return (Err(error), usage),
            };
            let Some(generation) = next else { return (Ok(proposal(draft, Taken::Truncated, drawn)), usage) };
            usage += generation.usage;
            let Some(next) = generation.samples.into_iter().next() else {
                return (Err(self.fault("fewer samples than seeds")), usage);
            };
            sample = next;
        }
        unreachable!("a walk ends by its bounds")
    }

    /// Why a sample drawn step by step paused.
    fn piece_end(&self, sample: &Sample) -> PieceEnd {
        match sample.finish {
            Finish::Stop(index) if index < self.settings.steps.separators().len() => PieceEnd::Step,
            Finish::Stop(_) | Finish::EndOfSequence => PieceEnd::Solution,
            Finish::Length if self.settings.steps.token_budget() == Some(sample.tokens.len() as u32) => {
                PieceEnd::Step
            }
            Finish::Length => PieceEnd::Cut,
        }
    }

    /// Cuts a rollout drawn at once at the places where drawing step by step would have paused.
    fn cut_whole(&self, mut draft: Draft<'_>, sample: &Sample) -> Proposal<Trace> {
        let pieces = &sample.pieces;
        let end = if sample.finish == Finish::Length { PieceEnd::Cut } else { PieceEnd::Solution };
        let mut start = 0;
        let mut taken = Taken::Truncated;
        for cut in split(pieces, &self.settings.steps, end) {
            let range = start..start + cut.tokens;
            start = range.end;
            let stats = sample.stats.get(range.clone()).unwrap_or_default();
            let piece = Piece { tokens: &sample.tokens[range.clone()], text: &cut.text, stats, end: cut.end };
            let widths = pieces[range].iter().map(Vec::len);
            let kept = draft.cut(&piece).map(|bytes| (bytes, spelt(bytes, widths)));
            taken = draft.take(&piece, kept);
            if taken == Taken::Complete {
                break;
            }
        }
        proposal(draft, taken, sample.tokens.len())
    }

    fn fault(&self, reason: &str) -> LmError {
        LmError::Backend { model: self.model.facts().name.clone(), reason: reason.to_owned() }
    }
}

/// Adds a sample; where the solution ends inside it, the tokens that spell the solution.
fn take(draft: &mut Draft<'_>, sample: &Sample, end: PieceEnd) -> Taken {
    let stats = if sample.stats.len() == sample.tokens.len() { sample.stats.as_slice() } else { &[] };
    let piece = Piece { tokens: &sample.tokens, text: &sample.text, stats, end };
    let kept = draft.cut(&piece).map(|bytes| {
        // The last ones may spell nothing by themselves.
        let whole = bytes == sample.text.len();
        let widths = sample.pieces.iter().map(Vec::len);
        (bytes, if whole { sample.tokens.len() } else { spelt(bytes, widths) })
    });
    draft.take(&piece, kept)
}

/// How many tokens of these widths begin within so many bytes.
fn spelt(bytes: usize, widths: impl Iterator<Item = usize>) -> usize {
    let mut start = 0;
    widths
        .take_while(|width| {
            let within = start < bytes;
            start += width;
            within
        })
        .count()
}

fn proposal(draft: Draft<'_>, taken: Taken, drawn: usize) -> Proposal<Trace> {
    Proposal { status: taken.status(), state: draft.into_trace(taken), drawn: drawn as u64 }
}

/// The same counts under the search's name.
pub(crate) fn usage(usage: LmUsage) -> Usage {
    let LmUsage { prefilled, cached, decoded, flops } = usage;
    Usage { prefilled, cached, decoded, flops }
}

/// A shut-down model fails the batch, since no later call can succeed; everything else fails what it belongs to.
pub(crate) fn closed<T>(results: &[Result<T, LmError>]) -> Option<Failure> {
    results.iter().find_map(|result| match result {
        Err(error @ LmError::Closed { .. }) => Some(Failure::from_error(error)),
        _ => None,
    })
}

impl<M: LanguageModel> Proposer<Trace> for TextProposer<M> {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Trace>]) -> Answer<'a, Drawn<Trace>> {
        Box::pin(async move {
            let rows = batch.iter().map(|expansion| self.extend(expansion));
            let mut drawn = Vec::with_capacity(batch.len());
            let mut total = LmUsage::default();
            for (row, used) in join_all(rows).await {
                if let Some(failure) = closed(&row) {
                    return Err(failure);
                }
                total += used;
                drawn.push(
                    row.into_iter().map(|draw| draw.map_err(|error| Failure::from_error(&error))).collect(),
                );
            }
            Ok(Drawn { drawn, usage: usage(total) })
        })
    }

    fn longest(&self, reach: Reach) -> Option<u64> {
        let whole = u64::from(self.settings.answer_tokens);
        Some(match reach {
            Reach::End => whole,
            Reach::Steps(steps) => {
                whole.min(u64::from(self.settings.step_tokens).saturating_mul(steps.max(1).into()))
            }
        })
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        self.model.facts().flops(positions)
    }
}

#[cfg(test)]
mod tests;
