//! Arithmetic on slices: what a block computes, forward and backward, for a run of tokens on one thread.
//!
//! Nothing here knows of tensors, graphs or threads; `fused` cuts a batch into tiles and calls these on each. All
//! matrices are row-major. Every backward function is checked against candle's own derivatives in 64 bits.

pub(crate) mod attention;
pub(crate) mod dropout;
pub(crate) mod gated;
pub(crate) mod matrix;
pub(crate) mod norm;
pub(crate) mod objective;
pub(crate) mod rotary;
pub(crate) mod vector;

#[cfg(test)]
mod tests;
