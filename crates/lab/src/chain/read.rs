//! Reading a step of a chain: `d=b*7=12*7=84`, or `b=12` for a given value.

use crate::graph_oracle::Claim;
use crate::line::{Expression, number};

/// What the line claims; `None` if it is no step of a chain.
pub(crate) fn read(line: &str) -> Option<Claim<'_>> {
    let parts: Vec<&str> = line.split('=').map(str::trim).collect();
    match *parts.as_slice() {
        [name, definition, numbers, result] => Some(Claim {
            name,
            definition: Some(Expression::read(definition)?),
            numbers: Some(Expression::read(numbers)?.numbers()?),
            result: number(result)?,
        }),
        [name, result] => Some(Claim { name, definition: None, numbers: None, result: number(result)? }),
        _ => None,
    }
}
