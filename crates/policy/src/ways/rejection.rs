//! Early rejection: many samples start, after their first steps only the better ones go on, and all that finish vote.
//!
//! Nothing is copied, so nothing collapses. A sample that was dropped costs the tokens up to where it was dropped: by its
//! steps' own tokens where they were recorded, else as if all its steps were as long. A generation is a mean sample of the
//! question, so best-of-N costs N.

use super::{Replayed, Settled, WaySettings, held_out, limits, way_folds};
use crate::orders::shuffled;
use crate::outcomes::Cell;
use crate::rounds::selection_name;
use crate::sheet::{Draw, Sheet, StepScore};
use crate::tally::Tally;
use deliberate_search::{Aggregation, Rule, Selection};

/// Steps after which samples are dropped.
const AFTER: [&[usize]; 4] = [&[1], &[2], &[1, 2], &[1, 2, 3]];

/// Shares that go on.
const SHARES: [f64; 5] = [0.25, 0.35, 0.5, 0.7, 0.85];

/// How those that finish choose the answer.
const VOTES: [Selection; 2] = [
    Selection { rule: Rule::Weighted, aggregation: Aggregation::Last },
    Selection { rule: Rule::Best, aggregation: Aggregation::Product },
];

/// Who goes on.
struct Schedule {
    started: usize,
    after: &'static [usize],
    /// 1 drops none.
    share: f64,
}

impl Schedule {
    fn all(sheet: &Sheet) -> Vec<Self> {
        let mut all = Vec::new();
        for started in limits(sheet) {
            all.push(Self { started, after: &[], share: 1.0 });
            let drops = AFTER.into_iter().flat_map(|after| SHARES.map(|share| (after, share)));
            let drops = drops.filter(|&(_, share)| ((started as f64 * share).round() as usize) < started);
            all.extend(drops.map(|(after, share)| Self { started, after, share }));
        }
        all
    }

    fn name(&self) -> String {
        let Self { started, after, share } = self;
        if after.is_empty() {
            format!("{started} start")
        } else {
            format!("{started} start, {share} go on after {after:?}")
        }
    }

    /// Steps that each of the samples, in the order of drawing, is drawn to; all of its own if it finishes.
    fn reached(&self, steps: &[&[StepScore]]) -> Vec<usize> {
        let mut reached: Vec<usize> = steps.iter().map(|steps| steps.len()).collect();
        // Dropped ones have reached a cut that is not their end; whoever ended before a cut has nothing left to drop.
        let mut running: Vec<usize> = (0..steps.len()).collect();
        for &cut in self.after {
            running.retain(|&at| steps[at].len() > cut);
            // The better first; of equal ones the one drawn first.
            let score = |at: usize| steps[at][cut - 1].score;
            running.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
            let kept = ((running.len() as f64 * self.share).round() as usize).max(1);
            for at in running.drain(kept.min(running.len())..) {
                reached[at] = cut;
            }
        }
        reached
    }
}

/// Adds one order of a question under one schedule to the cells of the votes.
fn add(draws: &[Draw], steps: &[&[StepScore]], schedule: &Schedule, cells: &mut [&mut Cell]) {
    let reached = schedule.reached(steps);
    let mut tally = Tally::default();
    let (mut tokens, mut samples) = (0.0, 0.0);
    for (at, (draw, steps)) in draws.iter().zip(steps).enumerate() {
        let spent = steps.get(reached[at].wrapping_sub(1)).map_or(1.0, |step| f64::from(step.spent));
        tokens += spent * f64::from(draw.tokens);
        samples += spent;
        if reached[at] == steps.len() {
            tally.push(at as u32, &draw.seen);
        }
    }
    for (cell, selection) in cells.iter_mut().zip(VOTES) {
        let right = tally.presented(selection).is_some_and(|at| draws[at as usize].correct);
        cell.accuracy += f64::from(u8::from(right));
        cell.tokens += tokens;
        cell.generations += samples;
    }
}

/// Every schedule with every vote, on every question.
fn replay(sheet: &Sheet, schedules: &[Schedule], settings: &WaySettings) -> Settled {
    let mut cells = vec![vec![Cell::default(); sheet.questions.len()]; schedules.len() * VOTES.len()];
    let mean_tokens = sheet.mean_tokens();
    for (question, draws) in sheet.questions.iter().enumerate() {
        for order in 0..settings.orders {
            let order = shuffled(draws.len(), question, order, settings.seed);
            let drawn: Vec<Draw> = order.iter().map(|&at| draws[at]).collect();
            let steps: Vec<&[StepScore]> =
                order.iter().map(|&at| sheet.steps[question][at].as_slice()).collect();
            for (schedule, cells) in schedules.iter().zip(cells.chunks_exact_mut(VOTES.len())) {
                let mut cells: Vec<&mut Cell> = cells.iter_mut().map(|cells| &mut cells[question]).collect();
                let started = schedule.started.min(drawn.len());
                add(&drawn[..started], &steps[..started], schedule, &mut cells);
            }
        }
        for cell in cells.iter_mut().map(|cells| &mut cells[question]) {
            *cell = cell.over(settings.orders);
            // Where tokens were counted they are the cost: a dropped sample may have been a long one.
            if mean_tokens[question] > 0.0 {
                cell.generations = cell.tokens / mean_tokens[question];
            }
        }
    }
    let names = schedules.iter().flat_map(|schedule| {
        VOTES.map(|selection| format!("{}, {}", schedule.name(), selection_name(selection)))
    });
    Settled { names: names.collect(), cells }
}

/// Early rejection; how many start, after which steps which share goes on, and how the rest votes are chosen on the
/// training folds. `None` where only whole solutions are known.
pub fn early_rejection(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Option<Replayed> {
    if sheet.steps.is_empty() {
        return None;
    }
    let settled = replay(sheet, &Schedule::all(sheet), settings);
    Some(held_out("early rejection", |_| &settled, &way_folds(sheet, settings), budgets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Seen;

    fn steps(scores: &[f32]) -> Vec<StepScore> {
        let count = scores.len() as f32;
        scores
            .iter()
            .enumerate()
            .map(|(at, &score)| StepScore { score, spent: (at + 1) as f32 / count })
            .collect()
    }

    #[test]
    fn the_better_half_goes_on_and_what_was_dropped_costs_its_first_step() {
        let all = [steps(&[0.2, 0.9]), steps(&[0.8, 0.3]), steps(&[0.1]), steps(&[0.7, 0.7, 0.7, 0.7])];
        let all: Vec<&[StepScore]> = all.iter().map(Vec::as_slice).collect();
        let half = Schedule { started: 4, after: &[1], share: 0.5 };
        // Of three that are not at their end two go on; the third was done.
        assert_eq!(half.reached(&all), [1, 2, 1, 4]);
        let draw =
            |class| Draw { seen: Seen::new(Some(class), &[0.5]).unwrap(), correct: class == 0, tokens: 10 };
        let mut cells = [Cell::default(), Cell::default()];
        let [one, other] = &mut cells;
        add(&[draw(0), draw(1), draw(1), draw(1)], &all, &half, &mut [one, other]);
        assert!((cells[0].generations - 3.5).abs() < 1e-9 && (cells[0].tokens - 35.0).abs() < 1e-9);
        assert!(cells[0].accuracy.abs() < 1e-9);
    }
}
