//! Reads single lines of requirements files: only what they ask for, not which version.

use crate::layer::PackageName;

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
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
    /// Another file, with the option that includes it: `-r` or `-c`.
    Include(&'static str, &'a str),
    /// An option that says where packages are looked for, and its value, empty for `--no-index`.
    Index(&'a str, &'a str),
    /// An option for uv that has nothing to do with building.
    Harmless,
    /// `--require-hashes`.
    RequireHashes,
    /// A host whose certificate is not to be checked.
    TrustedHost(&'a str),
    /// An option that says what holds anyway, or nothing at all.
    Nothing,
    /// Any other option, by its name.
    Option(&'a str),
    /// Something that is none of this.
    Unknown,
}

/// A line with those that a `\` at its end continues, without comments and blanks around it.
#[derive(Debug, PartialEq, Eq)]
pub struct LogicalLine {
    /// The number of its first line, from 1.
    pub number: usize,
    /// What it says.
    pub text: String,
}

/// Joins the lines of a file. A comment ends with its line, whatever stands at its end.
pub fn logical_lines(lines: &[String]) -> Vec<LogicalLine> {
    let mut joined: Vec<LogicalLine> = Vec::new();
    let mut continued = false;
    for (index, line) in lines.iter().enumerate() {
        let comment = comment(line);
        let text = comment.map_or(line.as_str(), |comment| &line[..comment]);
        let start = text.strip_suffix('\\').filter(|_| comment.is_none());
        let text = start.unwrap_or(text);
        match joined.last_mut() {
            Some(last) if continued => last.text.push_str(text),
            _ => joined.push(LogicalLine {
                number: index + 1,
                text: text.to_owned(),
            }),
        }
        continued = start.is_some();
    }
    for line in &mut joined {
        line.text = line.text.trim().to_owned();
    }
    joined
}

/// Where a comment begins: `#` at the start or behind a blank.
fn comment(line: &str) -> Option<usize> {
    let mut marks = line.match_indices('#').map(|(index, _)| index);
    marks.find(|index| *index == 0 || line[..*index].ends_with(char::is_whitespace))
}

/// Reads a logical line.
pub fn read_line(line: &str) -> Line<'_> {
    if line.is_empty() {
        return Line::Nothing;
    }
    if line.ends_with('\\') {
        return Line::Unknown;
    }
    if line.starts_with('-') {
        return read_option(line);
    }
    let text = line.split(" --").next().unwrap_or(line).trim_end();
    match named_address(text) {
        // Where such an address ends is a matter of opinion.
        Some((_, Some(address))) if address.contains(char::is_whitespace) => Line::Unknown,
        Some((name, Some(address))) if !is_local(address) => Line::At(name, address),
        Some((_, Some(address))) => Line::Local(address),
        _ if text.contains("://") && !text.starts_with("file:") => {
            Line::Unnamed(until_marker(text))
        }
        _ if is_path(text) => Line::Local(until_marker(text)),
        Some((name, None)) => Line::Package(name),
        None => Line::Unknown,
    }
}

fn read_option(line: &str) -> Line<'_> {
    let end = match line.strip_prefix("--") {
        Some(_) => line.find([' ', '\t', '=']).unwrap_or(line.len()),
        None => line
            .char_indices()
            .nth(2)
            .map_or(line.len(), |(end, _)| end),
    };
    let (option, value) = line.split_at(end);
    let value = value.trim_start_matches([' ', '\t', '=']);
    let is_flag = matches!(
        option,
        "--no-index" | "--pre" | "--prefer-binary" | "--require-hashes"
    );
    // No second option may hide behind the first one's value.
    let has_more = value.split_whitespace().any(|word| word.starts_with('-'));
    if is_flag != value.is_empty() || has_more {
        return Line::Option(option);
    }
    match option {
        "-e" | "--editable" if is_local(value) => Line::Local(value),
        "-e" | "--editable" => Line::Editable(value),
        "-r" | "--requirement" => Line::Include("-r", value),
        "-c" | "--constraint" => Line::Include("-c", value),
        "-i" | "--index-url" | "--extra-index-url" | "-f" | "--find-links" | "--no-index" => {
            unquoted(value).map_or(Line::Unknown, |value| Line::Index(option, value))
        }
        "--trusted-host" => Line::TrustedHost(value),
        "--pre" => Line::Harmless,
        "--require-hashes" => Line::RequireHashes,
        "--only-binary" | "--prefer-binary" => Line::Nothing,
        _ => Line::Option(option),
    }
}

/// A value without quotes around it; `None` where uv and pip would take quotes or `\` away from within it.
fn unquoted(value: &str) -> Option<&str> {
    let within = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let inner = within('"').or_else(|| within('\'')).unwrap_or(value);
    (!inner.contains(['"', '\'', '\\'])).then_some(inner)
}

/// What stands behind each `--hash` of a requirement.
pub fn written_hashes(line: &str) -> Vec<String> {
    let mut hashes = Vec::new();
    let mut words = line.split_whitespace().skip(1);
    while let Some(word) = words.next() {
        match word.strip_prefix("--hash") {
            Some("") => hashes.push(words.next().unwrap_or_default().to_owned()),
            Some(hash) => hashes.push(hash.strip_prefix('=').unwrap_or(hash).to_owned()),
            None => {}
        }
    }
    hashes
}

