//! No question of one split is another question of a different split in disguise.

use crate::any_question;
use deliberate_lab::{Facts, Family, Graph, Key, Operand, Question, Recipe, Rule, Split, generate_set};
use proptest::prelude::*;
use std::collections::HashMap;

/// The same graph under other names, with operands of sums and products swapped and its nodes in another order.
fn disguised(graph: &Graph, reverse: bool) -> Graph {
    let count = graph.nodes.len();
    // Any order in which operands come first: repeatedly the last (or the first) node that is ready.
    let mut order: Vec<usize> = Vec::new();
    while order.len() < count {
        let ready = |&place: &usize| {
            let operand = |operand| matches!(operand, Operand::Node(other) if !order.contains(&other));
            let waits = matches!(graph.nodes[place].rule, Rule::Compute(a, _, b) if operand(a) || operand(b));
            !order.contains(&place) && !waits
        };
        let next = if reverse { (0..count).rev().find(ready) } else { (0..count).find(ready) };
        order.push(next.expect("graphs have no cycles"));
    }
    let moved = |operand| match operand {
        Operand::Node(place) => Operand::Node(order.iter().position(|&other| other == place).unwrap()),
        Operand::Constant(value) => Operand::Constant(value),
    };
    let mut nodes = Vec::new();
    for (new, &old) in order.iter().enumerate() {
        let mut node = graph.nodes[old].clone();
        node.name = format!("n{new}");
        if let Rule::Compute(left, operation, right) = node.rule {
            let (left, right) = if operation.commutes() { (right, left) } else { (left, right) };
            node.rule = Rule::Compute(moved(left), operation, moved(right));
        }
        nodes.push(node);
    }
    let asked = order.iter().position(|&place| place == graph.asked).unwrap();
    Graph { modulus: graph.modulus, nodes, asked }
}

proptest! {
    #[test]
    fn renaming_and_reordering_keep_the_key(question in any_question(), reverse: bool) {
        let mut other = question.clone();
        match &mut other.facts {
            Facts::Graph(graph) => *graph = disguised(graph, reverse),
            Facts::Countdown(countdown) => countdown.numbers.rotate_left(1),
            Facts::Purses(purses) => {
                purses.0.rotate_left(1);
                for purse in &mut purses.0 {
                    purse.offers.rotate_left(1);
                }
            }
        }
        prop_assert_eq!(question.key(), other.key());
        prop_assert_eq!(question.key().split(), question.split);
    }

    #[test]
    fn another_number_gives_another_key(question in any_question()) {
        let mut other = question.clone();
        match &mut other.facts {
            Facts::Graph(graph) => {
                let needed = graph.needed();
                let mut nodes = graph.nodes.iter_mut().zip(needed);
                let given = nodes.find_map(|(node, needed)| match &mut node.rule {
                    Rule::Given(value) if needed => Some(value),
                    _ => None,
                });
                *given.expect("every answer starts from a given number") += 1000;
            }
            Facts::Countdown(countdown) => countdown.target += 1,
            Facts::Purses(purses) => purses.0[0].total += 1,
        }
        prop_assert_ne!(question.key(), other.key());
    }
}

fn check_disjoint(recipe: &Recipe, count: usize) {
    let mut seen: HashMap<Key, Split> = HashMap::new();
    let mut problems: HashMap<String, Split> = HashMap::new();
    let set = |split: Split| -> Vec<Question> {
        (0..3).flat_map(|seed| generate_set(recipe, split, seed, count).unwrap()).collect()
    };
    for question in Split::ALL.into_iter().flat_map(set) {
        assert_eq!(question.split, *seen.entry(question.key()).or_insert(question.split), "{}", question.id);
        assert_eq!(question.split, *problems.entry(question.problem.clone()).or_insert(question.split));
    }
}

#[test]
fn splits_share_no_question() {
    check_disjoint(&Recipe::of(Family::Chain), 1_000);
    check_disjoint(&Recipe::of(Family::Story), 1_000);
    check_disjoint(&Recipe::of(Family::Countdown), 50);
    check_disjoint(&Recipe::of(Family::Purses), 1_000);
}

#[test]
fn splits_share_no_question_where_questions_are_few() {
    let mut recipe = Recipe::of(Family::Chain);
    recipe.parts[0].steps.1 = 1;
    check_disjoint(&recipe, 300);
    let mut recipe = Recipe::of(Family::Story);
    recipe.parts[0].steps.1 = 1;
    check_disjoint(&recipe, 100);
}
