//! What search needs to know of a state: almost nothing.

/// A point in a reasoning process: a partial solution, a noisy latent, a plan prefix.
pub trait State: Clone + Send + Sync {
    /// Steps taken since the process began.
    fn steps(&self) -> u32;

    /// Size in the unit that drawing is paid in (tokens for language): everything that stands before the next
    /// step, the question included. Grows with every step.
    fn units(&self) -> u64;
}
