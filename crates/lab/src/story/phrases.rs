//! How a story says things.
//!
//! `{R}` is whose quantity it is (capital letter at the start of a sentence), `{A}` and `{B}` are the operands, `{k}`
//! is the number, `{o}` what is counted, `{r}` `{a}` `{b}` are the names within a sentence.

use crate::Operation;

/// The quantity is given.
pub(super) const GIVEN: [&str; 5] = [
    "{R} has {k} {o}.",
    "{R} starts with {k} {o}.",
    "{R} owns {k} {o}.",
    "{k} {o} belong to {r}.",
    "{R} keeps {k} {o}.",
];

/// What is said where a quantity follows from one other and a number.
pub(super) fn with_number(operation: Operation, k: u32) -> &'static [&'static str] {
    match (operation, k) {
        (Operation::Add, _) => &[
            "{R} has {k} more {o} than {a}.",
            "{R} had as many {o} as {a}, then got {k} more.",
            "{A} has {k} fewer {o} than {r}.",
            "{R} has as many {o} as {a} and {k} more.",
            "{A} would need {k} more {o} to match {r}.",
        ],
        (Operation::Subtract, _) => &[
            "{R} has {k} fewer {o} than {a}.",
            "{R} had as many {o} as {a}, but lost {k}.",
            "{A} has {k} more {o} than {r}.",
            "{R} needs {k} more {o} to match {a}.",
            "{R} had as many {o} as {a}, then sold {k}.",
        ],
        (Operation::Multiply, 2) => &[
            "{R} has twice as many {o} as {a}.",
            "{R} has double the {o} of {a}.",
            "{A} has half as many {o} as {r}.",
            "{R} has 2 times as many {o} as {a}.",
        ],
        (Operation::Multiply, _) => &[
            "{R} has {k} times as many {o} as {a}.",
            "{R} has {k} times the {o} of {a}.",
            "For each of the {o} of {a}, {r} has {k}.",
        ],
        (Operation::Divide, 2) => &[
            "{R} has half as many {o} as {a}.",
            "{A} has twice as many {o} as {r}.",
            "{A} has double the {o} of {r}.",
        ],
        (Operation::Divide, 3) => {
            &["{R} has a third as many {o} as {a}.", "{A} has {k} times as many {o} as {r}."]
        }
        (Operation::Divide, 4) => {
            &["{R} has a quarter as many {o} as {a}.", "{A} has {k} times as many {o} as {r}."]
        }
        (Operation::Divide, _) => {
            &["{A} has {k} times as many {o} as {r}.", "{A} has {k} times the {o} of {r}."]
        }
    }
}

/// What is said where a quantity follows from two others.
pub(super) fn with_other(operation: Operation) -> &'static [&'static str] {
    match operation {
        Operation::Subtract => &[
            "{R} has as many {o} as {a} minus {b}.",
            "{A} has as many {o} as {b} and {r} together.",
            "{R} has the difference in {o} between {a} and {b}.",
        ],
        _ => &[
            "{R} has as many {o} as {a} and {b} together.",
            "{R} has as many {o} as {a} plus {b}.",
            "Together, {a} and {b} have as many {o} as {r}.",
        ],
    }
}

/// How the question ends, with the word that its last step is named by.
pub(super) struct Ending {
    pub(super) label: &'static str,
    pub(super) phrases: &'static [&'static str],
}

/// Endings whose last step computes from one quantity and a number.
pub(super) fn ending_with_number(operation: Operation) -> Ending {
    match operation {
        Operation::Add => Ending {
            label: "now",
            phrases: &[
                "{A} gets {k} more {o}. How many {o} does {a} have now?",
                "Then {a} finds {k} {o}. How many {o} does {a} have now?",
            ],
        },
        Operation::Subtract => Ending {
            label: "left",
            phrases: &[
                "{A} gives away {k} {o}. How many {o} are left?",
                "{A} sells {k} {o}. How many {o} are left?",
                "{A} loses {k} of the {o}. How many {o} are left?",
            ],
        },
        Operation::Multiply => Ending {
            label: "cost",
            phrases: &[
                "All {o} cost {k} coins each. How many coins do the {o} of {a} cost?",
                "{A} sells all {o} for {k} coins each. How many coins does {a} get?",
            ],
        },
        Operation::Divide => Ending {
            label: "each",
            phrases: &[
                "{A} shares the {o} equally among {k} friends. How many {o} does each friend get?",
                "{A} puts the {o} into {k} equal piles. How many {o} are in each pile?",
            ],
        },
    }
}

/// Endings whose last step computes from two quantities.
pub(super) fn ending_with_other(operation: Operation) -> Ending {
    match operation {
        Operation::Subtract => Ending {
            label: "gap",
            phrases: &[
                "How many more {o} does {a} have than {b}?",
                "How many {o} does {b} need to match {a}?",
                "How many fewer {o} does {b} have than {a}?",
            ],
        },
        _ => Ending {
            label: "total",
            phrases: &[
                "How many {o} do {a} and {b} have together?",
                "How many {o} do {a} and {b} have in total?",
                "{A} and {b} put their {o} together. How many {o} is that?",
            ],
        },
    }
}

/// Endings that ask for a quantity which the story tells of.
pub(super) const PLAIN: [&str; 2] = ["How many {o} does {r} have?", "Find how many {o} {r} has."];
