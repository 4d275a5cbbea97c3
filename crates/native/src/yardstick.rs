//! What the machine can do at all, to measure the rest against.

use crate::lanes::Lanes;
use std::hint::black_box;
use std::thread;

/// Sums that are computed side by side: more than the units of any machine keep in flight.
const CHAINS: usize = 16;

/// Does nothing but fused multiply-adds among registers, on so many threads at once, `steps` × 16 vectors on each.
/// Gives the floating-point operations that were done; the caller takes the time.
pub fn multiply_add(threads: u32, steps: u32) -> f64 {
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let [factor, addend] = black_box([0.999, 1e-3]).map(Lanes::splat);
                let mut sums = [Lanes::ZERO; CHAINS];
                for _ in 0..steps {
                    for sum in &mut sums {
                        *sum = sum.times_plus(factor, addend);
                    }
                }
                black_box(sums);
            });
        }
    });
    f64::from(threads) * f64::from(steps) * (2 * CHAINS * crate::lanes::WIDTH) as f64
}
