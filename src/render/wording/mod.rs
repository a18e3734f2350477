//! What every format says in the same words: counts, signs, headlines, hints, and the details of a change.
//!
//! It knows no format: colors, line ends, and markup are up to the formats.

mod changes;
mod details;
mod group;
mod headline;
mod neutral;
mod outcome;
mod text;
mod visible;

pub use changes::{
    About, Detail, Tone, bytecode_detail, change_details, equality, file_detail, package_detail,
    uncompared,
};
pub use details::{described, details, grant, lowered, metadata, metadata_lists, parameter_detail};
pub use group::{Group, changes, groups, ungranted};
pub use headline::{headline, hint, new_sizes, place, sign};
pub use neutral::{code, fenced, html_code, one_line, prose_html, prose_markdown};
pub use outcome::{outcome, outcome_count};
pub use text::{count, joined, size};
pub use visible::{steers, visible, visible_lines};
