//! A language model asked for a yes or a no.
//!
//! The score is the probability of "yes" in that of "yes" and "no", averaged over several wordings of the question or
//! over several critiques written first. Of a model that tells no probabilities verdicts are drawn, and counted.

use super::{ScoreError, Scores, VerifierError, assessed, share};
use crate::prompt::PromptKind;
use crate::{Prompt, Trace};
use deliberate_lm::{GenerateRequest, LanguageModel, Mark, Sampling, ScoreRequest, Token, Usage as LmUsage};
use deliberate_search::{Answer, Assessed, Granularity, Verification, Verifier, mix};
use futures::future::join_all;
use std::ops::Range;

const YES: [&str; 5] = ["Yes", " Yes", "yes", " yes", "YES"];
const NO: [&str; 5] = ["No", " No", "no", " no", "NO"];

/// The wordings of a judge without critiques.
const WORDINGS: [&str; 3] = ["judge", "judge-check", "judge-teacher"];

/// How a judge is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeSettings {
    /// The wordings, each asked once; or, with critiques, the one question asked after each.
    pub prompts: Vec<Prompt>,
    /// How a critique is asked for.
    pub critique: Prompt,
    /// Critiques written for each state; 0 asks directly.
    pub samples: u32,
    /// Verdicts drawn for each question; 0 reads the probability.
    pub verdicts: u32,
    /// Tokens of a critique and of a verdict, at most.
    pub critique_tokens: u32,
    /// How critiques are sampled.
    pub sampling: Sampling,
}

impl JudgeSettings {
    /// Most wordings there are.
    pub const VARIANTS: u32 = WORDINGS.len() as u32;

    /// The first `variants` built-in wordings, without critiques.
    pub fn wordings(variants: u32) -> Self {
        let load = |name| Prompt::load(name).expect("built-in prompts are sound");
        Self {
            prompts: WORDINGS.iter().take(variants.max(1) as usize).map(|name| load(name)).collect(),
            critique: load("critique"),
            samples: 0,
            verdicts: 0,
            critique_tokens: 256,
            sampling: Sampling::at(0.8),
        }
    }

    /// `samples` critiques, each followed by the question.
    pub fn critiques(samples: u32) -> Self {
        let judge = Prompt::load("judge-critique").expect("built-in prompts are sound");
        Self { prompts: vec![judge], samples, ..Self::wordings(1) }
    }

    /// Draws so many verdicts where it would read a probability; 0 reads it.
    #[must_use]
    pub fn with_verdicts(self, verdicts: u32) -> Self {
        Self { verdicts, ..self }
    }
}

/// Scores a whole solution, or the beginning of one.
pub struct JudgeVerifier<M> {
    model: M,
    settings: JudgeSettings,
    /// Tokens that mean yes, then those that mean no.
    candidates: Vec<Token>,
    yes: usize,
}

impl<M: LanguageModel> JudgeVerifier<M> {
    /// A judge.
    ///
    /// # Errors
    /// [`VerifierError`] if a prompt is for something else or needs a chat template that the model lacks, or the model has
    /// no single token for yes or no.
    pub async fn new(model: M, settings: JudgeSettings) -> Result<Self, VerifierError> {
        for prompt in &settings.prompts {
            prompt.expect_kind(PromptKind::Judge)?;
        }
        settings.critique.expect_kind(PromptKind::Critique)?;
        try_out(&model, &settings).await?;
        let (mut candidates, mut yes) = (Vec::new(), 0);
        if settings.verdicts == 0 {
            candidates = single(&model, &YES).await?;
            yes = candidates.len();
            candidates.extend(single(&model, &NO).await?);
        }
        Ok(Self { model, settings, candidates, yes })
    }

    async fn judge(&self, trace: &Trace) -> Scores {
        if self.settings.samples == 0 {
            let asked = self.settings.prompts.iter().map(|prompt| self.ask(prompt, trace, ""));
            return mean(join_all(asked).await, LmUsage::default());
        }
        let attempts = self.settings.critique.show_attempts([trace.text()]);
        let values = [("question", trace.question()), ("attempts", attempts.as_str())];
        let prompt = match self.settings.critique.encode(&self.model, &values).await {
            Ok(prompt) => prompt,
            Err(error) => return (Err(error.into()), LmUsage::default()),
        };
        let request = GenerateRequest {
            prompt: prompt.into(),
            seeds: seeds(trace.tokens(), self.settings.samples),
            sampling: self.settings.sampling,
            stop: self.settings.critique.ending().stop,
            max_tokens: self.settings.critique_tokens.max(1),
        };
        let critiques = match self.model.generate(request).await {
            Ok(critiques) => critiques,
            Err(error) => return (Err(error.into()), LmUsage::default()),
        };
        let asked = critiques.samples.iter().flat_map(|critique| {
            self.settings.prompts.iter().map(|prompt| self.ask(prompt, trace, critique.text.trim()))
        });
        mean(join_all(asked).await, critiques.usage)
    }

