//! Runtimes and architectures, with what each means for the wheels that can run there.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The identifier of a Lambda runtime, such as `python3.12`.
///
/// The set is open: AWS adds runtimes without notice, so an unknown one is passed through and AWS decides.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Runtime(String);

/// Why a text is no runtime.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the identifier of a runtime, such as `python3.12`")]
pub struct RuntimeError(String);

/// The version of a Python runtime. Ordered: 3.9 comes before 3.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion {
    /// The part before the dot.
    pub major: u8,
    /// The part after the dot.
    pub minor: u8,
}

/// A version of the GNU C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Glibc {
    /// The part before the dot.
    pub major: u8,
    /// The part after the dot.
    pub minor: u8,
}

/// The runtimes that Lambda had when this was released, also those that it no longer takes, each language's from old to
/// new (`Runtime` of the Lambda API model; a test of `registry::aws` compares them).
const KNOWN: [&str; 51] = [
    "nodejs",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "nodejs18.x",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "nodejs26.x",
    "java8",
    "java8.al2",
    "java8.al2023",
    "java11",
    "java11.al2023",
    "java17",
    "java17.al2023",
    "java21",
    "java25",
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "python3.15",
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "dotnet6",
    "dotnet8",
    "dotnet10",
    "ruby2.5",
    "ruby2.7",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "ruby4.0",
    "go1.x",
    "provided",
    "provided.al2",
    "provided.al2023",
];

impl Runtime {
    /// The identifier as AWS spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The runtimes that this release knows. The absence of another one says little: new ones come without notice.
    pub fn known() -> &'static [&'static str] {
        &KNOWN
    }

    /// The known runtime that was probably meant, the newest of those that are equally near.
    pub fn probably_meant(&self) -> Option<&'static str> {
        let near = KNOWN.iter().rev().copied();
        let near = near.map(|known| (strsim::damerau_levenshtein(&self.0, known), known));
        let (distance, known) = near.min_by_key(|(distance, _)| *distance)?;
        (distance * 3 <= known.len()).then_some(known)
    }

    /// The C library of its operating system, where that is known.
    pub fn glibc(&self) -> Option<Glibc> {
        self.python().map(PythonVersion::glibc)
    }

    /// The Python version, if this is a Python runtime.
    pub fn python(&self) -> Option<PythonVersion> {
        let (major, minor) = self.0.strip_prefix("python")?.split_once('.')?;
        Some(PythonVersion {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    }
}

impl From<PythonVersion> for Runtime {
    fn from(version: PythonVersion) -> Self {
        Self(format!("python{version}"))
    }
}

impl FromStr for Runtime {
    type Err = RuntimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let plausible = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.len() <= 64
            && text.chars().all(allowed);
        let runtime = Self(text.to_owned());
        let python_is_whole = !text.starts_with("python") || runtime.python().is_some();
        if plausible && python_is_whole {
            Ok(runtime)
        } else {
            Err(RuntimeError(text.to_owned()))
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl PythonVersion {
    /// The C library of the runtime's operating system.
    ///
    /// Amazon Linux 2023 (python3.12 and later) has glibc 2.34, Amazon Linux 2 has 2.26
    /// (AWS Lambda developer guide, "Lambda runtimes").
    pub fn glibc(self) -> Glibc {
        let minor = if self
            >= (Self {
                major: 3,
                minor: 12,
            }) {
            34
        } else {
            26
        };
        Glibc { major: 2, minor }
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// An instruction set that Lambda offers (`Architecture` of the Lambda API model).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Architecture {
    /// 64-bit Intel and AMD.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit ARM (Graviton).
    #[serde(rename = "arm64")]
    Arm64,
}

/// Why a text is no architecture.
#[derive(Debug, thiserror::Error)]
#[error("an architecture is `x86_64` or `arm64`, not `{0}`")]
pub struct ArchitectureError(String);

impl Architecture {
    /// The name that AWS uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// The name that wheels' platform tags and uv's platforms use (PEP 600).
    pub fn platform(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

impl FromStr for Architecture {
    type Err = ArchitectureError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "x86_64" => Ok(Self::X86_64),
            "arm64" => Ok(Self::Arm64),
            _ => Err(ArchitectureError(text.to_owned())),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glibc(runtime: &str) -> String {
        runtime
            .parse::<Runtime>()
            .unwrap()
            .python()
            .unwrap()
            .glibc()
            .to_string()
    }

    #[test]
    fn the_c_library_follows_the_runtime() {
        assert_eq!(glibc("python3.9"), "2.26");
        assert_eq!(glibc("python3.11"), "2.26");
        assert_eq!(glibc("python3.12"), "2.34");
        assert_eq!(glibc("python3.14"), "2.34");
    }

    #[test]
    fn the_nearest_known_runtime_was_probably_meant() {
        let meant = |text: &str| text.parse::<Runtime>().unwrap().probably_meant();
        for (text, near) in [
            ("python3.31", Some("python3.13")),
            ("pyhton3.12", Some("python3.12")),
            ("python3.120", Some("python3.12")),
            ("nodejs22", Some("nodejs22.x")),
            ("nodejs28.x", Some("nodejs26.x")),
            ("provided.al2032", Some("provided.al2023")),
            ("rust1", None),
        ] {
            assert_eq!(meant(text), near, "{text}");
        }
    }

    #[test]
    fn runtimes_are_an_open_set() {
        assert_eq!("nodejs28.x".parse::<Runtime>().unwrap().python(), None);
        assert!("python 3.12".parse::<Runtime>().is_err());
        assert!("python3".parse::<Runtime>().is_err());
        assert!("Python3.12".parse::<Runtime>().is_err());
        assert!("".parse::<Runtime>().is_err());
    }
}
