//! How far a search is, for clients that watch it and for the bill of those that leave.

use crate::solver::Spent;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::{maybe_done, ready};
use futures::stream::{self, Stream, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

/// How far a search is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// The bill so far.
    pub spent: Spent,
    /// Answers so far and the solutions that give them, most solutions first.
    pub answers: Vec<(String, u32)>,
    /// The tree without the question: the state of number 1 comes first. Empty where nobody [watches](Telling::is_watched).
    pub nodes: Vec<Node>,
}

/// One state of a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// The number of the state that it goes on from; 0 is the question.
    pub parent: u32,
    /// What it adds.
    pub text: String,
    /// The verifier's score, where it has one.
    pub score: Option<f64>,
    /// What became of it so far.
    pub state: NodeState,
}

/// What became of a state so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It can go on.
    Open,
    /// It is a whole answer.
    Complete,
    /// A limit cut it.
    Cut,
}

/// Where a solver tells how far it is, as often as it likes: only the latest counts.
#[derive(Debug, Clone)]
pub struct Telling {
    to: watch::Sender<Progress>,
    watched: bool,
}

impl Telling {
    pub(crate) fn new(watched: bool) -> (Self, watch::Receiver<Progress>) {
        let (to, told) = watch::channel(Progress::default());
        (Self { to, watched }, told)
    }

    /// Whether somebody watches the tree and the answers; the bill matters always.
    pub fn is_watched(&self) -> bool {
        self.watched
    }

    /// Says how far the search is.
    pub fn tell(&self, progress: Progress) {
        self.to.send_replace(progress);
    }
}

/// What happens while a question is answered.
pub(crate) enum Happening<T> {
    /// How far the search is.
    Progress(Progress),
    /// The next part of the answer, while it is drawn.
    Part(String),
    /// The answer. Nothing happens after it.
    Answer(T),
}

/// An answer, and before it how far the search is and what is told of it already.
pub(crate) fn happenings<T>(
    answer: impl Future<Output = T> + Send,
    told: watch::Receiver<Progress>,
    spoken: UnboundedReceiver<String>,
) -> impl Stream<Item = Happening<T>> {
    // What was told before the answer comes before it, so an answer waits until nothing is left to be told.
    let going = Some((Box::pin(maybe_done(answer)), told, spoken));
    stream::unfold(going, |going| async {
        let (mut answer, mut told, mut spoken) = going?;
        let happening = loop {
            tokio::select! {
                biased;
                Some(part) = spoken.next() => break Happening::Part(part),
                () = ready(()), if answer.as_mut().output_mut().is_some() => {
                    return Some((Happening::Answer(answer.as_mut().take_output()?), None));
                }
                () = &mut answer => {}
                Ok(()) = told.changed() => break Happening::Progress(told.borrow_and_update().clone()),
            }
        };
        Some((happening, Some((answer, told, spoken))))
    })
}

/// What a client knows already.
#[derive(Debug, Default)]
pub(crate) struct Known(Vec<Node>);

impl Known {
    /// What is new to the client: states that it has not seen, or not as they are now, by their numbers.
    pub(crate) fn news(&mut self, progress: Progress) -> Value {
        let Progress { spent, answers, nodes } = progress;
        let news = nodes.iter().enumerate().filter(|(index, node)| self.0.get(*index) != Some(node));
        let numbered = |(index, node): (usize, &Node)| {
            let mut value = serde_json::to_value(node).expect("a node is plain data");
            value["id"] = json!(index + 1);
            value
        };
        let news: Vec<Value> = news.map(numbered).collect();
        let answers: Vec<Value> = answers
            .into_iter()
            .map(|(answer, solutions)| json!({"answer": answer, "solutions": solutions}))
            .collect();
        self.0 = nodes;
        json!({"spent": spent, "answers": answers, "nodes": news})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Aloud;

    fn node(parent: u32, score: Option<f64>) -> Node {
        Node { parent, text: "x".to_owned(), score, state: NodeState::Open }
    }

    #[test]
    fn a_state_is_told_when_it_appears_and_when_it_changes() {
        let mut known = Known::default();
        let mut news = |nodes: &[Node]| {
            let value = known.news(Progress { nodes: nodes.to_vec(), ..Progress::default() });
            value["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(news(&[node(0, None), node(1, None)]), [1, 2]);
        assert_eq!(news(&[node(0, None), node(1, Some(0.5)), node(1, None)]), [2, 3]);
        assert!(news(&[node(0, None), node(1, Some(0.5)), node(1, None)]).is_empty());
    }

    #[tokio::test]
    async fn nothing_is_told_after_the_end() {
        let (telling, told) = Telling::new(true);
        let (aloud, spoken) = Aloud::new();
        let after = (telling.clone(), aloud.clone());
        let work = async move {
            telling.tell(Progress { nodes: vec![node(0, None)], ..Progress::default() });
            tokio::task::yield_now().await;
            aloud.tell("4".to_owned());
            tokio::task::yield_now().await;
            telling.tell(Progress::default());
            aloud.tell("2".to_owned());
            7
        };
        let all: Vec<_> = happenings(work, told, spoken).collect().await;
        assert!(matches!(
            all.as_slice(),
            [Happening::Progress(_), Happening::Part(_), Happening::Part(_), Happening::Answer(7)]
        ));
        after.0.tell(Progress::default());
        after.1.tell(String::new());
    }
}
