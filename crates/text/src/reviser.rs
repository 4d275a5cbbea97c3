//! Rewrites finished solutions with the earlier attempts in the prompt.
//!
//! Optionally a critique of the last attempt is drawn first, one for each revision, and stands in that revision's
//! prompt. The revised trace carries its own prompt: a verifier that reads the proposer's tokens sees the attempts too.

use crate::prompt::PromptKind;
use crate::proposer::{DrawSettings, closed, usage};
use crate::{Prompt, PromptError, TextProposer, Trace};
use deliberate_lm::{Finish, GenerateRequest, LanguageModel, LmError, Usage as LmUsage};
use deliberate_search::{
    Answer, Attempt, Draw, Drawn, Expansion, Failure, Proposal, Reach, Reviser, Status, mix,
};
use futures::future::join_all;
use std::ops::Range;

/// A review drawn before each revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Critique {
    /// How it is asked for.
    pub prompt: Prompt,
    /// Its tokens, at most; a longer one is used as far as it got.
    pub tokens: u32,
}

/// Rewrites traces.
pub struct TextReviser<M> {
    proposer: TextProposer<M>,
    prompt: Prompt,
    critique: Option<Critique>,
    /// Tokens of the prompt without question, attempts and critique.
    frame: u64,
    /// Tokens around one attempt.
    attempt_frame: u64,
}

/// Tokens that encoding a text apart from its surroundings may add to it at the seams.
const SEAM: u64 = 4;

type Revised = (Vec<Result<Proposal<Trace>, LmError>>, LmUsage);

impl<M: LanguageModel> TextReviser<M> {
    /// A reviser. A prompt with a slot for a critique needs one, and only such a prompt can use one.
    ///
    /// # Errors
    /// [`PromptError`] if a prompt does not fit, or the model cannot encode it.
    pub async fn new(
        model: M,
        prompt: Prompt,
        critique: Option<Critique>,
        settings: DrawSettings,
    ) -> Result<Self, PromptError> {
        prompt.expect_kind(PromptKind::Revise)?;
        if let Some(critique) = &critique {
            critique.prompt.expect_kind(PromptKind::Critique)?;
        }
        if prompt.has_slot("critique") && critique.is_none() {
            let (prompt, slot) = (prompt.name().to_owned(), "critique".to_owned());
            return Err(PromptError::UnknownSlot { prompt, slot, known: "question, attempts".to_owned() });
        }
        if !prompt.has_slot("critique") && critique.is_some() {
            return Err(PromptError::MissingSlot {
                prompt: prompt.name().to_owned(),
                slot: "critique".to_owned(),
            });
        }
        let frame = prompt.encode(&model, &[]).await?.len() as u64;
        let attempt_frame = model.encode(&prompt.show_attempts([""]), false).await?.len() as u64;
        Ok(Self { proposer: TextProposer::new(model, settings), prompt, critique, frame, attempt_frame })
    }

