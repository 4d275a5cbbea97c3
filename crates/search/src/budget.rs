//! What a search may cost, what it was charged, and what it really used.
//!
//! Two kinds of number, on purpose. A [`Charge`] follows from the tree alone, every shared prefix paid once, so a
//! budget ends a search at the same node whatever the cache did. [`Usage`] is what the roles measured.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Hard limits; a search stops before it would pass any of them. `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Budget {
    /// The paper's unit: a generation is one full sampled answer. A search costs as many generations as samples
    /// were drawn at its busiest depth: N for best-of-N, N for beam search with N beams, N × (k + 1) with k steps of
    /// lookahead, and one for each revision.
    pub generations: Option<u32>,
    /// Units drawn by proposer and reviser. What a unit is, the proposer says: a token, a function evaluation, an
    /// imagined step.
    #[serde(alias = "tokens")]
    pub units: Option<u64>,
    /// Floating-point operations of all roles: reading the question, drawing, verifying.
    pub flops: Option<f64>,
}

impl Budget {
    /// A limit in generations alone.
    pub const fn generations(limit: u32) -> Self {
        Self { generations: Some(limit), units: None, flops: None }
    }
}

/// The price of one act, every shared prefix paid once. Deterministic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Charge {
    /// Units drawn.
    #[serde(alias = "tokens")]
    pub units: u64,
    /// Floating-point operations.
    pub flops: f64,
}

impl AddAssign for Charge {
    fn add_assign(&mut self, other: Self) {
        self.units = self.units.saturating_add(other.units);
        self.flops += other.flops;
    }
}

/// What a role measured of its own work. For language the unit is one token evaluated once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Given units evaluated.
    pub prefilled: u64,
    /// Given units that were found evaluated already.
    pub cached: u64,
    /// Units drawn.
    pub decoded: u64,
    /// Floating-point operations of all that was evaluated.
    pub flops: f64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.prefilled = self.prefilled.saturating_add(other.prefilled);
        self.cached = self.cached.saturating_add(other.cached);
        self.decoded = self.decoded.saturating_add(other.decoded);
        self.flops += other.flops;
    }
}

/// The bill of a search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Generations, as [`Budget::generations`] defines them.
    pub generations: u32,
    /// The sum of all charges: what the budget was compared with.
    pub charged: Charge,
    /// Measured by the proposer.
    pub proposer: Usage,
    /// Measured by the verifier.
    pub verifier: Usage,
    /// Measured by the reviser.
    pub reviser: Usage,
    /// Draws and verifications that failed.
    pub failures: u32,
    /// Wall time of the calls to the roles, in seconds. The one entry that differs between equal runs, besides the
    /// split between prefilled and cached when searches share an engine.
    pub seconds: f64,
}

impl AddAssign for Ledger {
    fn add_assign(&mut self, other: Self) {
        self.generations += other.generations;
        self.charged += other.charged;
        self.proposer += other.proposer;
        self.verifier += other.verifier;
        self.reviser += other.reviser;
        self.failures += other.failures;
        self.seconds += other.seconds;
    }
}

impl Ledger {
    /// Measured floating-point operations of all roles.
    pub fn flops(&self) -> f64 {
        self.proposer.flops + self.verifier.flops + self.reviser.flops
    }
}
