//! Cuts decisions: at what the budget allows at once, and into calls to a role.

use crate::{Decision, Expand, Reach, Revise};
use std::num::NonZeroU32;

impl Decision {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Expand(acts) => acts.is_empty(),
            Self::Verify(nodes) => nodes.is_empty(),
            Self::Revise(acts) => acts.is_empty(),
            Self::Stop(_) => false,
        }
    }

    /// Parts that together are this decision, of at most `part` whole solutions each. What takes a few steps only
    /// stays together, and so do the revisions of one act, which share what they read.
    pub(super) fn parts(&self, part: Option<NonZeroU32>) -> Vec<Self> {
        let Some(part) = part.map(NonZeroU32::get) else { return vec![self.clone()] };
        match self {
            Self::Expand(acts) => {
                let mut parts = Parts::new(part);
                for act in acts {
                    if act.reach != Reach::End {
                        parts.put(*act, 0);
                        continue;
                    }
                    let mut left = act.draws;
                    while left > 0 {
                        let draws = left.min(parts.room());
                        parts.put(Expand { draws, ..*act }, draws);
                        left -= draws;
                    }
                }
                parts.all.into_iter().map(Self::Expand).collect()
            }
            Self::Revise(acts) => {
                let mut parts = Parts::new(part);
                for act in acts {
                    parts.put(act.clone(), act.draws);
                }
                parts.all.into_iter().map(Self::Revise).collect()
            }
            Self::Verify(_) | Self::Stop(_) => vec![self.clone()],
        }
    }
}

/// Parts being filled, one after the other.
struct Parts<T> {
    size: u32,
    all: Vec<Vec<T>>,
    /// Whole solutions in the last part.
    filled: u32,
}

impl<T> Parts<T> {
    fn new(size: u32) -> Self {
        Self { size, all: Vec::new(), filled: 0 }
    }

    /// Solutions that the part under way, or else the next one, has room for.
    fn room(&self) -> u32 {
        if self.filled < self.size { self.size - self.filled } else { self.size }
    }

    fn put(&mut self, act: T, solutions: u32) {
        match self.all.last_mut() {
            Some(last) if self.filled + solutions <= self.size => {
                last.push(act);
                self.filled += solutions;
            }
            _ => {
                self.all.push(vec![act]);
                self.filled = solutions;
            }
        }
    }
}

/// An act of several draws.
pub(super) trait Act: Clone {
    fn draws(&mut self) -> &mut u32;
}

impl Act for Expand {
    fn draws(&mut self) -> &mut u32 {
        &mut self.draws
    }
}

impl Act for Revise {
    fn draws(&mut self) -> &mut u32 {
        &mut self.draws
    }
}

/// The acts of the first `total` draws, and those of the rest.
pub(super) fn split<A: Act>(acts: Vec<A>, total: usize) -> (Vec<A>, Vec<A>) {
    let mut left = u32::try_from(total).unwrap_or(u32::MAX);
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for mut act in acts {
        let draws = *act.draws();
        let now = draws.min(left);
        left -= now;
        if now < draws {
            let mut later = act.clone();
            *later.draws() = draws - now;
            rest.push(later);
        }
        if now > 0 {
            *act.draws() = now;
            first.push(act);
        }
    }
    (first, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeId;

    #[test]
    fn whole_solutions_are_called_for_in_parts_and_steps_together() {
        let whole = Decision::Expand(vec![Expand::solve(NodeId(0), 3), Expand::solve(NodeId(1), 4)]);
        let draws = |parts: Vec<Decision>| -> Vec<Vec<(u32, u32)>> {
            parts
                .into_iter()
                .map(|part| match part {
                    Decision::Expand(acts) => acts.iter().map(|act| (act.node.0, act.draws)).collect(),
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        assert_eq!(
            draws(whole.parts(NonZeroU32::new(2))),
            [vec![(0, 2)], vec![(0, 1), (1, 1)], vec![(1, 2)], vec![(1, 1)]]
        );
        assert_eq!(draws(whole.parts(None)), [vec![(0, 3), (1, 4)]]);
        let steps = Decision::Expand(vec![Expand::step(NodeId(0), 3), Expand::step(NodeId(1), 4)]);
        assert_eq!(draws(steps.parts(NonZeroU32::new(1))), [vec![(0, 3), (1, 4)]]);
    }

    #[test]
    fn splitting_loses_no_draw() {
        let acts = vec![Expand::solve(NodeId(0), 3), Expand::solve(NodeId(1), 2)];
        for total in 0..=6 {
            let (first, rest) = split(acts.clone(), total);
            let sum = |acts: &[Expand]| acts.iter().map(|act| act.draws).sum::<u32>();
            assert_eq!((sum(&first), sum(&rest)), (total.min(5) as u32, 5 - total.min(5) as u32));
        }
    }
}
