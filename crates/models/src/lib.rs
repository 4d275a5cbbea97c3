//! Where model files come from: this program itself, a catalogue of names, the Hugging Face hub, Python packages,
//! local paths, and the folder in which what was fetched is kept.
//!
//! [`Models`] is the door. [`Models::resolve`] never touches the network; [`Models::pull`] fetches what is not
//! here yet, once, and leaves either a complete and checked file or none. The crate neither reads what is in a model
//! nor prints: progress goes to a [`PullObserver`].

mod bundled;
mod catalogue;
mod digest;
mod error;
mod fetch;
mod hub;
mod models;
mod observe;
mod origin;
mod package_file;
mod pip;
mod pull;
mod record;
mod settings;
mod source_error;
mod spec;
mod store;
mod transfer;
mod wheel;

pub use bundled::{BundledModel, bundled};
pub use catalogue::{Catalogue, CatalogueEntry, Source};
pub use error::{Failures, ModelError};
pub use models::{ModelFile, Models, Removed, StoredModel, Verification};
pub use observe::{PullEvent, PullObserver};
pub use origin::Origin;
pub use package_file::PackageFile;
pub use settings::{HubSettings, PipSettings, Settings};
pub use source_error::SourceError;
pub use spec::{FileChoice, HubSpec, ModelSpec};
