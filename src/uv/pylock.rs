//! `pylock.toml` (PEP 751) as far as `lls` reads and writes it.

use serde::Deserialize;

use super::{Pin, UvError};
use crate::digest::Sha256;
use crate::layer::PackageName;
use crate::wheel::WheelName;

/// A package that uv resolved, with the wheels that it listed.
#[derive(Clone, Debug)]
pub struct ResolvedPackage {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: String,
    /// Its wheels; never empty.
    pub wheels: Vec<IndexFile>,
}

/// A wheel that an index offers.
#[derive(Clone, Debug)]
pub struct IndexFile {
    /// Its file name.
    pub name: WheelName,
    /// Where it can be downloaded. Without credentials; never shown.
    pub url: String,
    /// Its size in bytes, where the index says.
    pub size: Option<u64>,
    /// The hash that the index claims.
    pub sha256: Sha256,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
    #[serde(default)]
    wheels: Vec<Wheel>,
}

#[derive(Deserialize)]
struct Wheel {
    name: Option<String>,
    url: Option<String>,
    size: Option<u64>,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Default, Deserialize)]
struct Hashes {
    sha256: Option<String>,
}

/// Reads the packages of a `pylock.toml`.
pub(super) fn parse(text: &str) -> Result<Vec<ResolvedPackage>, UvError> {
    let document: Document = toml::from_str(text).map_err(|error| UvError::Answer(error.into()))?;
    document
        .packages
        .into_iter()
        .map(resolved_package)
        .collect()
}

fn resolved_package(package: Package) -> Result<ResolvedPackage, UvError> {
    let wheels: Vec<_> = package.wheels.into_iter().filter_map(index_file).collect();
    match package.version {
        Some(version) if !wheels.is_empty() => {
            let name = package
                .name
                .parse()
                .map_err(|error| UvError::Answer(Box::new(error)))?;
            Ok(ResolvedPackage {
                name,
                version,
                wheels,
            })
        }
        _ => Err(UvError::NotFromIndex {
            package: package.name,
        }),
    }
}

/// `None` for a file that cannot be locked: one without a hash, or no wheel at all.
fn index_file(wheel: Wheel) -> Option<IndexFile> {
    let url = wheel.url?;
    let last_segment = || {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/')
            .next()
            .unwrap_or_default()
            .replace("%2B", "+")
            .replace("%2b", "+")
    };
    let name = wheel.name.unwrap_or_else(last_segment).parse().ok()?;
    Some(IndexFile {
        name,
        sha256: Sha256::from_hex(&wheel.hashes.sha256?)?,
        url,
        size: wheel.size,
    })
}

/// A `pylock.toml` that makes uv keep these versions where it can.
pub(super) fn with_preferences(pins: &[Pin]) -> String {
    let mut text = String::from("lock-version = \"1.0\"\ncreated-by = \"lls\"\n");
    for (name, version) in pins {
        text.push_str(&format!(
            "\n[[packages]]\nname = \"{name}\"\nversion = \"{version}\"\n"
        ));
    }
    text
}
