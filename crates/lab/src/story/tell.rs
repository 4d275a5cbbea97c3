//! Putting a story into sentences, and its solution into steps.

use super::phrases::{GIVEN, PLAIN, ending_with_number, ending_with_other, with_number, with_other};
use super::vocabulary::{OBJECTS, PLACES};
use crate::{Graph, Operand, Rule};
use rand::Rng;
use rand::seq::IndexedRandom;

/// The problem, the steps and the answer, in words. What is asked for is told in the question if `listed` misses it.
pub(crate) fn words(
    graph: &Graph,
    listed: &[usize],
    rng: &mut impl Rng,
) -> Option<(String, Vec<String>, String)> {
    let values = graph.values()?;
    let objects = OBJECTS.choose(rng)?;
    let other_objects = OBJECTS.choose(rng)?;
    let needed = graph.needed();
    let mut sentences = Vec::new();
    for &place in listed {
        let (phrases, k) = match graph.nodes[place].rule {
            Rule::Given(value) => (GIVEN.as_slice(), value),
            Rule::Compute(_, operation, Operand::Constant(k)) => (with_number(operation, k), k),
            Rule::Compute(_, operation, Operand::Node(_)) => (with_other(operation), 0),
        };
        // Where nothing builds on it, an unneeded quantity may as well count something else.
        let lonely = !needed[place] && !(0..graph.nodes.len()).any(|other| uses(graph, other, place));
        let given = matches!(graph.nodes[place].rule, Rule::Given(_));
        let objects = if lonely && given { other_objects } else { objects };
        sentences.push(say(phrases.choose(rng)?, graph, place, k, objects));
    }
    let question = match graph.nodes[graph.asked].rule {
        _ if listed.contains(&graph.asked) => (PLAIN.choose(rng)?, 0),
        Rule::Given(_) => return None,
        Rule::Compute(_, operation, Operand::Constant(k)) => {
            (ending_with_number(operation).phrases.choose(rng)?, k)
        }
        Rule::Compute(_, operation, Operand::Node(_)) => {
            (ending_with_other(operation).phrases.choose(rng)?, 0)
        }
    };
    sentences.push(say(question.0, graph, graph.asked, question.1, objects));
    let mut order = listed.to_vec();
    order.push(graph.asked);
    let number = |operand| match operand {
        Operand::Node(place) => values[place],
        Operand::Constant(value) => u64::from(value),
    };
    let step = |place: usize| {
        let name = &graph.nodes[place].name;
        match graph.nodes[place].rule {
            Rule::Given(value) => format!("{name}: {value}"),
            Rule::Compute(left, operation, right) => {
                format!("{name}: {}{}{}={}", number(left), operation.sign(), number(right), values[place])
            }
        }
    };
    let steps = graph.steps(&order).into_iter().map(step).collect();
    Some((sentences.join(" "), steps, values[graph.asked].to_string()))
}

fn uses(graph: &Graph, place: usize, operand: usize) -> bool {
    graph.operands(place).any(|other| other == operand)
}

fn say(phrase: &str, graph: &Graph, place: usize, k: u32, objects: &str) -> String {
    let name = |place: Option<usize>| {
        let name = place.map_or("", |place| &graph.nodes[place].name);
        if PLACES.contains(&name) { format!("the {name}") } else { name.to_owned() }
    };
    let mut operands = graph.operands(place);
    let (result, one, other) = (name(Some(place)), name(operands.next()), name(operands.next()));
    let said = phrase
        .replace("{R}", &result)
        .replace("{r}", &result)
        .replace("{A}", &one)
        .replace("{a}", &one)
        .replace("{b}", &other)
        .replace("{k}", &k.to_string())
        .replace("{o}", objects);
    capital(&said)
}

/// With a capital letter at the start of every sentence.
fn capital(text: &str) -> String {
    let mut start = true;
    text.chars()
        .map(|c| {
            let c = if start { c.to_ascii_uppercase() } else { c };
            start = matches!(c, '.' | '?') || (start && c == ' ');
            c
        })
        .collect()
}
