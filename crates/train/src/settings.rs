//! Everything that decides a training besides shape, data and first weights.

use crate::{AdamW, Schedule, TrainError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Settings of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Decides what dropout drops. The source of examples has a seed of its own.
    pub seed: u64,
    /// Steps to make, if nothing stops it earlier.
    pub steps: u64,
    /// The learning rate of every step.
    pub schedule: Schedule,
    /// How weights follow gradients.
    pub adamw: AdamW,
    /// Share of the residual branches' entries that are dropped.
    pub dropout: f32,
    /// Steps between evaluations; the last step is always evaluated. None without validation examples.
    pub evaluate_every: u64,
    /// Tokens evaluated at once.
    pub evaluation_tokens: usize,
    /// Evaluations without a new minimum after which training stops; never with none.
    pub patience: Option<u32>,
    /// The weights chosen are those of so many evaluations after the minimum (0: those of the minimum), or the last
    /// ones if training ends before.
    pub after_minimum: u32,
    /// Steps between checkpoints; 0 for none but the last.
    pub checkpoint_every: u64,
    /// Seconds between checkpoints, whatever the steps; 0 for no such limit.
    pub checkpoint_seconds: u64,
    /// Steps between lines of the log.
    pub log_every: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            steps: 1000,
            schedule: Schedule::default(),
            adamw: AdamW::default(),
            dropout: 0.0,
            evaluate_every: 100,
            evaluation_tokens: 8192,
            patience: None,
            after_minimum: 0,
            checkpoint_every: 0,
            checkpoint_seconds: 60,
            log_every: 10,
        }
    }
}

/// Settings that decide how often something is written, not what.
const HARMLESS: [&str; 4] = ["checkpoint-every", "checkpoint-seconds", "log-every", "evaluation-tokens"];

impl Settings {
    /// Checks that every setting is in range.
    ///
    /// # Errors
    /// [`TrainError::Setting`] names the first that is not.
    pub fn check(&self) -> Result<(), TrainError> {
        let AdamW { first_decay, second_decay, epsilon, weight_decay, clip } = self.adamw;
        let share = 0.0..1.0;
        let ranges = [
            (share.contains(&self.dropout), "`dropout` must be at least 0 and below 1"),
            (share.contains(&first_decay), "`adamw.first-decay` must be at least 0 and below 1"),
            (share.contains(&second_decay), "`adamw.second-decay` must be at least 0 and below 1"),
            (epsilon > 0.0 && epsilon.is_finite(), "`adamw.epsilon` must be above 0"),
            (weight_decay >= 0.0 && weight_decay.is_finite(), "`adamw.weight-decay` must be at least 0"),
            (clip >= 0.0 && clip.is_finite(), "`adamw.clip` must be at least 0 (0: no clipping)"),
            (self.schedule.peak > 0.0 && self.schedule.peak.is_finite(), "`schedule.peak` must be above 0"),
            ((0.0..=1.0).contains(&self.schedule.floor), "`schedule.floor` must be in 0..=1"),
            (self.steps > 0, "`steps` must be at least 1"),
            (self.evaluate_every > 0, "`evaluate-every` must be at least 1"),
            (self.evaluation_tokens > 0, "`evaluation-tokens` must be at least 1"),
            (self.log_every > 0, "`log-every` must be at least 1"),
            (
                self.patience.is_none_or(|patience| patience >= self.after_minimum.max(1)),
                "`patience` must be at least 1 and at least `after-minimum`",
            ),
        ];
        match ranges.iter().find(|(fits, _)| !fits) {
            Some((_, reason)) => Err(TrainError::Setting { reason: (*reason).to_owned() }),
            None => Ok(()),
        }
    }

    /// What must be equal for a training to go on.
    pub(crate) fn deciding(&self) -> Value {
        let mut value = serde_json::to_value(self).expect("settings are plain data");
        if let Value::Object(fields) = &mut value {
            for name in HARMLESS {
                fields.remove(name);
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deliberate_run::differences;

    #[test]
    fn settings_out_of_range_are_named() {
        let check = |change: fn(&mut Settings), expected: &str| {
            let mut settings = Settings::default();
            change(&mut settings);
            let message = settings.check().unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        };
        assert!(Settings::default().check().is_ok());
        check(|s| s.dropout = 1.0, "dropout");
        check(|s| s.schedule.peak = f32::NAN, "schedule.peak");
        check(|s| s.steps = 0, "steps");
        check(|s| (s.patience, s.after_minimum) = (Some(1), 2), "patience");
    }

    #[test]
    fn only_deciding_differences_count() {
        let base = Settings::default();
        let rarer = Settings { checkpoint_every: 7, ..base.clone() };
        assert!(differences(&base.deciding(), &rarer.deciding(), &[]).is_empty());
        let mut other = base.clone();
        other.schedule.warm_up = 5;
        other.patience = Some(3);
        let found = differences(&base.deciding(), &other.deciding(), &[]);
        assert_eq!(found, ["patience: none → 3", "schedule.warm-up: 100 → 5"]);
    }
}
