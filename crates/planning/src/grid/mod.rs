//! Worlds of cells that can be solved exactly: frozen lakes and a maze.

mod exact;
mod ice;
mod map;
mod value;

pub use exact::Exact;
pub use ice::{GridWorld, Ice};
pub use map::{Cell, Direction, Map, Spot};
pub use value::LearntValue;
