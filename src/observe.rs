//! Reads as much of a destination as the planner needs of one layer, and no more.
//!
//! An unchanged layer takes three requests: its versions, the one with the right description, and that one's policy.

mod texts;

use crate::archive::{ArchiveComment, Tail, read_tail};
use crate::layer::{LayerName, Policy, PublishedVersion, VersionNumber};
use crate::manifest::Republish;
use crate::plan::{Desired, Observed, ObservedContent, recognise};
use crate::registry::{DescribedVersion, Patience, ReadRegistry, Result};

pub use texts::read_texts;

/// How much of an archive's end is read first: enough for the comment and the listing of most layers.
const FIRST_TAIL: u64 = 64 * 1024;

/// The most bytes of an archive's end that are read, for some 300,000 files. One that claims to have more is not read
/// into memory to find out.
const LARGEST_TAIL: u64 = 32 << 20;

/// Observes one layer in one destination.
pub async fn observe(registry: &dyn ReadRegistry, desired: &Desired) -> Result<Observed> {
    let versions = registry.versions(&desired.layer, None).await?;
    let mut observed = Observed {
        destination: registry.destination().to_owned(),
        versions,
        ..Observed::default()
    };
    for number in candidates(desired, &observed) {
        if let Some(content) = observe_version(registry, desired, number).await? {
            observed.contents.insert(number, content);
        }
        if is_recognised(desired, &observed) {
            break;
        }
    }
    Ok(observed)
}

/// Whether one of the observed versions is what the manifest says.
pub fn is_recognised(desired: &Desired, observed: &Observed) -> bool {
    observed.versions.iter().any(|version| {
        let content = observed.contents.get(&version.number);
        content.is_some_and(|content| recognise(desired, version, content).is_some())
    })
}

/// The versions to look at until one is recognised: those with the right description, oldest first, then the newest,
/// which a new version is compared with.
fn candidates(desired: &Desired, observed: &Observed) -> Vec<VersionNumber> {
    let described_so =
        |version: &&PublishedVersion| version.metadata.description == desired.description.as_str();
    let described = observed.versions.iter().rev().filter(described_so);
    let mut candidates: Vec<_> = described.map(|version| version.number).collect();
    let newest = observed.versions.first().map(|version| version.number);
    candidates.extend(newest.filter(|newest| !candidates.contains(newest)));
    candidates
}

/// What was published of a layer beside what was seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newcomer {
    /// Nothing with the layer's description, as far as it can be described.
    None,
    /// A version that is what the manifest says: the oldest, if there are several.
    Equal(PublishedVersion),
    /// A version with the layer's description that is something else.
    Other(VersionNumber),
}

/// Looks at those of `numbers`, lowest first, that exist and have the layer's description. Of the others, those that
/// were `listed` are too young to be described, and are waited for as long as `patience` lasts.
///
/// Where a description may not be published again, the lowest version that has it decides.
pub async fn observe_newcomers(
    registry: &dyn ReadRegistry,
    desired: &Desired,
    numbers: impl IntoIterator<Item = VersionNumber>,
    listed: &[VersionNumber],
    patience: &mut Patience,
) -> Result<Newcomer> {
    let mut newcomer = Newcomer::None;
    for number in numbers {
        let described = if listed.contains(&number) {
            describe_listed(registry, &desired.layer, number, patience).await?
        } else {
            registry.describe(&desired.layer, number).await?
        };
        let Some(described) = described else {
            continue;
        };
        let version = &described.version;
        if version.metadata.description != desired.description.as_str() {
            continue;
        }
        let content = read_content(registry, desired, &described).await?;
        if recognise(desired, version, &content).is_some() {
            return Ok(Newcomer::Equal(described.version));
        }
        if desired.republish == Republish::Deny {
            return Ok(Newcomer::Other(number));
        }
        newcomer = Newcomer::Other(number);
    }
    Ok(newcomer)
}

async fn observe_version(
    registry: &dyn ReadRegistry,
    desired: &Desired,
    number: VersionNumber,
) -> Result<Option<ObservedContent>> {
    let layer = &desired.layer;
    let mut patience = Patience::of(registry);
    let (described, policy) = futures::try_join!(
        describe_listed(registry, layer, number, &mut patience),
        registry.policy(layer, number)
    )?;
    let Some(described) = described else {
        return Ok(None);
    };
    if !desired.trusts_comments {
        registry.check_archive(&described).await?;
    }
    let content = read_content(registry, desired, &described).await?;
    Ok(Some(ObservedContent { policy, ..content }))
}

/// Describes a version that was listed: one that is too young to be described yet is waited for.
async fn describe_listed(
    registry: &dyn ReadRegistry,
    layer: &LayerName,
    number: VersionNumber,
    patience: &mut Patience,
) -> Result<Option<DescribedVersion>> {
    loop {
        let described = registry.describe(layer, number).await?;
        if described.is_some() || !patience.wait().await {
            return Ok(described);
        }
    }
}

/// What a version holds, as far as it takes to compare it; without its policy.
async fn read_content(
    registry: &dyn ReadRegistry,
    desired: &Desired,
    described: &DescribedVersion,
) -> Result<ObservedContent> {
    let (sha256, size) = (described.sha256, described.size);
    let mut content = ObservedContent {
        sha256,
        size,
        comment: None,
        listing: None,
        policy: Policy::default(),
    };
    if desired.sha256 == Some(sha256) {
        return Ok(content);
    }
    let is_enough = |comment| desired.trusts_comments && desired.is_claimed_by(comment);
    match read_archive_tail(registry, described, is_enough).await? {
        Tail::Whole { comment, listing } => {
            content.comment = comment;
            content.listing = Some(listing);
        }
        Tail::Partial { comment, .. } => content.comment = comment,
        Tail::Foreign => {
            let (layer, number) = (&desired.layer, described.version.number);
            tracing::debug!(%layer, %number, "an archive cannot be read: the layer is built instead");
        }
    }
    Ok(content)
}

/// Reads the end of an archive: its comment and, where that is not enough, its whole directory.
pub async fn read_archive_tail(
    registry: &dyn ReadRegistry,
    described: &DescribedVersion,
    is_enough: impl Fn(Option<ArchiveComment>) -> bool,
) -> Result<Tail> {
    let start = described.size.saturating_sub(FIRST_TAIL);
    let Some(bytes) = read_end(registry, described, start).await? else {
        return Ok(Tail::Foreign);
    };
    match read_tail(&bytes, described.size) {
        Tail::Partial {
            comment,
            directory_offset,
        } if !is_enough(comment) => {
            if described.size.saturating_sub(directory_offset) > LARGEST_TAIL {
                return Ok(Tail::Foreign);
            }
            let bytes = read_end(registry, described, directory_offset).await?;
            Ok(bytes.map_or(Tail::Foreign, |bytes| read_tail(&bytes, described.size)))
        }
        tail => Ok(tail),
    }
}

/// The bytes of an archive from `start` to its end.
async fn read_end(
    registry: &dyn ReadRegistry,
    described: &DescribedVersion,
    start: u64,
) -> Result<Option<Vec<u8>>> {
    let range = start..described.size;
    registry.archive_range(&described.archive, range).await
}
