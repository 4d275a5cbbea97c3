//! What a search came to.

use deliberate_search::{Ledger, NodeId, Outcome};
use deliberate_text::{Form, Misfit, Said, Trace};
use serde::Serialize;
use std::sync::Arc;

/// A question's answer, what spoke for it, and what it cost.
#[derive(Debug, Clone)]
pub struct Solved {
    question: String,
    outcome: Outcome<Trace>,
    reasons: Vec<String>,
    form: Arc<Form>,
}

/// What spoke for one answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Support {
    /// The final answer, where one was found.
    pub answer: Option<String>,
    /// Solutions that give it.
    pub solutions: u32,
    /// What was compared: solutions, or scores.
    pub weight: f64,
}

impl Solved {
    pub(crate) fn new(question: String, outcome: Outcome<Trace>, reasons: Vec<String>, form: Form) -> Self {
        Self { question, outcome, reasons, form: Arc::new(form) }
    }

    /// What was asked; the last message of a conversation.
    pub fn question(&self) -> &str {
        &self.question
    }

    /// The final answer; none where no solution came to its end, none states an answer, or the role that should have chosen
    /// failed.
    pub fn answer(&self) -> Option<&str> {
        self.chosen().and_then(Trace::answer)
    }

    /// The whole solution that was chosen.
    pub fn solution(&self) -> Option<&str> {
        self.chosen().map(|trace| trace.text().trim())
    }

    // What was chosen without the role that should have chosen is no answer.
    fn chosen(&self) -> Option<&Trace> {
        self.outcome.answer().filter(|_| self.failure().is_none())
    }

    /// What a complete solution says, in the form that was asked for.
    ///
    /// # Errors
    /// [`Misfit`] for one that is not in that form.
    pub fn said(&self, solution: NodeId) -> Result<Said, Misfit> {
        self.form.read(self.outcome.state(solution).text())
    }

    /// All answers, the chosen one first.
    pub fn support(&self) -> Vec<Support> {
        let answer = |node: NodeId| {
            let state = self.outcome.state(node);
            if self.form.is_free() {
                return state.answer().map(str::to_owned);
            }
            self.form.read(state.text()).ok().map(|said| said.to_string())
        };
        let support = |vote: &deliberate_search::Vote| Support {
            answer: answer(vote.node),
            solutions: vote.count,
            weight: vote.weight,
        };
        self.outcome.choice.votes.iter().map(support).collect()
    }

    /// What it cost, over all roles and all solutions, those of losers too.
    pub fn bill(&self) -> &Ledger {
        &self.outcome.ledger
    }

    /// What failed, where a role did in all that it was asked.
    pub fn failure(&self) -> Option<String> {
        self.outcome.ended.failure()
    }

    /// Why a policy decided as it did, in its order.
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }

    /// The tree, the states and how it ended.
    pub fn outcome(&self) -> &Outcome<Trace> {
        &self.outcome
    }

    /// The same, owned.
    pub fn into_outcome(self) -> Outcome<Trace> {
        self.outcome
    }
}
