//! Samplers: how a sample gets from one noise level to the next.

use crate::FormError;
use crate::form::Form;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Most that a stochastic step raises the noise by, as in Karras et al. 2022.
const MOST_CHURN: f64 = std::f64::consts::SQRT_2 - 1.0;

/// A way to walk down the levels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampler {
    /// Euler steps of the probability-flow ODE, which in sigma are DDIM (Song et al. 2021). One evaluation a step.
    Ddim {
        /// Noise put back in after each step: 0 for the ODE, 1 for ancestral sampling (DDPM), whose steps are draws
        /// from the posterior of the next level given the prediction.
        eta: f64,
    },
    /// Heun's method, second order. Two evaluations a step, one for a last step to 0.
    Heun,
    /// DPM-Solver++(2M) (Lu et al. 2022), second order by looking back. One evaluation a step.
    DpmSolver,
    /// The stochastic sampler of Karras et al. 2022: renoise, then a step of Heun's method. As Heun, and one more at the
    /// first level that is not renoised after one that is.
    Stochastic {
        /// `S_churn`: over the number of steps it is how much each raises sigma first, relatively.
        churn: f64,
        /// Levels below this one are not renoised (`S_tmin`).
        lowest: f64,
        /// Levels above this one are not renoised (`S_tmax`).
        highest: f64,
        /// Deviation of the new noise (`S_noise`).
        inflation: f64,
    },
}

impl Sampler {
    /// The deterministic Euler sampler.
    pub const EULER: Self = Self::Ddim { eta: 0.0 };
    /// Ancestral sampling.
    pub const ANCESTRAL: Self = Self::Ddim { eta: 1.0 };

    /// Whether two walks from the same state can differ.
    pub fn is_random(self) -> bool {
        matches!(self, Self::Ddim { eta } if eta > 0.0)
            || matches!(self, Self::Stochastic { churn, .. } if churn > 0.0)
    }

    /// How much a step that starts at this level raises it first, relatively.
    pub(crate) fn churn(self, sigma: f64, steps: usize) -> f64 {
        match self {
            Self::Stochastic { churn, lowest, highest, .. } if (lowest..=highest).contains(&sigma) => {
                (churn / steps as f64).min(MOST_CHURN)
            }
            _ => 0.0,
        }
    }

    /// Whether a step evaluates the denoiser at its end to correct itself.
    pub(crate) fn corrects(self) -> bool {
        matches!(self, Self::Heun | Self::Stochastic { .. })
    }

    /// The step from `from` to `to` by the prediction at its start: where it arrives, and the deviation of the noise to be
    /// added there. `back` is the level and the prediction before.
    pub(crate) fn first_order(
        self,
        x: &[f64],
        clean: &[f64],
        back: Option<(f64, &[f64])>,
        [from, to]: [f64; 2],
    ) -> (Vec<f64>, f64) {
        let towards = |clean: &dyn Fn(usize) -> f64, kept: f64| -> Vec<f64> {
            x.iter().enumerate().map(|(i, x)| clean(i) + kept * (x - clean(i))).collect()
        };
        match (self, back) {
            (Self::Ddim { eta }, _) if eta > 0.0 => {
                let fresh = (eta * (to * to * (from * from - to * to) / (from * from)).sqrt()).min(to);
                (towards(&|i| clean[i], (to * to - fresh * fresh).sqrt() / from), fresh)
            }
            // At the last step to 0 the logarithm of sigma has no end, and the method is of first order there.
            (Self::DpmSolver, Some((before, earlier))) if to > 0.0 => {
                let ratio = (before / from).ln() / (from / to).ln();
                let ahead = |i: usize| clean[i] + (clean[i] - earlier[i]) / (2.0 * ratio);
                (towards(&ahead, to / from), 0.0)
            }
            _ => (towards(&|i| clean[i], to / from), 0.0),
        }
    }
}

const KNOWN: &str = "`euler`, `ddim`, `heun`, `dpm`, `stochastic`";

/// Reads `euler`, `ddim:eta=1`, `heun`, `dpm` or `stochastic:churn=40,min=0.05,max=50,noise=1.003`.
impl FromStr for Sampler {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let mut form = Form::read("sampler", text)?;
        let share = |value: &f64| (0.0..=1.0).contains(value);
        let from_zero = |value: &f64| value.is_finite() && *value >= 0.0;
        let sampler = match form.name {
            "euler" => Self::EULER,
            "ddim" => Self::Ddim { eta: form.take("eta", 0.0, "a number in 0..=1", share)? },
            "heun" => Self::Heun,
            "dpm" => Self::DpmSolver,
            "stochastic" => Self::Stochastic {
                churn: form.take("churn", 40.0, "a number from 0", from_zero)?,
                lowest: form.take("min", 0.05, "a number from 0", from_zero)?,
                highest: form.positive("max", 50.0)?,
                inflation: form.positive("noise", 1.003)?,
            },
            _ => return Err(form.unknown(KNOWN)),
        };
        form.finish()?;
        Ok(sampler)
    }
}

impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ddim { eta } if *eta == 0.0 => write!(f, "euler"),
            Self::Ddim { eta } => write!(f, "ddim:eta={eta}"),
            Self::Heun => write!(f, "heun"),
            Self::DpmSolver => write!(f, "dpm"),
            Self::Stochastic { churn, lowest, highest, inflation } => {
                write!(f, "stochastic:churn={churn},min={lowest},max={highest},noise={inflation}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        for text in
            ["euler", "ddim:eta=0.5", "heun", "dpm", "stochastic:churn=40,min=0.05,max=50,noise=1.003"]
        {
            assert_eq!(text.parse::<Sampler>().unwrap().to_string(), text);
        }
        assert!("ddim:eta=2".parse::<Sampler>().is_err());
    }

    #[test]
    fn ancestral_steps_are_draws_from_the_posterior_of_the_next_level() {
        // x_t given x_s and x0, with s above t, has mean x0 + (t²/s²)(x_s − x0) and variance t²(s² − t²)/s².
        let (from, to) = (2.0, 1.0);
        let (arrived, fresh) = Sampler::ANCESTRAL.first_order(&[3.0], &[1.0], None, [from, to]);
        assert!((arrived[0] - (1.0 + 0.25 * 2.0)).abs() < 1e-12);
        assert!((fresh * fresh - 0.75).abs() < 1e-12);
    }

    #[test]
    fn churn_is_bounded_and_stays_inside_its_levels() {
        let sampler: Sampler = "stochastic".parse().unwrap();
        assert!((sampler.churn(1.0, 10) - MOST_CHURN).abs() < 1e-12);
        assert!((sampler.churn(1.0, 400) - 0.1).abs() < 1e-12);
        assert_eq!(
            (sampler.churn(60.0, 10), sampler.churn(0.01, 10), Sampler::Heun.churn(1.0, 10)),
            (0.0, 0.0, 0.0)
        );
    }
}
