//! Where a training computes.

use crate::TrainError;
pub use candle_core::Device;

/// The first NVIDIA GPU.
///
/// # Errors
/// [`TrainError::Gpu`] if there is none, or if the program was built without the feature `cuda`.
pub fn gpu() -> Result<Device, TrainError> {
    Device::new_cuda(0).map_err(TrainError::Gpu)
}

/// On a GPU a decoder learns what it learns on the CPU. Needs one: `cargo test -p deliberate-train --features cuda`.
#[cfg(all(test, feature = "cuda"))]
mod tests {
    use crate::testing::shape;
    use crate::{AdamW, Batch, Decoder, Dropout, Example, Stepper, fresh_adapter, gpu};

    /// Losses of ten steps.
    fn losses(decoder: &Decoder, dropout: Option<Dropout>) -> Vec<f32> {
        let tokens = |length: u32| (0..length).map(|at| (at * at + length) % 20).collect();
        let examples = [2, 41, 4, 18, 64, 3, 34, 6].map(|length| Example::language(tokens(length)));
        let batch = Batch::pack(&examples, decoder.shape()).unwrap();
        let mut stepper = Stepper::new(decoder, AdamW::default()).unwrap();
        (0..10).map(|_| stepper.step(&batch, 1e-2, dropout).unwrap().loss).collect()
    }

    #[test]
    fn ten_steps_on_the_gpu_are_those_on_the_cpu() {
        let device = gpu().unwrap();
        let shape = shape(20, 16, 2, 2, 1);
        let dropouts = [None, Some(Dropout { share: 0.2, seed: 9 })];
        for (dropout, rank) in dropouts.into_iter().flat_map(|dropout| [(dropout, None), (dropout, Some(4))])
        {
            let fresh = || {
                let decoder = Decoder::random(&shape, 1).unwrap();
                match rank {
                    Some(rank) => decoder.with_adapter(&fresh_adapter(&shape, rank, 8.0, None, 2)).unwrap(),
                    None => decoder,
                }
            };
            let on_gpu = fresh().on(&device).unwrap();
            let (ours, theirs) = (losses(&on_gpu, dropout), losses(&fresh(), dropout));
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert!((ours - theirs).abs() < 2e-3, "{ours} {theirs} with {dropout:?}, rank {rank:?}");
            }
            assert!(theirs[9] < theirs[0] - 0.05, "{theirs:?}");
        }
    }
}
