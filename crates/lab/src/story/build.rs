//! Drawing a story: names, numbers and operations.

use super::phrases::{ending_with_number, ending_with_other};
use super::vocabulary::{PEOPLE, PLACES};
use crate::draw::Draft;
use crate::shape::{Link, Shape};
use crate::{Facts, Family, Graph, Level, Node, Operand, Operation, Rule};
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};

/// No quantity is larger.
const LARGEST: u64 = 999;
/// The largest factor and divisor.
const LARGEST_FACTOR: u32 = 9;
const LARGEST_DIVISOR: u32 = 5;

/// A story of this level; `None` if this draw came to nothing.
pub(crate) fn build(level: Level, rng: &mut impl Rng) -> Option<Draft> {
    let shape = Shape::draw(level.steps, level.distractors, rng);
    let mut order = shape.order(level.shuffled, rng);
    let mut values = Vec::new();
    let mut rules = Vec::new();
    for &link in &shape.links {
        let (rule, value) = rule(link, level, &values, rng)?;
        values.push(value);
        rules.push(rule);
    }
    let mut names = names(rng);
    // Half of the questions end with an event of their own, unless a distractor builds on what is asked for.
    let asked = shape.asked;
    let told = shape.links[asked + 1..].iter().any(|&link| builds_on(link, asked));
    if let Rule::Compute(_, operation, right) = rules[asked]
        && !told
        && rng.random_bool(0.5)
    {
        let ending = match right {
            Operand::Node(_) => ending_with_other(operation),
            Operand::Constant(_) => ending_with_number(operation),
        };
        ending.label.clone_into(names.get_mut(asked)?);
        order.retain(|&place| place != asked);
    }
    let count = rules.len();
    let nodes: Vec<Node> = names.into_iter().zip(rules).map(|(name, rule)| Node { name, rule }).collect();
    if nodes.len() < count {
        return None;
    }
    let graph = Graph { modulus: None, nodes, asked };
    let key = graph.key(Family::Story);
    Some(Draft { key, facts: Facts::Graph(graph), listed: order })
}

fn builds_on(link: Link, place: usize) -> bool {
    match link {
        Link::Given => false,
        Link::One(one) => one == place,
        Link::Two(one, other) => one == place || other == place,
    }
}

/// Mostly people, now and then a place.
fn names(rng: &mut impl Rng) -> Vec<String> {
    let mut people: Vec<&str> = PEOPLE.to_vec();
    let mut places: Vec<&str> = PLACES.to_vec();
    people.shuffle(rng);
    places.shuffle(rng);
    places.truncate(rng.random_range(0..=2));
    for place in places {
        people.insert(rng.random_range(0..6), place);
    }
    people.into_iter().map(str::to_owned).collect()
}

/// A rule whose value is neither too small nor too large, and that value.
fn rule(link: Link, level: Level, values: &[u64], rng: &mut impl Rng) -> Option<(Rule, u64)> {
    let fits = |value: &u64| (1..=LARGEST).contains(value);
    match link {
        Link::Given => {
            let value = rng.random_range(2..=level.size);
            Some((Rule::Given(value), u64::from(value)))
        }
        Link::One(one) => {
            let value = values[one];
            let scales = rng.random_range(0..100) < level.products;
            let (operation, constant) = match (scales, rng.random_bool(0.5)) {
                (true, true) => (Operation::Multiply, rng.random_range(2..=LARGEST_FACTOR)),
                (true, false) => {
                    let divides = |by: &u32| value.is_multiple_of(u64::from(*by));
                    let divisors: Vec<u32> = (2..=LARGEST_DIVISOR).filter(divides).collect();
                    (Operation::Divide, *divisors.choose(rng)?)
                }
                (false, true) => (Operation::Add, rng.random_range(2..=level.size)),
                (false, false) => {
                    (Operation::Subtract, rng.random_range(2..=level.size.min(value as u32).max(2)))
                }
            };
            let result = operation.apply(value, u64::from(constant)).filter(fits)?;
            Some((Rule::Compute(Operand::Node(one), operation, Operand::Constant(constant)), result))
        }
        Link::Two(one, other) => {
            let (high, low) = if values[one] > values[other] { (one, other) } else { (other, one) };
            let (left, operation, right) = if rng.random_bool(0.4) {
                (high, Operation::Subtract, low)
            } else {
                (one, Operation::Add, other)
            };
            let result = operation.apply(values[left], values[right]).filter(fits)?;
            Some((Rule::Compute(Operand::Node(left), operation, Operand::Node(right)), result))
        }
    }
}
