//! Buffers that go round: fresh memory from the system costs more than the arithmetic of a small block.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};

/// Buffers that nobody uses at the moment.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    free: Mutex<Vec<Vec<f32>>>,
}

/// A buffer that returns to its pool.
#[derive(Debug)]
pub(crate) struct Buffer {
    numbers: Vec<f32>,
    pool: Arc<Pool>,
}

impl Pool {
    /// A buffer of `length` numbers, whatever they are.
    pub(crate) fn take(self: &Arc<Self>, length: usize) -> Buffer {
        let mut numbers = self.fitting(length).unwrap_or_else(|| Vec::with_capacity(rounded(length)));
        numbers.resize(length, 0.0);
        Buffer { numbers, pool: Arc::clone(self) }
    }

    /// A buffer of `length` zeros.
    pub(crate) fn zeros(self: &Arc<Self>, length: usize) -> Buffer {
        let mut buffer = self.take(length);
        buffer.fill(0.0);
        buffer
    }

    /// The smallest free buffer that holds `length` and is not far too large.
    fn fitting(&self, length: usize) -> Option<Vec<f32>> {
        let mut free = self.free.lock().expect("nobody panics while holding the pool");
        let fits = |capacity: usize| capacity >= length && capacity / 2 <= rounded(length);
        let best = free
            .iter()
            .enumerate()
            .filter(|(_, numbers)| fits(numbers.capacity()))
            .min_by_key(|(_, numbers)| numbers.capacity())?;
        let index = best.0;
        Some(free.swap_remove(index))
    }
}

/// Rounded up to an eighth of a power of two, so that buffers of similar batches serve each other.
fn rounded(length: usize) -> usize {
    let grain = (length.next_power_of_two() / 8).max(64);
    length.next_multiple_of(grain)
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.numbers
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let numbers = std::mem::take(&mut self.numbers);
        self.pool.free.lock().expect("nobody panics while holding the pool").push(numbers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_for_a_similar_length() {
        let pool = Arc::new(Pool::default());
        let first = pool.take(1000).as_ptr();
        assert_eq!(pool.take(1010).as_ptr(), first);
        assert_eq!(pool.zeros(990).iter().filter(|v| **v == 0.0).count(), 990);
        let (small, large) = (pool.take(10), pool.take(1000));
        assert_eq!((small.len(), large.len()), (10, 1000));
    }
}
