//! Answers that are told while they are being drawn.

use crate::{Refusal, Solved};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::ready;
use futures::{FutureExt, Stream, StreamExt, stream};

/// Tells a client the beginning of its only answer while the rest is still being drawn. Clients hear all of it when the answer
/// is whole, whatever was told before.
#[derive(Debug, Clone)]
pub struct Aloud(UnboundedSender<Told>);

/// What comes of a question, in its order.
#[derive(Debug)]
pub(crate) enum Told {
    /// The next part of the answer's text.
    Part(String),
    /// The whole answer, or why there is none. Nothing comes after it.
    Over(Result<Solved, Refusal>),
}

impl Aloud {
    /// Tells what comes next in the answer's text.
    pub fn tell(&self, text: String) {
        // Whoever stopped listening drops the search as well.
        let _ = self.0.unbounded_send(Told::Part(text));
    }
}

/// Everything that comes of a search, which goes on while somebody waits for the next.
pub(crate) fn telling<F>(solve: impl FnOnce(Aloud) -> F) -> impl Stream<Item = Told>
where
    F: Future<Output = Result<Solved, Refusal>>,
{
    let (to, told) = unbounded();
    let solving = solve(Aloud(to.clone()));
    let searching = async move {
        let _ = to.unbounded_send(Told::Over(solving.await));
    };
    let all = stream::select(told, searching.into_stream().filter_map(|()| ready(None)));
    // It ends with the answer, whoever keeps an `Aloud` longer.
    let ended = |told: Told| {
        let end = matches!(told, Told::Over(_)).then_some(None);
        stream::iter([Some(told)].into_iter().chain(end))
    };
    all.flat_map(ended).take_while(|told| ready(told.is_some())).filter_map(ready)
}
