//! Where a training stands: one file that is replaced as a whole.

use crate::files::{read_tensors, vector, write_tensors};
use crate::optimiser::Optimiser;
use crate::{Outcome, TrainError, Validated};
use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Everything of a training besides weights and moments. Sources need no state: their batches follow from the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// What must be equal for the training to go on.
    pub(crate) identity: Value,
    /// Steps made.
    pub(crate) step: u64,
    /// Tokens gone through.
    pub(crate) tokens: u64,
    /// Seconds spent in steps.
    pub(crate) seconds: f64,
    /// Sum of the losses since the last line of the log, and of how many steps.
    pub(crate) window: (f64, u64),
    /// All evaluations.
    pub(crate) validated: Vec<Validated>,
    /// After which step the chosen weights were taken.
    pub(crate) chosen: Option<u64>,
    /// How it ended, if it did.
    pub(crate) outcome: Option<Outcome>,
}

impl State {
    pub(crate) fn new(identity: Value) -> Self {
        Self {
            identity,
            step: 0,
            tokens: 0,
            seconds: 0.0,
            window: (0.0, 0),
            validated: Vec::new(),
            chosen: None,
            outcome: None,
        }
    }
}

const STATE: &str = "state";

/// The name under which a moment of a parameter is kept.
fn moment(index: usize, parameter: &str) -> String {
    format!("{}.{parameter}", ["first-moment", "second-moment"][index])
}

/// Replaces the checkpoint at `path`.
pub(crate) fn write(path: &Path, state: &State, optimiser: &Optimiser) -> Result<(), TrainError> {
    let mut tensors = HashMap::new();
    let json = serde_json::to_vec(state).expect("a state is plain data");
    let length = json.len();
    tensors.insert(STATE.to_owned(), Tensor::from_vec(json, length, &Device::Cpu)?);
    for (parameter, moments) in optimiser.parameters().iter().zip(optimiser.moments()) {
        let weights = parameter.variable.as_detached_tensor().to_device(&Device::Cpu)?;
        tensors.insert(parameter.name.clone(), weights);
        for (index, vector) in moments.to_vectors()?.into_iter().enumerate() {
            let size = vector.len();
            tensors.insert(moment(index, &parameter.name), Tensor::from_vec(vector, size, &Device::Cpu)?);
        }
    }
    write_tensors(path, &tensors)
}

/// Reads the checkpoint at `path` into the parameters and their moments, if there is one made by the same training.
pub(crate) fn read(
    path: &Path,
    identity: &Value,
    optimiser: &mut Optimiser,
) -> Result<Option<State>, TrainError> {
    let Some(tensors) = read_tensors(path)? else { return Ok(None) };
    let fault = |reason: String| TrainError::Checkpoint { path: path.to_owned(), reason };
    let json = tensors.get(STATE).ok_or_else(|| fault("it has no state".to_owned()))?.to_vec1::<u8>()?;
    let state: State = serde_json::from_slice(&json).map_err(|error| fault(error.to_string()))?;
    let differences = deliberate_run::differences(&state.identity, identity, &[]);
    if !differences.is_empty() {
        let path = path.parent().unwrap_or(path).to_owned();
        return Err(TrainError::OtherTraining { path, differences });
    }
    for (index, parameter) in optimiser.parameters().to_vec().iter().enumerate() {
        let (variable, size) = (&parameter.variable, parameter.variable.elem_count());
        let weights = vector(&tensors, &parameter.name, size).map_err(fault)?;
        variable.set(&Tensor::from_vec(weights, variable.shape(), variable.device())?)?;
        let moments = [0, 1].map(|which| vector(&tensors, &moment(which, &parameter.name), size));
        let [first, second] = moments;
        optimiser.set_moments(index, [first.map_err(fault)?, second.map_err(fault)?])?;
    }
    Ok(Some(state))
}
