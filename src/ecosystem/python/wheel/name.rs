//! The file name of a wheel, and how well it suits a runtime.

use std::fmt;
use std::str::FromStr;

use super::metadata::escaped_forms;
use crate::ecosystem::python::version::is_version;
use crate::layer::PackageName;
use crate::layer::{Architecture, Glibc, PythonVersion};

/// A wheel's file name: `{name}-{version}(-{build})?-{python}-{abi}-{platform}.whl` (PEP 427).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WheelName {
    text: String,
    /// The package.
    pub name: PackageName,
    /// Its version as the file name spells it.
    pub version: String,
    /// The digits of the build tag; 0 where there is none.
    build: u64,
    pythons: Vec<String>,
    abis: Vec<String>,
    platforms: Vec<String>,
}

/// A file name that is none of a wheel.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the name of a wheel")]
pub struct WheelNameError(String);

/// How well a wheel suits a runtime; the greatest is the one that an installer would choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    python: (u8, u8),
    platform: (u8, u8),
    build: u64,
}

impl FromStr for WheelName {
    type Err = WheelNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || WheelNameError(text.to_owned());
        let parts: Vec<_> = text
            .strip_suffix(".whl")
            .ok_or_else(error)?
            .split('-')
            .collect();
        let (build, tags) = match parts.len() {
            5 => ("", &parts[2..]),
            6 => (parts[2], &parts[3..]),
            _ => return Err(error()),
        };
        let digits: String = build.chars().take_while(char::is_ascii_digit).collect();
        let split = |tags: &str| tags.split('.').map(str::to_ascii_lowercase).collect();
        Ok(Self {
            text: text.to_owned(),
            name: parts[0].parse().map_err(|_| error())?,
            version: parts[1].to_owned(),
            build: digits.parse().unwrap_or(0),
            pythons: split(tags[0]),
            abis: split(tags[1]),
            platforms: split(tags[2]),
        })
    }
}

impl fmt::Display for WheelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl WheelName {
    /// The file name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name of the wheel at an address; `None` where that is of something else.
    pub fn at(address: &str) -> Option<Self> {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let segment = path.rsplit('/').next().unwrap_or_default();
        segment.replace("%2B", "+").replace("%2b", "+").parse().ok()
    }

    /// Whether the wheel is of `version` (PEP 440).
    pub fn is_of_version(&self, version: &str) -> bool {
        escaped_forms(&self.version).any(|form| is_version(&form, version))
    }

    /// How well the wheel suits `python` on `architecture`; `None` where it cannot run there.
    ///
    /// The order is that of PEP 425: the interpreter's own ABI, its stable ABI, older stable ABIs, pure Python;
    /// then the newest C library, then any platform; then the build tag.
    pub fn rank(&self, python: PythonVersion, architecture: Architecture) -> Option<Rank> {
        let tags = self
            .pythons
            .iter()
            .flat_map(|tag| self.abis.iter().map(move |abi| (tag, abi)));
        let ranked = tags
            .filter_map(|(tag, abi)| rank_python(tag, abi, python))
            .max();
        let platforms = self.platforms.iter();
        let platform = platforms
            .filter_map(|tag| rank_platform(tag, architecture, python.glibc()))
            .max();
        Some(Rank {
            python: ranked?,
            platform: platform?,
            build: self.build,
        })
    }
}

impl WheelName {
    /// The oldest C library with which the wheel runs for `python` on `architecture`, were that one there; `None` where
    /// it is for something else.
    pub fn needed_glibc(&self, python: PythonVersion, architecture: Architecture) -> Option<Glibc> {
        let newest = Glibc {
            major: u8::MAX,
            minor: u8::MAX,
        };
        let abis = |tag| self.abis.iter().map(move |abi| (tag, abi));
        let mut tags = self.pythons.iter().flat_map(abis);
        tags.find_map(|(tag, abi)| rank_python(tag, abi, python))?;
        let platforms = self.platforms.iter();
        let needed = platforms.filter_map(|tag| rank_platform(tag, architecture, newest));
        needed.min().map(|(major, minor)| Glibc { major, minor })
    }
}

