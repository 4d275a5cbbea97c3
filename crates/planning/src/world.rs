//! A world that moves when something is done in it, and cannot be rewound.

use crate::Task;

/// Something to act in. There is no `Clone`, no reset and no way to ask what would happen if: whoever holds a world can
/// look at it and move it on, and nothing else. Thinking happens in a [`Model`](crate::Model).
///
/// ~~~compile_fail
/// # use deliberate_planning::grid::GridWorld;
/// fn once_more(world: &GridWorld) -> GridWorld {
///     world.clone()
/// }
/// ~~~
pub trait World<T: Task> {
    /// What there is to see now.
    fn observe(&self) -> T::Situation;

    /// Commits to one move.
    ///
    /// # Errors
    /// [`Over`] once the task has ended.
    fn act(&mut self, action: &T::Action) -> Result<(), Over>;
}

/// A move in a world where nothing can be done any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the episode is over, so no move can be made (begin another one, with a seed of its own)")]
pub struct Over;
