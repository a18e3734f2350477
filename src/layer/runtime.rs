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

/// How the identifiers of runtimes begin (Lambda developer guide, "Lambda runtimes").
const LANGUAGES: [&str; 7] = [
    "python", "nodejs", "java", "dotnet", "ruby", "go", "provided",
];

impl Runtime {
    /// The identifier as AWS spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The runtime that was probably meant, where the language's name is misspelled. Versions are not looked at: new ones
    /// come without notice.
    pub fn probably_meant(&self) -> Option<String> {
        let end = self.0.find(|c: char| c.is_ascii_digit() || c == '.');
        let (language, version) = self.0.split_at(end.unwrap_or(self.0.len()));
        if LANGUAGES.contains(&language) {
            return None;
        }
        let near = LANGUAGES
            .iter()
            .map(|known| (strsim::damerau_levenshtein(language, known), known))
            .filter(|(distance, known)| *distance * 3 <= known.len())
            .min()?;
        Some(format!("{}{version}", near.1))
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
    fn runtimes_are_an_open_set() {
        assert_eq!("nodejs28.x".parse::<Runtime>().unwrap().python(), None);
        assert!("python 3.12".parse::<Runtime>().is_err());
        assert!("python3".parse::<Runtime>().is_err());
        assert!("Python3.12".parse::<Runtime>().is_err());
        assert!("".parse::<Runtime>().is_err());
    }
}
