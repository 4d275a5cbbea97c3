//! Verifiers that answer with a label token: PRMs at every step, ORMs at the end. A model that has a head in the place of
//! labels is read there instead.
//!
//! One pass over a trace, with marks at the ends of its *new* steps only; the steps scored before come from the
//! model's prefix cache, since the sequence of a longer trace begins with that of a shorter one.

use super::format::Marks;
use super::{LabelFormat, LabelSource, ScoreError, Scores, VerifierError, assessed, share};
use crate::Trace;
use crate::prompt::{Template, around};
use deliberate_lm::{
    LanguageModel, LmError, Mark, Message, ModelFacts, RewardRequest, Rewards, Role, ScoreRequest, Token,
    Usage as LmUsage,
};
use deliberate_search::{Answer, Assessed, Failure, Granularity, Verification, Verifier};
use futures::future::{join_all, try_join_all};
use std::iter;
use std::ops::Range;

/// Scores by the probability of a positive label.
pub struct LabelVerifier<M> {
    model: M,
    format: LabelFormat,
    granularity: Granularity,
    opening: Template,
    /// Before the question: beginning of sequence, or the start of the first turn.
    start: Vec<Token>,
    ask: Vec<Token>,
    keep: Vec<Token>,
    labels: [Token; 2],
}

impl<M: LanguageModel> LabelVerifier<M> {
    /// A PRM ([`Granularity::Step`]) or an ORM ([`Granularity::Whole`]). `proposer` is who draws what it will read.
    ///
    /// # Errors
    /// [`VerifierError`] if the model does not write the labels as single tokens, or cannot read what the format wants
    /// it to read.
    pub async fn new(
        model: M,
        format: LabelFormat,
        granularity: Granularity,
        proposer: &ModelFacts,
    ) -> Result<Self, VerifierError> {
        let facts = model.facts();
        if format.source == LabelSource::Tokens && !facts.shares_tokens(proposer) {
            return Err(VerifierError::OtherVocabulary {
                verifier: facts.name.clone(),
                proposer: proposer.name.clone(),
            });
        }
        let Marks { mut ask, mut keep, labels } = format.marks(&model).await?;
        if labels[0] == labels[1] {
            return Err(VerifierError::SameToken { model: facts.name.clone() });
        }
        let mut start = Vec::new();
        if format.source == LabelSource::Chat {
            // What stands around a user's turn, the assistant's label, and the next user's turn.
            let turns = [Role::User, Role::Assistant, Role::User].map(|role| Message::new(role, "a"));
            let [before, asks, keeps, _] =
                <[String; 4]>::try_from(around(&model, &turns.to_vec().into()).await?)
                    .expect("three turns have four surroundings");
            start = model.encode(&before, true).await?;
            ask.extend(model.encode(&asks, true).await?);
            keep.extend(model.encode(&keeps, true).await?);
        }
        if let Some(beginning) = facts.beginning
            && start.first() != Some(&beginning)
        {
            start.insert(0, beginning);
        }
        let opening = Template::parse(&format.opening);
        Ok(Self { model, format, granularity, opening, start, ask, keep, labels })
    }

    /// How it is asked.
    pub fn format(&self) -> &LabelFormat {
        &self.format
    }

    /// What is read of a trace before its steps, and each step (or the whole solution).
    async fn parts(&self, trace: &Trace) -> Result<(Vec<Token>, Vec<Vec<Token>>), LmError> {
        let whole = self.granularity == Granularity::Whole;
        if self.format.source == LabelSource::Tokens {
            let (prompt, solution) = trace.tokens().split_at(trace.prompt_tokens());
            let steps = (0..trace.step_count()).map(|step| trace.tokens()[trace.step_range(step)].to_vec());
            let steps = if whole { vec![solution.to_vec()] } else { steps.collect() };
            return Ok((prompt.to_vec(), steps));
        }
        let question = self.opening.fill_to_string(&[("question", trace.question())]);
        let mut opening = self.start.clone();
        opening.extend(self.model.encode(&question, false).await?);
        let lead = |index: usize| if index == 0 { self.format.lead.as_str() } else { "" };
        let texts: Vec<String> = if whole {
            vec![[lead(0), trace.text().trim()].concat()]
        } else {
            let show =
                |(index, step): (usize, &str)| [lead(index), &self.format.show_step(index, step)].concat();
            trace.step_texts().enumerate().map(show).collect()
        };
        let steps = try_join_all(texts.iter().map(|text| self.model.encode(text, false))).await?;
        Ok((opening, steps))
    }

