//! Reads single lines of requirements files: only what they ask for, not which version.

use std::path::Path;

use super::RequirementPlace;
use crate::build::requirements::SourceFile;
use crate::layer::PackageName;

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A package of an index.
    Package(PackageName),
    /// A package at an address.
    At(PackageName, &'a str),
    /// An address without a name.
    Unnamed(&'a str),
    /// An address to be worked on in place.
    Editable(&'a str),
    /// A path on this machine.
    Local(&'a str),
    /// An option, a comment, nothing, or something that uv will complain about.
    Other,
}

/// Lines with those that a `\` at the end continues, each with the place where it begins.
pub(super) fn logical_lines(
    sources: &[SourceFile],
) -> impl Iterator<Item = (RequirementPlace, String)> {
    sources.iter().flat_map(|source| {
        let mut joined: Vec<(RequirementPlace, String)> = Vec::new();
        let mut continued = false;
        for (index, line) in source.lines.iter().enumerate() {
            let text = line.strip_suffix('\\');
            match joined.last_mut() {
                Some((_, last)) if continued => last.push_str(text.unwrap_or(line)),
                _ => joined.push((place(&source.path, index), text.unwrap_or(line).to_owned())),
            }
            continued = text.is_some();
        }
        joined
    })
}

fn place(path: &Path, index: usize) -> RequirementPlace {
    RequirementPlace {
        path: path.to_owned(),
        line: index + 1,
    }
}

pub(super) fn read_line(line: &str) -> Line<'_> {
    let line = without_comment(line).trim();
    for option in ["--editable", "-e"] {
        if let Some(rest) = line.strip_prefix(option) {
            let rest = rest.trim_start_matches([' ', '\t', '=']);
            return if is_local(rest) {
                Line::Local(rest)
            } else {
                Line::Editable(rest)
            };
        }
    }
    if line.is_empty() || line.starts_with('-') {
        return Line::Other;
    }
    let text = line.split(" --").next().unwrap_or(line).trim_end();
    match named_address(text) {
        Some((name, Some(address))) if !is_local(address) => Line::At(name, address),
        Some((_, Some(address))) => Line::Local(address),
        _ if text.contains("://") && !text.starts_with("file:") => {
            Line::Unnamed(until_marker(text))
        }
        _ if is_path(text) => Line::Local(until_marker(text)),
        Some((name, None)) => Line::Package(name),
        None => Line::Other,
    }
}

/// Without a comment: `#` at the start or behind a blank.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices('#')
        .find(|(index, _)| *index == 0 || line[..*index].ends_with([' ', '\t']));
    comment.map_or(line, |(index, _)| &line[..index])
}

/// The name that a requirement begins with and, behind its extras and `@`, its address (PEP 508).
fn named_address(text: &str) -> Option<(PackageName, Option<&str>)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let name = text[..end].parse().ok()?;
    let mut rest = text[end..].trim_start();
    if let Some(extras) = rest.strip_prefix('[') {
        rest = extras.split_once(']')?.1.trim_start();
    }
    let address = rest.strip_prefix('@').map(str::trim_start);
    Some((name, address.map(until_marker)))
}

/// What stands before a marker, which a blank separates from an address.
fn until_marker(text: &str) -> &str {
    text.split(" ;").next().unwrap_or(text).trim_end()
}

fn is_local(address: &str) -> bool {
    address.starts_with("file:") || !address.contains("://")
}

/// Whether a requirement without `@` is a path: it has a separator, or the end of an archive's name.
fn is_path(text: &str) -> bool {
    let text = text.split([';', '[']).next().unwrap_or(text).trim_end();
    let ends = [".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"];
    text.contains(['/', '\\'])
        || text == "."
        || text == ".."
        || ends.iter().any(|end| text.ends_with(end))
}

/// Whether an address is that of a wheel.
pub(super) fn is_wheel(address: &str) -> bool {
    let path = address.split(['#', '?']).next().unwrap_or(address);
    path.ends_with(".whl")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PackageName {
        text.parse().unwrap()
    }

    #[test]
    fn lines_are_told_apart() {
        for line in [
            "a",
            "A_b>=1,<2",
            "a[x,y]==1 ; python_version < \"3.12\"",
            "a --hash=sha256:00",
            "a;os_name=='x'",
        ] {
            assert!(
                matches!(read_line(line), Line::Package(_)),
                "{line}: {:?}",
                read_line(line)
            );
        }
        for line in [
            "",
            "# ./x",
            "  # x",
            "-r ./other.txt",
            "--find-links ./wheels",
            "-c c.txt",
            "--index-url http://h/x",
        ] {
            assert_eq!(read_line(line), Line::Other, "{line}");
        }
        for line in [
            "./x",
            "../x.whl",
            "/x",
            "x/y",
            ".",
            "x-1.tar.gz",
            "-e .",
            "-e ./x",
            "--editable=../x",
            "file:///x",
            "a @ file:///x",
            "a @ ./x",
            "-e file:///x",
            "./x[extra] ; os_name == 'x'",
            "~/x",
        ] {
            assert!(
                matches!(read_line(line), Line::Local(_)),
                "{line}: {:?}",
                read_line(line)
            );
        }
        for line in [
            "git+https://h/x",
            "https://h/x.tar.gz",
            "git+ssh://git@h/x@main#egg=x",
        ] {
            assert_eq!(read_line(line), Line::Unnamed(line), "{line}");
        }
        assert_eq!(
            read_line("-e git+https://h/x"),
            Line::Editable("git+https://h/x")
        );
    }

    #[test]
    fn addresses_end_before_markers_comments_and_options() {
        let address = "git+https://h/x@main#subdirectory=y";
        for line in [
            format!("A.b@{address}"),
            format!("a-b[x] @ {address} ; python_version < \"3.12\""),
            format!("a_b @ {address}  # why"),
            format!("a-b @ {address} --hash=sha256:00"),
        ] {
            assert_eq!(read_line(&line), Line::At(name("a-b"), address), "{line}");
        }
    }
}
