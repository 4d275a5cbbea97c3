//! Pushing a puck to a target on a table whose edges are not guarded, with hidden mass, friction and delay.

mod belief;
mod demonstrations;
mod physics;
mod scene;
mod table;

pub use belief::Hypotheses;
pub use demonstrations::{Cloned, Demonstrations, Replay, Retrieval};
pub use physics::{MOVE, PUCK, PUSHER, Physics};
pub use scene::{Body, MEMORY, Pair, Push, Scene};
pub use table::{HALF, MOVES, NEAR, PushSpread, PushWorld, Table};
