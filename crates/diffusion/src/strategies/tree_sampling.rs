//! Diffusion Tree Sampling and Search (Jain et al. 2025, arXiv 2506.20701): a tree over denoising steps whose values are backed
//! up softly.

use super::{Choosing, LAST, choice, spent};
use crate::FormError;
use crate::form::Form;
use crate::noise::Noise;
use crate::normal::{log_sum_exp, softmax};
use crate::roles::log_odds;
use deliberate_search::{
    Aggregation, Choice, Decision, Expand, NodeId, Status, StopReason, Strategy, Tree, mix,
};
use std::collections::BTreeMap;

/// A simulation walks from the root along children drawn by `exp(value)`, adds a child where a node has fewer than
/// `widening · visits^growth`, walks on to the end, and backs `lambda · reward` up: the value of a node is the logarithm of the
/// mean of its children's exponentials. As simulations grow in number, leaves drawn in this way follow
/// `density × exp(lambda · reward)`. Goes on until the budget ends.
///
/// Where the best sample is asked for ([`Choosing::Best`]) children are walked to by the highest
/// `value + exploration · sqrt(ln visits / own visits)` instead, as in the paper's search variant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeSampling {
    /// How strongly rewards weigh.
    pub lambda: f64,
    /// Children after the first visit.
    pub widening: f64,
    /// How the number of children grows with visits, in 0..=1.
    pub growth: f64,
    /// Weight of the bonus for children seldom visited, in units of `lambda · reward`.
    pub exploration: f64,
    /// How one sample is chosen at the end.
    pub choosing: Choosing,
}

impl TreeSampling {
    pub(crate) fn read(form: &mut Form<'_>) -> Result<Self, FormError> {
        Ok(Self {
            lambda: form.positive("lambda", 1.0)?,
            widening: form.positive("widening", 2.0)?,
            growth: form
                .take("growth", 0.7, "a number in 0..=1", |growth: &f64| (0.0..=1.0).contains(growth))?,
            exploration: form.positive("exploration", 1.0)?,
            choosing: Choosing::from_option(form)?,
        })
    }

    /// The strategy; values are seen in units of `spread`.
    pub fn build(self, spread: f64) -> Box<dyn Strategy> {
        Box::new(Search {
            tilt: self.lambda * spread,
            settings: self,
            stats: BTreeMap::new(),
            tip: None,
            simulation: 0,
        })
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Stat {
    visits: u32,
    /// Soft value; `None` before anything below it was scored.
    value: Option<f64>,
}

struct Search {
    settings: TreeSampling,
    tilt: f64,
    stats: BTreeMap<NodeId, Stat>,
    /// The node that the simulation under way draws from, and the size of the tree when it asked.
    tip: Option<(NodeId, usize)>,
    simulation: u64,
}

/// Simulations without a draw in a row after which nothing is left to draw; their visits soon widen some node otherwise.
const PATIENCE: u32 = 10_000;

impl Search {
    /// Children with a value, and these.
    fn valued(&self, tree: &Tree, id: NodeId) -> (Vec<NodeId>, Vec<f64>) {
        let children = tree.node(id).children.iter();
        children.filter_map(|child| Some((*child, self.stats.get(child)?.value?))).unzip()
    }

    /// Books a visit of a leaf and its value on the way up.
    fn back_up(&mut self, tree: &Tree, leaf: NodeId) {
        for id in tree.ancestry(leaf) {
            let (children, values) = self.valued(tree, id);
            let stat = self.stats.entry(id).or_default();
            stat.visits += 1;
            if !children.is_empty() {
                stat.value = Some(log_sum_exp(&values) - (children.len() as f64).ln());
            }
        }
    }

    /// Walks down to where a child is to be drawn, or to a leaf.
    fn descend(&self, tree: &Tree, dice: &mut Noise) -> NodeId {
        let mut id = NodeId::ROOT;
        loop {
            let (children, values) = self.valued(tree, id);
            let visits = f64::from(self.stats.get(&id).map_or(0, |stat| stat.visits));
            let room = (self.settings.widening * visits.powf(self.settings.growth)).max(1.0);
            if tree.node(id).status == Status::Complete || (children.len() as f64) < room.floor() {
                return id;
            }
            let next = match self.settings.choosing {
                Choosing::Drawn => dice.pick(&softmax(&values)),
                Choosing::Best => {
                    let promise = |index: usize| {
                        let own = f64::from(self.stats[&children[index]].visits.max(1));
                        values[index] + self.settings.exploration * (visits.max(1.0).ln() / own).sqrt()
                    };
                    (0..children.len())
                        .reduce(|best, one| if promise(one) > promise(best) { one } else { best })
                }
            };
            let Some(next) = next else { return id };
            id = children[next];
        }
    }

    /// The next simulation's first draw; leaves walked to once more are visits without a draw.
    fn begin(&mut self, tree: &Tree) -> Decision {
        for _ in 0..PATIENCE {
            self.simulation += 1;
            let mut dice = Noise::new(mix(mix(tree.node(NodeId::ROOT).seed, LAST + 1), self.simulation));
            let id = self.descend(tree, &mut dice);
            if tree.node(id).status == Status::Open {
                self.tip = Some((id, tree.len()));
                return Decision::Expand(vec![Expand::step(id, 1)]);
            }
            self.back_up(tree, id);
        }
        Decision::Stop(StopReason::Finished)
    }
}

impl Strategy for Search {
    fn decide(&mut self, tree: &Tree) -> Decision {
        let Some((tip, size)) = self.tip else { return self.begin(tree) };
        if spent(tree) {
            return Decision::Stop(StopReason::Finished);
        }
        // A draw that failed leaves no node.
        let drawn = if tree.len() > size { NodeId((tree.len() - 1) as u32) } else { tip };
        let node = tree.node(drawn);
        match node.status {
            Status::Open if drawn != tip => {
                self.tip = Some((drawn, tree.len()));
                Decision::Expand(vec![Expand::step(drawn, 1)])
            }
            Status::Complete if node.scores.is_none() && node.failure.is_none() => {
                Decision::Verify(vec![drawn])
            }
            _ => {
                self.tip = None;
                if let Some(score) = tree.score(drawn, Aggregation::Last) {
                    self.stats.entry(drawn).or_default().value = Some(self.tilt * log_odds(score));
                    self.back_up(tree, drawn);
                }
                self.begin(tree)
            }
        }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        let value = |id: &NodeId| {
            Some((*id, tree.score(*id, Aggregation::Last).map(|score| self.tilt * log_odds(score))?))
        };
        let answers: Vec<(NodeId, f64)> = tree.answers().filter_map(|id| value(&id)).collect();
        if self.settings.choosing == Choosing::Best {
            return choice(tree, answers, None);
        }
        let mut dice = Noise::new(mix(tree.node(NodeId::ROOT).seed, LAST));
        let mut id = NodeId::ROOT;
        loop {
            let (children, values) = self.valued(tree, id);
            let Some(next) = dice.pick(&softmax(&values)) else { break };
            id = children[next];
        }
        let chosen = answers.iter().position(|(answer, _)| *answer == id);
        choice(tree, answers, chosen)
    }
}
