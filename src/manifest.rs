//! Kubernetes manifests: text -> objects as `api` has them, with everything that is wrong in them.
//!
//! ```text
//! text -> yaml::Node -> Documents -> (edits) -> decode -> old version's defaults -> convert
//!      parse         lists opened                          -> defaults -> validate -> Manifests
//! ```
//!
//! All findings come at once, and one bad document does not hide the others. Findings point into
//! the trees, which [`Manifests`] keeps for that.

mod compose;
pub mod convert;
mod decode;
pub mod defaults;
pub mod edit;
pub mod field_error;
pub mod fields;
mod kinds;
mod load;
pub mod merge;
pub mod names;
mod object;
mod path;
mod relations;
mod report;
mod set;
pub mod suggest;
pub mod validation;
pub mod versions;
pub mod yaml;

pub use load::{Options, decode_alone, decode_applied, decode_documents, load, read};
pub use object::{ObjectTree, Place};
pub use path::{EditStep, parse_edit_path};
pub use relations::prevents_run;
pub use set::{Documents, Loaded, Manifests, Origin, OtherWorkload};
