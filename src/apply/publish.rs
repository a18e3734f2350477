//! Publishes a version once: looks what is there, sends, and after an answer that was lost looks again before it
//! sends another time. Of several equal versions the oldest is the current one, whoever published it.

use super::summary::{CurrentVersion, DestinationSummary, Found, Outcome};
use crate::cache::StoredArchive;
use crate::error::{Error, Failure};
use crate::layer::{LayerName, VersionNumber};
use crate::manifest::Republish;
use crate::observe::{Newcomer, observe_newcomers};
use crate::plan::Desired;
use crate::registry::{
    DescribedVersion, Patience, PublishRequest, Registry, RegistryError, RegistryErrorKind,
};

/// How often a publish is sent at most, where it is not known to have been carried out.
const ATTEMPTS: usize = 3;

/// How often somebody else may be faster before that is a failure.
const OVERTAKEN: usize = 100;

/// How many numbers below a new version are looked at even if they are not listed.
const UNLISTED: u64 = 8;

/// A version with the description exists and is something else.
#[derive(Debug, thiserror::Error)]
#[error(
    "its description is already published as :{number} with different {}{}",
    if *same_content { "metadata" } else { "content" },
    ungranted.map(|equal| format!("; :{equal} is identical, but not granted")).unwrap_or_default()
)]
pub(super) struct Blocked {
    pub layer: LayerName,
    pub number: VersionNumber,
    /// A version above it that is what the manifest says.
    pub ungranted: Option<VersionNumber>,
    pub same_content: bool,
}

impl Failure for Blocked {
    fn hint(&self) -> Option<String> {
        Some(format!(
            "a published version is never replaced: raise the description of `{}`",
            self.layer
        ))
    }
}

/// One layer to be published in one destination.
pub(super) struct Publisher<'a> {
    pub registry: &'a dyn Registry,
    pub archive: &'a StoredArchive,
    pub desired: &'a Desired,
    /// The highest version when the plan was made; 0 where there was none.
    pub planned_after: VersionNumber,
}

