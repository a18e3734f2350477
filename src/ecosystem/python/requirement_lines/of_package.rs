//! What the lines of all files together say of a package, and where.

use super::place::RequirementPlace;
use super::read::{Line, LogicalLine, read_line};
use super::source_file::SourceFile;
use crate::layer::PackageName;

/// The hosts whose certificates are not to be checked, with their places.
pub fn trusted_hosts(sources: &[SourceFile]) -> Vec<(RequirementPlace, String)> {
    let mut hosts = Vec::new();
    for source in sources {
        for line in source.logical_lines() {
            if let Line::TrustedHost(host) = read_line(&line.text) {
                hosts.push((source.place(line.number), host.to_owned()));
            }
        }
    }
    hosts
}

/// The first line that requires a package only where a marker holds.
pub fn first_marked(sources: &[SourceFile]) -> Option<RequirementPlace> {
    first_place(sources, |text| {
        text.contains(';') && matches!(read_line(text), Line::Package(_) | Line::At(..))
    })
}

/// The first line that requires `package`.
pub fn place_of(sources: &[SourceFile], package: &PackageName) -> Option<RequirementPlace> {
    first_place(sources, |text| match read_line(text) {
        Line::Package(name) | Line::At(name, _) => name == *package,
        _ => false,
    })
}

fn first_place(sources: &[SourceFile], is_it: impl Fn(&str) -> bool) -> Option<RequirementPlace> {
    sources.iter().find_map(|source| {
        let mut lines = source.logical_lines().into_iter();
        let line = lines.find(|line| is_it(&line.text))?;
        Some(source.place(line.number))
    })
}

/// What all lines together require of `package`, without markers and hashes; its bare name where none does.
pub fn bare_requirements(sources: &[SourceFile], package: &PackageName) -> Vec<String> {
    let lines = sources.iter().flat_map(SourceFile::logical_lines);
    let is_of_package = |line: &LogicalLine| matches!(read_line(&line.text), Line::Package(name) if name == *package);
    let lines = lines.filter(is_of_package);
    let mut bare: Vec<_> = lines
        .map(|line| without_marker_and_hashes(&line.text))
        .collect();
    if bare.is_empty() {
        bare.push(package.to_string());
    }
    bare
}

fn without_marker_and_hashes(line: &str) -> String {
    let text = line.split(';').next().unwrap_or_default();
    let words = text.split_whitespace();
    let words = words.take_while(|word| !word.starts_with("--"));
    words.collect::<Vec<_>>().join(" ")
}
