//! The models that come with this crate, written by its example `train_digits`.

use super::PIXELS;
use crate::network::{Classifier, NetworkDenoiser};

/// A denoiser of digits; learnt from the first two parts of the data.
pub fn denoiser() -> NetworkDenoiser {
    NetworkDenoiser::from_safetensors(include_bytes!("../../models/digits-denoiser.safetensors"))
        .expect("the bundled denoiser is sound")
}

/// The classifier that rewards are made of; learnt from the first part of the data.
pub fn classifier() -> Classifier {
    bundled(include_bytes!("../../models/digits-classifier.safetensors"))
}

/// A classifier that learnt from 30 images: a verifier that can be exploited.
pub fn weak() -> Classifier {
    bundled(include_bytes!("../../models/digits-weak.safetensors"))
}

/// Another classifier, which judges what the first one led to: another network, other data, other seed.
pub fn judge() -> Classifier {
    bundled(include_bytes!("../../models/digits-judge.safetensors"))
}

fn bundled(bytes: &[u8]) -> Classifier {
    Classifier::from_safetensors(bytes, PIXELS).expect("the bundled classifiers are sound")
}
