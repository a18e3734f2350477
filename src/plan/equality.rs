//! When a published version is what the manifest says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desired::Desired;
use super::observed::ObservedContent;
use crate::archive::{Listing, ListingEntry};
use crate::bytecode::is_bytecode;
use crate::layer::PublishedVersion;

/// How two archives were found to hold the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Equality {
    /// Their hashes are equal.
    SameBytes,
    /// They were made from equal inputs, as the archive's comment says.
    SameInputs,
    /// They list the same files with the same checksums.
    SameFiles,
    /// The published one holds the same, but lacks the bytecode that the manifest asks for.
    WithoutBytecode,
}

/// How a published version is what the manifest says, content and metadata; `None` where it is not.
pub fn recognise(
    desired: &Desired,
    version: &PublishedVersion,
    content: &ObservedContent,
) -> Option<Equality> {
    if version.metadata == desired.metadata {
        content_equality(desired, content)
    } else {
        None
    }
}

/// How the published content is the desired one; `None` where it is not, or where that cannot be known.
pub(super) fn content_equality(desired: &Desired, content: &ObservedContent) -> Option<Equality> {
    if desired.sha256 == Some(content.sha256) {
        return Some(Equality::SameBytes);
    }
    if desired.trusts_comments && desired.is_claimed_by(content.comment) {
        let is_whole = content.comment == Some(desired.comment);
        return Some(if is_whole {
            Equality::SameInputs
        } else {
            Equality::WithoutBytecode
        });
    }
    let archive = desired.archive.as_ref()?;
    let published = content.listing.as_ref()?;
    if archive.listing == *published {
        return Some(Equality::SameFiles);
    }
    // Bytecode that is published is code that runs: it has to be the same.
    let lacks_it = desired.without_bytecode.is_some()
        && without_bytecode(&archive.listing) == published.0.iter().collect::<Vec<_>>();
    lacks_it.then_some(Equality::WithoutBytecode)
}

/// The files of an archive but for the bytecode of its sources.
fn without_bytecode(listing: &Listing) -> Vec<&ListingEntry> {
    let entries = listing.0.iter();
    entries
        .filter(|entry| !is_bytecode(listing, &entry.path))
        .collect()
}
