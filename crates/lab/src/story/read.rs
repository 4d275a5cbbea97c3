//! Reading a step of a story: `Tom: 12*3=36`, or `Tom: 12` for a given value.

use crate::graph_oracle::Claim;
use crate::line::{Expression, number};

/// What the line claims; `None` if it is no step of a story.
pub(crate) fn read(line: &str) -> Option<Claim<'_>> {
    let (name, rest) = line.split_once(':')?;
    let (numbers, result) = match rest.split_once('=') {
        Some((numbers, result)) => (Some(Expression::read(numbers)?.numbers()?), number(result)?),
        None => (None, number(rest)?),
    };
    Some(Claim { name: name.trim(), definition: None, numbers, result })
}
