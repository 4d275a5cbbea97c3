//! Is a step right, and can a prefix still reach the right answer? For analysing verifiers, never for solving.

use crate::check::{correct, final_answer};
use crate::countdown::CountdownOracle;
use crate::graph_oracle::GraphOracle;
use crate::purses::PursesOracle;
use crate::{Facts, Question};
use serde::{Deserialize, Serialize};

/// What is true of a step and of the solution up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Whether this step is right: well formed, true of the question, and built on what was given or derived before.
    /// A bad choice can be right: a countdown step with sound arithmetic may lead nowhere.
    pub right: bool,
    /// Whether some continuation leads to the right answer without taking anything back.
    pub reachable: bool,
}

/// The facts of a question contradict one another, so nothing can be said about its steps.
#[derive(Debug, thiserror::Error)]
#[error("the facts of question `{id}` make no sense")]
pub struct Malformed {
    /// The question's id.
    pub id: String,
}

/// Judges the steps of one solution, line by line. Cloned at a fork, it judges both branches.
///
/// - **chain, story**: a step is right if it follows the definition (operands of sums and products may change
///   places), its operands are known, and its numbers are. Any order of definitions will do, unneeded ones included.
///   A wrong value makes the answer unreachable if the answer depends on it.
/// - **countdown**: a step is right if it combines two numbers that are left, and lists what is left afterwards, in
///   any order. Whether the target is in reach is searched exactly. After a false equation it is not.
/// - **purses**: a step is right if it takes an item for its price or leaves it, and keeps the account of its purse, in any
///   order of items. Whether everything can be spent is searched exactly. After a false account it cannot.
/// - A line that cannot be read is wrong, and changes nothing.
/// - The answer line is right if the answer is. What follows it is wrong, and changes nothing.
#[derive(Debug, Clone)]
pub struct StepOracle<'a> {
    question: &'a Question,
    state: State<'a>,
    /// Whether the answer given was right, once there is one.
    answered: Option<bool>,
}

#[derive(Debug, Clone)]
enum State<'a> {
    Graph(GraphOracle<'a>),
    Countdown(CountdownOracle),
    Purses(PursesOracle),
}

impl<'a> StepOracle<'a> {
    /// An oracle that has seen no step.
    ///
    /// # Errors
    /// [`Malformed`] if the question's facts make no sense. Those of generated questions do.
    pub fn new(question: &'a Question) -> Result<Self, Malformed> {
        let state = match &question.facts {
            Facts::Graph(graph) => GraphOracle::new(graph, question.family).map(State::Graph),
            Facts::Countdown(countdown) => CountdownOracle::new(countdown).map(State::Countdown),
            Facts::Purses(purses) => PursesOracle::new(purses).map(State::Purses),
        };
        let state = state.ok_or_else(|| Malformed { id: question.id.clone() })?;
        Ok(Self { question, state, answered: None })
    }

    /// Judges the next line, and the solution up to it.
    pub fn judge(&mut self, line: &str) -> Judgement {
        let mut right = false;
        if self.answered.is_none() {
            if let Some(answer) = final_answer(line) {
                right = correct(self.question, answer);
                self.answered = Some(right);
            } else {
                right = match &mut self.state {
                    State::Graph(oracle) => oracle.judge(line),
                    State::Countdown(oracle) => oracle.judge(line),
                    State::Purses(oracle) => oracle.judge(line),
                };
            }
        }
        Judgement { right, reachable: self.reachable() }
    }

    /// Whether the right answer is still in reach.
    pub fn reachable(&self) -> bool {
        self.answered.unwrap_or_else(|| match &self.state {
            State::Graph(oracle) => oracle.reachable(),
            State::Countdown(oracle) => oracle.reachable(),
            State::Purses(oracle) => oracle.reachable(),
        })
    }
}

/// Judges all lines of a solution.
///
/// # Errors
/// [`Malformed`] if the question's facts make no sense.
pub fn judge(question: &Question, solution: &str) -> Result<Vec<Judgement>, Malformed> {
    let mut oracle = StepOracle::new(question)?;
    Ok(solution.lines().map(|line| oracle.judge(line)).collect())
}
