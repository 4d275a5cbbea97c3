//! Strategies for latents: those of the search core by their own names, and three that it does not have.
//!
//! | name | what it is here |
//! |---|---|
//! | `best-of-n` | best of N noises ("random search") |
//! | `beam` | search over paths: each round keeps the best latents and continues each several times |
//! | `particle` | resampling by the value itself at every level |
//! | `mcts`, `dvts`, `rebase` | as in language |
//! | `revisions` | a walk among noises |
//! | [`Pivot`] | zero-order search: neighbours of the best noise so far |
//! | [`Steering`] | Feynman-Kac steering |
//! | [`TreeSampling`] | Diffusion Tree Sampling, soft backup |

mod named;
mod pivot;
mod steering;
mod tree_sampling;

pub use named::{Strategies, StrategyError};
pub use pivot::Pivot;
pub use steering::{Potential, Steering};
pub use tree_sampling::TreeSampling;

use deliberate_search::{Choice, NodeId, Status, Tree, Vote};

/// Whether an answer is drawn by its weight or is the one that scores highest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choosing {
    /// The highest score.
    #[default]
    Best,
    /// Drawn in proportion to the weights, so that repeated searches draw from the law that the weights stand for.
    Drawn,
}

impl Choosing {
    /// From the text of an option.
    pub(crate) fn from_option(form: &mut crate::form::Form<'_>) -> Result<Self, crate::FormError> {
        match form.text("choose") {
            None | Some("best") => Ok(Self::Best),
            Some("drawn") => Ok(Self::Drawn),
            Some(other) => Err(form.bad("choose", other, "`best` or `drawn`")),
        }
    }
}

/// Tells the dice of a last choice from those of draws.
const LAST: u64 = 0x6c61_7374;

/// Whether the budget cut a draw short. First steps may be free, so a strategy without an end of its own could go on with cut
/// draws for ever.
fn spent(tree: &Tree) -> bool {
    tree.iter().last().is_some_and(|(_, node)| node.status == Status::Truncated)
}

/// A choice among weighted answers, the chosen one first.
fn choice(tree: &Tree, mut weighted: Vec<(NodeId, f64)>, chosen: Option<usize>) -> Choice {
    if let Some(index) = chosen.filter(|&index| index < weighted.len()) {
        let first = weighted.remove(index);
        weighted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        weighted.insert(0, first);
    } else {
        weighted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }
    let vote =
        |&(node, weight): &(NodeId, f64)| Vote { class: tree.node(node).class, node, count: 1, weight };
    let votes: Vec<Vote> = weighted.iter().map(vote).collect();
    Choice { node: votes.first().map(|vote| vote.node), votes }
}
