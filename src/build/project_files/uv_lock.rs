//! `uv.lock`: what the project at its root requires, and constraints that leave uv no other version.
//!
//! uv finds out again which packages these need; whatever it finds must be in the lock.

use std::collections::BTreeSet;

use toml::de::DeTable;

use super::document::{Place, Requirement, Value, items, keys, named, table, text};
use super::pins::{Pin, Pins};
use super::{Asked, ProjectFileError};
use crate::layer::PackageName;
use crate::manifest::ProjectFile;

/// Reads what the project, its extras and its groups require.
pub(super) fn read(place: Place<'_>, asked: &ProjectFile) -> Result<Asked, ProjectFileError> {
    let document = place.toml()?;
    let version = document.get("version").map(toml::Spanned::get_ref);
    let version = version.and_then(|version| version.as_integer()?.to_string().parse().ok());
    if version != Some(1) {
        return Err(ProjectFileError::Format {
            path: asked.path.clone(),
            found: version.map_or_else(|| "unknown".to_owned(), |found: u64| found.to_string()),
            known: "1, which uv writes: `uv lock`",
        });
    }
    let packages = items(document.get("package"));
    let packages = packages.iter().map(|package| Package::of(place, package));
    let lock = Lock {
        place,
        packages: packages.collect::<Result<_, _>>()?,
    };
    let is_root = |package: &&Package<'_, '_>| {
        let at = |kind| text(package.source?, kind);
        at("virtual") == Some(".") || at("editable") == Some(".")
    };
    let Some(root) = lock.packages.iter().find(is_root) else {
        return Err(place.wrong(1, "it locks no project in its own folder"));
    };
    let mut dependencies: Vec<&Value<'_>> = items(root.table.get("dependencies")).iter().collect();
    for (what, key, names) in [
        ("extra", "optional-dependencies", &asked.extras),
        ("group", "dev-dependencies", &asked.groups),
    ] {
        let lists = table(root.table, key);
        for name in names {
            let list = named(lists, name);
            let list = list.ok_or_else(|| place.no_group(what, name, keys(lists)))?;
            dependencies.extend(items(Some(list)));
        }
    }
    lock.asked(&dependencies)
}

struct Lock<'v, 'a> {
    place: Place<'v>,
    packages: Vec<Package<'v, 'a>>,
}

/// A package of the lock.
struct Package<'v, 'a> {
    name: PackageName,
    line: usize,
    table: &'v DeTable<'a>,
    source: Option<&'v DeTable<'a>>,
}

impl<'v, 'a> Package<'v, 'a> {
    fn of(place: Place<'_>, package: &'v Value<'a>) -> Result<Self, ProjectFileError> {
        let line = place.line(package.span().start);
        let table = package.get_ref().as_table();
        let table = table.ok_or_else(|| place.wrong(line, "a table is expected"))?;
        let name = table.get("name");
        let line = name.map_or(line, |name| place.line(name.span().start));
        Ok(Self {
            name: place.name(line, text(table, "name").unwrap_or_default())?,
            line,
            table,
            source: self::table(table, "source"),
        })
    }

    fn is_local(&self) -> bool {
        let kinds = ["virtual", "editable", "directory", "path"];
        let source = self.source;
        kinds
            .iter()
            .any(|kind| source.is_some_and(|source| source.contains_key(*kind)))
    }

    /// The address that it is at; `None` for a package of an index.
    fn address(&self) -> Option<String> {
        let source = self.source?;
        if let Some(url) = text(source, "url") {
            return Some(url.to_owned());
        }
        let (url, commit) = text(source, "git")?.rsplit_once('#')?;
        let (url, query) = url.split_once('?').unwrap_or((url, ""));
        let mut query = query.split('&');
        let folder = query.find_map(|part| part.strip_prefix("subdirectory="));
        let folder = folder.map_or_else(String::new, |folder| format!("#subdirectory={folder}"));
        Some(format!("git+{url}@{commit}{folder}"))
    }
}