    /// One question, one score.
    async fn ask(
        &self,
        prompt: &Prompt,
        trace: &Trace,
        critique: &str,
    ) -> (Result<f64, ScoreError>, LmUsage) {
        let solution = trace.text().trim();
        let values = [("question", trace.question()), ("solution", solution), ("critique", critique)];
        let tokens = match prompt.encode(&self.model, &values).await {
            Ok(tokens) => tokens,
            Err(error) => return (Err(error.into()), LmUsage::default()),
        };
        if self.settings.verdicts > 0 {
            return verdicts::drawn(&self.model, &self.settings, tokens).await;
        }
        let mark = Mark { position: tokens.len().saturating_sub(1), candidates: self.candidates.clone() };
        match self.model.score(ScoreRequest { tokens: tokens.into(), marks: vec![mark] }).await {
            Ok(scoring) => {
                let score = scoring.readings.first().ok_or(ScoreError::Nothing).and_then(|reading| {
                    let (yes, no) = reading.logprobs.split_at_checked(self.yes).ok_or(ScoreError::Nothing)?;
                    share(yes, no)
                });
                (score, scoring.usage)
            }
            Err(error) => (Err(error.into()), LmUsage::default()),
        }
    }
}

/// A verification has no seed of its own: it follows from what is read.
fn seeds(tokens: &[Token], count: u32) -> Vec<u64> {
    let seed = tokens.iter().fold(0, |seed, &token| mix(seed, u64::from(token)));
    (0..u64::from(count)).map(|ordinal| mix(seed, ordinal)).collect()
}

/// Fills every prompt that will be asked once: a model without a usable chat template would fail at each of them.
async fn try_out<M: LanguageModel>(model: &M, settings: &JudgeSettings) -> Result<(), VerifierError> {
    let values = [("question", "q"), ("solution", "s"), ("critique", "c"), ("attempts", "a")];
    let critique = std::iter::once(&settings.critique).filter(|_| settings.samples > 0);
    for prompt in settings.prompts.iter().chain(critique) {
        prompt.encode(model, &values).await?;
    }
    Ok(())
}

/// The spellings that are single tokens, each token once.
async fn single<M: LanguageModel>(
    model: &M,
    spellings: &[&'static str],
) -> Result<Vec<Token>, VerifierError> {
    let mut found = Vec::new();
    for spelling in spellings {
        if let [token] = model.encode(spelling, false).await?[..]
            && !found.contains(&token)
        {
            found.push(token);
        }
    }
    if found.is_empty() {
        return Err(VerifierError::NoJudge { word: spellings[0], model: model.facts().name.clone() });
    }
    Ok(found)
}

fn mean(scores: Vec<(Result<f64, ScoreError>, LmUsage)>, mut usage: LmUsage) -> Scores {
    let count = scores.len() as f64;
    let mut sum = 0.0;
    let mut failed = None;
    for (score, used) in scores {
        usage += used;
        match score {
            Ok(score) => sum += score,
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        Some(error) => (Err(error), usage),
        None if count == 0.0 => (Err(ScoreError::Nothing), usage),
        None => (Ok(vec![(sum / count).clamp(0.0, 1.0)]), usage),
    }
}

impl<M: LanguageModel> Verifier<Trace> for JudgeVerifier<M> {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> Answer<'a, Assessed> {
        Box::pin(async move { assessed(join_all(batch.iter().map(|one| self.judge(one.state))).await) })
    }

    fn granularity(&self) -> Granularity {
        Granularity::Whole
    }

    /// An estimate: the judge reads its whole question anew for each state, once for each wording, and writes critiques and
    /// verdicts to their full length.
    fn flops(&self, positions: Range<u64>) -> f64 {
        let facts = self.model.facts();
        let JudgeSettings { prompts, samples, verdicts, critique_tokens, .. } = &self.settings;
        let once = facts.flops(0..positions.end);
        let end = positions.end + u64::from(*critique_tokens);
        let written = |count: u32| f64::from(count) * facts.flops(positions.end..end);
        let asked = prompts.len() as f64 * f64::from((*samples).max(1)) * (once + written(*verdicts));
        if *samples == 0 { asked } else { asked + once + written(*samples) }
    }
}

mod verdicts;

#[cfg(test)]
mod tests;
