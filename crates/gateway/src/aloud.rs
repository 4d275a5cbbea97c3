//! Answers that are told while they are being drawn.

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};

/// Tells a client the beginning of its only answer while the rest is still being drawn. Clients hear all of it when the answer
/// is whole, whatever was told before.
#[derive(Debug, Clone)]
pub struct Aloud(UnboundedSender<String>);

impl Aloud {
    /// One who tells, and where its parts arrive.
    pub(crate) fn new() -> (Self, UnboundedReceiver<String>) {
        let (to, told) = unbounded();
        (Self(to), told)
    }

    /// Tells what comes next in the answer's text.
    pub fn tell(&self, text: String) {
        // Whoever stopped listening drops the search as well.
        let _ = self.0.unbounded_send(text);
    }
}
