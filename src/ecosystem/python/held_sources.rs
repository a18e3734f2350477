//! Resolves a layer's packages so that no code of a source runs that requirements do not allow.
//!
//! To find out what a source requires, uv runs its code, and compares no hash before. So a source that hashes are written
//! for is downloaded and compared first, and uv is given that file in place of the index or the address.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::from_source::SourceBuilds;
use super::held::{Held, download};
use super::locking_error::in_layer;
use super::no_wheel::no_wheel;
use super::requirement_lines::{RequirementsCopy, git_addresses, lines_of, source_addresses};
use super::requirements::Requirements;
use super::source_error::SourceError;
use super::uv::{PackageSource, Platform, Preferences, ResolveRequest, ResolvedPackage, UvError};
use crate::digest::Sha256;
use crate::error::{Error, PathContext as _};
use crate::layer::PackageName;

impl SourceBuilds<'_> {
    /// The packages for one runtime. uv may run code of the sources in `build`, once their hashes were compared.
    pub async fn resolve(
        &mut self,
        platform: Platform,
        kept: &Preferences,
    ) -> Result<Vec<ResolvedPackage>, Error> {
        let held = self.hold(platform, kept).await?;
        let requirements = self.requirements;
        let copy = RequirementsCopy::of(&requirements.sources, &held)?;
        let from_source: BTreeSet<_> = &self.settings.build - &held.refused;
        let request = ResolveRequest {
            requirements: &copy.requirements(),
            index_options: &requirements.index_options,
            from_source: &from_source,
        };
        let packages = match self.uv.resolve(request, platform, kept).await {
            Err(UvError::OnlySource { package, version }) if held.refused.contains(&package) => {
                return Err(self.refusal(package, version, platform));
            }
            Err(error) => {
                let told = |message: &str| copy.in_terms_of_originals(message);
                return Err(self.explained(error, platform, told).await);
            }
            Ok(packages) => packages,
        };
        let checked = |mut package: ResolvedPackage| {
            let is_bound = self.settings.build.contains(&package.name)
                && requirements.hashes.bound(&package.name)
                && matches!(package.source, Some(PackageSource::Archive { .. }));
            let is_allowed = if is_bound {
                held.restore(&mut package)
            } else {
                !held.refused.contains(&package.name)
            };
            if is_allowed {
                Ok(package)
            } else {
                Err(self.refusal(package.name, package.version, platform))
            }
        };
        packages.into_iter().map(checked).collect()
    }

    /// Downloads the sources that hashes are written for, and compares them.
    async fn hold(&mut self, platform: Platform, kept: &Preferences) -> Result<Held, Error> {
        let requirements = self.requirements;
        let (hashes, sources) = (&requirements.hashes, &requirements.sources);
        let mut held = Held::default();
        let (mut listed, mut lines) = (BTreeSet::new(), Vec::new());
        for name in &self.settings.build {
            let addresses = source_addresses(sources, name, &self.bench.python.uv_source.launcher);
            if !git_addresses(sources, name).is_empty() {
                hashes.check_git(name)?;
                hashes.check_required(name, "", sources)?;
            } else if hashes.bound(name) && addresses.is_empty() {
                lines.extend(lines_of(sources, name));
                listed.insert(name.clone());
            } else if hashes.bound(name) {
                for (written, url) in addresses {
                    let file = self.bring(name, &url).await?;
                    hashes.check_address(name, file.1)?;
                    held.replace(written, name, &url, file)?;
                }
            } else if hashes.are_required() || (requirements.pins.is_some() && addresses.is_empty())
            {
                held.refused.insert(name.clone());
            }
        }
        if !listed.is_empty() {
            self.hold_listed(&mut held, (listed, lines), platform, kept)
                .await?;
        }
        Ok(held)
    }

    /// The same for packages of indexes; one whose lines do not hold for the runtime is refused.
    async fn hold_listed(
        &mut self,
        held: &mut Held,
        (mut names, lines): (BTreeSet<PackageName>, Vec<String>),
        platform: Platform,
        kept: &Preferences,
    ) -> Result<(), Error> {
        let requirements = self.requirements;
        let options = &requirements.index_options;
        let listed = self.uv.sources(&names, (&lines, options), platform, kept);
        let listed = match listed.await {
            Ok(listed) => listed,
            Err(error) => return Err(self.explained(error, platform, str::to_owned).await),
        };
        for package in listed {
            let Some(PackageSource::Archive { url, sha256, .. }) = &package.source else {
                continue;
            };
            let name = &package.name;
            let version = package.version.as_deref().unwrap_or_default();
            let file = self.bring(name, url).await?;
            if let Some(expected) = sha256.filter(|expected| *expected != file.1) {
                let (package, found) = (name.clone(), file.1);
                return Err(SourceError::Hash {
                    package,
                    expected,
                    found,
                }
                .into());
            }
            let found = [("source code".to_owned(), file.1)];
            requirements.hashes.check_files(name, version, &found)?;
            names.remove(name);
            held.constrain(name, url, file);
        }
        held.refused.append(&mut names);
        Ok(())
    }

    /// Downloads a source, unless that was done before.
    async fn bring(&mut self, name: &PackageName, url: &str) -> Result<(PathBuf, Sha256), Error> {
        if let Some(file) = self.held.file(url) {
            return Ok(file);
        }
        let folder = self
            .held
            .folder
            .path()
            .join(self.held.files.len().to_string());
        std::fs::create_dir(&folder).at("write to", &folder)?;
        let options = &self.requirements.index_options;
        let file = download((self.bench, self.uv, options), name, url, &folder).await?;
        self.held.files.insert(url.to_owned(), file.clone());
        Ok(file)
    }

    /// Why a package that uv would take may not be built.
    fn refusal(&self, package: PackageName, version: Option<String>, platform: Platform) -> Error {
        let Requirements {
            hashes,
            sources,
            pins,
            ..
        } = self.requirements;
        let of_version = version.as_deref().unwrap_or_default();
        let held = hashes.check_required(&package, of_version, sources);
        if let Err(error) = held.and_then(|()| hashes.check_marker(&package, platform.python)) {
            return error.into();
        }
        match pins {
            Some(pins) => pins.not_locked(package, version.unwrap_or_default()).into(),
            None => {
                let error = UvError::OnlySource { package, version };
                in_layer(self.layer, self.requirements, error)
            }
        }
    }

    /// Why uv found no packages.
    async fn explained(
        &self,
        error: UvError,
        platform: Platform,
        told: impl Fn(&str) -> String,
    ) -> Error {
        let place = (self.layer, self.requirements);
        if let Some(reason) = no_wheel(self.uv, place, platform, &error).await {
            return reason.into();
        }
        let error = match error {
            UvError::Failed { message } => UvError::Failed {
                message: told(&message),
            },
            error => error,
        };
        in_layer(self.layer, self.requirements, error)
    }
}