fn rank_python(tag: &str, abi: &str, python: PythonVersion) -> Option<(u8, u8)> {
    let own = format!("{}{}", python.major, python.minor);
    match (tag.get(..2)?, tag.get(2..)?, abi) {
        ("cp", version, _) if version == own => match abi {
            _ if abi == tag => Some((5, 0)),
            // Until Python 3.7 the tag also told which allocator it was built with (PEP 3149).
            _ if python.minor < 8 && abi.strip_suffix('m') == Some(tag) => Some((5, 0)),
            "abi3" => Some((4, 0)),
            "none" => Some((3, 0)),
            _ => None,
        },
        ("cp", version, "abi3") => Some((2, older_minor(version, python)?)),
        ("py", version, "none") if version == own => Some((1, u8::MAX)),
        ("py", "3", "none") => Some((1, u8::MAX - 1)),
        ("py", version, "none") => Some((1, older_minor(version, python)?)),
        _ => None,
    }
}

/// The minor version in a tag such as `39`, if it is of the same major version and older.
fn older_minor(version: &str, python: PythonVersion) -> Option<u8> {
    let minor = version
        .strip_prefix(&python.major.to_string())?
        .parse()
        .ok()?;
    (minor < python.minor).then_some(minor)
}

/// A platform's rank is the C library that it needs; the newest that the runtime has is the best.
fn rank_platform(tag: &str, architecture: Architecture, glibc: Glibc) -> Option<(u8, u8)> {
    if tag == "any" {
        return Some((0, 0));
    }
    let platform = tag
        .strip_suffix(architecture.platform())?
        .strip_suffix('_')?;
    let needed = match platform {
        "linux" => return Some((0, 1)),
        "manylinux1" => Glibc { major: 2, minor: 5 },
        "manylinux2010" => Glibc {
            major: 2,
            minor: 12,
        },
        "manylinux2014" => Glibc {
            major: 2,
            minor: 17,
        },
        _ => {
            let (major, minor) = platform.strip_prefix("manylinux_")?.split_once('_')?;
            Glibc {
                major: major.parse().ok()?,
                minor: minor.parse().ok()?,
            }
        }
    };
    (needed <= glibc).then_some((needed.major, needed.minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(runtime: &str, names: &[&'a str]) -> Option<&'a str> {
        let python = runtime
            .parse::<crate::layer::Runtime>()
            .unwrap()
            .python()
            .unwrap();
        let rank = |name: &str| {
            name.parse::<WheelName>()
                .unwrap()
                .rank(python, Architecture::X86_64)
        };
        names
            .iter()
            .copied()
            .filter(|name| rank(name).is_some())
            .max_by_key(|name| rank(name))
    }

    #[test]
    fn the_interpreters_own_build_beats_the_stable_abi_and_pure_python() {
        let pure = "p-1-py3-none-any.whl";
        let stable = "p-1-cp37-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        let own = "p-1-cp312-cp312-manylinux_2_28_x86_64.whl";
        assert_eq!(best("python3.12", &[pure, stable, own]), Some(own));
        assert_eq!(best("python3.13", &[pure, stable, own]), Some(stable));
        assert_eq!(best("python3.13", &[pure, own]), Some(pure));
    }

    #[test]
    fn the_c_library_of_the_runtime_is_a_limit() {
        let new = "p-1-cp311-cp311-manylinux_2_28_x86_64.whl";
        let old = "p-1-cp311-cp311-manylinux2014_x86_64.whl";
        assert_eq!(best("python3.11", &[new, old]), Some(old));
        assert_eq!(best("python3.11", &[new]), None);
    }

    #[test]
    fn foreign_platforms_never_suit() {
        for name in [
            "p-1-cp312-cp312-musllinux_1_2_x86_64.whl",
            "p-1-cp312-cp312-manylinux_2_17_aarch64.whl",
            "p-1-cp312-cp312t-manylinux_2_17_x86_64.whl",
            "p-1-cp313-abi3-manylinux_2_17_x86_64.whl",
            "p-1-py2-none-any.whl",
            "p-1-cp312-cp312-win_amd64.whl",
        ] {
            assert_eq!(best("python3.12", &[name]), None, "{name}");
        }
    }

    #[test]
    fn a_later_build_wins() {
        let names = [
            "p-1-2-py3-none-any.whl",
            "p-1-10-py3-none-any.whl",
            "p-1-py2.py3-none-any.whl",
        ];
        assert_eq!(best("python3.12", &names), Some(names[1]));
        assert!("p-1.whl".parse::<WheelName>().is_err());
        assert!("p-1-py3-none-any.zip".parse::<WheelName>().is_err());
    }
}
