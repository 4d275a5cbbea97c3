//! Verifiers behind reward endpoints: a model with a head that scores, and writes nothing.
//!
//! What is read is a prompt of the kind `reward`. With a `tag` in it, which then stands after each step, all steps of a solution
//! are scored in one call; without one the solution is scored as a whole. All states of a batch are sent together.

use super::format::written;
use super::{ScoreError, VerifierError, assessed};
use crate::prompt::{Frame, PromptKind};
use crate::{Prompt, Trace};
use deliberate_lm::{LanguageModel, LmError, RewardRequest, Rewarded, Token, Usage as LmUsage};
use deliberate_search::{Answer, Assessed, Granularity, Verification, Verifier};
use futures::future::{join_all, try_join_all};
use std::ops::Range;

/// Scores by a reward model.
pub struct RewardVerifier<M> {
    model: M,
    frame: Frame,
    /// Stands after each step; none where the whole is scored.
    tag: Option<Vec<Token>>,
    doubt: Option<String>,
}

/// What every reward model knows: a question, a right solution and a wrong one.
const KNOWN: (&str, [[&str; 2]; 2]) =
    ("What is 2 + 2?", [["2 + 2 = 4.", "The answer is 4."], ["2 + 2 = 5.", "The answer is 5."]]);

impl<M: LanguageModel> RewardVerifier<M> {
    /// A PRM or an ORM, as the model's endpoint has it, tried out on a right and a wrong solution. `prompt` names one of the
    /// kind `reward`, if not that of Qwen2.5-Math-PRM for steps, or an answer of the assistant for a whole.
    ///
    /// # Errors
    /// [`VerifierError`] for a model without such an endpoint, a prompt that does not fit it, and an endpoint that answers in
    /// another way than it should.
    pub async fn new(model: M, prompt: Option<&str>) -> Result<Self, VerifierError> {
        let name = || model.facts().name.clone();
        let usual = match model.facts().abilities.rewards {
            Some(Rewarded::Steps) => "reward-steps",
            Some(Rewarded::Whole) => "reward-whole",
            None => return Err(VerifierError::NoReward { model: name() }),
        };
        let prompt = Prompt::load_for(prompt.unwrap_or(usual), PromptKind::Reward)?;
        let rewarded = if prompt.tag().is_some() { Rewarded::Steps } else { Rewarded::Whole };
        if Some(rewarded) != model.facts().abilities.rewards {
            let prompt = prompt.name().to_owned();
            return Err(VerifierError::OtherReward { model: name(), prompt, rewarded, usual });
        }
        let tag = match prompt.tag() {
            Some(tag) => Some(written(&model, tag).await?),
            None => None,
        };
        let frame = Frame::new(&model, &prompt).await?;
        let mut verifier = Self { model, frame, tag, doubt: None };
        verifier.doubt = verifier.try_out(prompt.name()).await?;
        Ok(verifier)
    }

    /// What speaks against believing its scores.
    async fn try_out(&self, prompt: &str) -> Result<Option<String>, LmError> {
        let (question, solutions) = KNOWN;
        let texts = solutions.map(|steps| steps.map(str::to_owned).to_vec());
        let whole = |steps: Vec<String>| if self.tag.is_some() { steps } else { vec![steps.join("\n")] };
        let asked = texts.map(|steps| self.request(question, whole(steps)));
        let rewards = self.model.reward(&try_join_all(asked).await?).await?;
        let scores = rewards.scores.into_iter().collect::<Result<Vec<_>, _>>()?;
        let last: Vec<f64> = scores.iter().filter_map(|scores| scores.last().copied()).collect();
        let [right, wrong] = last[..] else { return Ok(None) };
        Ok((right <= wrong).then(|| {
            format!(
                "reward model `{}`: it scores a right solution of \"{question}\" {right:.3} and a wrong one {wrong:.3}, asked by \
                 the prompt `{prompt}` (write the one that it was trained with as a file, and take `reward:FILE.toml`)",
                self.model.facts().name
            )
        }))
    }

    /// A question and the steps of a solution, or its whole as one.
    async fn request(&self, question: &str, steps: Vec<String>) -> Result<RewardRequest, LmError> {
        let encoded = steps.iter().map(|step| self.model.encode(step.trim(), false));
        let (mut solution, mut ends) = (Vec::new(), Vec::new());
        for step in try_join_all(encoded).await? {
            solution.extend(step);
            if let Some(tag) = &self.tag {
                solution.extend(tag);
                ends.push(solution.len() - 1);
            }
        }
        let (tokens, from) = self.frame.around(&self.model, question, &solution).await?;
        let places = ends.into_iter().map(|end| from + end).collect();
        Ok(RewardRequest { tokens: tokens.into(), places })
    }

    /// What is asked for a state; nothing where all of its steps are scored.
    async fn asked(&self, trace: &Trace, known: usize) -> Result<Option<RewardRequest>, LmError> {
        let steps: Vec<String> = match self.granularity() {
            Granularity::Whole => vec![trace.text().to_owned()],
            Granularity::Step if trace.step_count() <= known => return Ok(None),
            Granularity::Step => trace.step_texts().map(str::to_owned).collect(),
        };
        self.request(trace.question(), steps).await.map(Some)
    }

    async fn assess(
        &self,
        batch: &[Verification<'_, Trace>],
    ) -> (Vec<Result<Vec<f64>, ScoreError>>, LmUsage) {
        let asked = join_all(batch.iter().map(|one| self.asked(one.state, one.known.len()))).await;
        let requests: Vec<RewardRequest> = asked.iter().flatten().flatten().cloned().collect();
        let told = if requests.is_empty() { Ok(None) } else { self.model.reward(&requests).await.map(Some) };
        let (usage, told) = match told {
            Ok(told) => told.map_or((LmUsage::default(), Vec::new()), |told| (told.usage, told.scores)),
            Err(error) => (LmUsage::default(), vec![Err(error); requests.len()]),
        };
        let mut told = told.into_iter();
        let scores = batch.iter().zip(asked).map(|(one, asked)| {
            let Some(request) = asked? else { return Ok(Vec::new()) };
            let mut scores = told.next().ok_or(ScoreError::Nothing)??;
            // New steps are the last ones.
            let new = request.places.len().saturating_sub(one.known.len());
            if self.tag.is_some() {
                scores.drain(..scores.len().saturating_sub(new));
            }
            Ok(scores)
        });
        (scores.collect(), usage)
    }
}

impl<M: LanguageModel> Verifier<Trace> for RewardVerifier<M> {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> Answer<'a, Assessed> {
        Box::pin(async move {
            let (scores, usage) = self.assess(batch).await;
            let scores = scores.into_iter().map(|scores| (scores, LmUsage::default()));
            let mut assessed = assessed(scores.collect())?;
            assessed.usage += crate::proposer::usage(usage);
            Ok(assessed)
        })
    }

    fn granularity(&self) -> Granularity {
        if self.tag.is_some() { Granularity::Step } else { Granularity::Whole }
    }

    /// The whole text is read anew for each score.
    fn flops(&self, positions: Range<u64>) -> f64 {
        self.model.facts().flops(0..positions.end)
    }

    fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }
}

#[cfg(test)]
mod tests;
