//! A search tree to look through: what was tried, what it cost, what was pruned and why.

mod from_search;
mod viewer;

pub use from_search::tree_from_search;
pub use viewer::tree_page;
pub(crate) use viewer::viewer;

use crate::page::Entry;
use serde::{Deserialize, Serialize};

/// The search for one question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TreeView {
    /// What was asked.
    pub question: String,
    /// The right answer, where it is known.
    #[serde(default)]
    pub expected: Option<String>,
    /// The answer that was chosen.
    #[serde(default)]
    pub answer: Option<String>,
    /// Whether it is right, where that is known.
    #[serde(default)]
    pub right: Option<bool>,
    /// Difficulty bin from 1 (easiest).
    #[serde(default)]
    pub bin: Option<u32>,
    /// How it was searched.
    #[serde(default)]
    pub strategy: Option<String>,
    /// The node whose answer was chosen.
    #[serde(default)]
    pub chosen: Option<u32>,
    /// All nodes below the question; parents before their children.
    pub nodes: Vec<TreeNode>,
    /// The answers, the chosen one first.
    #[serde(default)]
    pub standings: Vec<Standing>,
    /// What it cost, line by line.
    #[serde(default)]
    pub bill: Vec<Entry>,
}

/// One step, or one whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TreeNode {
    /// Its number, unlike that of any other node.
    pub id: u32,
    /// The node that it goes on from or rewrites; `None` for the question.
    #[serde(default)]
    pub parent: Option<u32>,
    /// What it says, without what came before.
    pub text: String,
    /// The verifier's score in 0..=1.
    #[serde(default)]
    pub score: Option<f64>,
    /// What it adds to the vote for its answer.
    #[serde(default)]
    pub vote: Option<f64>,
    /// What drawing and scoring it cost.
    #[serde(default)]
    pub cost: Cost,
    /// What became of it.
    pub status: TreeStatus,
    /// Whether it rewrites its parent instead of going on from it.
    #[serde(default)]
    pub revised: bool,
    /// Its final answer.
    #[serde(default)]
    pub answer: Option<String>,
    /// Whether that is right, where that is known.
    #[serde(default)]
    pub right: Option<bool>,
}

/// What a node cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens drawn.
    pub tokens: u64,
    /// Floating-point operations, where they are known.
    #[serde(default)]
    pub flops: Option<f64>,
}

/// What became of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "why")]
pub enum TreeStatus {
    /// The search went on from it.
    Kept,
    /// The search did not go on from it, for this reason.
    Pruned(String),
    /// A length limit cut it: neither a step nor an answer.
    Truncated,
    /// It is a whole answer.
    Complete,
}

/// What speaks for one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The answer.
    pub answer: String,
    /// Solutions that give it.
    pub count: u32,
    /// What was compared: solutions, a sum of scores, or the best score.
    pub weight: f64,
    /// Whether it is right, where that is known.
    #[serde(default)]
    pub right: Option<bool>,
}

impl TreeNode {
    /// A node below `parent` of which no more is known.
    pub fn new(id: u32, parent: Option<u32>, text: impl Into<String>, status: TreeStatus) -> Self {
        Self {
            id,
            parent,
            text: text.into(),
            score: None,
            vote: None,
            cost: Cost::default(),
            status,
            revised: false,
            answer: None,
            right: None,
        }
    }
}