    /// The prompt that revisions are asked for with.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    fn model(&self) -> &M {
        self.proposer.model()
    }

    async fn revise_one(&self, attempt: &Attempt<'_, Trace>) -> Result<Revised, PromptError> {
        let Some(last) = attempt.earlier.last() else {
            return Ok((
                fail(&attempt.seeds, &self.invalid("a revision without an attempt")),
                LmUsage::default(),
            ));
        };
        let Some(critique) = &self.critique else {
            let root = self.root(attempt, last, "").await?;
            return Ok(self.draw(&root, &attempt.seeds, attempt.limit).await);
        };
        // A critique takes at most half of what may be drawn.
        let half = attempt.limit.map_or(u64::MAX, |limit| limit / 2).max(1);
        let request = GenerateRequest {
            prompt: self.ask(&critique.prompt, attempt, last, "").await?.into(),
            seeds: attempt.seeds.iter().map(|&seed| mix(seed, 0)).collect(),
            sampling: self.proposer.settings().sampling,
            stop: critique.prompt.ending().stop,
            max_tokens: u64::from(critique.tokens.max(1)).min(half) as u32,
        };
        let stop = request.stop.clone();
        let critiques = match self.model().generate(request).await {
            Ok(critiques) => critiques,
            Err(LmError::PromptTooLong { .. }) => {
                let root = self.root(attempt, last, "").await?;
                return Ok((cut(&root, &attempt.seeds), LmUsage::default()));
            }
            Err(error) => return Ok((fail(&attempt.seeds, &error), LmUsage::default())),
        };
        let revisions = attempt.seeds.iter().zip(&critiques.samples).map(|(&seed, review)| {
            let stop = &stop;
            async move {
                let spent = review.tokens.len() as u64;
                let text = match review.finish {
                    Finish::Stop(index) => {
                        stop.get(index).map_or(review.text.as_str(), |stop| before(&review.text, stop))
                    }
                    _ => &review.text,
                };
                let root = self.root(attempt, last, text.trim()).await?;
                let limit = attempt.limit.map(|limit| limit.saturating_sub(spent));
                let (mut drawn, usage) = self.draw(&root, &[seed], limit).await;
                for proposal in drawn.iter_mut().flatten() {
                    proposal.drawn += spent;
                }
                Ok::<_, PromptError>((drawn, usage))
            }
        });
        let (mut drawn, mut total) = (Vec::new(), critiques.usage);
        for revision in join_all(revisions).await {
            let (row, usage) = revision?;
            drawn.extend(row);
            total += usage;
        }
        Ok((drawn, total))
    }

    async fn draw(&self, root: &Trace, seeds: &[u64], limit: Option<u64>) -> Revised {
        let (seeds, reach, draw) = (seeds.to_vec(), Reach::End, Draw::Sample);
        self.proposer.extend(&Expansion { state: root, seeds, reach, draw, limit }).await
    }

    async fn root(
        &self,
        attempt: &Attempt<'_, Trace>,
        last: &Trace,
        critique: &str,
    ) -> Result<Trace, PromptError> {
        Ok(last.reopened(self.ask(&self.prompt, attempt, last, critique).await?))
    }

    async fn ask(
        &self,
        prompt: &Prompt,
        attempt: &Attempt<'_, Trace>,
        last: &Trace,
        critique: &str,
    ) -> Result<Vec<u32>, PromptError> {
        let attempts = prompt.show_attempts(attempt.earlier.iter().map(|trace| trace.text()));
        let values = [("question", last.question()), ("attempts", &attempts), ("critique", critique)];
        prompt.encode(self.model(), &values).await
    }

    fn invalid(&self, reason: &str) -> LmError {
        LmError::InvalidRequest { reason: format!("{reason} (prompt `{}`)", self.prompt.name()) }
    }
}

fn fail(seeds: &[u64], error: &LmError) -> Vec<Result<Proposal<Trace>, LmError>> {
    seeds.iter().map(|_| Err(error.clone())).collect()
}

/// The attempts leave no room: nothing can be drawn, which is a truncated draw and not an error.
fn cut(root: &Trace, seeds: &[u64]) -> Vec<Result<Proposal<Trace>, LmError>> {
    let cut = Proposal { state: root.truncated(), status: Status::Truncated, drawn: 0 };
    seeds.iter().map(|_| Ok(cut.clone())).collect()
}

/// A text up to where another begins in it.
fn before<'t>(text: &'t str, stop: &str) -> &'t str {
    text.split_once(stop).map_or(text, |(before, _)| before)
}

impl<M: LanguageModel> Reviser<Trace> for TextReviser<M> {
    fn revise<'a>(&'a self, batch: &'a [Attempt<'a, Trace>]) -> Answer<'a, Drawn<Trace>> {
        Box::pin(async move {
            let rows = join_all(batch.iter().map(|attempt| self.revise_one(attempt))).await;
            let mut drawn = Vec::with_capacity(batch.len());
            let mut total = LmUsage::default();
            for (attempt, row) in batch.iter().zip(rows) {
                let row: Vec<Result<Proposal<Trace>, Failure>> = match row {
                    Ok((row, used)) => {
                        if let Some(failure) = closed(&row) {
                            return Err(failure);
                        }
                        total += used;
                        row.into_iter()
                            .map(|draw| draw.map_err(|error| Failure::from_error(&error)))
                            .collect()
                    }
                    Err(error) => attempt.seeds.iter().map(|_| Err(Failure::from_error(&error))).collect(),
                };
                drawn.push(row);
            }
            Ok(Drawn { drawn, usage: usage(total) })
        })
    }

    /// An upper bound that follows from the attempts alone (up to what a tokenizer does at seams): the prompt's own
    /// tokens, the question, each attempt in the tokens that it was drawn with, and the longest critique.
    fn opening(&self, earlier: &[&Trace]) -> u64 {
        let question = earlier.last().map_or(0, |trace| u64::from(trace.question_tokens()));
        let attempts: u64 =
            earlier.iter().map(|trace| trace.solution_tokens() as u64 + self.attempt_frame + SEAM).sum();
        let critique = self.critique.as_ref().map_or(0, |critique| u64::from(critique.tokens));
        self.frame + question + attempts + critique + SEAM
    }

    fn longest(&self) -> Option<u64> {
        let critique = self.critique.as_ref().map_or(0, |critique| u64::from(critique.tokens.max(1)));
        Some(u64::from(self.proposer.settings().answer_tokens) + critique)
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        self.model().facts().flops(positions)
    }
}

#[cfg(test)]
mod tests;