/// The version that a requirement pins with `==`; `None` where it allows others too.
pub fn pinned_version(line: &str) -> Option<&str> {
    let text = line.split(" --").next()?.split(';').next()?;
    let (before, version) = text.split_once("==")?;
    if before.contains(['<', '>', '~', '!', ',', '@']) {
        return None;
    }
    let version = version.strip_prefix('=').unwrap_or(version).trim_start();
    let version = version.split_whitespace().next()?.trim_end_matches(')');
    (!version.contains([',', '*'])).then_some(version)
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
    let mut marks = text.match_indices(';').map(|(index, _)| index);
    let marker = marks.find(|index| text[..*index].ends_with(char::is_whitespace));
    text[..marker.unwrap_or(text.len())].trim_end()
}

/// Whether what is to be included has an address, be it on this machine.
pub fn is_address(file: &str) -> bool {
    file.contains("://") || file.starts_with("file:")
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

/// Whether an address is that of a wheel. One of version control is not, whatever it ends with.
pub fn is_wheel(address: &str) -> bool {
    let path = address.split(['#', '?']).next().unwrap_or(address);
    let is_file = ["http", "https"].contains(&scheme(address).as_str());
    is_file && path.ends_with(".whl")
}

/// What an address begins with, in small letters; empty for a path.
pub fn scheme(address: &str) -> String {
    let scheme = address.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.to_ascii_lowercase()
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
            "--only-binary :all:",
            "--only-binary=:none:",
            "--prefer-binary",
        ] {
            assert_eq!(read_line(line), Line::Nothing, "{line}");
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
    fn only_known_options_pass() {
        for line in [
            "-r b.in",
            "-rb.in",
            "--requirement b.in",
            "--requirement=b.in",
        ] {
            assert_eq!(read_line(line), Line::Include("-r", "b.in"), "{line}");
        }
        assert_eq!(read_line("-c b.in"), Line::Include("-c", "b.in"));
        assert_eq!(read_line("-f ./w"), Line::Index("-f", "./w"));
        assert_eq!(read_line("--no-index"), Line::Index("--no-index", ""));
        assert_eq!(read_line("--pre"), Line::Harmless);
        assert_eq!(read_line("--require-hashes"), Line::RequireHashes);
        let trusted = Line::TrustedHost("h:8");
        assert_eq!(read_line("--trusted-host=h:8"), trusted);
        for line in ["-f 'a b'", "-f \"a b\"", "-f a b"] {
            assert_eq!(read_line(line), Line::Index("-f", "a b"), "{line}");
        }
        for (line, option) in [
            ("--no-binary evil", "--no-binary"),
            ("--no-binary=evil", "--no-binary"),
            ("--pre --no-binary evil", "--pre"),
            ("-i http://h/x --no-binary evil", "-i"),
            ("--requirements-x y", "--requirements-x"),
            ("-r", "-r"),
            ("-", "-"),
            ("-é x", "-é"),
        ] {
            assert_eq!(read_line(line), Line::Option(option), "{line}");
        }
        for line in [
            "a \\",
            "@ b",
            "==1",
            "-i 'a\"",
            "-i a'b'",
            "-f a\\b",
            "a @ git+https://h/a b.whl",
            "a @ https://h/a.zip; os_name == 'x'",
        ] {
            assert_eq!(read_line(line), Line::Unknown, "{line}");
        }
    }

    #[test]
    fn hashes_and_pins_are_found() {
        let line = "a[x]==1.0 ; os_name == 'x' --hash=sha256:0 --hash sha512:1\t--hash=";
        assert_eq!(written_hashes(line), ["sha256:0", "sha512:1", ""]);
        assert_eq!(written_hashes("a --hash"), [""]);
        for line in [line, "a == 1.0", "a===1.0", "a (==1.0)", "a==1.0\t--hash=x"] {
            assert_eq!(pinned_version(line), Some("1.0"), "{line}");
        }
        for line in [
            "a",
            "a>=1",
            "a==1.*",
            "a==1,<2",
            "a<2,==1",
            "a ; x == '1'",
            "a @ https://h/==1",
        ] {
            assert_eq!(pinned_version(line), None, "{line}");
        }
    }

    #[test]
    fn comments_end_with_their_lines() {
        let lines = [
            "# x \\", "a # y \\", "b\\", "# z \\", "c \\", "  @ d", "e#f",
        ];
        let lines = logical_lines(&lines.map(str::to_owned));
        let lines = lines.iter().map(|line| (line.number, line.text.as_str()));
        let lines: Vec<_> = lines.collect();
        let expected = [(1, ""), (2, "a"), (3, "b"), (5, "c   @ d"), (7, "e#f")];
        assert_eq!(lines, expected);
    }

    #[test]
    fn wheels_are_files_of_the_web() {
        for address in ["https://h/a.whl", "HTTP://h/a.whl?x#sha256=00"] {
            assert!(is_wheel(address), "{address}");
        }
        for address in [
            "git+https://h/a.whl",
            "GIT+http://h/a.whl",
            "hg+https://h/a.whl",
            "svn+https://h/a.whl",
            "bzr+lp://a.whl",
            "git://h/a.whl",
            "ssh://h/a.whl",
            "https://h/a.zip#x.whl",
            "https://h/a.zip?x.whl",
        ] {
            assert!(!is_wheel(address), "{address}");
        }
    }

    #[test]
    fn addresses_end_before_markers_and_options() {
        let address = "git+https://h/x@main#subdirectory=y";
        for line in [
            format!("A.b@{address}"),
            format!("a-b[x] @ {address} ; python_version < \"3.12\""),
            format!("a-b@{address}\t;os_name == '.whl#'"),
            format!("a-b @ {address} --hash=sha256:00"),
        ] {
            assert_eq!(read_line(&line), Line::At(name("a-b"), address), "{line}");
        }
    }
}
