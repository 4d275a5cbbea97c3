//! Test-time compute for language models, as a library: say which models answer, how they search and what a question may
//! cost; get the answer, what spoke for it, the tree and the bill.
//!
//! ~~~
//! use deliberate::{Budget, Deliberate};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let deliberate = Deliberate::builder()
//!     .model("lab")
//!     .strategy("best-of-n")
//!     .budget(Budget::generations(8))
//!     .open()
//!     .await?;
//! let solved = deliberate.solve("Spend 8 on a=5,b=3\nSpend 4 on c=4,d=9\nitems?").await?;
//! println!("{:?} for {} tokens", solved.answer(), solved.bill().charged.units);
//! for support in solved.support() {
//!     println!("{:?}: {} solutions, {:.2}", support.answer, support.solutions, support.weight);
//! }
//! # assert!(solved.answer().is_some());
//! # Ok::<(), deliberate::Error>(())
//! # }).unwrap();
//! ~~~
//!
//! | to | use |
//! |---|---|
//! | put models together | [`Deliberate::builder`], or [`Options`] as a settings file has them |
//! | ask one question in a way of its own: a deadline, a checkpoint, a strategy of yours | [`Deliberate::ask`] |
//! | watch a search | [`Ask::events`], or [`Ask::watched`] with an [`Observer`](search::Observer) |
//! | score with code of yours | [`Builder::verify_with`] |
//! | search over something else than text | the crate [`search`] alone |
//!
//! Nothing is printed and nothing listens. A key for servers comes from the environment (`DELIBERATE_API_KEY`).

mod affordable;
mod ask;
mod backend;
pub mod budget;
mod builder;
mod bytes;
mod deliberate;
mod error;
mod event;
mod loaded;
pub mod machine;
mod models;
mod obeyed;
mod open;
mod options;
mod resolved;
mod solved;
mod team;

pub use ask::Ask;
pub use backend::Backend;
pub use builder::Builder;
pub use bytes::Bytes;
pub use deliberate::Deliberate;
/// Models, their capabilities and their failures.
pub use deliberate_lm as lm;
/// Strategies that are learnt.
pub use deliberate_policy as policy;
/// The search core, which knows no text.
pub use deliberate_search as search;
pub use deliberate_search::Budget;
/// States of text, prompts, verifiers.
pub use deliberate_text as text;
pub use error::{Error, OpenError, OptionsError};
pub use event::{Event, Progress};
pub use loaded::{Cast, Loaded, address, files};
pub use models::ModelSettings;
pub use obeyed::{Asked, Obeyed, Regime, asked};
pub use open::Served;
pub use options::{ModelOptions, Options, RuntimeChoice, SearchOptions, Usual};
pub use resolved::{PROMPT, Search};
pub use solved::{Solved, Support};
pub use team::asking;
