//! Reads `requirements.lock`: the few forms that `lls lock` writes, and no others.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::{BuiltWheel, Lock, LockedWheel, WHEELS_HASH, WheelSource, hash_of};
use crate::digest::Sha256;
use crate::ecosystem::python::wheel::WheelName;
use crate::layer::{PackageName, PythonVersion};

/// A lock that `lls lock` did not write, or that was edited since.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// The head comment is missing.
    #[error("line 1 is not the header of a lock made by `lls lock`")]
    Head,
    /// Git could not merge two versions of it.
    #[error("line {0} is a merge conflict marker")]
    Conflict(
        /// Its number, from 1.
        usize,
    ),
    /// A line is none of the forms that `lls lock` writes.
    #[error("line {line} is not a pinned requirement with a hash: `{text}`")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Two wheels of one package for one runtime.
    #[error("line {line} pins `{name}` a second time for the same runtime")]
    Twice {
        /// Its number, from 1.
        line: usize,
        /// The package.
        name: PackageName,
    },
}

impl FromStr for Lock {
    type Err = LockError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(index) = text.lines().position(is_conflict_mark) {
            return Err(LockError::Conflict(index + 1));
        }
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim_end()));
        let head = lines.next().map(|(_, line)| line).unwrap_or_default();
        let inputs = head
            .strip_prefix("# lls lock 1, made from inputs sha256:")
            .and_then(Sha256::from_hex);
        let mut lock = Self {
            inputs: inputs.ok_or(LockError::Head)?,
            wheels: Vec::new(),
            is_whole: false,
        };
        let (mut source, mut written) = (None, None);
        while let Some((number, line)) = lines.next() {
            if let Some(hash) = line.strip_prefix(WHEELS_HASH) {
                written = Sha256::from_hex(hash);
                continue;
            }
            if line.is_empty() || line.starts_with('#') {
                source = WheelSource::parse(line);
                continue;
            }
            let source = source.take();
            let wheel = line
                .strip_suffix('\\')
                .and_then(|requirement| {
                    let hash = lines.next()?.1.trim_start();
                    parse_wheel(requirement.trim_end(), hash, source)
                })
                .ok_or_else(|| LockError::Line {
                    line: number,
                    text: line.to_owned(),
                })?;
            if lock.wheels.iter().any(|other| collide(other, &wheel)) {
                return Err(LockError::Twice {
                    line: number,
                    name: wheel.name,
                });
            }
            lock.wheels.push(wheel);
        }
        lock.is_whole = written == Some(hash_of(&lock.wheels));
        Ok(lock)
    }
}

fn is_conflict_mark(line: &str) -> bool {
    ["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

fn collide(a: &LockedWheel, b: &LockedWheel) -> bool {
    a.name == b.name
        && match (&a.pythons, &b.pythons) {
            (Some(a), Some(b)) => !a.is_disjoint(b),
            _ => true,
        }
}

fn parse_wheel(requirement: &str, hash: &str, source: Option<WheelSource>) -> Option<LockedWheel> {
    let (pin, marker) = match requirement.split_once(" ; ") {
        Some((pin, marker)) => (pin, Some(marker)),
        None => (requirement, None),
    };
    let built = match pin.strip_prefix(BuiltWheel::PREFIX) {
        Some(file) => Some(BuiltWheel {
            file: parse_file(file)?,
            source: source?,
        }),
        None => None,
    };
    let (name, version) = match &built {
        Some(built) => (built.file.name.clone(), built.file.version.clone()),
        None => {
            let (name, version) = pin.split_once("==")?;
            (name.parse().ok()?, version.to_owned())
        }
    };
    if version.is_empty() || !version.chars().all(is_version_character) {
        return None;
    }
    let pythons = match marker {
        Some(marker) => Some(parse_marker(marker)?),
        None => None,
    };
    Some(LockedWheel {
        name,
        version,
        pythons,
        sha256: Sha256::from_hex(hash.strip_prefix("--hash=sha256:")?)?,
        built,
    })
}

fn is_version_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '!' | '-' | '_')
}

/// The name of a wheel that leads to no other folder.
fn parse_file(text: &str) -> Option<WheelName> {
    text.chars()
        .all(is_version_character)
        .then(|| text.parse().ok())?
}

