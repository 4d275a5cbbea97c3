//! Noise schedules: the levels that a sampler walks down.

use crate::FormError;
use crate::form::Form;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Falling noise levels, one more than there are steps. The last may be 0, and is where samples come out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Schedule(Vec<f64>);

/// A schedule that is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Fewer than two levels.
    #[error("a schedule has two levels or more, not {levels}")]
    Short {
        /// How many there were.
        levels: usize,
    },
    /// Levels that do not fall.
    #[error(
        "level {index} of the schedule is {value} after {before} (levels are finite, fall, and only the last may be 0)"
    )]
    Order {
        /// Counted from 0.
        index: usize,
        /// The level.
        value: f64,
        /// The one before.
        before: f64,
    },
    /// Bounds that leave nothing between them.
    #[error("a schedule from {highest} down to {lowest} has no levels (give `max` above `min`)")]
    Bounds {
        /// Where it begins.
        highest: f64,
        /// Its last level above 0.
        lowest: f64,
    },
    /// A file that cannot be read.
    #[error("cannot read the schedule `{}`", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// A line that is no number.
    #[error("line {line} of the schedule `{}` is `{text}` (one level a line; `#` begins a comment)", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// The text names no schedule.
    #[error(transparent)]
    Form(#[from] FormError),
}

impl TryFrom<Vec<f64>> for Schedule {
    type Error = ScheduleError;

    fn try_from(levels: Vec<f64>) -> Result<Self, ScheduleError> {
        if levels.len() < 2 {
            return Err(ScheduleError::Short { levels: levels.len() });
        }
        let mut before = f64::INFINITY;
        for (index, &value) in levels.iter().enumerate() {
            let lowest_allowed = if index + 1 == levels.len() { value >= 0.0 } else { value > 0.0 };
            if !(value.is_finite() && value < before && lowest_allowed) {
                return Err(ScheduleError::Order { index, value, before });
            }
            before = value;
        }
        Ok(Self(levels))
    }
}

impl From<Schedule> for Vec<f64> {
    fn from(schedule: Schedule) -> Self {
        schedule.0
    }
}

impl Schedule {
    /// The levels, the highest first.
    pub fn levels(&self) -> &[f64] {
        &self.0
    }

    /// Steps from the first level to the last.
    pub fn steps(&self) -> usize {
        self.0.len() - 1
    }

    /// Reads one level a line; blank lines and what follows a `#` are passed over.
    ///
    /// # Errors
    /// [`ScheduleError`] names the file and the line.
    pub fn read(path: &Path) -> Result<Self, ScheduleError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScheduleError::Read { path: path.to_owned(), source })?;
        let mut levels = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let level = line.split('#').next().unwrap_or_default().trim();
            if !level.is_empty() {
                let bad =
                    |_| ScheduleError::Line { path: path.to_owned(), line: index + 1, text: line.to_owned() };
                levels.push(level.parse().map_err(bad)?);
            }
        }
        Self::try_from(levels)
    }
}

/// How levels are spread between the highest and the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Equal differences of sigma.
    Uniform,
    /// Equal ratios of sigma.
    Log,
    /// Equal differences of `sigma^(1/rho)` (Karras et al. 2022, where `rho` is 7).
    Rho(f64),
    /// Equal differences of `atan(sigma / scale)`: optimal for Gaussian data of deviation `scale` and Euler steps.
    ///
    /// With a scale of 1 it is the cosine schedule of Nichol and Dhariwal 2021, without their offset.
    Tangent(f64),
}

/// A schedule in words: a shape and its bounds, or a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleSpec {
    /// Computed.
    Shaped {
        /// How levels are spread.
        shape: Shape,
        /// Steps.
        steps: u32,
        /// The first level.
        highest: f64,
        /// The last level above 0.
        lowest: f64,
        /// Whether a last step goes from `lowest` down to 0.
        to_zero: bool,
    },
    /// Read from a file, one level a line.
    File(PathBuf),
}

impl ScheduleSpec {
    /// `steps` steps of this shape from 80 to 0, the last but one level at 0.002.
    pub const fn shaped(shape: Shape, steps: u32) -> Self {
        Self::Shaped { shape, steps, highest: 80.0, lowest: 0.002, to_zero: true }
    }

    /// The same between other bounds.
    pub fn between(self, from: f64, to: f64) -> Self {
        match self {
            Self::Shaped { shape, steps, to_zero, .. } => {
                Self::Shaped { shape, steps, highest: from, lowest: to, to_zero }
            }
            file @ Self::File(_) => file,
        }
    }

    /// The same, ending at its lowest level instead of 0.
    pub fn above_zero(self) -> Self {
        match self {
            Self::Shaped { shape, steps, highest, lowest, .. } => {
                Self::Shaped { shape, steps, highest, lowest, to_zero: false }
            }
            file @ Self::File(_) => file,
        }
    }

    /// The levels.
    ///
    /// # Errors
    /// [`ScheduleError`] if the bounds leave nothing between them, or the file holds no schedule.
    pub fn build(&self) -> Result<Schedule, ScheduleError> {
        let &Self::Shaped { shape, steps, highest, lowest, to_zero } = self else {
            let Self::File(path) = self else { unreachable!("it is not shaped") };
            return Schedule::read(path);
        };
        if !(highest > lowest && lowest > 0.0 && highest.is_finite()) {
            return Err(ScheduleError::Bounds { highest, lowest });
        }
        // A single step to 0 passes no level between.
        let above_zero = if to_zero { steps } else { steps + 1 };
        let mut levels: Vec<f64> = (0..above_zero)
            .map(|index| {
                let passed = f64::from(index) / f64::from((above_zero - 1).max(1));
                shape.level(passed, highest, lowest)
            })
            .collect();
        levels.extend(to_zero.then_some(0.0));
        Schedule::try_from(levels)
    }
}

