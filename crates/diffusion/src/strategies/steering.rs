//! Feynman-Kac steering (Singhal et al. 2025, arXiv 2501.06848): particles, resampled by potentials of their values.

use super::{Choosing, LAST, choice};
use crate::FormError;
use crate::form::Form;
use crate::noise::Noise;
use crate::normal::softmax;
use crate::roles::log_odds;
use deliberate_search::{Choice, Decision, Expand, NodeId, Reach, Status, StopReason, Strategy, Tree, mix};
use std::collections::BTreeMap;

/// What a particle is weighed by on its way. In every case the last weight divides the others out, so that the product over a
/// path is `exp(lambda · reward)` of its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Potential {
    /// How much its value grew.
    #[default]
    Difference,
    /// The highest value so far.
    Max,
    /// The sum of its values.
    Sum,
}

/// Particles that are weighed by `exp(lambda · potential)` and resampled where their weights grow uneven.
///
/// With `lambda` toward infinity and `least` 0 (no resampling) it is best-of-N.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steering {
    /// How strongly values weigh: the target is `density × exp(lambda · reward)`.
    pub lambda: f64,
    /// What weighs.
    pub potential: Potential,
    /// Steps between two weighings.
    pub every: u32,
    /// Resample when the effective number of particles falls below this share of them; 0 never, 1 always.
    pub least: f64,
    /// How one sample is chosen at the end.
    pub choosing: Choosing,
}

impl Steering {
    pub(crate) fn read(form: &mut Form<'_>) -> Result<Self, FormError> {
        let potential = match form.text("potential") {
            None | Some("difference") => Potential::Difference,
            Some("max") => Potential::Max,
            Some("sum") => Potential::Sum,
            Some(other) => return Err(form.bad("potential", other, "`difference`, `max` or `sum`")),
        };
        Ok(Self {
            lambda: form.positive("lambda", 1.0)?,
            potential,
            every: form.count("every", 1)?,
            least: form.take("least", 0.5, "a number in 0..=1", |share: &f64| (0.0..=1.0).contains(share))?,
            choosing: Choosing::from_option(form)?,
        })
    }

    /// The strategy with so many particles; values are seen in units of `spread`.
    pub fn build(self, particles: u32, spread: f64) -> Box<dyn Strategy> {
        Box::new(Search {
            tilt: self.lambda * spread,
            settings: self,
            width: particles,
            particles: Vec::new(),
            asked: BTreeMap::new(),
            mark: 1,
            begun: false,
        })
    }
}

/// A particle: a node, and what its path came to.
#[derive(Debug, Clone, Copy)]
struct Particle {
    node: NodeId,
    /// ln of its weight since it was last resampled.
    weight: f64,
    /// Sum of the logarithms of the potentials that it was weighed by.
    paid: f64,
    /// Latest, highest and summed `lambda · value`.
    latest: f64,
    highest: f64,
    sum: f64,
}

impl Particle {
    const FIRST: Self = Self {
        node: NodeId::ROOT,
        weight: 0.0,
        paid: 0.0,
        latest: 0.0,
        highest: f64::NEG_INFINITY,
        sum: 0.0,
    };

    /// The same path, one node on.
    fn weighed(mut self, node: NodeId, value: f64, finished: bool, potential: Potential) -> Self {
        let latest = self.latest;
        self.highest = self.highest.max(value);
        self.sum += value;
        self.latest = value;
        self.node = node;
        let log = match potential {
            _ if finished => value - self.paid,
            Potential::Difference => value - latest,
            Potential::Max => self.highest,
            Potential::Sum => self.sum,
        };
        self.paid += log;
        self.weight += log;
        self
    }
}

struct Search {
    settings: Steering,
    tilt: f64,
    width: u32,
    particles: Vec<Particle>,
    /// The particles whose next steps were asked for, by node.
    asked: BTreeMap<NodeId, Vec<Particle>>,
    /// Nodes from this index on are not particles yet.
    mark: usize,
    begun: bool,
}

impl Search {
    /// New nodes become particles, as the next steps of those that were asked for. What could not be scored is dropped.
    fn collect(&mut self, tree: &Tree) {
        let mut asked = std::mem::take(&mut self.asked);
        for (id, node) in tree.iter().skip(self.mark) {
            let parents = node.parent.and_then(|parent| asked.get_mut(&parent));
            let parent = parents.filter(|all| !all.is_empty()).map(|all| all.remove(0));
            let (Some(parent), Some(score)) = (parent, tree.score(id, deliberate_search::Aggregation::Last))
            else {
                continue;
            };
            let finished = node.status == Status::Complete;
            self.particles.push(parent.weighed(
                id,
                self.tilt * log_odds(score),
                finished,
                self.settings.potential,
            ));
        }
        self.mark = tree.len();
    }

