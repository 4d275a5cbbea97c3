//! A judge as a verifier of the search core, whose scores lie in 0..=1.

use crate::{Judge, Latent, Process};
use deliberate_search::{Answer, Assessed, Failure, Granularity, Usage, Verification, Verifier};
use std::ops::Range;
use std::sync::Arc;

/// Scores latents by a judge's values: `1 / (1 + exp(-value / spread))`, from which [`log_odds`] gets the values back.
#[derive(Clone)]
pub struct JudgedBy {
    /// Who values.
    pub judge: Arc<dyn Judge>,
    /// What drew the latents.
    pub process: Process,
}

/// Farthest that a value is told from 0, in units of the spread: past it, scores next to 1 run out of digits.
const FARTHEST: f64 = 30.0;

/// The value over the spread that a score stands for.
pub fn log_odds(score: f64) -> f64 {
    (score / (1.0 - score)).ln().clamp(-FARTHEST, FARTHEST)
}

fn score(value: f64, spread: f64) -> Result<Vec<f64>, Failure> {
    if value.is_nan() {
        return Err(Failure { reason: "the reward is not a number".to_owned() });
    }
    Ok(vec![1.0 / (1.0 + (-(value / spread).clamp(-FARTHEST, FARTHEST)).exp())])
}

impl Verifier<Latent> for JudgedBy {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Latent>]) -> Answer<'a, Assessed> {
        let latents: Vec<&Latent> = batch.iter().map(|verification| verification.state).collect();
        let spread = self.judge.spread();
        let values = self.judge.values(&self.process, &latents);
        let price = |latent: &&Latent| self.judge.evaluations(&self.process, latent.step);
        let usage = Usage {
            prefilled: latents.len() as u64,
            flops: latents.iter().map(price).sum(),
            ..Usage::default()
        };
        let scores = values.into_iter().map(|value| score(value, spread)).collect();
        Box::pin(std::future::ready(Ok(Assessed { scores, usage })))
    }

    fn granularity(&self) -> Granularity {
        Granularity::Whole
    }

    /// Function evaluations to value the latent at the end of these steps.
    fn flops(&self, positions: Range<u64>) -> f64 {
        if positions.is_empty() { 0.0 } else { self.judge.evaluations(&self.process, positions.end as u32) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_from_scores() {
        for value in [-25.0, -1.0, 0.0, 3.0, 12.0] {
            let score = score(value * 2.0, 2.0).unwrap()[0];
            assert!((log_odds(score) - value).abs() < 1e-6, "{value}");
        }
        assert!((log_odds(1.0) - FARTHEST).abs() < 1e-9 && (log_odds(0.0) + FARTHEST).abs() < 1e-9);
        assert!(score(f64::NAN, 1.0).is_err());
    }
}
