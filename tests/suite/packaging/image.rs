//! The root file systems of the image: `release/root-file-systems` with a program that stands for `lls`, and the real uv.

use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;
use object::elf::PT_INTERP;
use object::read::elf::{FileHeader as _, ProgramHeader as _};

use super::{read, released, run, script};

#[test]
fn the_image_holds_what_it_needs_and_nothing_else() {
    let project = released(&["x86_64-unknown-linux-musl"]);
    let make = script("root-file-systems");
    let made = run(&project, &[&make, "release", "image", "amd64"], &[]);
    assert_eq!(made.status, 0, "{made}");
    let root = project.path("image/amd64");
    let mut found = String::new();
    for entry in walkdir::WalkDir::new(&root)
        .min_depth(1)
        .sort_by_file_name()
    {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o7777;
        let path = entry.path().strip_prefix(&root).unwrap().display();
        found.push_str(&format!("{mode:04o} {path}\n"));
    }
    expect![[r#"
        0755 etc
        0644 etc/passwd
        0755 etc/ssl
        0755 etc/ssl/certs
        0644 etc/ssl/certs/ca-certificates.crt
        0755 home
        1777 home/lls
        1777 project
        1777 tmp
        0755 usr
        0755 usr/local
        0755 usr/local/bin
        0755 usr/local/bin/lls
        0755 usr/local/bin/uv
    "#]]
    .assert_eq(&found);
    // No C library is there, so nothing may ask for one.
    let uv = project.bytes("image/amd64/usr/local/bin/uv");
    let header = object::elf::FileHeader64::<object::Endianness>::parse(uv.as_slice()).unwrap();
    let endian = header.endian().unwrap();
    let mut segments = header
        .program_headers(endian, uv.as_slice())
        .unwrap()
        .iter();
    assert!(
        segments.all(|segment| segment.p_type(endian) != PT_INTERP),
        "uv is static"
    );
}

#[test]
fn the_image_runs_as_a_user_without_rights() {
    let file = read("Containerfile");
    assert!(file.contains("\nFROM scratch\n") && file.contains("\nUSER 65532:65532\n"));
    assert!(file.contains("\nENTRYPOINT [\"/usr/local/bin/lls\"]\n"));
}
