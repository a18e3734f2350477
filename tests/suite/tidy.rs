//! What holds for the source as a whole: who may import whom, who may name the SDK, how long a file may be.

mod features;
mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The modules from the ground up (DESIGN §8): each imports only from those before it.
const ORDER: [&str; 24] = [
    "digest",
    "error",
    "http",
    "layer",
    "elf",
    "progress",
    "archive",
    "input",
    "process",
    "manifest",
    "cache",
    "bytecode",
    "ecosystem",
    "plan",
    "trial",
    "build",
    "registry",
    "observe",
    "doctor",
    "reconcile",
    "apply",
    "render",
    "cli",
    "commands",
];

const LONGEST_FILE: usize = 450;

const LONGEST_FUNCTION: usize = 60;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `folder` with their texts; those that are no UTF-8 are left out.
fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let skipped = [
        "target",
        ".git",
        ".lls",
        "fuzz/Cargo.lock",
        "fuzz/artifacts",
        "fuzz/corpus",
        "fuzz/target",
    ]
    .map(|name| root().join(name));
    let walk = walkdir::WalkDir::new(root().join(folder)).into_iter();
    for entry in walk.filter_entry(|entry| !skipped.contains(&entry.path().to_owned())) {
        let path = entry.unwrap().into_path();
        if let Ok(text) = std::fs::read_to_string(&path) {
            files.push((path.strip_prefix(root()).unwrap().to_owned(), text));
        }
    }
    assert!(!files.is_empty(), "{folder} has files");
    files
}

fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    files(folder)
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The files of `src/` with their texts, without the tests in them.
fn production() -> Vec<(PathBuf, String)> {
    let files = rust_files("src").into_iter();
    let without_tests = |text: String| text.split("#[cfg(test)]").next().unwrap().to_owned();
    files
        .map(|(path, text)| (path, without_tests(text)))
        .collect()
}

/// The module that a file of `src/` belongs to.
fn module(path: &Path) -> String {
    path.components()
        .nth(1)
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned()
}

#[test]
fn files_import_only_from_below() {
    let floor = |file: &Path| {
        let module = module(file);
        let floor = ORDER.iter().position(|known| *known == module);
        floor.or_else(|| matches!(module.as_str(), "lib" | "main").then_some(ORDER.len()))
    };
    for (file, imports) in imports::Modules::of(production()).imports() {
        let own = floor(&file).unwrap_or_else(|| panic!("{} has no floor", file.display()));
        let above = imports.iter().find(|other| floor(other) > Some(own));
        assert!(above.is_none(), "{} imports {above:?}", file.display());
    }
}

#[test]
fn no_files_import_from_each_other_in_a_circle() {
    let imports = imports::Modules::of(production()).imports();
    for file in imports.keys() {
        let reached = reach(file, &imports);
        let circle: Vec<_> = reached
            .iter()
            .filter(|other| reach(other, &imports).contains(file))
            .collect();
        assert!(
            circle.is_empty(),
            "{} is in a circle: {circle:?}",
            file.display()
        );
    }
}

/// The files that a file imports from, by way of others too.
fn reach(file: &Path, imports: &BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        for import in &imports[file] {
            if reached.insert(import.clone()) {
                next.push(import);
            }
        }
    }
    reached
}

#[test]
fn only_the_aws_registry_names_the_sdk() {
    for (path, text) in rust_files("src") {
        let names_sdk = text.contains("aws_sdk")
            || text.contains("aws_config")
            || text.contains("aws_credential");
        assert_eq!(
            names_sdk,
            path.starts_with("src/registry/aws") && names_sdk,
            "{}",
            path.display()
        );
    }
}

#[test]
fn only_one_module_starts_processes() {
    let words = [
        "Command::new",
        "CommandExt",
        "execve",
        "posix_spawn",
        "process::Command",
        "tokio::process",
        "use std::process::{",
    ];
    let mut starts = 0;
    for (path, text) in production() {
        let found = words.iter().find(|word| text.contains(**word));
        starts += usize::from(found.is_some());
        let may = path.starts_with("src/process") || found.is_none();
        assert!(may, "{} has `{}`", path.display(), found.unwrap());
    }
    assert_eq!(starts, 1, "the words are not those that start processes");
}

/// Who may open files by themselves, and which: all others go through `input`.
const OPENERS: [(&str, &str); 10] = [
    ("src/input/", "the door itself"),
    (
        "src/cache/",
        "files of the caches, believed only by their notes",
    ),
    (
        "src/bytecode/compiler.rs",
        "what a compiler wrote into a folder made for it",
    ),
    ("src/process/bounds.rs", "what the system says of a child"),
    (
        "src/ecosystem/python/uv/program.rs",
        "what uv wrote into a folder made for it",
    ),
    (
        "src/ecosystem/python/from_source.rs",
        "a wheel in a folder made for its build",
    ),
    (
        "src/registry/directory/lock.rs",
        "a lock, which was checked to be inside",
    ),
    ("src/reconcile/edited.rs", "a folder, to lock it"),
    ("src/commands/init.rs", "branches and remotes in .git"),
    ("src/commands/output_file.rs", "devices, to write to"),
];

