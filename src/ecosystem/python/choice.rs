//! Chooses the wheel of each package that was resolved: the best that fits the runtime and that hashes allow.

use super::from_source::SourceBuilds;
use super::lock::ResolvedWheel;
use super::locking_error::{LockingError, in_layer};
use super::requirements::Requirements;
use super::uv::{IndexFile, Platform, ResolvedPackage, UvError};
use crate::error::Error;

/// The wheel of each package: one of the index, or one that `builds` makes where the layer's `build` names the package.
pub(super) async fn choose_wheels(
    packages: &[ResolvedPackage],
    platform: Platform,
    builds: &mut SourceBuilds<'_>,
) -> Result<Vec<ResolvedWheel>, Error> {
    let mut wheels = Vec::new();
    let Requirements {
        hashes, sources, ..
    } = builds.requirements;
    hashes.check_all_required(packages, sources)?;
    for package in packages {
        wheels.push(match &package.source {
            Some(source) if builds.settings.build.contains(&package.name) => {
                builds.wheel(package, source, platform).await?
            }
            _ => {
                let version = index_version(package)
                    .map_err(|source| in_layer(builds.layer, builds.requirements, source))?;
                choose_wheel(package, version, platform, builds.requirements)?
            }
        });
    }
    Ok(wheels)
}

/// The version of a package that comes as wheels of an index.
fn index_version(package: &ResolvedPackage) -> Result<String, UvError> {
    let version = package.version.clone();
    version
        .filter(|_| !package.wheels.is_empty())
        .ok_or_else(|| UvError::NotFromIndex {
            package: package.name.to_string(),
        })
}

/// The wheel that an installer would choose. Equal ones are told apart by hash, so that the choice is always the same.
fn choose_wheel(
    package: &ResolvedPackage,
    version: String,
    platform: Platform,
    Requirements { hashes, .. }: &Requirements,
) -> Result<ResolvedWheel, Error> {
    let name = package.name.clone();
    let Platform {
        python,
        architecture,
    } = platform;
    let rank = |wheel: &&IndexFile| wheel.name.rank(python, architecture);
    let fitting: Vec<_> = package
        .wheels
        .iter()
        .filter(|wheel| rank(wheel).is_some())
        .collect();
    if fitting.is_empty() {
        return Err(LockingError::NoWheel {
            package: name,
            version,
            python,
            architecture,
        }
        .into());
    }
    let files: Vec<_> = fitting
        .iter()
        .map(|wheel| (wheel.name.to_string(), wheel.sha256))
        .collect();
    hashes.check_files(&name, &version, &files)?;
    let allowed = fitting
        .into_iter()
        .filter(|wheel| hashes.allow(&name, &version, wheel.sha256));
    let best = allowed.max_by_key(|wheel| (rank(wheel), wheel.sha256));
    let sha256 = best.expect("one is allowed").sha256;
    Ok(ResolvedWheel {
        name,
        version,
        sha256,
        built: None,
    })
}
