//! Adam (Kingma and Ba 2015) with decoupled weight decay, half a cosine of learning rates, and a running mean of the weights.

use candle_core::{Result, Tensor, Var};

/// How weights follow gradients.
pub(super) struct Adam {
    variables: Vec<(String, Var)>,
    moments: Vec<[Tensor; 2]>,
    means: Vec<Tensor>,
    steps: u32,
    planned: u32,
    peak: f64,
    decay: f64,
}

/// Share that a running mean keeps in a step, at most.
const MEMORY: f64 = 0.999;

impl Adam {
    pub(super) fn new(variables: Vec<(String, Var)>, planned: u32, peak: f64, decay: f64) -> Result<Self> {
        let moments =
            variables.iter().map(|(_, variable)| Ok([variable.zeros_like()?, variable.zeros_like()?]));
        let moments = moments.collect::<Result<_>>()?;
        let means =
            variables.iter().map(|(_, variable)| variable.as_tensor().copy()).collect::<Result<_>>()?;
        Ok(Self { variables, moments, means, steps: 0, planned, peak, decay })
    }

    /// Moves the weights down the slope of a loss.
    pub(super) fn step(&mut self, loss: &Tensor) -> Result<()> {
        let gradients = loss.backward()?;
        let passed = f64::from(self.steps) / f64::from(self.planned);
        let warm = (f64::from(self.steps + 1) / 100.0).min(1.0);
        let rate = self.peak * warm * (0.5 * (1.0 + (std::f64::consts::PI * passed).cos())).max(0.01);
        self.steps += 1;
        let share = |decay: f64| 1.0 / (1.0 - decay.powi(self.steps as i32));
        let memory = MEMORY.min(f64::from(self.steps) / f64::from(self.steps + 10));
        for (((_, variable), moments), mean) in
            self.variables.iter().zip(&mut self.moments).zip(&mut self.means)
        {
            let Some(gradient) = gradients.get(variable.as_tensor()) else { continue };
            let gradient = gradient.detach();
            moments[0] = ((&moments[0] * 0.9)? + (&gradient * 0.1)?)?;
            moments[1] = ((&moments[1] * 0.99)? + (gradient.sqr()? * 0.01)?)?;
            let step = ((&moments[0] * share(0.9))? / ((&moments[1] * share(0.99))?.sqrt()? + 1e-8)?)?;
            let kept = (variable.as_tensor() * (1.0 - rate * self.decay))?;
            variable.set(&(kept - (step * rate)?)?.detach())?;
            *mean = ((&*mean * memory)? + (variable.as_tensor() * (1.0 - memory))?)?.detach();
        }
        Ok(())
    }

    /// Names and running means of the weights.
    pub(super) fn means(&self) -> impl Iterator<Item = (String, Tensor)> {
        self.variables.iter().map(|(name, _)| name.clone()).zip(self.means.iter().cloned())
    }
}
