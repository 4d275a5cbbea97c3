//! The proposer's own confidence as a score: no model is called, nothing is paid.
//!
//! A baseline, not a verifier of truth: a model can be sure and wrong.

use super::{ScoreError, assessed};
use crate::Trace;
use deliberate_lm::{TokenStat, Usage as LmUsage};
use deliberate_search::{Answer, Assessed, Verification, Verifier};

/// What is read of each token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Confidence {
    /// `exp(mean log-probability)`: the geometric mean of the drawn tokens' probabilities.
    Logprob,
    /// `exp(sum of log-probabilities)`: how likely the proposer was to draw just this. Falls with length; beside a verifier
    /// that sees something else it tells slips from what the proposer is sure of.
    Likelihood,
    /// `1 − exp(−mean certainty / scale)`, certainty being KL(uniform ‖ model) in nats (Kang et al. 2025). Monotone, so
    /// `scale` changes no ranking, only how votes are weighted.
    Certainty {
        /// Nats at which the score reaches 1 − 1/e.
        scale: f32,
    },
}

/// Scores each step by the confidence in all tokens up to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CertaintyVerifier {
    confidence: Confidence,
}

impl CertaintyVerifier {
    /// A verifier by one kind of confidence.
    pub const fn new(confidence: Confidence) -> Self {
        Self { confidence }
    }

    fn scores(self, trace: &Trace, known: usize) -> Result<Vec<f64>, ScoreError> {
        let stats = trace.stats().ok_or(ScoreError::NoStatistics)?;
        (known..trace.step_count())
            .map(|step| {
                let tokens = trace.step_range(step).end - trace.prompt_tokens();
                self.score(&stats[..tokens])
            })
            .collect()
    }

    fn score(self, stats: &[TokenStat]) -> Result<f64, ScoreError> {
        // Tokens of which a backend does not tell it are left out.
        let known = |of: fn(&TokenStat) -> f32| {
            stats.iter().map(move |stat| f64::from(of(stat))).filter(|value| !value.is_nan())
        };
        let mean = |of: fn(&TokenStat) -> f32| known(of).sum::<f64>() / known(of).count() as f64;
        let score = match self.confidence {
            Confidence::Logprob => mean(|stat| stat.logprob).exp(),
            Confidence::Likelihood => {
                let logprobs = known(|stat| stat.logprob);
                // Those that are left out count as the others do on average.
                let scale = stats.len() as f64 / logprobs.clone().count() as f64;
                (logprobs.sum::<f64>() * scale).exp()
            }
            Confidence::Certainty { scale } => {
                1.0 - (-mean(|stat| stat.certainty) / f64::from(scale).max(f64::MIN_POSITIVE)).exp()
            }
        };
        if score.is_nan() { Err(ScoreError::NoStatistics) } else { Ok(score.clamp(0.0, 1.0)) }
    }
}

impl Verifier<Trace> for CertaintyVerifier {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> Answer<'a, Assessed> {
        let all =
            batch.iter().map(|one| (self.scores(one.state, one.known.len()), LmUsage::default())).collect();
        Box::pin(async move { assessed(all) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(logprob: f32, certainty: f32) -> TokenStat {
        TokenStat { logprob, certainty }
    }

    #[test]
    fn confidence_is_monotone_and_within_bounds() {
        let of = |confidence, stats: &[TokenStat]| CertaintyVerifier::new(confidence).score(stats).unwrap();
        let half = f32::ln(0.5);
        let two = [stat(half, 0.0), stat(half, 0.0)];
        assert!((of(Confidence::Logprob, &two) - 0.5).abs() < 1e-6);
        assert!((of(Confidence::Likelihood, &two) - 0.25).abs() < 1e-6);
        let scale = Confidence::Certainty { scale: 10.0 };
        let (low, high) = (of(scale, &[stat(0.0, 3.0)]), of(scale, &[stat(0.0, 30.0)]));
        assert!(0.0 < low && low < high && high < 1.0);
        assert!((of(scale, &[stat(0.0, f32::INFINITY)]) - 1.0).abs() < 1e-12);
        let unknown = stat(f32::NAN, f32::NAN);
        for confidence in [Confidence::Logprob, Confidence::Likelihood, scale] {
            assert!(CertaintyVerifier::new(confidence).score(&[unknown]).is_err());
        }
        let some = [stat(half, 0.0), unknown];
        assert!((of(Confidence::Logprob, &some) - 0.5).abs() < 1e-6);
        assert!((of(Confidence::Likelihood, &some) - 0.25).abs() < 1e-6);
    }
}
