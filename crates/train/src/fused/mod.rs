//! The decoder's operations for the CPU: one candle operation for a whole block and one for the loss.
//!
//! candle carries the parameters and the graph between blocks; inside, a block cuts the packed batch into tiles of
//! whole examples that stay in a core's cache and runs all of its steps on one tile before the next. Tiles are grouped
//! in lanes by the batch alone, never by the number of threads, and sums over lanes go in order: the same batch gives
//! the same bits on one thread and on many.

mod block;
mod gradients;
mod head;
mod lanes;
mod pool;
mod tile;

#[cfg(test)]
mod tests;

pub(crate) use block::{FusedBlock, Weights};
pub(crate) use gradients::Thin;
pub(crate) use head::{FusedHead, predictions};
pub(crate) use lanes::Lanes;
pub(crate) use pool::Pool;
pub(crate) use tile::BlockPlan;

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor};

/// The numbers of a contiguous 32-bit tensor in main memory.
fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => candle_core::bail!("a fused operation needs contiguous numbers"),
    }
}

/// Runs `act` on the numbers of a contiguous 32-bit tensor in main memory.
pub(crate) fn with_numbers<T>(tensor: &Tensor, act: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => act(numbers(storage, layout)?),
        _ => candle_core::bail!("a fused operation needs numbers in main memory"),
    }
}
