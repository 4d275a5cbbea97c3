//! How a token is chosen from a distribution, and what settings make sense.

use serde::{Deserialize, Serialize};

/// How the next token is chosen from the model's distribution. Every field is always applied, never a backend's
/// own default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Divides the logits; 0 is greedy.
    pub temperature: f32,
    /// Keep the most likely `top_k` tokens; `None` keeps all.
    pub top_k: Option<u32>,
    /// Keep the smallest set of likely tokens whose probability reaches this; 1 keeps all.
    pub top_p: f32,
    /// Drop tokens less likely than this fraction of the likeliest; 0 keeps all, 1 the likeliest alone.
    pub min_p: f32,
}

/// A setting that means nothing.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SamplingError {
    /// Below 0, or no number.
    #[error("temperature {temperature} is not a number from 0 up")]
    Temperature {
        /// What was asked for.
        temperature: f32,
    },
    /// Nothing would be left.
    #[error("top-k 0 keeps no token (leave it out to keep all)")]
    TopK,
    /// Outside of its range, or no number.
    #[error("top-p {top_p} is not above 0 and at most 1")]
    TopP {
        /// What was asked for.
        top_p: f32,
    },
    /// Outside of its range, or no number.
    #[error("min-p {min_p} is not from 0 to 1")]
    MinP {
        /// What was asked for.
        min_p: f32,
    },
}

impl Sampling {
    /// Always the most likely token (ties: the lower id).
    pub const GREEDY: Self = Self { temperature: 0.0, top_k: None, top_p: 1.0, min_p: 0.0 };

    /// The model's own distribution at a temperature.
    pub const fn at(temperature: f32) -> Self {
        Self { temperature, ..Self::GREEDY }
    }

    /// Checks that every setting means something.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), SamplingError> {
        let Self { temperature, top_k, top_p, min_p } = *self;
        if !(temperature.is_finite() && temperature >= 0.0) {
            return Err(SamplingError::Temperature { temperature });
        }
        if top_k == Some(0) {
            return Err(SamplingError::TopK);
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            return Err(SamplingError::TopP { top_p });
        }
        if (0.0..=1.0).contains(&min_p) { Ok(()) } else { Err(SamplingError::MinP { min_p }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_mean_nothing_are_named() {
        let check = |change: fn(&mut Sampling), words: &str| {
            let mut sampling = Sampling::at(1.0);
            change(&mut sampling);
            let said = sampling.check().map_or_else(|error| error.to_string(), |()| "fine".into());
            assert!(said.contains(words), "{said}");
        };
        check(|_| (), "fine");
        check(|s| s.temperature = f32::NAN, "temperature NaN");
        check(|s| s.temperature = -0.5, "temperature -0.5");
        check(|s| s.temperature = f32::INFINITY, "temperature inf");
        check(|s| s.top_k = Some(0), "top-k 0");
        check(|s| s.top_p = 0.0, "top-p 0");
        check(|s| s.top_p = 1.5, "top-p 1.5");
        check(|s| s.top_p = f32::NAN, "top-p NaN");
        check(|s| s.min_p = -0.1, "min-p -0.1");
        check(|s| s.min_p = 1.0, "fine");
        check(|s| s.min_p = f32::NAN, "min-p NaN");
    }
}
