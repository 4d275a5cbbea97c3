//! Revisions of samples: new ones from noise in the neighbourhood of the old one's.

use super::proposer::bounded;
use crate::noise::Noise;
use crate::{Latent, Process, Walk};
use deliberate_search::{Answer, Attempt, Drawn, Reviser, Usage};
use std::ops::Range;
use std::sync::Arc;

/// Walks from noise near that of the latest attempt: `sqrt(1 − radius²) · old + radius · fresh`, which is standard normal
/// again, whatever the radius; with 1 nothing of the old is left.
#[derive(Clone)]
pub struct Neighbours {
    /// How samples come to be.
    pub process: Process,
    /// In 0..=1.
    pub radius: f64,
}

impl Neighbours {
    fn near(&self, noise: &[f64], seed: u64) -> Walk {
        let mut fresh = Noise::new(seed);
        let kept = (1.0 - self.radius * self.radius).sqrt();
        let near: Vec<f64> = noise.iter().map(|old| kept * old + self.radius * fresh.normal()).collect();
        Walk { noise: Some(near.into()), ..Walk::whole(deliberate_search::mix(seed, 0)) }
    }
}

impl Reviser<Latent> for Neighbours {
    fn revise<'a>(&'a self, batch: &'a [Attempt<'a, Latent>]) -> Answer<'a, Drawn<Latent>> {
        let whole = self.process.last_step();
        let walks = batch.iter().flat_map(|attempt| {
            let (steps, _) = bounded(whole, attempt.limit);
            let pivot: Arc<[f64]> =
                attempt.earlier.last().map_or_else(|| [].into(), |last| last.noise.clone());
            attempt.seeds.iter().map(move |&seed| Walk { steps, ..self.near(&pivot, seed) })
        });
        let mut ends = self.process.walk(walks.collect()).into_iter();
        let mut usage = Usage::default();
        let drawn = batch.iter().map(|attempt| {
            let (_, limit) = bounded(whole, attempt.limit);
            let row = ends.by_ref().take(attempt.seeds.len()).map(|state| {
                let (proposal, evaluations) = self.process.proposal(0, state, limit);
                let decoded = proposal.as_ref().map_or(0, |proposal| proposal.drawn);
                usage += Usage { decoded, flops: evaluations as f64, ..Usage::default() };
                proposal
            });
            row.collect()
        });
        let drawn = drawn.collect();
        Box::pin(std::future::ready(Ok(Drawn { drawn, usage })))
    }

    fn longest(&self) -> Option<u64> {
        Some(self.process.last_step().into())
    }

    /// Function evaluations.
    fn flops(&self, positions: Range<u64>) -> f64 {
        self.process.evaluations(positions) as f64
    }
}
