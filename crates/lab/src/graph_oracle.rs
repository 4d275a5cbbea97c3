//! The oracle of chains and stories: follows which values are known and whether one that matters is wrong.

use crate::line::Expression;
use crate::{Family, Graph, Operand, Rule, chain, story};

/// What a line claims about a quantity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// The definition, if the line repeats it.
    pub(crate) definition: Option<Expression<&'a str>>,
    /// The operands as numbers; none if the line states a value only.
    pub(crate) numbers: Option<Expression<u64>>,
    /// The value.
    pub(crate) result: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct GraphOracle<'a> {
    graph: &'a Graph,
    family: Family,
    values: Vec<u64>,
    needed: Vec<bool>,
    known: Vec<bool>,
    /// Whether a value that the answer depends on came out wrong.
    ruined: bool,
}

impl<'a> GraphOracle<'a> {
    pub(crate) fn new(graph: &'a Graph, family: Family) -> Option<Self> {
        let values = graph.values()?;
        let known = graph.nodes.iter().map(|node| matches!(node.rule, Rule::Given(_))).collect();
        Some(Self { graph, family, values, needed: graph.needed(), known, ruined: false })
    }

    pub(crate) fn reachable(&self) -> bool {
        !self.ruined
    }

    /// Whether the line is right, having learnt from it.
    pub(crate) fn judge(&mut self, line: &str) -> bool {
        let claim = match self.family {
            Family::Story => story::read(line),
            Family::Chain | Family::Countdown | Family::Purses => chain::read(line),
        };
        let Some(claim) = claim else { return false };
        let Some(place) = self.graph.nodes.iter().position(|node| node.name == claim.name) else {
            return false;
        };
        let value = self.values[place] == claim.result;
        let right = value && self.follows(place, claim);
        self.ruined |= self.needed[place] && !value;
        self.known[place] |= right;
        right
    }

    /// Whether the claim is made as the definition wants it, from what is known.
    fn follows(&self, place: usize, claim: Claim<'_>) -> bool {
        let (left, operation, right) = match (self.graph.nodes[place].rule, claim.numbers) {
            (Rule::Given(_), None) => return true,
            (Rule::Compute(left, operation, right), Some(_)) => (left, operation, right),
            _ => return false,
        };
        let known = |operand| match operand {
            Operand::Node(place) => self.known[place],
            Operand::Constant(_) => true,
        };
        if !known(left) || !known(right) {
            return false;
        }
        let agrees = |left: Operand, right: Operand| {
            let numbers =
                Expression { left: left.value(&self.values), operation, right: right.value(&self.values) };
            let definition = claim.definition.is_none_or(|written| {
                written.operation == operation
                    && self.named(left, written.left)
                    && self.named(right, written.right)
            });
            definition && claim.numbers == Some(numbers)
        };
        agrees(left, right) || (operation.commutes() && agrees(right, left))
    }

    fn named(&self, operand: Operand, text: &str) -> bool {
        match operand {
            Operand::Node(place) => self.graph.nodes[place].name == text,
            Operand::Constant(value) => value.to_string() == text,
        }
    }
}
