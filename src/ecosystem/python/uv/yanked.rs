//! Versions that their authors have withdrawn (PEP 592): uv takes those that are pinned or locked, and warns of them.

use std::sync::LazyLock;

use regex::Regex;

use super::pylock::ResolvedPackage;
use crate::layer::PackageName;

/// How much of a reason is shown; an index may send any text.
const LONGEST_REASON: usize = 200;

static WARNING: LazyLock<Regex> = LazyLock::new(|| {
    let warning = r#"(?m)^warning: `([A-Za-z0-9._-]+)==(\S+)` is yanked(?: \(reason: "(.*)"\))?"#;
    Regex::new(warning).expect("it is constant")
});

static RANGE: LazyLock<Regex> = LazyLock::new(|| {
    let range = r"([A-Za-z0-9._-]+)(?:==|>=[^\s,]+,<=)(\S+)\s+ha(?:s|ve)\s+no\s+usable\s+wheels";
    Regex::new(range).expect("it is constant")
});

/// The reason of a yanked version, if it has one.
pub fn because(reason: &str) -> String {
    match reason {
        "" => String::new(),
        _ => format!(": {reason}"),
    }
}

/// Notes which of the packages uv warns of; `said` is what it printed.
pub(super) fn note_yanked(packages: &mut [ResolvedPackage], said: &str) {
    for found in WARNING.captures_iter(said) {
        let name = found[1].parse::<PackageName>().ok();
        let is_it = |package: &&mut ResolvedPackage| {
            Some(&package.name) == name.as_ref() && package.version.as_deref() == Some(&found[2])
        };
        if let Some(package) = packages.iter_mut().find(is_it) {
            let reason = found.get(3).map_or("", |reason| reason.as_str());
            package.yanked = Some(reason.chars().take(LONGEST_REASON).collect());
        }
    }
}

/// The newest version of `package` that uv did not take, from the sentence in which it says that there are no wheels:
/// of versions that are yanked, too, it considers none.
pub(super) fn newest_untaken(package: &PackageName, message: &str) -> Option<String> {
    let mut found = RANGE.captures_iter(message);
    let is_it = |found: &regex::Captures<'_>| found[1].parse().ok().as_ref() == Some(package);
    found.find(is_it).map(|found| found[2].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str) -> ResolvedPackage {
        ResolvedPackage {
            name: name.parse().unwrap(),
            version: Some(version.to_owned()),
            wheels: Vec::new(),
            source: None,
            yanked: None,
        }
    }

    #[test]
    fn warnings_are_of_one_version() {
        let mut packages = [package("a-b", "1.0"), package("c", "2"), package("d", "3")];
        let said = "warning: `a-b==1.0` is yanked (reason: \"broken (\"really\")\")\nwarning: `c==1` is yanked\nwarning: `d==3` is yanked\n";
        note_yanked(&mut packages, said);
        let yanked = packages.map(|package| package.yanked);
        let expected = [Some("broken (\"really\")"), None, Some("")];
        assert_eq!(yanked, expected.map(|text| text.map(str::to_owned)));
    }

    #[test]
    fn the_newest_version_without_wheels_is_found() {
        let find = |message: &str| newest_untaken(&"a".parse().unwrap(), message);
        let range = "Because a>=2.32.0,<=2.32.1 has no usable wheels and only";
        assert_eq!(find(range).as_deref(), Some("2.32.1"));
        let pin = "Because b==1 has no usable wheels and a==2.0 has no usable wheels, we";
        assert_eq!(find(pin).as_deref(), Some("2.0"));
        assert_eq!(find("all versions of a have no usable wheels"), None);
    }
}