impl Lock<'_, '_> {
    /// The lines for what is required directly, and for all that it may need.
    fn asked(&self, dependencies: &[&Value<'_>]) -> Result<Asked, ProjectFileError> {
        let mut requirements = Vec::new();
        let mut pending = Vec::new();
        for dependency in dependencies {
            requirements.push(self.requirement(dependency)?);
            pending.extend(self.names(dependency)?);
        }
        let mut reached = BTreeSet::new();
        while let Some(name) = pending.pop() {
            if !reached.insert(name.clone()) {
                continue;
            }
            for package in self.packages.iter().filter(|package| package.name == name) {
                let extras = table(package.table, "optional-dependencies");
                let extras = extras.into_iter().flat_map(|lists| lists.values());
                let lists = package.table.get("dependencies").into_iter().chain(extras);
                for dependency in lists.flat_map(|list| items(Some(list))) {
                    pending.extend(self.names(dependency)?);
                }
            }
        }
        let mut asked = Asked {
            requirements,
            ..Asked::default()
        };
        let mut pins = Pins::new(self.place.path.to_owned());
        let reached = |package: &&Package<'_, '_>| reached.contains(&package.name);
        for package in self.packages.iter().filter(reached) {
            let (line, pin) = self.pin(package)?;
            asked.constraints.push(line);
            pins.add(package.name.clone(), pin);
        }
        asked.pins = Some(pins);
        Ok(asked)
    }

    fn names(&self, dependency: &Value<'_>) -> Result<Option<PackageName>, ProjectFileError> {
        let line = self.place.line(dependency.span().start);
        let name = dependency.get_ref().as_table();
        let name = name.and_then(|table| text(table, "name"));
        name.map(|name| self.place.name(line, name)).transpose()
    }

    /// The line for something that the project requires.
    fn requirement(&self, dependency: &Value<'_>) -> Result<Requirement, ProjectFileError> {
        let line = self.place.line(dependency.span().start);
        let wrong = || self.place.wrong(line, "it is not a dependency");
        let table = dependency.get_ref().as_table().ok_or_else(wrong)?;
        let name = self.names(dependency)?.ok_or_else(wrong)?;
        let mut what = name.to_string();
        let extras = self.place.texts(table.get("extra"))?;
        if !extras.is_empty() {
            let extras = extras.iter().map(|extra| self.place.name(line, extra));
            let extras = extras.collect::<Result<Vec<_>, _>>()?;
            let extras: Vec<_> = extras.iter().map(PackageName::as_str).collect();
            what.push_str(&format!("[{}]", extras.join(",")));
        }
        let known = self.packages.iter().filter(|package| package.name == name);
        if known.clone().any(Package::is_local) {
            return Err(ProjectFileError::Local {
                place: self.place.at(line),
                package: name.to_string(),
            });
        }
        let version = text(table, "version");
        if let Some(version) = version {
            what.push_str(&format!("=={}", self.place.version(line, version)?));
        } else if let Some(address) = known.clone().find_map(Package::address) {
            what.push_str(&format!(" @ {address}"));
        }
        let marker = text(table, "marker").unwrap_or_default();
        self.place.pinned(line, &what, marker, [])
    }

    /// The constraint for a package, and what it must be.
    fn pin(&self, package: &Package<'_, '_>) -> Result<(Requirement, Pin), ProjectFileError> {
        let (place, line, table) = (&self.place, package.line, package.table);
        if package.is_local() {
            return Err(ProjectFileError::Local {
                place: place.at(line),
                package: package.name.to_string(),
            });
        }
        let markers = place.texts(table.get("resolution-markers"))?;
        let markers: Vec<_> = markers.iter().map(|marker| format!("({marker})")).collect();
        let marker = markers.join(" or ");
        if let Some(address) = package.address() {
            let what = format!("{} @ {address}", package.name);
            let pin = Pin {
                version: None,
                hashes: BTreeSet::new(),
            };
            return Ok((place.pinned(line, &what, &marker, [])?, pin));
        }
        let version = place.version(line, text(table, "version").unwrap_or_default())?;
        let files = items(table.get("wheels")).iter().chain(table.get("sdist"));
        let hashes = files.filter_map(|file| text(file.get_ref().as_table()?, "hash"));
        let hashes: BTreeSet<_> = hashes.filter_map(Place::sha256).collect();
        if hashes.is_empty() {
            return Err(ProjectFileError::NoHash {
                place: place.at(line),
                package: package.name.clone(),
            });
        }
        let what = format!("{}=={version}", package.name);
        let line = place.pinned(line, &what, &marker, hashes.iter().copied())?;
        let version = Some(version);
        Ok((line, Pin { version, hashes }))
    }
}