impl Publisher<'_> {
    /// Notes in `summary` which version is the current one now, and how it came to be that.
    pub async fn publish(&self, summary: &mut DestinationSummary) -> Result<(), Error> {
        let (mut unanswered, mut overtaken) = (0, 0);
        loop {
            let highest = match self.look_before().await? {
                Before::Free(highest) => highest,
                Before::Equal(current) => {
                    summary.current = Some(current);
                    if unanswered > 0 {
                        summary.note_arrived();
                    } else {
                        summary.found = Some(Found::AnotherRun { ours: None });
                    }
                    return Ok(());
                }
            };
            let error = match self.send(highest).await {
                Ok(described) => return self.settle_on(described, highest, summary).await,
                Err(error) => error,
            };
            if matches!(error.kind, RegistryErrorKind::Overtaken(_)) && overtaken < OVERTAKEN {
                overtaken += 1;
            } else if error.kind.is_ambiguous() {
                unanswered += 1;
                if let Some(current) = self.search(highest, &error).await? {
                    summary.current = Some(current);
                    summary.note_arrived();
                    return Ok(());
                }
                if unanswered == ATTEMPTS {
                    return Err(error.into());
                }
            } else {
                return Err(error.into());
            }
        }
    }

    async fn send(&self, highest: VersionNumber) -> Result<DescribedVersion, RegistryError> {
        let request = PublishRequest {
            layer: &self.desired.layer,
            metadata: &self.desired.metadata,
            archive: self.archive,
            after: Some(highest),
        };
        self.registry.publish(&request).await
    }

    /// Looks at what was published since the plan was made, and takes down the highest number.
    async fn look_before(&self) -> Result<Before, Error> {
        let listed = self.numbers().await?;
        let highest = listed.last().copied().unwrap_or(VersionNumber(0));
        let since = listed.iter().copied().filter(|n| *n > self.planned_after);
        let mut patience = Patience::of(self.registry);
        match self.observe(since, &listed, &mut patience).await? {
            Newcomer::Equal(version) => return Ok(Before::Equal((&version).into())),
            Newcomer::Other(number) => self.refuse_other(number, None)?,
            Newcomer::None => {}
        }
        Ok(Before::Free(highest))
    }

    async fn observe(
        &self,
        numbers: impl IntoIterator<Item = VersionNumber>,
        listed: &[VersionNumber],
        patience: &mut Patience,
    ) -> Result<Newcomer, RegistryError> {
        observe_newcomers(self.registry, self.desired, numbers, listed, patience).await
    }

    /// Fails where another version may not have the description; `ours` is the equal one of this run.
    fn refuse_other(
        &self,
        number: VersionNumber,
        ours: Option<VersionNumber>,
    ) -> Result<(), Blocked> {
        match self.desired.republish {
            Republish::Allow => Ok(()),
            Republish::Deny => Err(Blocked {
                layer: self.desired.layer.clone(),
                number,
                ungranted: ours,
                same_content: false,
            }),
        }
    }

    /// The numbers of all versions, lowest first.
    async fn numbers(&self) -> Result<Vec<VersionNumber>, RegistryError> {
        let layer = &self.desired.layer;
        let versions = self.registry.versions(layer, None).await?;
        Ok(versions
            .iter()
            .rev()
            .map(|version| version.number)
            .collect())
    }

    /// Looks for the version of a publish without an answer, until it would have to be there. `error` is that publish's.
    async fn search(
        &self,
        above: VersionNumber,
        error: &RegistryError,
    ) -> Result<Option<CurrentVersion>, Error> {
        let mut patience = Patience::of(self.registry);
        loop {
            let looked = self.look_above(above, &mut patience).await;
            match looked {
                Ok(Newcomer::Equal(version)) => return Ok(Some((&version).into())),
                looked if !patience.wait().await => {
                    return match looked {
                        Ok(_) => Ok(None),
                        Err(unread) => Err(self.unknown(error, &unread)),
                    };
                }
                _ => {}
            }
        }
    }

    /// Also looks at the next number, which may be described before it is listed.
    async fn look_above(
        &self,
        above: VersionNumber,
        patience: &mut Patience,
    ) -> Result<Newcomer, RegistryError> {
        let listed = self.numbers().await?;
        let highest = listed.last().copied().unwrap_or(above).max(above);
        let numbers = listed.iter().copied().filter(|number| *number > above);
        let next = VersionNumber(highest.0 + 1);
        self.observe(numbers.chain([next]), &listed, patience).await
    }

    fn unknown(&self, error: &RegistryError, unread: &RegistryError) -> Error {
        Unknown {
            destination: self.registry.destination().to_owned(),
            layer: self.desired.layer.clone(),
            lost: error.kind.to_string(),
            unread: unread.kind.to_string(),
        }
        .into()
    }

    /// Decides which version is current after one was published: an equal one that came in between is, being older.
    async fn settle_on(
        &self,
        described: DescribedVersion,
        highest: VersionNumber,
        summary: &mut DestinationSummary,
    ) -> Result<(), Error> {
        let published = &described.version;
        summary.outcome = Outcome::Published;
        summary.published = true;
        let (expected, found) = (self.archive.summary.sha256, described.sha256);
        if expected != found {
            let number = published.number;
            let operation = format!("publish layer `{}` as version {number}", self.desired.layer);
            let kind = RegistryErrorKind::OtherHash { expected, found };
            return Err(kind.at(self.registry.destination(), operation).into());
        }
        let ours = Some(published.number);
        if published.number.0 > highest.0 + 1 {
            let listed = self.numbers().await?;
            let between = numbers_between(highest, published.number, &listed);
            let mut patience = Patience::of(self.registry);
            match self.observe(between, &listed, &mut patience).await? {
                Newcomer::Equal(earlier) => {
                    summary.current = Some((&earlier).into());
                    summary.found = Some(Found::AnotherRun { ours });
                    return Ok(());
                }
                Newcomer::Other(number) => self.refuse_other(number, ours)?,
                Newcomer::None => {}
            }
        }
        summary.current = Some(published.into());
        Ok(())
    }
}

/// What is there before a version is published.
enum Before {
    /// Nothing that is what the manifest says; with the highest number.
    Free(VersionNumber),
    /// A version that is what the manifest says.
    Equal(CurrentVersion),
}

/// The numbers between two others that may exist: those listed, and the last ones, as the list may be late.
fn numbers_between(
    low: VersionNumber,
    high: VersionNumber,
    listed: &[VersionNumber],
) -> Vec<VersionNumber> {
    let last = (low.0 + 1).max(high.0.saturating_sub(UNLISTED))..high.0;
    let is_between = |number: &VersionNumber| low < *number && *number < high;
    let mut numbers: Vec<_> = listed.iter().copied().filter(is_between).collect();
    numbers.extend(last.map(VersionNumber));
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// A publish had no usable answer, and whether it was carried out cannot be seen.
#[derive(Debug, thiserror::Error)]
#[error(
    "{destination}: whether layer `{layer}` was published is unknown ({lost}), and its versions cannot be read ({unread})"
)]
struct Unknown {
    destination: String,
    layer: LayerName,
    lost: String,
    unread: String,
}

impl Failure for Unknown {
    fn hint(&self) -> Option<String> {
        Some("run the command again: it starts from what is there then".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_between_are_looked_at_lowest_first() {
        let numbers = |low, high, listed: &[u64]| {
            let listed: Vec<_> = listed.iter().copied().map(VersionNumber).collect();
            let between = numbers_between(VersionNumber(low), VersionNumber(high), &listed);
            between.iter().map(|number| number.0).collect::<Vec<_>>()
        };
        assert_eq!(numbers(3, 4, &[4]), [0; 0]);
        assert_eq!(numbers(3, 6, &[6]), [4, 5], "also what is not listed yet");
        assert_eq!(
            numbers(1, 40, &[1, 2, 33, 40, 41]),
            [2, 32, 33, 34, 35, 36, 37, 38, 39]
        );
    }
}
