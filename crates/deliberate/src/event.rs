//! What happens while a search runs.

use crate::error::Error;
use crate::solved::Solved;
use deliberate_search::{Decision, Ledger, Observer, Origin, Status, Tree};
use deliberate_text::Trace;
use futures::channel::mpsc::UnboundedSender;
use std::fmt;

/// What happens while a search runs.
#[derive(Debug, Clone)]
pub enum Event {
    /// This is about to be done.
    Decided(Decision),
    /// The tree grew, or was scored.
    Grew(Progress),
    /// It is over.
    Solved(Box<Solved>),
}

/// How far a search is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// States, the question included.
    pub nodes: usize,
    /// States that can go on and were not continued yet.
    pub open: usize,
    /// Answers so far and the solutions that give them, most solutions first.
    pub answers: Vec<(String, u32)>,
    /// The bill so far.
    pub ledger: Ledger,
}

/// Answers that are shown, at most.
const SHOWN: usize = 3;

impl Progress {
    /// How far a tree has grown; `states` by node id.
    pub fn of(tree: &Tree, states: &[Trace], ledger: &Ledger) -> Self {
        let waiting = |node: &deliberate_search::Node| {
            node.status == Status::Open && node.children.is_empty() && node.origin != Origin::Lookahead
        };
        let mut answers: Vec<(String, u32)> = Vec::new();
        for id in tree.answers() {
            let Some(class) = tree.node(id).class else { continue };
            // Classes are numbered as they appear.
            if class.0 as usize == answers.len() {
                answers.push((states[id.0 as usize].answer().unwrap_or("?").to_owned(), 0));
            }
            if let Some((_, solutions)) = answers.get_mut(class.0 as usize) {
                *solutions += 1;
            }
        }
        answers.sort_by_key(|(_, solutions)| std::cmp::Reverse(*solutions));
        let open = tree.iter().filter(|(_, node)| waiting(node)).count();
        Self { nodes: tree.len(), open, answers, ledger: *ledger }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} nodes, {} open", self.nodes, self.open)?;
        for (place, (answer, solutions)) in self.answers.iter().take(SHOWN).enumerate() {
            let separator = if place == 0 { " · " } else { ", " };
            write!(f, "{separator}{answer} ×{solutions}")?;
        }
        write!(f, " · {} tokens", self.ledger.charged.units)
    }
}

/// Tells a channel what an observer sees.
pub(crate) struct Teller(UnboundedSender<Result<Event, Error>>);

impl Teller {
    pub(crate) fn new(to: UnboundedSender<Result<Event, Error>>) -> Self {
        Self(to)
    }

    fn tell(&self, event: Event) {
        // Whoever stopped listening drops the search as well.
        let _ = self.0.unbounded_send(Ok(event));
    }
}

impl Observer<Trace> for Teller {
    fn decided(&mut self, decision: &Decision, _: &Tree) {
        self.tell(Event::Decided(decision.clone()));
    }

    fn changed(&mut self, tree: &Tree, states: &[Trace], ledger: &Ledger) {
        self.tell(Event::Grew(Progress::of(tree, states, ledger)));
    }
}
