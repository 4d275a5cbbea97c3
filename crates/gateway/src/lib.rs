//! OpenAI's protocol in front of a search: any client that speaks it gets test-time compute.
//!
//! What is offered is a set of *virtual models*: each is a way to answer, with a strategy and a budget. [`Solver`] answers;
//! this crate reads requests (`request`), writes answers (`reply`), some while they are drawn (`aloud`), refuses what it cannot
//! do (`refusal`), and bounds who may ask, how much at once and how long (`door`). It knows no strategies and no engines.

mod aloud;
mod door;
mod handlers;
mod metrics;
mod refusal;
mod reply;
mod request;
mod solver;

pub use aloud::Aloud;
pub use door::{Keys, Limits};
pub use handlers::{Gateway, serve};
pub use refusal::Refusal;
pub use request::Overrides;
pub use solver::{Ask, Asked, Choice, DrawnToken, Finish, Solved, Solver, Spent, VirtualModel, Vote};