#[test]
fn files_of_a_repository_are_opened_through_one_module() {
    let words = [
        "File::open(",
        "File::options(",
        "OpenOptions",
        "fs::read(",
        "fs::read_to_string(",
        "Netrc::from_file",
        "openat(",
    ];
    let mut openers = std::collections::BTreeSet::new();
    for (path, text) in production() {
        let Some(word) = words.iter().find(|word| text.contains(**word)) else {
            continue;
        };
        let opener = OPENERS.iter().find(|(place, _)| path.starts_with(place));
        let (place, _) = opener.unwrap_or_else(|| panic!("{} has `{word}`", path.display()));
        openers.insert(*place);
    }
    assert_eq!(
        openers.len(),
        OPENERS.len(),
        "only these open files: {openers:?}"
    );
}

#[test]
fn only_one_module_sends_requests() {
    for (path, text) in production() {
        let is_door = path.starts_with("src/http");
        for client in ["reqwest", "hyper::", "hyper_util", "TcpStream"] {
            assert!(
                is_door || !text.contains(client),
                "{} names `{client}`: send requests through `http`",
                path.display()
            );
        }
    }
}

#[test]
fn the_planner_does_no_io() {
    for (path, text) in rust_files("src/plan") {
        for word in [
            "std::fs",
            "std::env",
            "std::time",
            "tokio",
            "async fn",
            "reqwest",
            "tracing",
        ] {
            assert!(!text.contains(word), "{} has `{word}`", path.display());
        }
    }
}

#[test]
fn only_deletion_deletes() {
    for (path, text) in production() {
        let may = path.starts_with("src/registry") || path == Path::new("src/apply/deletion.rs");
        assert!(
            may || !text.contains(".delete("),
            "{} deletes",
            path.display()
        );
    }
}

#[test]
fn files_are_short_and_say_what_they_own() {
    for (path, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        let lines = text.lines().count();
        assert!(
            lines <= LONGEST_FILE,
            "{} has {lines} lines",
            path.display()
        );
        assert!(
            text.starts_with("//! "),
            "{} does not say what it owns",
            path.display()
        );
    }
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for (path, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        let lines = lines_of_code(&text);
        for (start, (number, line)) in lines.iter().enumerate() {
            if !is_function(line) {
                continue;
            }
            let indentation = line.len() - line.trim_start().len();
            let end = format!("{}}}", &line[..indentation]);
            let length = lines[start..].iter().position(|(_, line)| *line == end);
            if let Some(length) = length.filter(|length| *length >= LONGEST_FUNCTION) {
                let place = format!("{}:{}", path.display(), number);
                long.push(format!("{place} has {} lines", length + 1));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// The lines with their numbers, without those inside of raw strings and tables, which are data.
fn lines_of_code(text: &str) -> Vec<(usize, &str)> {
    let mut code = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        code.push((index + 1, line));
        let is_table = line.ends_with("vec![") || line.ends_with("= [");
        if let Some(end) = end_of_raw_string(line) {
            lines.by_ref().find(|(_, line)| line.contains(&end));
        } else if is_table {
            let indentation = &line[..line.len() - line.trim_start().len()];
            let end = format!("{indentation}]");
            lines.by_ref().find(|(_, line)| line.starts_with(&end));
        }
    }
    code
}

/// What ends a raw string that starts in a line and goes on in the next one.
fn end_of_raw_string(line: &str) -> Option<String> {
    let (_, rest) = line.rsplit_once("r#")?;
    let (more, rest) = rest.split_once('"')?;
    let end = format!("\"#{more}");
    (more.bytes().all(|byte| byte == b'#') && !rest.contains(&end)).then_some(end)
}

/// Whether a function with a body of several lines starts here, as rustfmt writes it.
fn is_function(line: &str) -> bool {
    let qualifiers = [
        "pub",
        "pub(crate)",
        "pub(super)",
        "async",
        "const",
        "unsafe",
    ];
    let mut words = line.split_whitespace();
    let is_fn = words.find(|word| !qualifiers.contains(word)) == Some("fn");
    is_fn && !line.ends_with('}')
}

#[test]
fn no_index_host_and_no_path_of_a_machine_is_named() {
    // Put together here, so that this file does not name them either.
    let hosts = [
        ["py", "pi.org"],
        ["python", "hosted.org"],
        ["npm", "js.org"],
        ["crates", ".io/api"],
    ]
    .map(|parts| parts.concat());
    let folders = [["/wo", "rk/"], ["/ro", "ot/"]].map(|parts| parts.concat());
    for (path, text) in files(".") {
        if path == Path::new("Cargo.lock") {
            continue;
        }
        for host in &hosts {
            assert!(
                !text.contains(host.as_str()),
                "{} names `{host}`",
                path.display()
            );
        }
        for folder in &folders {
            let named = text.match_indices(folder.as_str()).any(|(index, _)| {
                !text[..index].ends_with(|c: char| c.is_ascii_alphanumeric() || "_./-".contains(c))
            });
            assert!(!named, "{} has a path in `{folder}`", path.display());
        }
    }
}
