//! The learning rate of every step.

use serde::{Deserialize, Serialize};

/// Linear warm-up to a peak, then half a cosine down to a share of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Schedule {
    /// The highest learning rate.
    pub peak: f32,
    /// Steps until it is reached.
    pub warm_up: u64,
    /// The last learning rate, as a share of the peak; 1 keeps it constant.
    pub floor: f32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { peak: 3e-3, warm_up: 100, floor: 0.1 }
    }
}

impl Schedule {
    /// The rate of step `step` (from 0) of `steps`.
    pub fn rate(&self, step: u64, steps: u64) -> f32 {
        if step < self.warm_up {
            return self.peak * (step + 1) as f32 / self.warm_up as f32;
        }
        let rest = steps.saturating_sub(self.warm_up + 1).max(1);
        let passed = ((step - self.warm_up) as f64 / rest as f64).min(1.0);
        let share = 0.5 * (1.0 + (std::f64::consts::PI * passed).cos());
        self.peak * (self.floor + (1.0 - self.floor) * share as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_to_the_peak_and_falls_to_the_floor() {
        let schedule = Schedule { peak: 1.0, warm_up: 4, floor: 0.1 };
        let rates: Vec<f32> = (0..=14).map(|step| schedule.rate(step, 14)).collect();
        assert_eq!(rates[..5], [0.25, 0.5, 0.75, 1.0, 1.0]);
        assert!(rates.windows(2).skip(4).all(|pair| pair[1] <= pair[0]));
        assert!((rates[13] - 0.1).abs() < 1e-6 && (rates[14] - 0.1).abs() < 1e-6);
        assert!((Schedule { warm_up: 0, ..schedule }.rate(0, 10) - 1.0).abs() < 1e-6);
    }
}
