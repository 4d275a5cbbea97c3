//! A chain as someone computes it who slips now and then.

use super::build::line;
use crate::{Graph, Operation, Rule};
use rand::Rng;
use rand::seq::IndexedRandom;

/// Steps that build on one another, and the answer they lead to; `None` if the graph or the solution make no sense.
///
/// Steps are those of the reference solution, in its order. `slips` in a hundred come out wrong; what builds on them is
/// computed from what came out.
pub(crate) fn attempt(
    graph: &Graph,
    solution: &str,
    slips: u32,
    rng: &mut impl Rng,
) -> Option<(Vec<String>, String)> {
    let mut values = graph.values()?;
    let mut lines = Vec::new();
    for reference in solution.lines() {
        let name = reference.split_once('=').map(|(name, _)| name);
        let Some(place) = graph.nodes.iter().position(|node| Some(node.name.as_str()) == name) else {
            continue;
        };
        if let Rule::Compute(left, operation, right) = graph.nodes[place].rule {
            let (left, right) = (left.value(&values), right.value(&values));
            let result = graph.apply(operation, left, right)?;
            let slip = rng.random_range(0..100) < slips;
            values[place] = if slip { wrong(graph, operation, [left, right], result, rng)? } else { result };
        }
        lines.push(line(graph, &values, place));
    }
    Some((lines, values.get(graph.asked)?.to_string()))
}

/// A result that is wrong as results are: the other operation was taken, or it is one or ten off.
fn wrong(
    graph: &Graph,
    operation: Operation,
    [left, right]: [u64; 2],
    result: u64,
    rng: &mut impl Rng,
) -> Option<u64> {
    let other = if operation == Operation::Add { Operation::Subtract } else { Operation::Add };
    let near = [1, 10].into_iter().flat_map(|by| {
        [Operation::Add, Operation::Subtract].map(|direction| graph.apply(direction, result, by))
    });
    // The other operation as often as all of the rest.
    let other = [graph.apply(other, left, right); 4];
    let wrong: Vec<u64> = near.chain(other).flatten().filter(|&value| value != result).collect();
    wrong.choose(rng).copied()
}

#[cfg(test)]
mod tests {
    use crate::{Family, Recipe, Split, StepOracle, generate_set};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn as_many_steps_are_wrong_as_there_are_slips_and_the_answer_is_what_the_last_step_says() {
        let questions = generate_set(&Recipe::of(Family::Chain), Split::Train, 5, 300).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for slips in [0_u32, 20, 100] {
            // First steps alone: what follows a wrong one is not as the definition wants it.
            let mut wrong = 0;
            for question in &questions {
                let text = question.attempt(slips, &mut rng);
                let lines: Vec<&str> = text.lines().collect();
                let [steps @ .., answer] = lines.as_slice() else { panic!("{text}") };
                wrong += u32::from(!StepOracle::new(question).unwrap().judge(steps[0]).right);
                let said = steps.last().unwrap().rsplit_once('=').unwrap().1;
                assert_eq!(*answer, format!("The answer is {said}."));
                assert_eq!(steps.len(), question.solution.lines().count() - 1);
            }
            let expected = 300 * slips / 100;
            assert!(wrong.abs_diff(expected) <= 25, "{wrong} of 300 with {slips} slips");
        }
    }
}
