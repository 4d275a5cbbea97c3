//! What speaks for each answer, kept up to date while samples arrive one by one.
//!
//! Agrees with `search::select` over the same samples: an answer is represented by its best-scored sample, ties go
//! to the answer that was drawn first (the lower index), samples without an answer do not count.

use crate::sheet::{AGGREGATIONS, Seen, place};
use deliberate_search::{Rule, Selection};

/// One answer's samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnswerTally {
    /// Its class.
    pub class: u32,
    /// Samples that give it.
    pub count: u32,
    /// The lowest index among them.
    pub first: u32,
    /// Sum of their scores, by aggregation.
    pub sum: [f64; AGGREGATIONS],
    /// Their highest score, by aggregation.
    pub best: [f32; AGGREGATIONS],
    /// Index of the sample with that score.
    pub best_at: [u32; AGGREGATIONS],
}

impl AnswerTally {
    /// What `selection` compares.
    fn weight(&self, selection: Selection) -> f64 {
        let at = place(selection.aggregation);
        match selection.rule {
            Rule::Best => f64::from(self.best[at]),
            Rule::Majority => f64::from(self.count),
            Rule::Weighted => self.sum[at],
        }
    }
}

/// Samples of one question, counted by answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Samples drawn.
    pub drawn: u32,
    /// The answers, in the order in which they were first pushed.
    pub answers: Vec<AnswerTally>,
    /// Sum of scores over samples with an answer, by aggregation.
    pub total: [f64; AGGREGATIONS],
    /// Steps over all samples.
    pub steps: u64,
    /// By class: its place among the answers plus one.
    places: Vec<u32>,
}

impl Tally {
    /// Counts one more sample; `index` settles ties and names the sample, in whatever order samples are pushed.
    pub fn push(&mut self, index: u32, seen: &Seen) {
        self.drawn += 1;
        self.steps += u64::from(seen.steps);
        let Some(class) = seen.class else { return };
        if self.places.len() <= class as usize {
            self.places.resize(class as usize + 1, 0);
        }
        let place = &mut self.places[class as usize];
        if *place == 0 {
            self.answers.push(AnswerTally {
                class,
                count: 0,
                first: index,
                sum: [0.0; AGGREGATIONS],
                best: [f32::NEG_INFINITY; AGGREGATIONS],
                best_at: [index; AGGREGATIONS],
            });
            *place = self.answers.len() as u32;
        }
        let answer = &mut self.answers[*place as usize - 1];
        answer.count += 1;
        answer.first = answer.first.min(index);
        for (at, &score) in seen.scores.iter().enumerate() {
            self.total[at] += f64::from(score);
            answer.sum[at] += f64::from(score);
            let better = score > answer.best[at];
            if better || (score >= answer.best[at] && index < answer.best_at[at]) {
                answer.best[at] = score;
                answer.best_at[at] = index;
            }
        }
    }

    /// Forgets all samples.
    pub fn clear(&mut self) {
        self.places.fill(0);
        self.answers.clear();
        (self.drawn, self.steps, self.total) = (0, 0, [0.0; AGGREGATIONS]);
    }

    /// Place among the answers of the one that `selection` chooses; `None` if no sample has an answer.
    pub fn choose(&self, selection: Selection) -> Option<usize> {
        let order = |a: &AnswerTally, b: &AnswerTally| {
            a.weight(selection).total_cmp(&b.weight(selection)).then(b.first.cmp(&a.first))
        };
        self.answers.iter().enumerate().max_by(|a, b| order(a.1, b.1)).map(|(place, _)| place)
    }

    /// The answers that no other outweighs: more than one where they tie.
    pub(crate) fn leading(&self, selection: Selection) -> impl Iterator<Item = &AnswerTally> {
        let most = self.answers.iter().map(|answer| answer.weight(selection)).max_by(f64::total_cmp);
        self.answers.iter().filter(move |answer| Some(answer.weight(selection)) == most)
    }

    /// Index of the sample that `selection` presents.
    pub fn presented(&self, selection: Selection) -> Option<u32> {
        self.choose(selection).map(|answer| self.answers[answer].best_at[place(selection.aggregation)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::every_selection;
    use deliberate_search::{Charge, NodeId, Origin, Status, Tree, select};
    use proptest::prelude::*;

    proptest! {
        /// Coarse scores make ties frequent; the order of pushing must not matter.
        #[test]
        fn a_tally_chooses_what_select_chooses(samples in prop::collection::vec((prop::option::weighted(0.9, 0_u32..4), prop::collection::vec(0_u8..5, 1..3)), 1..12), reverse: bool) {
            let seen: Vec<Seen> = samples.iter().map(|(class, steps)| {
                let steps: Vec<f64> = steps.iter().map(|&step| f64::from(step) / 4.0).collect();
                Seen::new(*class, &steps).unwrap()
            }).collect();
            let mut tally = Tally::default();
            let order: Vec<usize> = if reverse { (0..seen.len()).rev().collect() } else { (0..seen.len()).collect() };
            for at in order {
                tally.push(at as u32, &seen[at]);
            }
            for selection in every_selection() {
                let answering = seen.iter().any(|one| one.class.is_some());
                let expected = expected(&samples, selection);
                prop_assert_eq!(tally.presented(selection), expected.filter(|_| answering), "{:?}", selection);
            }
        }
    }

    /// Asks the search itself, over a tree with these samples as its complete solutions.
    fn expected(samples: &[(Option<u32>, Vec<u8>)], selection: Selection) -> Option<u32> {
        let charge = serde_json::to_value(Charge::default()).unwrap();
        let node = |scores: Option<Vec<f64>>, class: Option<u32>, root: bool| {
            serde_json::json!({
                "parent": if root { None } else { Some(0) }, "origin": if root { Origin::Root } else { Origin::Extended },
                "status": Status::Complete, "steps": 1, "units": 1, "seed": 0, "drawing": charge, "verifying": charge,
                "scores": scores, "class": class, "children": [],
            })
        };
        let mut nodes = vec![node(None, None, true)];
        nodes.extend(samples.iter().map(|(class, steps)| {
            node(Some(steps.iter().map(|&step| f64::from(step) / 4.0).collect()), *class, false)
        }));
        let tree: Tree = serde_json::from_value(nodes.into()).unwrap();
        let candidates: Vec<NodeId> = (1..=samples.len() as u32).map(NodeId).collect();
        select(&tree, &candidates, selection).node.map(|node| node.0 - 1)
    }
}
