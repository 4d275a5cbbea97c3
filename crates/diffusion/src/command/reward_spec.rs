//! Rewards by name.

use super::{DenoiserError, DenoiserSpec};
use crate::form::Form;
use crate::network::{ClassReward, Classifier, NetworkError};
use crate::{Denoiser, ExactValue, FormError, Judge, Linear, PredictedClean, digits};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// What is searched for, in words.
#[derive(Debug, Clone, PartialEq)]
pub enum RewardSpec {
    /// `slope · x`.
    Linear(Vec<f64>),
    /// The same, partial samples of a mixture valued exactly, for this lambda.
    Exact(Vec<f64>, f64),
    /// ln of a class's probability, by the bundled classifier of digits or by one in a safetensors file.
    Class(usize, Option<PathBuf>),
}

/// Why there is no reward.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RewardError {
    /// The text names none.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The denoiser's file.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
    /// A reward for other samples.
    #[error("the reward is for samples of {reward} numbers, the denoiser draws {samples}")]
    Dimension {
        /// Numbers that the reward reads.
        reward: usize,
        /// Numbers of a sample.
        samples: usize,
    },
    /// Exact values of what is no mixture.
    #[error(
        "exact values are known for mixtures alone (take `linear`, which values the predicted clean sample)"
    )]
    NoMixture,
    /// A class that the classifier does not know.
    #[error("class {class} is none of the classifier's {classes} (they begin at 0)")]
    Class {
        /// The class.
        class: usize,
        /// How many it has.
        classes: usize,
    },
    /// A file that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// A file that holds no classifier of these samples.
    #[error("`{}` holds no classifier of samples of {samples} numbers", path.display())]
    Network {
        /// Its path.
        path: PathBuf,
        /// Numbers of a sample.
        samples: usize,
        /// What is wrong.
        #[source]
        source: NetworkError,
    },
}

const KNOWN: &str = "`linear:slope=1/0.5`, `exact:slope=1/0.5,lambda=1`, `class:class=3`";

/// Reads `linear:slope=1/0.5`, `exact:slope=1/0.5,lambda=1` or `class:class=3`, the last also with `path=FILE.safetensors`.
impl FromStr for RewardSpec {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let mut form = Form::read("reward", text)?;
        let spec = match form.name {
            "linear" => Self::Linear(slope(&mut form)?),
            "exact" => Self::Exact(slope(&mut form)?, form.positive("lambda", 1.0)?),
            "class" => {
                let class = form.take("class", 0, "a whole number", |_| true)?;
                Self::Class(class, form.text("path").map(PathBuf::from))
            }
            _ => return Err(form.unknown(KNOWN)),
        };
        form.finish()?;
        Ok(spec)
    }
}

fn slope(form: &mut Form<'_>) -> Result<Vec<f64>, FormError> {
    let text = form.text("slope").unwrap_or_default();
    let numbers = text.split('/').map(|number| number.trim().parse::<f64>().ok().filter(|x| x.is_finite()));
    numbers.collect::<Option<_>>().ok_or_else(|| form.bad("slope", text, "numbers with `/` between them"))
}

impl RewardSpec {
    /// The judge of samples of this denoiser.
    ///
    /// # Errors
    /// [`RewardError`] if it does not fit the denoiser, or its file holds none.
    pub fn build(&self, spec: &DenoiserSpec, denoiser: &dyn Denoiser) -> Result<Arc<dyn Judge>, RewardError> {
        let samples = denoiser.dimension();
        let fits = |reward: usize| {
            if reward == samples { Ok(()) } else { Err(RewardError::Dimension { reward, samples }) }
        };
        match self {
            Self::Linear(slope) => {
                fits(slope.len())?;
                Ok(Arc::new(PredictedClean { reward: Arc::new(Linear { slope: slope.clone() }) }))
            }
            Self::Exact(slope, lambda) => {
                fits(slope.len())?;
                let mixture = spec.mixture()?.ok_or(RewardError::NoMixture)?;
                Ok(Arc::new(ExactValue { mixture, slope: slope.clone(), lambda: *lambda }))
            }
            Self::Class(class, path) => {
                let classifier = match path {
                    None => {
                        fits(digits::PIXELS)?;
                        digits::classifier()
                    }
                    Some(path) => {
                        let bytes = std::fs::read(path)
                            .map_err(|source| RewardError::Read { path: path.clone(), source })?;
                        let failed = |source| RewardError::Network { path: path.clone(), samples, source };
                        Classifier::from_safetensors(&bytes, samples).map_err(failed)?
                    }
                };
                let classes = classifier.classes();
                if *class >= classes {
                    return Err(RewardError::Class { class: *class, classes });
                }
                let reward = ClassReward { classifier: Arc::new(classifier), class: *class };
                Ok(Arc::new(PredictedClean { reward: Arc::new(reward) }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewards_that_do_not_fit_are_refused_when_they_are_put_together() {
        let refused = |denoiser: &str, reward: &str| {
            let spec: DenoiserSpec = denoiser.parse().unwrap();
            let denoiser = spec.build().unwrap();
            reward
                .parse::<RewardSpec>()
                .unwrap()
                .build(&spec, &*denoiser)
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(refused("ring", "linear:slope=1/2"), None);
        assert_eq!(refused("ring", "exact:slope=1/2,lambda=3"), None);
        assert_eq!(refused("digits", "class:class=9"), None);
        let told = |denoiser, reward| refused(denoiser, reward).unwrap();
        assert!(told("ring", "linear:slope=1").starts_with("the reward is for samples of 1 numbers"));
        assert!(told("ring", "class:class=3").starts_with("the reward is for samples of 64 numbers"));
        assert!(told("digits", "class:class=10").starts_with("class 10 is none of the classifier's 10"));
        let slope = vec!["0"; 64].join("/");
        assert!(
            told("digits", &format!("exact:slope={slope}"))
                .starts_with("exact values are known for mixtures")
        );
    }

    #[test]
    fn slopes_are_numbers() {
        let error = "linear:slope=1/two".parse::<RewardSpec>().unwrap_err().to_string();
        assert_eq!(error, "`slope=1/two` of reward `linear` is not numbers with `/` between them");
    }
}
