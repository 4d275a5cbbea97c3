//! Counts generations: the number of samples drawn at the busiest depth.

/// Depths past this one are not told apart, so that no state can make the count grow without bound.
const DEEPEST: usize = 1 << 16;

/// Samples drawn so far at each depth (step index).
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    drawn: Vec<u32>,
    /// Booked rollouts that may reach every depth past the known ones.
    beyond: u32,
}

impl Meter {
    /// Generations so far.
    pub(crate) fn generations(&self) -> u32 {
        self.drawn.iter().copied().max().unwrap_or(0)
    }

    /// What one more sample of the steps after `from`, `reach` of them at most, would bring the count to at its
    /// busiest depth.
    pub(crate) fn with_one_more(&self, from: u32, reach: Option<u32>) -> u32 {
        let known = self.drawn.len();
        let from = (from as usize).min(DEEPEST);
        let end = reach.map_or(usize::MAX, |reach| from.saturating_add(reach as usize));
        let busiest = self.drawn.get(from..end.min(known)).and_then(|depths| depths.iter().copied().max());
        let beyond = if end > known { self.beyond } else { 0 };
        1 + busiest.unwrap_or(0).max(beyond)
    }

    /// Books a sample before it is drawn, with as many steps as it may take: all of them without a `reach`.
    pub(crate) fn book(&mut self, from: u32, reach: Option<u32>) {
        if let Some(reach) = reach {
            self.record(from, from.saturating_add(reach));
        } else {
            self.record(from, (self.drawn.len() as u32).max(from.saturating_add(1)));
            self.beyond += 1;
        }
    }

    /// Records a sample that took the steps `from..to` (at least one depth is always counted).
    pub(crate) fn record(&mut self, from: u32, to: u32) {
        let from = (from as usize).min(DEEPEST);
        let to = (to as usize).clamp(from + 1, DEEPEST + 1);
        if self.drawn.len() < to {
            self.drawn.resize(to, self.beyond);
        }
        for count in &mut self.drawn[from..to] {
            *count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_answers_and_level_wise_search_cost_the_same() {
        let mut best_of_n = Meter::default();
        for length in [3, 5, 2, 4] {
            assert!(best_of_n.with_one_more(0, None) <= 4);
            best_of_n.record(0, length);
        }
        let mut beam = Meter::default();
        for depth in 0..5 {
            for _ in 0..4 {
                beam.record(depth, depth + 1);
            }
        }
        assert_eq!((best_of_n.generations(), beam.generations()), (4, 4));
    }

    #[test]
    fn lookahead_of_k_steps_multiplies_the_cost_by_k_plus_one() {
        let (beams, k) = (4, 3);
        let mut meter = Meter::default();
        for depth in 0..10 {
            for _ in 0..beams {
                meter.record(depth, depth + 1);
                meter.record(depth + 1, depth + 1 + k);
            }
        }
        assert_eq!(meter.generations(), beams * (k + 1));
    }

    #[test]
    fn a_booked_rollout_may_meet_deeper_draws() {
        let mut meter = Meter::default();
        meter.book(0, None);
        meter.book(5, Some(1));
        assert_eq!((meter.with_one_more(5, Some(1)), meter.with_one_more(9, Some(2))), (3, 2));
    }
}