    /// Resamples where weights are uneven; systematic, so copies differ from their expectation by less than one.
    fn resample(&mut self, tree: &Tree) {
        let shares = softmax(&self.particles.iter().map(|particle| particle.weight).collect::<Vec<_>>());
        let effective = 1.0 / shares.iter().map(|share| share * share).sum::<f64>();
        if effective >= self.settings.least * self.particles.len() as f64 {
            return;
        }
        let steps = u64::from(tree.node(self.particles[0].node).steps);
        let start = Noise::new(mix(mix(tree.node(NodeId::ROOT).seed, LAST), steps)).uniform();
        let mut places =
            (0..self.width).map(|place| (f64::from(place) + start) / f64::from(self.width)).peekable();
        let mut passed = 0.0;
        let mut resampled = Vec::with_capacity(self.width as usize);
        for (index, (particle, share)) in self.particles.iter().zip(&shares).enumerate() {
            passed += share;
            // Rounding can leave the last place past the end.
            let last = index + 1 == shares.len();
            while places.next_if(|&place| place < passed || last).is_some() {
                resampled.push(Particle { weight: 0.0, ..*particle });
            }
        }
        self.particles = resampled;
    }
}

impl Strategy for Search {
    fn decide(&mut self, tree: &Tree) -> Decision {
        let fresh = tree.iter().skip(self.mark);
        let unknown = fresh.filter(|(_, node)| {
            node.status != Status::Truncated && node.scores.is_none() && node.failure.is_none()
        });
        let unscored: Vec<NodeId> = unknown.map(|(id, _)| id).collect();
        // Asked for once: what the budget does not afford to score is then dropped.
        if !unscored.is_empty() && self.begun {
            self.begun = false;
            return Decision::Verify(unscored);
        }
        if tree.len() == 1 && self.mark == 1 && self.asked.is_empty() {
            self.particles = vec![Particle::FIRST; self.width as usize];
        } else {
            self.collect(tree);
            if self.particles.is_empty() {
                return Decision::Stop(StopReason::Finished);
            }
            if self.particles.iter().all(|particle| tree.node(particle.node).status != Status::Open) {
                return Decision::Stop(StopReason::Finished);
            }
            self.resample(tree);
        }
        self.begun = true;
        for particle in std::mem::take(&mut self.particles) {
            self.asked.entry(particle.node).or_default().push(particle);
        }
        let reach = Reach::Steps(self.settings.every);
        let act = |(&node, all): (&NodeId, &Vec<Particle>)| Expand {
            reach,
            ..Expand::step(node, all.len() as u32)
        };
        Decision::Expand(self.asked.iter().map(act).collect())
    }

    fn choose(&self, tree: &Tree) -> Choice {
        let finished =
            self.particles.iter().filter(|particle| tree.node(particle.node).status == Status::Complete);
        let finished: Vec<&Particle> = finished.collect();
        let weights: Vec<f64> = match self.settings.choosing {
            Choosing::Drawn => softmax(&finished.iter().map(|particle| particle.weight).collect::<Vec<_>>()),
            Choosing::Best => finished.iter().map(|particle| particle.latest).collect(),
        };
        let chosen = match self.settings.choosing {
            Choosing::Drawn => Noise::new(mix(tree.node(NodeId::ROOT).seed, LAST)).pick(&weights),
            Choosing::Best => None,
        };
        let nodes = finished.iter().map(|particle| particle.node);
        choice(tree, nodes.zip(weights).collect(), chosen)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn potentials_along_a_path_multiply_to_the_reward_of_its_end() {
        for potential in [Potential::Difference, Potential::Max, Potential::Sum] {
            let mut particle = Particle::FIRST;
            for (index, value) in [0.5, 2.0, -1.0, 1.5].into_iter().enumerate() {
                particle = particle.weighed(NodeId(index as u32 + 1), value, index == 3, potential);
            }
            assert!((particle.weight - 1.5).abs() < 1e-12, "{potential:?}: {particle:?}");
        }
    }
}
