//! Drawing a chain and putting it into words.

use crate::draw::Draft;
use crate::shape::{Link, Shape};
use crate::{Facts, Family, Graph, Level, Node, Operand, Operation, Rule};
use rand::Rng;
use rand::seq::SliceRandom;

/// The largest constant factor: `7*b` is to be easier than `a*b`.
const LARGEST_FACTOR: u32 = 9;

/// A chain of this level; `None` if this draw came to nothing.
pub(crate) fn build(level: Level, rng: &mut impl Rng) -> Option<Draft> {
    let shape = Shape::draw(level.steps, level.distractors, rng);
    let order = shape.order(level.shuffled, rng);
    let mut letters: Vec<char> = ('a'..='z').collect();
    letters.shuffle(rng);
    let rules: Vec<Rule> = shape.links.iter().map(|&link| rule(link, level, rng)).collect();
    let nodes = letters.iter().zip(rules).map(|(letter, rule)| Node { name: letter.to_string(), rule });
    let graph = Graph { modulus: Some(level.size), nodes: nodes.collect(), asked: shape.asked };
    // A value of 0 would make products vanish.
    if graph.nodes.len() != shape.links.len() || graph.values()?.contains(&0) {
        return None;
    }
    let key = graph.key(Family::Chain);
    Some(Draft { key, facts: Facts::Graph(graph), listed: order })
}

fn rule(link: Link, level: Level, rng: &mut impl Rng) -> Rule {
    let operation = if rng.random_range(0..100) < level.products {
        Operation::Multiply
    } else if rng.random_bool(0.5) {
        Operation::Add
    } else {
        Operation::Subtract
    };
    match link {
        Link::Given => Rule::Given(rng.random_range(2..level.size)),
        Link::One(one) => {
            let largest = if operation == Operation::Multiply { LARGEST_FACTOR } else { level.size - 1 };
            let constant = Operand::Constant(rng.random_range(2..=largest));
            let first = operation != Operation::Add && rng.random_bool(0.3);
            let (left, right) =
                if first { (constant, Operand::Node(one)) } else { (Operand::Node(one), constant) };
            Rule::Compute(left, operation, right)
        }
        Link::Two(one, other) => Rule::Compute(Operand::Node(one), operation, Operand::Node(other)),
    }
}

/// The problem, the steps and the answer, in words.
pub(crate) fn words(graph: &Graph, listed: &[usize]) -> Option<(String, Vec<String>, String)> {
    let values = graph.values()?;
    let definitions: Vec<String> = listed.iter().map(|&place| definition(graph, place)).collect();
    let asked = &graph.nodes[graph.asked].name;
    // Lines as in the solution, so that a name is always the same token, with no space before it.
    let problem = format!("Mod {}:\n{}\n{asked}=?", graph.modulus?, definitions.join("\n"));
    let steps = graph.steps(listed).into_iter().map(|place| line(graph, &values, place)).collect();
    Some((problem, steps, values[graph.asked].to_string()))
}

/// A node as the question gives it: `a=12`, `d=b*7`.
fn definition(graph: &Graph, place: usize) -> String {
    let symbol = |operand| match operand {
        Operand::Node(place) => graph.nodes[place].name.clone(),
        Operand::Constant(value) => value.to_string(),
    };
    let Node { name, rule } = &graph.nodes[place];
    match *rule {
        Rule::Given(value) => format!("{name}={value}"),
        Rule::Compute(left, operation, right) => {
            format!("{name}={}{}{}", symbol(left), operation.sign(), symbol(right))
        }
    }
}

/// A step: the definition, with values put in, and what comes out.
pub(super) fn line(graph: &Graph, values: &[u64], place: usize) -> String {
    let definition = definition(graph, place);
    match graph.nodes[place].rule {
        Rule::Given(_) => definition,
        Rule::Compute(left, operation, right) => {
            let (left, right) = (left.value(values), right.value(values));
            format!("{definition}={left}{}{right}={}", operation.sign(), values[place])
        }
    }
}
