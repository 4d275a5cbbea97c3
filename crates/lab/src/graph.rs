//! Quantities that follow from one another: what a chain and a story have in common.

use crate::key::mix;
use crate::{Family, Key};
use serde::{Deserialize, Serialize};

/// Named quantities, each given or computed from quantities before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    /// The modulus of all arithmetic; none in stories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modulus: Option<u32>,
    /// The quantities, operands before what is computed from them.
    pub nodes: Vec<Node>,
    /// The place in `nodes` of what is asked for.
    pub asked: usize,
}

/// A quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// What steps call it.
    pub name: String,
    /// Where its value comes from.
    pub rule: Rule,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The question says it.
    Given(u32),
    /// Left operand, operation, right operand.
    Compute(Operand, Operation, Operand),
}

/// What an operation is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operand {
    /// A quantity, by its place.
    Node(usize),
    /// A number that the definition holds.
    Constant(u32),
}

impl Operand {
    /// As a number, where those of the nodes are known.
    pub(crate) fn value(self, values: &[u64]) -> u64 {
        match self {
            Self::Node(place) => values[place],
            Self::Constant(value) => u64::from(value),
        }
    }
}

/// A binary operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, where it leaves no remainder.
    Divide,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Add, Self::Subtract, Self::Multiply, Self::Divide];

    /// Its sign.
    pub fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '-',
            Self::Multiply => '*',
            Self::Divide => '/',
        }
    }

    /// Whether operands may change places.
    pub fn commutes(self) -> bool {
        matches!(self, Self::Add | Self::Multiply)
    }

    /// The result as a number from 0 on; `None` where there is none.
    pub fn apply(self, left: u64, right: u64) -> Option<u64> {
        match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            Self::Divide => (right != 0 && left.is_multiple_of(right)).then(|| left / right),
        }
    }
}

/// More nodes than any question has: what claims more was not made here.
const MAX_NODES: usize = 64;

impl Graph {
    /// The value of every node, or `None` if the graph makes no sense (a node that builds on a later one, a negative
    /// number, a division with remainder, a repeated name).
    pub fn values(&self) -> Option<Vec<u64>> {
        let sensible =
            self.nodes.len() <= MAX_NODES && self.asked < self.nodes.len() && self.modulus != Some(0);
        let mut values: Vec<u64> = Vec::new();
        for (place, node) in self.nodes.iter().enumerate() {
            if !sensible || self.nodes[..place].iter().any(|other| other.name == node.name) {
                return None;
            }
            let value = match node.rule {
                Rule::Given(value) => u64::from(value),
                Rule::Compute(left, operation, right) => {
                    let value = |operand| match operand {
                        Operand::Node(place) => values.get(place).copied(),
                        Operand::Constant(value) => Some(u64::from(value)),
                    };
                    self.apply(operation, value(left)?, value(right)?)?
                }
            };
            values.push(value);
        }
        sensible.then_some(values)
    }

    /// The result of an operation in this graph's arithmetic.
    pub(crate) fn apply(&self, operation: Operation, left: u64, right: u64) -> Option<u64> {
        match (self.modulus.map(u64::from), operation) {
            (Some(_), Operation::Divide) => None,
            (Some(modulus), Operation::Subtract) => {
                Some((left % modulus + modulus - right % modulus) % modulus)
            }
            (Some(modulus), _) => {
                operation.apply(left % modulus, right % modulus).map(|value| value % modulus)
            }
            (None, _) => operation.apply(left, right),
        }
    }

    /// Which nodes the answer depends on.
    pub fn needed(&self) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        if let Some(asked) = needed.get_mut(self.asked) {
            *asked = true;
        }
        for place in (0..self.nodes.len()).rev() {
            if needed[place] {
                self.operands(place).for_each(|operand| needed[operand] = true);
            }
        }
        needed
    }

    /// The nodes before `place` that it is computed from.
    pub(crate) fn operands(&self, place: usize) -> impl Iterator<Item = usize> {
        let operands = match self.nodes[place].rule {
            Rule::Given(_) => [None, None],
            Rule::Compute(left, _, right) => [left, right].map(|operand| match operand {
                Operand::Node(operand) if operand < place => Some(operand),
                _ => None,
            }),
        };
        operands.into_iter().flatten()
    }

    /// The key of a question about this graph: how the answer comes about, without names, order and distractors.
    pub(crate) fn key(&self, family: Family) -> Key {
        let mut parts: Vec<u64> = Vec::new();
        for node in &self.nodes {
            let part = |operand| match operand {
                Operand::Node(place) => parts.get(place).copied().unwrap_or(0),
                Operand::Constant(value) => mix(1, u64::from(value)),
            };
            parts.push(match node.rule {
                Rule::Given(value) => mix(2, u64::from(value)),
                Rule::Compute(left, operation, right) => {
                    let (left, right) = (part(left), part(right));
                    let swap = operation.commutes() && left > right;
                    let (left, right) = if swap { (right, left) } else { (left, right) };
                    mix(mix(mix(3, operation as u64), left), right)
                }
            });
        }
        let asked = parts.get(self.asked).copied().unwrap_or(0);
        Key::of([family as u64, u64::from(self.modulus.unwrap_or(0)), asked])
    }

    /// The order in which the reference solution computes: always the first definition, in the order in which the
    /// question lists them, that is needed and whose operands are known.
    pub(crate) fn steps(&self, listed: &[usize]) -> Vec<usize> {
        let needed = self.needed();
        let mut known: Vec<bool> =
            self.nodes.iter().map(|node| matches!(node.rule, Rule::Given(_))).collect();
        let mut steps = Vec::new();
        let ready = |known: &[bool], place: usize| {
            needed[place] && !known[place] && self.operands(place).all(|operand| known[operand])
        };
        while let Some(&next) = listed.iter().find(|&&place| ready(&known, place)) {
            known[next] = true;
            steps.push(next);
        }
        steps
    }
}
