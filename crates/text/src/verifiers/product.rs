//! Two verifiers as one: a solution is as good as both say.

use crate::Trace;
use deliberate_search::{Answer, Assessed, Failure, Granularity, Verification, Verifier};
use futures::future::try_join;
use std::ops::Range;

/// Multiplies the scores of two verifiers that see different things: of a step, or of the whole where one of them scores
/// only that.
pub struct ProductVerifier {
    parts: [Box<dyn Verifier<Trace>>; 2],
}

impl ProductVerifier {
    /// The product of two.
    pub fn new(one: Box<dyn Verifier<Trace>>, other: Box<dyn Verifier<Trace>>) -> Self {
        Self { parts: [one, other] }
    }
}

impl Verifier<Trace> for ProductVerifier {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> Answer<'a, Assessed> {
        Box::pin(async move {
            let [one, other] = &self.parts;
            let (first, second) = try_join(one.verify(batch), other.verify(batch)).await?;
            let mut usage = first.usage;
            usage += second.usage;
            let pairs = first.scores.into_iter().zip(second.scores);
            let scores = pairs.map(|(one, other)| product(self.granularity(), &one?, &other?)).collect();
            Ok(Assessed { scores, usage })
        })
    }

    fn granularity(&self) -> Granularity {
        let whole = self.parts.iter().any(|part| part.granularity() == Granularity::Whole);
        if whole { Granularity::Whole } else { Granularity::Step }
    }

    /// What the first one that can tell says.
    fn prior<'a>(&'a self, root: &'a Trace) -> Answer<'a, Option<f64>> {
        Box::pin(async move {
            for part in &self.parts {
                if let Some(prior) = part.prior(root).await? {
                    return Ok(Some(prior));
                }
            }
            Ok(None)
        })
    }

    fn doubt(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| part.doubt())
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        self.parts.iter().map(|part| part.flops(positions.clone())).sum()
    }
}

/// Step by step, or the last scores of both where the whole has one.
fn product(granularity: Granularity, one: &[f64], other: &[f64]) -> Result<Vec<f64>, Failure> {
    match (granularity, one, other) {
        (Granularity::Whole, [.., one], [.., other]) => Ok(vec![one * other]),
        (Granularity::Step, ..) if one.len() == other.len() => {
            Ok(one.iter().zip(other).map(|(one, other)| one * other).collect())
        }
        _ => Err(Failure { reason: "the two verifiers scored different numbers of steps".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_multiplied_step_by_step_or_at_the_end() {
        let of = |granularity, one: &[f64], other: &[f64]| product(granularity, one, other).ok();
        assert_eq!(of(Granularity::Step, &[0.5, 1.0], &[0.5, 0.25]), Some(vec![0.25, 0.25]));
        assert_eq!(of(Granularity::Step, &[0.5], &[0.5, 0.25]), None);
        assert_eq!(of(Granularity::Whole, &[0.5], &[1.0, 0.25]), Some(vec![0.125]));
        assert_eq!(of(Granularity::Whole, &[0.5], &[]), None);
    }
}
