//! Refuses lines of requirements that `lls` does not take.

use std::collections::BTreeSet;

use super::error::RequirementLineError;
use super::hashes::fragment_hash;
use super::place::RequirementPlace;
use super::read::{Line, is_address, is_wheel, read_line, scheme};
use super::source_file::SourceFile;
use crate::ecosystem::python::uv::without_secrets;
use crate::ecosystem::python::wheel::WheelName;
use crate::layer::PackageName;

/// What addresses of packages may begin with: files of the web, and repositories whose host proves who it is.
const PROTOCOLS: [&str; 5] = ["http", "https", "git+https", "git+ssh", "git+file"];

/// Fails at the first line that `lls` does not take, or that needs one of the packages that are not in `build` built.
pub fn check(
    sources: &[SourceFile],
    build: &BTreeSet<PackageName>,
) -> Result<(), RequirementLineError> {
    for source in sources {
        for line in source.logical_lines() {
            let place = source.place(line.number);
            check_line(&line.text, place, build)?;
        }
    }
    Ok(())
}

fn check_line(
    text: &str,
    place: RequirementPlace,
    build: &BTreeSet<PackageName>,
) -> Result<(), RequirementLineError> {
    use RequirementLineError as E;
    Err(match read_line(text) {
        Line::Local(path) => E::LocalPath {
            place,
            path: path.to_owned(),
        },
        Line::Unnamed(address) if is_wheel(address) => unnamed_wheel(place, address),
        Line::Unnamed(address) => E::Unnamed {
            place,
            address: without_secrets(address),
        },
        Line::Editable(address) => E::Editable {
            place,
            address: without_secrets(address),
        },
        Line::Include(_, file) if is_address(file) => E::IncludedAddress {
            place,
            address: without_secrets(file),
        },
        Line::Option(option) => E::Option {
            place,
            option: option.to_owned(),
        },
        Line::Unknown => E::Unknown { place },
        Line::At(package, address) if is_wheel(address) == build.contains(&package) => {
            if is_wheel(address) {
                E::WheelToBuild { place, package }
            } else {
                E::NotAllowed { place, package }
            }
        }
        Line::At(package, address) if !PROTOCOLS.contains(&scheme(address).as_str()) => {
            E::Protocol {
                place,
                package,
                scheme: scheme(address),
            }
        }
        Line::At(..)
        | Line::Package(_)
        | Line::Include(..)
        | Line::Index(..)
        | Line::Harmless
        | Line::RequireHashes
        | Line::TrustedHost(_)
        | Line::Nothing => return Ok(()),
    })
}

fn unnamed_wheel(place: RequirementPlace, address: &str) -> RequirementLineError {
    let shown = without_secrets(address);
    let Some(wheel) = WheelName::at(address) else {
        let address = shown;
        return RequirementLineError::Unnamed { place, address };
    };
    let mut line = format!("{} @ {shown}", wheel.name);
    if let Some(hash) = fragment_hash(address) {
        line.push_str(&format!("#{}", hash.replace(':', "=")));
    }
    RequirementLineError::UnnamedWheel {
        place,
        address: shown,
        line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_lines_are_joined_and_have_the_place_of_the_first() {
        let lines = ["a", "b @ \\", "  git+https://h/b", "c"].map(str::to_owned);
        let source = SourceFile {
            name: "requirements.txt".into(),
            path: "layers/x/requirements.txt".into(),
            lines: lines.to_vec(),
            numbers: Vec::new(),
        };
        let error = check(&[source], &BTreeSet::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`layers/x/requirements.txt:2` requires `b` as source code"
        );
    }
}
