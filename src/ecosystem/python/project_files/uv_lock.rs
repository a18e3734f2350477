//! `uv.lock`: what the project at its root requires, and constraints that leave uv no other version.
//!
//! uv finds out again which packages these need; whatever it finds must be in the lock.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use super::document::{Place, Requirement, Value, by_name, items, keys, table, text};
use super::error::ProjectFileError;
use super::pins::{Asked, LockedLines, Origin};
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
    let packages = place.packages(document.get("package"))?.into_iter();
    let packages = packages.map(|(line, package)| Package::of(place, line, package));
    let packages: Vec<_> = packages.collect::<Result<_, _>>()?;
    let mut named = BTreeMap::<_, Vec<_>>::new();
    for (index, package) in packages.iter().enumerate() {
        named.entry(package.name.clone()).or_default().push(index);
    }
    let lock = Lock {
        place,
        packages,
        named,
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
        let named = by_name(lists);
        for name in names {
            let list = named.get(name);
            let list = list.ok_or_else(|| place.no_group(what, name, keys(lists)))?;
            dependencies.extend(items(Some(list)));
        }
    }
    lock.asked(&dependencies)
}

struct Lock<'v, 'a> {
    place: Place<'v>,
    packages: Vec<Package<'v, 'a>>,
    /// Their places in the list, by name.
    named: BTreeMap<PackageName, Vec<usize>>,
}

/// A package of the lock.
struct Package<'v, 'a> {
    name: PackageName,
    line: usize,
    table: &'v DeTable<'a>,
    source: Option<&'v DeTable<'a>>,
}

impl<'v, 'a> Package<'v, 'a> {
    fn of(place: Place<'_>, line: usize, table: &'v DeTable<'a>) -> Result<Self, ProjectFileError> {
        Ok(Self {
            name: place.name(line, text(table, "name").unwrap_or_default())?,
            line,
            table,
            source: self::table(table, "source"),
        })
    }

    fn origin(&self) -> Origin<'v> {
        let of = |kind| self.source.and_then(|source| text(source, kind));
        let is_local = |kind: &&str| self.source.is_some_and(|source| source.contains_key(*kind));
        if ["virtual", "editable", "directory", "path"]
            .iter()
            .any(is_local)
        {
            return Origin::Local;
        }
        if let Some(url) = of("url") {
            return Origin::Address(url);
        }
        let Some(git) = of("git") else {
            return Origin::Index(text(self.table, "version").unwrap_or_default());
        };
        let (url, commit) = git.rsplit_once('#').unwrap_or((git, ""));
        let (url, query) = url.split_once('?').unwrap_or((url, ""));
        let mut query = query.split('&');
        let folder = query.find_map(|part| part.strip_prefix("subdirectory="));
        Origin::Git {
            url,
            commit,
            folder: folder.unwrap_or_default(),
        }
    }
}

impl<'v, 'a> Lock<'v, 'a> {
    /// The packages of a name.
    fn of(&self, name: &PackageName) -> impl Iterator<Item = &Package<'v, 'a>> + Clone {
        let indexes = self.named.get(name).into_iter().flatten();
        indexes.map(|index| &self.packages[*index])
    }

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
            for package in self.of(&name) {
                let extras = table(package.table, "optional-dependencies");
                let extras = extras.into_iter().flat_map(|lists| lists.values());
                let lists = package.table.get("dependencies").into_iter().chain(extras);
                for dependency in lists.flat_map(|list| items(Some(list))) {
                    pending.extend(self.names(dependency)?);
                }
            }
        }
        let mut locked = LockedLines::new(self.place);
        let reached = |package: &&Package<'_, '_>| reached.contains(&package.name);
        for package in self.packages.iter().filter(reached) {
            self.add(package, &mut locked)?;
        }
        Ok(Asked {
            requirements,
            constraints: locked.lines,
            pins: Some(locked.pins),
        })
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
        let known = self.of(&name);
        let is_local = |package: &Package<'_, '_>| matches!(package.origin(), Origin::Local);
        if known.clone().any(is_local) {
            return Err(ProjectFileError::Local {
                place: self.place.at(line),
                package: name.to_string(),
            });
        }
        let version = text(table, "version");
        if let Some(version) = version {
            what.push_str(&format!("=={}", self.place.version(line, version)?));
        } else if let Some(address) = known.clone().find_map(|package| package.origin().address()) {
            what.push_str(&format!(" @ {address}"));
        }
        let marker = text(table, "marker").unwrap_or_default();
        self.place.pinned(line, &what, marker, [])
    }

    /// Adds the constraint for a package, and what it must be.
    fn add(
        &self,
        package: &Package<'_, '_>,
        locked: &mut LockedLines<'_>,
    ) -> Result<(), ProjectFileError> {
        let table = package.table;
        let markers = self.place.texts(table.get("resolution-markers"))?;
        let markers: Vec<_> = markers.iter().map(|marker| format!("({marker})")).collect();
        let files = items(table.get("wheels")).iter().chain(table.get("sdist"));
        let hashes = files.filter_map(|file| text(file.get_ref().as_table()?, "hash"));
        let hashes = hashes.filter_map(Place::sha256);
        let (at, marker) = ((package.line, &package.name), markers.join(" or "));
        locked.add(at, &package.origin(), &marker, hashes)
    }
}