fn parse_marker(marker: &str) -> Option<BTreeSet<PythonVersion>> {
    let parse_version = |clause: &str| {
        let version = clause
            .strip_prefix("python_version == \"")?
            .strip_suffix('"')?;
        let (major, minor) = version.split_once('.')?;
        Some(PythonVersion {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    };
    marker.split(" or ").map(parse_version).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Commit, ResolvedWheel};
    use super::*;

    fn python(minor: u8) -> PythonVersion {
        PythonVersion { major: 3, minor }
    }

    fn example() -> Lock {
        let resolved = |name: &str, version: &str, build: &str| ResolvedWheel {
            name: name.parse().unwrap(),
            version: version.to_owned(),
            sha256: Sha256::of(build),
            built: None,
        };
        let six = resolved("six", "1.17.0", "six");
        let numpy = |build: &str| resolved("numpy", "2.2.6", build);
        let resolutions = [
            (python(11), vec![six.clone(), numpy("311")]),
            (python(12), vec![six, numpy("312")]),
        ];
        Lock::join(Sha256::of("inputs"), &resolutions)
    }

    #[test]
    fn a_lock_survives_a_round_trip() {
        let lock = example();
        assert_eq!(lock.to_string().parse(), Ok(lock));
    }

    #[test]
    fn only_wheels_that_differ_carry_a_marker() {
        let lock = example();
        let markers: Vec<_> = lock
            .wheels
            .iter()
            .map(|wheel| (wheel.name.as_str(), wheel.pythons.is_some()))
            .collect();
        assert_eq!(markers, [("numpy", true), ("numpy", true), ("six", false)]);
        assert!(
            lock.wheels[2].is_for(python(11))
                && lock.wheels[0].is_for(python(11)) != lock.wheels[1].is_for(python(11))
        );
    }

    fn example_with_built_wheels() -> Lock {
        let commit: Commit = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
        let request = Sha256::of("address");
        let built = |file: &str, source| ResolvedWheel {
            name: "p".parse().unwrap(),
            version: "1.0+x".to_owned(),
            sha256: Sha256::of(file),
            built: Some(BuiltWheel {
                file: file.parse().unwrap(),
                source,
            }),
        };
        let pure = built(
            "p-1.0+x-py3-none-any.whl",
            WheelSource::Git { commit, request },
        );
        let own = built(
            "p-1.0+x-cp312-cp312-linux_x86_64.whl",
            WheelSource::Archive(Sha256::of("sdist")),
        );
        let resolutions = [(python(11), vec![pure]), (python(12), vec![own])];
        Lock::join(Sha256::of("inputs"), &resolutions)
    }

    #[test]
    fn built_wheels_survive_a_round_trip() {
        let lock = example_with_built_wheels();
        assert_eq!(lock.to_string().parse(), Ok(lock));
    }

    #[test]
    fn edited_lines_of_built_wheels_are_refused() {
        let text = example_with_built_wheels().to_string();
        for (from, to) in [
            ("# built from", "# made from"),
            ("commit 0", "commit g"),
            ("asked for by sha256:", "asked for by sha256:0"),
            ("./.wheels/", "./.wheels/../"),
            ("./.wheels/", "./wheels/"),
            ("-any.whl", "-any.zip"),
            ("./.wheels/p", "./.wheels/p/p"),
        ] {
            assert!(text.contains(from), "{from}");
            let outcome = text.replace(from, to).parse::<Lock>();
            assert!(
                matches!(outcome, Err(LockError::Line { .. })),
                "{from} -> {to}: {outcome:?}"
            );
        }
    }

    #[test]
    fn edited_locks_are_refused() {
        let text = example().to_string();
        let damage = |from: &str, to: &str| text.replacen(from, to, 1).parse::<Lock>();
        assert_eq!(damage("# lls lock 1", "# lls lock 2"), Err(LockError::Head));
        for (from, to) in [
            ("==", ">="),
            ("sha256:", "md5:"),
            ("--hash", "--no-hash"),
            ("3.11", "3.x"),
            (" \\", ""),
        ] {
            let text = text.lines().enumerate().map(|(index, line)| {
                if index < 3 {
                    line.to_owned()
                } else {
                    line.replacen(from, to, 1)
                }
            });
            let outcome = text.collect::<Vec<_>>().join("\n").parse::<Lock>();
            assert!(
                matches!(outcome, Err(LockError::Line { .. })),
                "{from} -> {to}: {outcome:?}"
            );
        }
        assert!(matches!(
            damage("3.12", "3.11"),
            Err(LockError::Twice { line: 6, .. })
        ));
    }

    #[test]
    fn a_wheel_that_was_dropped_added_or_changed_is_noticed() {
        let text = example().to_string();
        let (_, six) = text.split_once("six==").unwrap();
        for edited in [
            text.replace(&format!("six=={six}"), ""),
            format!("{text}seven=={six}"),
            text.replace("1.17.0", "1.16.0"),
            text.replace(WHEELS_HASH, "# "),
        ] {
            let lock: Lock = edited.parse().unwrap();
            assert!(!lock.is_whole, "{edited}");
        }
        let commented = text.replace("numpy==", "# a comment\nnumpy==");
        assert!(commented.parse::<Lock>().unwrap().is_whole);
    }

    #[test]
    fn a_merge_conflict_is_named() {
        let text = example().to_string();
        let merged = text.replace("six==", "<<<<<<< ours\nsix==");
        assert_eq!(merged.parse::<Lock>(), Err(LockError::Conflict(8)));
    }
}
