//! What a shared object or program asks of the machine that it runs on.
//!
//! Knows ELF and the versions of the GNU C library's symbols; files that are no ELF are none of its business.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek};

use object::Endianness;
use object::elf::{DT_NEEDED, EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader as _, SectionHeader as _};
use object::read::{ReadCache, ReadRef};
use serde::{Deserialize, Serialize};

use crate::layer::{Architecture, Glibc};

/// What an ELF file asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElfNeeds {
    /// The architecture that it is for; `None` for one that Lambda does not offer.
    pub architecture: Option<Architecture>,
    /// The newest version of the C library whose symbols it uses; `None` where it uses none.
    pub glibc: Option<Glibc>,
}

/// How every ELF file begins.
pub const MAGIC: [u8; 4] = *b"\x7fELF";

/// Reads what an ELF file asks for; `None` where `input` is no ELF file.
///
/// A file that begins like one and cannot be read further asks for an unknown architecture. Only the parts that tell
/// are read, so that memory does not grow with the file.
pub fn elf_needs(mut input: impl Read + Seek) -> io::Result<Option<ElfNeeds>> {
    let mut magic = Vec::new();
    input.by_ref().take(4).read_to_end(&mut magic)?;
    if magic != MAGIC {
        return Ok(None);
    }
    let unknown = ElfNeeds {
        architecture: None,
        glibc: None,
    };
    Ok(Some(read(&ReadCache::new(input)).unwrap_or(unknown)))
}

fn read<'a>(bytes: impl ReadRef<'a>) -> object::read::Result<ElfNeeds> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let architecture = match header.e_machine(endian) {
        EM_X86_64 => Some(Architecture::X86_64),
        EM_AARCH64 => Some(Architecture::Arm64),
        _ => None,
    };
    let sections = header.sections(endian, bytes)?;
    let mut glibc = None;
    for section in sections.iter() {
        let Some((mut needs, names)) = section.gnu_verneed(endian, bytes)? else {
            continue;
        };
        let names = sections.strings(endian, bytes, names)?;
        while let Some((_, mut versions)) = needs.next()? {
            while let Some(version) = versions.next()? {
                glibc = glibc.max(glibc_version(version.name(endian, names)?));
            }
        }
    }
    Ok(ElfNeeds {
        architecture,
        glibc,
    })
}

/// The shared libraries that an ELF file asks for by name; none where it cannot be read.
pub fn elf_libraries(bytes: &[u8]) -> BTreeSet<String> {
    read_libraries(bytes).unwrap_or_default()
}

fn read_libraries(bytes: &[u8]) -> object::read::Result<BTreeSet<String>> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let Some((entries, names)) = sections.dynamic(endian, bytes)? else {
        return Ok(BTreeSet::new());
    };
    let names = sections.strings(endian, bytes, names)?;
    let needed = entries
        .iter()
        .filter(|entry| entry.tag(endian) == DT_NEEDED);
    needed
        .map(|entry| {
            let name = entry.string(endian, names)?;
            Ok(String::from_utf8_lossy(name).into_owned())
        })
        .collect()
}

/// The version in the name of a symbol version such as `GLIBC_2.28` or `GLIBC_2.2.5`.
fn glibc_version(name: &[u8]) -> Option<Glibc> {
    let version = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let mut parts = version.split('.');
    Some(Glibc {
        major: parts.next()?.parse().ok()?,
        minor: parts.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs_of(bytes: &[u8]) -> Option<ElfNeeds> {
        elf_needs(io::Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn this_program_runs_here() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let needs = needs_of(&bytes).unwrap();
        let here = if cfg!(target_arch = "x86_64") {
            Architecture::X86_64
        } else {
            Architecture::Arm64
        };
        assert_eq!(needs.architecture, Some(here));
        assert!(needs.glibc >= Some(Glibc { major: 2, minor: 2 }));
        assert!(elf_libraries(&bytes).contains("libc.so.6"));
        assert!(elf_libraries(b"\x7fELF rubbish").is_empty());
    }

    #[test]
    fn what_is_no_elf_asks_for_nothing() {
        assert_eq!(needs_of(b"print('hello')"), None);
        assert_eq!(needs_of(b""), None);
        assert_eq!(
            needs_of(b"\x7fELF rubbish"),
            Some(ElfNeeds {
                architecture: None,
                glibc: None
            })
        );
    }

    #[test]
    fn symbol_versions_name_the_library() {
        assert_eq!(
            glibc_version(b"GLIBC_2.28"),
            Some(Glibc {
                major: 2,
                minor: 28
            })
        );
        assert_eq!(
            glibc_version(b"GLIBC_2.2.5"),
            Some(Glibc { major: 2, minor: 2 })
        );
        assert_eq!(glibc_version(b"GLIBCXX_3.4.32"), None);
        assert_eq!(glibc_version(b"GLIBC_PRIVATE"), None);
    }
}
