//! What a wheel says of itself in `.dist-info`: the folder's name, `WHEEL` and `METADATA` must be those of the locked package.

use super::error::{WheelError, shortened};
use crate::ecosystem::python::version::is_version;
use crate::layer::PackageName;

/// The end of the name of the folder with metadata.
const DIST_INFO: &str = ".dist-info";

/// The one folder with metadata among the top-level `folders`, if it is of `package` in `version`.
pub(super) fn find_dist_info<'a>(
    folders: impl Iterator<Item = &'a str>,
    package: &PackageName,
    version: &str,
) -> Result<String, WheelError> {
    let mut found = None;
    for folder in folders.filter(|folder| folder.ends_with(DIST_INFO)) {
        match found {
            None => found = Some(folder),
            Some(other) if other == folder => {}
            Some(other) => {
                let (first, second) = (other.min(folder), other.max(folder));
                return Err(WheelError::TwoDistInfos(first.into(), second.into()));
            }
        }
    }
    let folder = found.ok_or(WheelError::NoDistInfo)?;
    let stem = folder.strip_suffix(DIST_INFO).unwrap_or(folder);
    let (name, folder_version) = stem.split_once('-').unwrap_or((stem, ""));
    check_package(folder, name, package)?;
    if escaped_forms(folder_version).any(|form| is_version(&form, version)) {
        Ok(folder.to_owned())
    } else {
        Err(WheelError::OtherVersion {
            found: folder.to_owned(),
            expected: version.to_owned(),
        })
    }
}

/// Refuses a `WHEEL` of another format than 1.x (PEP 427: a greater major version must not be installed). What else it
/// says does not count here: `Root-Is-Purelib` chooses between two folders that are one in a layer.
pub(super) fn check_wheel(bytes: &[u8]) -> Result<(), WheelError> {
    let text = String::from_utf8_lossy(bytes);
    let version = field(&text, "WHEEL", "Wheel-Version")?;
    let mut numbers = version.split('.').map(str::parse::<u32>);
    if numbers.next() == Some(Ok(1)) && numbers.all(|number| number.is_ok()) {
        Ok(())
    } else {
        Err(WheelError::WheelVersion(shortened(version)))
    }
}

/// Refuses a `METADATA` of another package or version.
pub(super) fn check_metadata(
    bytes: &[u8],
    package: &PackageName,
    version: &str,
) -> Result<(), WheelError> {
    let text = String::from_utf8_lossy(bytes);
    let name = field(&text, "METADATA", "Name")?;
    check_package(name, name, package)?;
    let found = field(&text, "METADATA", "Version")?;
    if is_version(found, version) {
        Ok(())
    } else {
        Err(WheelError::OtherVersion {
            found: shortened(found),
            expected: version.to_owned(),
        })
    }
}

fn check_package(found: &str, name: &str, expected: &PackageName) -> Result<(), WheelError> {
    if name.parse::<PackageName>().ok().as_ref() == Some(expected) {
        Ok(())
    } else {
        Err(WheelError::OtherPackage {
            found: shortened(found),
            expected: expected.clone(),
        })
    }
}

/// What an escaped version can stand for: `_` is `-` (PEP 427), and was once the `+` of a local version.
pub(super) fn escaped_forms(version: &str) -> impl Iterator<Item = String> {
    [
        version.to_owned(),
        version.replace('_', "-"),
        version.replacen('_', "+", 1),
    ]
    .into_iter()
}

/// The value of the header `name`, which must stand there once before the first empty line.
fn field<'a>(text: &'a str, file: &'static str, name: &'static str) -> Result<&'a str, WheelError> {
    let mut values = text
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.split_once(':'))
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim());
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(WheelError::Field(file, name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &str, version: &str) -> bool {
        find_dist_info([folder].into_iter(), &"a-b".parse().unwrap(), version).is_ok()
    }

    #[test]
    fn versions_are_compared_as_versions() {
        for (folder, version) in [
            ("a_b-1.0.dist-info", "1.0"),
            ("A.B-1.0.0.dist-info", "1"),
            ("a_b-1.0rc1.dist-info", "1.0.0-rc.1"),
            ("a_b-1.0+cpu.dist-info", "1.0+cpu"),
            ("a_b-1.0_cpu.dist-info", "1.0+cpu"),
            ("a_b-2024a.dist-info", "2024a"),
            ("a_b-legacy_x.dist-info", "legacy-x"),
        ] {
            assert!(found(folder, version), "{folder} {version}");
        }
        for folder in [
            "a_b-1.0.1.dist-info",
            "a_b-1.0.post1.dist-info",
            "a_b-1!1.0.dist-info",
            "a_b.dist-info",
            "a_b-.dist-info",
            "b-1.0.dist-info",
        ] {
            assert!(!found(folder, "1.0"), "{folder}");
        }
    }
}
