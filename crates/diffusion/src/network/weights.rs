//! Weights out of a safetensors file, checked on the way in.

use super::layer::Layer;
use safetensors::{Dtype, SafeTensorError, SafeTensors};

/// A file that holds no such network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// No safetensors at all.
    #[error("these are no safetensors")]
    Format(#[source] SafeTensorError),
    /// A tensor is missing.
    #[error("the file has no tensor `{name}` (is it a model of another kind?)")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor of another shape or type.
    #[error("tensor `{name}` is {found}, not {expected}")]
    Tensor {
        /// Its name.
        name: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A number that no weight is.
    #[error("tensor `{name}` holds a number that is not finite")]
    Number {
        /// Its name.
        name: String,
    },
}

/// The tensors of a file.
pub(super) struct Weights<'b>(SafeTensors<'b>);

impl<'b> Weights<'b> {
    pub(super) fn read(bytes: &'b [u8]) -> Result<Self, NetworkError> {
        SafeTensors::deserialize(bytes).map(Self).map_err(NetworkError::Format)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    /// A tensor of 32-bit floats and its shape.
    pub(super) fn tensor(&self, name: &str) -> Result<(Vec<f32>, Vec<usize>), NetworkError> {
        let view = self.0.tensor(name).map_err(|_| NetworkError::Missing { name: name.to_owned() })?;
        if view.dtype() != Dtype::F32 {
            let found = format!("{:?}", view.dtype());
            return Err(NetworkError::Tensor { name: name.to_owned(), found, expected: "F32".to_owned() });
        }
        let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes at once"));
        let numbers: Vec<f32> = view.data().chunks_exact(4).map(number).collect();
        if numbers.iter().any(|number| !number.is_finite()) {
            return Err(NetworkError::Number { name: name.to_owned() });
        }
        Ok((numbers, view.shape().to_vec()))
    }

    /// A vector.
    pub(super) fn vector(&self, name: &str) -> Result<Vec<f32>, NetworkError> {
        let (numbers, shape) = self.tensor(name)?;
        match shape[..] {
            [_] => Ok(numbers),
            _ => Err(wrong(name, &shape, "a vector".to_owned())),
        }
    }

    /// `NAME.weight` `[outputs, inputs]` and `NAME.bias` `[outputs]`.
    pub(super) fn layer(&self, name: &str, inputs: usize) -> Result<Layer, NetworkError> {
        let weight_name = format!("{name}.weight");
        let (weight, shape) = self.tensor(&weight_name)?;
        let outputs = match shape[..] {
            [outputs, found] if found == inputs && outputs > 0 => outputs,
            _ => return Err(wrong(&weight_name, &shape, format!("[outputs, {inputs}]"))),
        };
        let bias_name = format!("{name}.bias");
        let (bias, shape) = self.tensor(&bias_name)?;
        if shape != [outputs] {
            return Err(wrong(&bias_name, &shape, format!("[{outputs}]")));
        }
        Ok(Layer { inputs, weight, bias })
    }
}

pub(super) fn wrong(name: &str, shape: &[usize], expected: String) -> NetworkError {
    NetworkError::Tensor { name: name.to_owned(), found: format!("{shape:?}"), expected }
}
