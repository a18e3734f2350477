//! `lls show`: one published version in each destination.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::describe::{PublishedContent, choose_region, missing};
use super::{Context, ExitStatus};
use crate::archive::Listing;
use crate::cli::{Format, ShowOptions};
use crate::error::{Error, Failures};
use crate::layer::{AccountId, NamedVersion};
use crate::plan::{package_files, packages, records};
use crate::registry::Registry;
use crate::render::{Document, OwnFiles, ShownStatement, ShownVersion, render_shown};

pub(super) async fn show(
    options: &ShowOptions,
    context: &mut Context,
) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest_if_there()?;
    choose_region(context, manifest.as_ref(), [&options.version])?;
    let session = context.connect_to(manifest.as_ref()).await?;
    let registries: Vec<_> = session.registries.iter().map(AsRef::as_ref).collect();
    let account = &session.identity.account;
    let read = registries
        .iter()
        .map(|registry| read(*registry, &options.version, account));
    let shown = Failures::collect(join_all(read).await)?;
    let places = registries.iter().zip(&shown);
    let lacking = places.filter(|(_, shown)| shown.is_none());
    let lacking: Vec<_> = lacking.map(|(registry, _)| *registry).collect();
    if lacking.len() == registries.len() {
        return Err(missing(&registries, &options.version, manifest.as_ref())
            .await
            .into());
    }
    for registry in lacking {
        let (place, version) = (registry.destination(), &options.version);
        let message = format!("{place}: {version} is not published there\n");
        context.output.message(&message);
    }
    let shown: Vec<_> = shown.into_iter().flatten().collect();
    context.output.result(&match options.format.format {
        Format::Terminal => render_shown(&shown),
        Format::Json => Document::new(serde_json::json!({ "destinations": shown })).render(),
    })?;
    Ok(ExitStatus::Success)
}

/// Reads the version in one destination; `None` where it has none.
async fn read(
    registry: &dyn Registry,
    named: &NamedVersion,
    account: &AccountId,
) -> Result<Option<ShownVersion>, Error> {
    let Some(content) = PublishedContent::read(registry, named).await? else {
        return Ok(None);
    };
    let version = content.described.version.clone();
    let is_foreign = matches!(named, NamedVersion::Arn(arn) if arn.account != *account);
    let statements = match is_foreign {
        true => None,
        false => {
            let policy = registry.policy(&content.layer, version.number).await?;
            let statements = policy.statements.into_iter();
            let statements = statements.map(|statement| ShownStatement {
                is_managed: statement.id.is_managed(),
                statement,
            });
            Some(statements.collect())
        }
    };
    let listing = content.listing.as_ref();
    let files = match listing {
        Some(listing) => Some(files(registry, &content, listing).await),
        None => None,
    };
    Ok(Some(ShownVersion {
        destination: registry.destination().to_owned(),
        layer: content.layer.clone(),
        version,
        sha256: content.described.sha256,
        size: content.described.size,
        unpacked_size: listing.map(Listing::unpacked_size),
        packages: listing.map(packages),
        files,
        statements,
    }))
}

/// The files that belong to no package.
async fn files(
    registry: &dyn Registry,
    content: &PublishedContent,
    listing: &Listing,
) -> Vec<OwnFiles> {
    let names: BTreeSet<_> = packages(listing)
        .into_iter()
        .map(|package| package.name)
        .collect();
    let records = content.texts(registry, &records(listing, &names)).await;
    let of_packages = package_files(listing, &records);
    let mut groups: BTreeMap<&str, OwnFiles> = BTreeMap::new();
    for entry in listing
        .0
        .iter()
        .filter(|entry| !of_packages.contains(&entry.path))
    {
        let path = below_root(entry.path.as_str());
        let group = groups.entry(path).or_insert_with(|| OwnFiles {
            path: path.to_owned(),
            files: 0,
            size: 0,
        });
        group.files += 1;
        group.size = group.size.saturating_add(entry.size);
    }
    groups.into_values().collect()
}

/// The file, or the uppermost folder that it is in; under `python/`, where layers have their modules, the one in that.
fn below_root(path: &str) -> &str {
    let root = if path.starts_with("python/") {
        "python/".len()
    } else {
        0
    };
    match path[root..].find('/') {
        Some(end) => &path[..=root + end],
        None => path,
    }
}
