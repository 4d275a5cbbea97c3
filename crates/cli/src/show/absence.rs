//! Why a search came to no answer, and which setting would change that.

use deliberate_search::{Ended, Origin, Outcome, Status};
use deliberate_text::Trace;

/// What bounds a solution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Tokens of one solution.
    pub(crate) max_tokens: u32,
    /// Tokens of a prompt and its solution.
    pub(crate) context: usize,
}

/// What cut a solution off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Length,
    Context,
    Budget,
}

/// The reason in words. For searches whose choice states no answer.
pub(crate) fn why_none(outcome: &Outcome<Trace>, limits: Limits) -> String {
    if let Some(failure) = outcome.ended.failure() {
        return failure;
    }
    let complete = outcome.tree.answers().count();
    if complete > 0 {
        return format!(
            "none is stated in the chosen one of {complete} complete solutions (does the model keep to the prompt? \
             --show-prompt prints it)"
        );
    }
    let cuts: Vec<Cut> = outcome
        .tree
        .iter()
        .filter(|(_, node)| node.status == Status::Truncated && node.origin != Origin::Lookahead)
        .map(|(id, _)| cut(outcome.state(id), limits))
        .collect();
    let by = |cut: Cut| cuts.contains(&cut);
    match outcome.ended {
        Ended::Cancelled => "interrupted before any solution was complete",
        _ if by(Cut::Length) => "no solution came to its end within --max-tokens (raise it)",
        _ if by(Cut::Context) => {
            "no solution came to its end within the context (raise --context, or take a shorter prompt)"
        }
        Ended::Budget => "the budget ended before any solution was complete (raise --budget)",
        _ if by(Cut::Budget) => "the budget ended before any solution was complete (raise --budget)",
        _ => "the search ended with its solutions open (raise the strategy's `rounds`)",
    }
    .to_owned()
}

fn cut(state: &Trace, limits: Limits) -> Cut {
    if state.solution_tokens() >= limits.max_tokens as usize {
        Cut::Length
    } else if state.tokens().len() >= limits.context {
        Cut::Context
    } else {
        Cut::Budget
    }
}
