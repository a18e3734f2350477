//! Links between the documents lead to files and headings that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::{documents, root};

/// The text outside of fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The anchors of a document's headings, as GitHub and GitLab make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let headings = prose(text).filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let anchor = title.chars().filter(kept).collect::<String>();
        let anchor = anchor.replace(' ', "-");
        let count = seen.entry(anchor.clone()).or_default();
        *count += 1;
        match *count {
            1 => anchor,
            count => format!("{anchor}-{}", count - 1),
        }
    };
    headings.map(anchor).collect()
}

/// What the inline links of a document lead to.
fn targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(text) {
        for (index, _) in line.match_indices("](") {
            let target = &line[index + 2..];
            targets.push(target[..target.find(')').unwrap()].to_owned());
        }
    }
    targets
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => assert!(normal.pop(), "{} leaves the project", path.display()),
            Component::CurDir => {}
            component => normal.push(component),
        }
    }
    normal
}

#[test]
fn links_lead_somewhere() {
    let documents: BTreeMap<_, _> = documents().into_iter().collect();
    let mut broken = Vec::new();
    for (path, text) in &documents {
        for target in targets(text) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file = match file {
                "" => path.clone(),
                file => normal(&path.parent().unwrap().join(file)),
            };
            let has_anchor = anchor.is_empty()
                || documents
                    .get(&file)
                    .is_some_and(|text| anchors(text).contains(anchor));
            if !root().join(&file).exists() || !has_anchor {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_document_is_in_the_index() {
    let index = std::fs::read_to_string(root().join("docs/README.md")).unwrap();
    let linked: BTreeSet<_> = targets(&index)
        .iter()
        .map(|target| normal(&Path::new("docs").join(target.split('#').next().unwrap())))
        .collect();
    for file in walkdir::WalkDir::new(root().join("docs")) {
        let file = file.unwrap().into_path();
        let path = file.strip_prefix(root()).unwrap();
        let is_listed = path == Path::new("docs/README.md")
            || path.ancestors().any(|path| linked.contains(path))
            || path.parent().unwrap() == Path::new("docs/iam");
        assert!(
            !file.is_file() || is_listed,
            "{} is not in docs/README.md",
            path.display()
        );
    }
}

#[test]
fn anchors_are_those_of_hosts() {
    let text = "# A b\n## `lls plan`: what?\n```\n# no heading\n```\n## A b\n";
    let expected = ["a-b", "a-b-1", "lls-plan-what"].map(str::to_owned);
    assert_eq!(anchors(text), BTreeSet::from(expected));
}
