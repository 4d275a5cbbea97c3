//! All selections there are, and the sample counts at which a sequential policy looks at what it has.

use deliberate_search::{Aggregation, Rule, Selection};

/// Majority, and best and weighted under every aggregation.
pub fn every_selection() -> Vec<Selection> {
    let mut all = vec![Selection::MAJORITY];
    for rule in [Rule::Weighted, Rule::Best] {
        all.extend(Aggregation::ALL.map(|aggregation| Selection { rule, aggregation }));
    }
    all
}

/// A selection in words: `majority`, `weighted/last`, `best/product`.
pub fn selection_name(selection: Selection) -> String {
    let aggregation = match selection.aggregation {
        Aggregation::Last => "last",
        Aggregation::Min => "min",
        Aggregation::Product => "product",
        Aggregation::Mean => "mean",
    };
    match selection.rule {
        Rule::Majority => "majority".to_owned(),
        Rule::Best => format!("best/{aggregation}"),
        Rule::Weighted => format!("weighted/{aggregation}"),
    }
}

/// The strategy that draws samples and chooses by this selection, in the words of `StrategySpec`.
pub fn sampling_strategy(selection: Selection) -> String {
    if selection == Selection::MAJORITY {
        return "majority".to_owned();
    }
    let Selection { rule, aggregation } = selection;
    match (rule, aggregation) {
        (Rule::Weighted, Aggregation::Last) => "best-of-n".to_owned(),
        _ => format!("best-of-n:rule={rule:?},aggregation={aggregation:?}").to_lowercase(),
    }
}

/// 1, 2, 3, 4, 6, 8, 12, 16, … up to and including `most`: from 2 on a round adds a third or a half of what there is, or
/// less at the end, so that little is overshot and verifier calls stay in batches.
pub fn doubling_rounds(most: u32) -> Vec<u32> {
    let mut rounds = vec![1];
    let mut power = 2;
    while power < most {
        rounds.push(power);
        if power + power / 2 < most {
            rounds.push(power + power / 2);
        }
        power *= 2;
    }
    if most > 1 {
        rounds.push(most);
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_grow_by_about_a_half_and_end_at_the_limit() {
        assert_eq!(doubling_rounds(32), [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]);
        assert_eq!(doubling_rounds(20), [1, 2, 3, 4, 6, 8, 12, 16, 20]);
        assert_eq!((doubling_rounds(1), doubling_rounds(2)), (vec![1], vec![1, 2]));
    }

    #[test]
    fn a_sampling_strategy_chooses_as_it_was_told() {
        for selection in every_selection() {
            let spec: deliberate_search::StrategySpec = sampling_strategy(selection).parse().unwrap();
            assert_eq!(spec.selection(), selection);
        }
    }

    #[test]
    fn there_are_nine_selections_with_names_of_their_own() {
        let names: std::collections::BTreeSet<_> =
            every_selection().into_iter().map(selection_name).collect();
        assert_eq!(names.len(), 9);
    }
}
