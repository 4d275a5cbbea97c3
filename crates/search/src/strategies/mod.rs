//! The strategies, and how they are written down, combined and sized. Each is a small pure file that looks only at the
//! tree.
//!
//! | strategy | costs (generations) | verifier | source |
//! |---|---|---|---|
//! | `best-of-n` | N | unless `rule=majority` | section 5.2 of the paper |
//! | `beam` | N × (lookahead + 1) | yes | section 5.2 |
//! | `dvts` | N × (lookahead + 1) | yes | Beeching et al. 2024 |
//! | `rebase` | N | yes | Wu et al. 2024 |
//! | `particle` | N | yes | Puri et al. 2025 |
//! | `mcts` | N at most | yes | PUCT over steps |
//! | `revisions` | chains × length | unless `rule=majority` | section 6 |
//! | `synthesis` | N | unless `rule=majority` | fusion of answers, as in Wang et al. 2024 (Mixture-of-Agents) |
//! | `ab-mcts` | N | yes | Inoue et al. 2025 |
//! | `a + b` | the sum | as its stages | section 8 (left open there) |
//! | `early-stop(a)` | as `a`, or less | as `a` | Aggarwal et al. 2023 |
//!
//! [`StrategySpec`] is where all of them begin.

mod ab_mcts;
mod asked;
mod beam;
mod best_of_n;
mod branching;
mod dvts;
mod early_stop;
mod levels;
mod mcts;
mod options;
mod particle;
mod rebase;
mod revisions;
mod sequence;
mod spec;
mod synthesis;
mod text;
mod voting;

pub use ab_mcts::AbMcts;
pub use asked::Asked;
pub use beam::Beam;
pub use best_of_n::BestOfN;
pub use branching::Branching;
pub use dvts::Dvts;
pub use early_stop::{BadThreshold, EarlyStop, Threshold, leads};
pub use mcts::Mcts;
pub use options::{Needs, NotPositive, OptionInfo, Positive};
pub use particle::{Particle, Resampling};
pub use rebase::Rebase;
pub use revisions::Revisions;
pub use sequence::Sequence;
pub use spec::{
    EarlyStopSpec, SpecError, Stage, Stages, StagesSpec, StrategyInfo, StrategySpec, TooFewStages,
};
pub use synthesis::Synthesis;
