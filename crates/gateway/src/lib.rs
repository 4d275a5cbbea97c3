//! OpenAI's protocol in front of a search: any client that speaks it gets test-time compute.
//!
//! What is offered is a set of *virtual models*: each is a way to answer, with a strategy and a budget. [`Solver`] answers;
//! this crate reads requests (`request`), writes answers (`reply`), some while they are drawn (`aloud`), refuses what it cannot
//! do (`refusal`), and bounds who may ask (`keys`), how much (`quota`), how much at once and how long (`door`), and what is read
//! at all (`listen`). It knows no strategies and no engines.

mod aloud;
mod answer;
mod bill;
mod door;
mod handlers;
mod identity;
mod keys;
mod listen;
mod metrics;
mod playground;
mod progress;
mod quota;
mod record;
mod refusal;
mod reply;
mod request;
#[cfg(test)]
mod request_properties;
mod solver;

pub use aloud::Aloud;
pub use door::Limits;
pub use handlers::{Gateway, serve};
pub use keys::{Keys, KeysError};
pub use progress::{Node, NodeState, Progress, Telling};
pub use refusal::Refusal;
pub use request::Overrides;
pub use solver::{Ask, Asked, Choice, DrawnToken, Finish, Solved, Solver, Spent, VirtualModel, Vote};
