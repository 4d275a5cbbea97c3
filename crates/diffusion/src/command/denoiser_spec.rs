//! Denoisers by name.

use crate::form::Form;
use crate::network::{NetworkDenoiser, NetworkError};
use crate::{Component, Denoiser, FormError, GaussianMixture, MixtureError, digits};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// Who predicts, in words.
#[derive(Debug, Clone, PartialEq)]
pub enum DenoiserSpec {
    /// The bundled denoiser of 8 × 8 digits.
    Digits,
    /// An exact one.
    Mixture(GaussianMixture),
    /// An exact one whose components a JSON file lists: `[{"weight": 1, "mean": [0, 0], "variance": [1, 1]}, …]`.
    MixtureFile(PathBuf),
    /// A network in a safetensors file, see [`NetworkDenoiser`].
    Network(PathBuf),
}

/// Why there is no denoiser.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DenoiserError {
    /// The text names none.
    #[error(transparent)]
    Form(#[from] FormError),
    /// No mixture.
    #[error(transparent)]
    Mixture(#[from] MixtureError),
    /// A file that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// A file that lists no components.
    #[error("`{}` lists no components (a JSON array of objects with `weight`, `mean` and `variance`)", path.display())]
    Components {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A file that holds no network.
    #[error("`{}` holds no denoiser", path.display())]
    Network {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: NetworkError,
    },
}

const KNOWN: &str = "`digits`, `gaussian`, `ring`, `mixture:path=FILE.json`, `network:path=FILE.safetensors`";

/// Reads `digits`, `gaussian:deviation=0.5,dimension=2`, `ring:count=5,radius=1.5,deviation=0.3`, `mixture:path=FILE` or
/// `network:path=FILE`.
impl FromStr for DenoiserSpec {
    type Err = DenoiserError;

    fn from_str(text: &str) -> Result<Self, DenoiserError> {
        let mut form = Form::read("denoiser", text)?;
        let spec = match form.name {
            "digits" => Self::Digits,
            "gaussian" => {
                let dimension = form.count("dimension", 2)? as usize;
                Self::Mixture(GaussianMixture::gaussian(dimension, form.positive("deviation", 0.5)?)?)
            }
            "ring" => {
                let count = form.count("count", 5)? as usize;
                let (radius, deviation) = (form.positive("radius", 1.5)?, form.positive("deviation", 0.3)?);
                Self::Mixture(GaussianMixture::ring(count, radius, deviation)?)
            }
            "mixture" => Self::MixtureFile(form.path()?),
            "network" => Self::Network(form.path()?),
            _ => return Err(form.unknown(KNOWN).into()),
        };
        form.finish()?;
        Ok(spec)
    }
}

impl DenoiserSpec {
    /// The denoiser.
    ///
    /// # Errors
    /// [`DenoiserError`] if its file holds none.
    pub fn build(&self) -> Result<Arc<dyn Denoiser>, DenoiserError> {
        Ok(match self {
            Self::Digits => Arc::new(digits::denoiser()),
            Self::Mixture(mixture) => Arc::new(mixture.clone()),
            Self::MixtureFile(path) => Arc::new(mixture(path.clone())?),
            Self::Network(path) => {
                let source = |source| DenoiserError::Network { path: path.clone(), source };
                Arc::new(NetworkDenoiser::from_safetensors(&read(path.clone())?).map_err(source)?)
            }
        })
    }

    /// The mixture, where it is one.
    ///
    /// # Errors
    /// [`DenoiserError`] if its file holds none.
    pub fn mixture(&self) -> Result<Option<GaussianMixture>, DenoiserError> {
        match self {
            Self::Mixture(mixture) => Ok(Some(mixture.clone())),
            Self::MixtureFile(path) => mixture(path.clone()).map(Some),
            Self::Digits | Self::Network(_) => Ok(None),
        }
    }
}

fn read(path: PathBuf) -> Result<Vec<u8>, DenoiserError> {
    std::fs::read(&path).map_err(|source| DenoiserError::Read { path, source })
}

fn mixture(path: PathBuf) -> Result<GaussianMixture, DenoiserError> {
    let bytes = read(path.clone())?;
    let components: Vec<Component> =
        serde_json::from_slice(&bytes).map_err(|source| DenoiserError::Components { path, source })?;
    Ok(GaussianMixture::new(components)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_denoisers_and_faults_are_named() {
        let dimension = |text: &str| text.parse::<DenoiserSpec>().unwrap().build().unwrap().dimension();
        assert_eq!((dimension("digits"), dimension("gaussian:dimension=3"), dimension("ring")), (64, 3, 2));
        let error = |text: &str| text.parse::<DenoiserSpec>().unwrap_err().to_string();
        assert_eq!(error("mixture"), "`path=` of denoiser `mixture` is not the path of a file");
        assert!(error("stable-diffusion").starts_with("unknown denoiser `stable-diffusion`"));
    }

    #[test]
    fn mixtures_and_networks_are_read_from_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let build =
            |kind: &str| format!("{kind}:path={}", path.display()).parse::<DenoiserSpec>().unwrap().build();
        std::fs::write(&path, r#"[{"weight": 2, "mean": [0, 1, 2], "variance": [1, 1, 1]}]"#).unwrap();
        assert_eq!(build("mixture").unwrap().dimension(), 3);
        assert!(matches!(build("network").err(), Some(DenoiserError::Network { .. })));
        std::fs::write(&path, "[1]").unwrap();
        assert!(matches!(build("mixture").err(), Some(DenoiserError::Components { .. })));
    }
}