impl Shape {
    /// The level after this share of the way.
    fn level(self, passed: f64, highest: f64, lowest: f64) -> f64 {
        let between = |from: f64, to: f64| from + passed * (to - from);
        match self {
            Self::Uniform => between(highest, lowest),
            Self::Log => between(highest.ln(), lowest.ln()).exp(),
            Self::Rho(rho) => between(highest.powf(1.0 / rho), lowest.powf(1.0 / rho)).powf(rho),
            Self::Tangent(scale) => scale * between((highest / scale).atan(), (lowest / scale).atan()).tan(),
        }
    }
}

const KNOWN: &str = "`uniform`, `log`, `rho`, `cosine`, `tangent`, or `file:path=FILE`";

/// Reads `uniform`, `log`, `rho:rho=7`, `cosine`, `tangent:scale=0.5`, each with `steps`, `max`, `min` and `zero`, or
/// `file:path=FILE`.
impl FromStr for ScheduleSpec {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let mut form = Form::read("schedule", text)?;
        let spec = match form.name {
            "file" => Self::File(form.path()?),
            name => {
                let shape = match name {
                    "uniform" => Shape::Uniform,
                    "log" => Shape::Log,
                    "rho" => Shape::Rho(form.positive("rho", 7.0)?),
                    "cosine" => Shape::Tangent(1.0),
                    "tangent" => Shape::Tangent(form.positive("scale", 0.5)?),
                    _ => return Err(form.unknown(KNOWN)),
                };
                let steps = form.count("steps", 18)?;
                let (highest, lowest) = (form.positive("max", 80.0)?, form.positive("min", 0.002)?);
                Self::Shaped { shape, steps, highest, lowest, to_zero: form.flag("zero", true)? }
            }
        };
        form.finish()?;
        Ok(spec)
    }
}

impl fmt::Display for ScheduleSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Shaped { shape, steps, highest, lowest, to_zero } = self else {
            let Self::File(path) = self else { unreachable!("it is not shaped") };
            return write!(f, "file:path={}", path.display());
        };
        match shape {
            Shape::Uniform => write!(f, "uniform:")?,
            Shape::Log => write!(f, "log:")?,
            Shape::Rho(rho) => write!(f, "rho:rho={rho},")?,
            Shape::Tangent(scale) => write!(f, "tangent:scale={scale},")?,
        }
        write!(f, "steps={steps},max={highest},min={lowest},zero={to_zero}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(text: &str) -> Vec<f64> {
        text.parse::<ScheduleSpec>().unwrap().build().unwrap().into()
    }

    #[test]
    fn shapes_are_what_their_names_say() {
        let close = |text: &str, expected: &[f64]| {
            let found = levels(text);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9 * b.max(1.0)), "{found:?}");
        };
        close("uniform:steps=2,max=3,min=1,zero=false", &[3.0, 2.0, 1.0]);
        close("log:steps=3,max=4,min=1", &[4.0, 2.0, 1.0, 0.0]);
        close("rho:rho=2,steps=2,max=9,min=1,zero=false", &[9.0, 4.0, 1.0]);
        close(
            "cosine:steps=2,max=1,min=0.1,zero=false",
            &[1.0, (0.5 * (1f64.atan() + 0.1f64.atan())).tan(), 0.1],
        );
        close("log:steps=1,max=4,min=1", &[4.0, 0.0]);
    }

    #[test]
    fn tangent_levels_have_equal_angles() {
        let angles: Vec<f64> =
            levels("tangent:scale=0.5,steps=6,zero=false").iter().map(|s| (s / 0.5).atan()).collect();
        let turns: Vec<f64> = angles.windows(2).map(|pair| pair[0] - pair[1]).collect();
        assert!(turns.iter().all(|turn| (turn - turns[0]).abs() < 1e-12), "{turns:?}");
    }

    #[test]
    fn texts_come_back() {
        for text in ["rho:rho=7,steps=18,max=80,min=0.002,zero=true", "file:path=a.txt"] {
            assert_eq!(text.parse::<ScheduleSpec>().unwrap().to_string(), text);
        }
        assert!(
            "sqrt"
                .parse::<ScheduleSpec>()
                .unwrap_err()
                .to_string()
                .starts_with("unknown schedule `sqrt` (known:")
        );
    }

    #[test]
    fn files_are_read_line_by_line_and_faults_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ays.txt");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Schedule::read(&path).map_err(|error| error.to_string())
        };
        assert_eq!(read("# ten steps\n14.6\n\n0.5 # here\n0").unwrap().levels(), [14.6, 0.5, 0.0]);
        assert!(read("3\ntwo\n").unwrap_err().starts_with("line 2 of the schedule"));
        assert!(read("3\n4\n").unwrap_err().starts_with("level 1 of the schedule is 4 after 3"));
        assert!(read("3\n0\n0\n").unwrap_err().contains("only the last may be 0"));
        assert_eq!(read("3\n").unwrap_err(), "a schedule has two levels or more, not 1");
    }
}