    /// What is read of a trace; nothing where all of its steps are scored.
    async fn asked(&self, trace: &Trace, known: usize) -> Result<Option<RewardRequest>, LmError> {
        // The score of a whole is never known before.
        let known = if self.granularity == Granularity::Whole { 0 } else { known };
        if self.granularity == Granularity::Step && trace.step_count() <= known {
            return Ok(None);
        }
        let (mut tokens, steps) = self.parts(trace).await?;
        let mut places = Vec::with_capacity(steps.len().saturating_sub(known));
        for (index, step) in steps.iter().enumerate() {
            if index > 0 {
                tokens.extend(&self.keep);
            }
            tokens.extend(step);
            tokens.extend(&self.ask);
            if index >= known {
                places.push(tokens.len().saturating_sub(1));
            }
        }
        Ok(Some(RewardRequest { tokens: tokens.into(), places }))
    }

    /// The scores of some texts: of a head where the model has one, else by the labels.
    async fn read(&self, texts: Vec<RewardRequest>) -> Vec<Scores> {
        if self.model.facts().abilities.rewards.is_none() {
            return join_all(texts.into_iter().map(|text| self.labels(text))).await;
        }
        let (told, usage) = match self.model.reward(&texts).await {
            Ok(Rewards { scores, usage }) => (scores, usage),
            Err(error) => (vec![Err(error); texts.len()], LmUsage::default()),
        };
        // The cost of all stands with the first.
        let usages = iter::once(usage).chain(iter::repeat(LmUsage::default()));
        told.into_iter().map(|scores| scores.map_err(ScoreError::from)).zip(usages).collect()
    }

    /// The share of the positive label at each place.
    async fn labels(&self, RewardRequest { tokens, places }: RewardRequest) -> Scores {
        let mark = |position| Mark { position, candidates: self.labels.to_vec() };
        let marks = places.into_iter().map(mark).collect();
        let scoring = match self.model.score(ScoreRequest { tokens, marks }).await {
            Ok(scoring) => scoring,
            Err(error) => return (Err(error.into()), LmUsage::default()),
        };
        let scores = scoring.readings.iter().map(|reading| match reading.logprobs[..] {
            [positive, negative] => share(&[positive], &[negative]),
            _ => Err(ScoreError::Nothing),
        });
        (scores.collect(), scoring.usage)
    }
}

impl<M: LanguageModel> Verifier<Trace> for LabelVerifier<M> {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> Answer<'a, Assessed> {
        Box::pin(async move {
            let asked = join_all(batch.iter().map(|one| self.asked(one.state, one.known.len()))).await;
            let mut read = self.read(asked.iter().flatten().flatten().cloned().collect()).await.into_iter();
            let scores = asked.into_iter().map(|asked| match asked {
                Ok(Some(_)) => read.next().expect("each text is read"),
                Ok(None) => (Ok(Vec::new()), LmUsage::default()),
                Err(error) => (Err(error.into()), LmUsage::default()),
            });
            assessed(scores.collect())
        })
    }

    fn granularity(&self) -> Granularity {
        self.granularity
    }

    /// The label after the bare question: the pass rate for a PRM of the lab, which learnt it there; a hint at best for
    /// others.
    fn prior<'a>(&'a self, root: &'a Trace) -> Answer<'a, Option<f64>> {
        Box::pin(async move {
            let broken = |error: &ScoreError| Failure::from_error(error);
            let (mut tokens, _) = self.parts(root).await.map_err(|error| broken(&error.into()))?;
            tokens.extend(&self.ask);
            let places = vec![tokens.len().saturating_sub(1)];
            let text = RewardRequest { tokens: tokens.into(), places };
            let (scores, _) = self.read(vec![text]).await.remove(0);
            Ok(scores.map_err(|error| broken(&error))?.first().copied())
        })
    }

    /// Exact up to what the format inserts; where the verifier reads text, up to its own tokenisation as well.
    fn flops(&self, positions: Range<u64>) -> f64 {
        self.model.facts().flops(positions)
    }
}

#[cfg(test)]
mod tests;
