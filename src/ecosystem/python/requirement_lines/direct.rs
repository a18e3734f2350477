//! Wheels that requirements name by address: no index lists them, so they are downloaded from there.
//!
//! The lock has no addresses. What is at one must have the hash that was locked, wherever the address leads by then.

use super::hashes::fragment_hash;
use super::read::{Line, is_wheel, read_line, scheme, written_hashes};
use super::source_file::SourceFile;
use crate::digest::Digest;
use crate::ecosystem::Artifact;
use crate::ecosystem::python::uv::IndexFile;
use crate::ecosystem::python::wheel::WheelName;
use crate::layer::PackageName;
use crate::process::Launcher;

/// A wheel at an address.
#[derive(Clone, Debug)]
pub struct DirectWheel {
    name: WheelName,
    /// Where it is. May hold credentials: never shown.
    url: String,
    /// The hashes that the line has.
    hashes: Vec<String>,
}

/// What requirements say of where wheels are.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Lines that name package indexes.
    pub index_options: Vec<String>,
    /// The wheels that they name by address.
    pub direct_wheels: Vec<DirectWheel>,
}

/// The wheels that the requirements name by address.
pub fn direct_wheels(sources: &[SourceFile], launcher: &Launcher) -> Vec<DirectWheel> {
    let mut wheels = Vec::new();
    for line in sources.iter().flat_map(SourceFile::logical_lines) {
        let text = launcher.expanded(&line.text);
        if let Line::At(_, address) = read_line(&text)
            && is_wheel(address)
            && let Some(name) = WheelName::at(address)
        {
            let mut hashes = written_hashes(&text);
            hashes.extend(fragment_hash(address));
            let url = address.to_owned();
            wheels.push(DirectWheel { name, url, hashes });
        }
    }
    wheels
}

/// The addresses that lines require the source of a package from, as they are written and with their variables replaced.
pub fn source_addresses(
    sources: &[SourceFile],
    package: &PackageName,
    launcher: &Launcher,
) -> Vec<(String, String)> {
    let mut addresses = Vec::new();
    for line in sources.iter().flat_map(SourceFile::logical_lines) {
        if let Line::At(name, address) = read_line(&line.text)
            && name == *package
            && ["http", "https"].contains(&scheme(address).as_str())
            && !is_wheel(address)
        {
            let expanded = launcher.expanded(address);
            addresses.push((address.to_owned(), expanded));
        }
    }
    addresses
}

/// The lines that say which version of a package an index is asked for.
pub fn lines_of(sources: &[SourceFile], package: &PackageName) -> Vec<String> {
    let lines = sources.iter().flat_map(SourceFile::logical_lines);
    let lines = lines.filter(|line| match read_line(&line.text) {
        Line::Package(name) => name == *package,
        Line::Harmless => true,
        _ => false,
    });
    lines.map(|line| line.text).collect()
}

/// The file that a wheel was locked from; `None` where it came from an index.
pub fn direct_file(wheels: &[DirectWheel], artifact: &Artifact) -> Option<IndexFile> {
    let Digest::Sha256(sha256) = artifact.digest else {
        return None;
    };
    let hash = artifact.digest.to_string();
    let is_it = |wheel: &&DirectWheel| {
        wheel.name.name == artifact.package
            && wheel.name.is_of_version(&artifact.version)
            && (wheel.hashes.is_empty() || wheel.hashes.contains(&hash))
    };
    // Markers choose among several lines. One with the hash is right in any case.
    let found = wheels.iter().filter(is_it);
    let found = found.max_by_key(|wheel| !wheel.hashes.is_empty())?;
    Some(IndexFile {
        name: found.name.clone(),
        url: found.url.clone(),
        size: None,
        sha256,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sha256;

    #[test]
    fn a_line_with_the_locked_hash_comes_before_one_without() {
        let sha256 = Sha256::of("wheel");
        let lines = [
            "a @ https://h/1/a-1.0%2Bcpu-py3-none-any.whl ; python_version < '3'".to_owned(),
            format!("a @ https://h/2/a-1.0%2Bcpu-py3-none-any.whl --hash=sha256:{sha256}"),
            "a @ https://h/3/a-1.0%2Bcpu-py3-none-any.whl#sha256=00".to_owned(),
            "b @ https://h/b-1.0.tar.gz".to_owned(),
        ];
        let source = SourceFile {
            name: "requirements.txt".into(),
            path: "requirements.txt".into(),
            lines: lines.to_vec(),
            numbers: Vec::new(),
        };
        let wheels = direct_wheels(&[source], &Launcher::new([]));
        let mut locked = Artifact {
            package: "a".parse().unwrap(),
            version: "1.0+cpu".to_owned(),
            digest: sha256.into(),
            root: "python".to_owned(),
            runtime: "python3.12".parse().unwrap(),
            built: None,
        };
        let url = |locked: &Artifact| direct_file(&wheels, locked).map(|file| file.url);
        assert!(url(&locked).unwrap().contains("/2/"));
        locked.digest = Sha256::of("another").into();
        assert!(url(&locked).unwrap().contains("/1/"));
        locked.version = "1.0".to_owned();
        assert_eq!(url(&locked), None);
    }
}
