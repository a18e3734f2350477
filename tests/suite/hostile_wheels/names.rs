//! Names that would leave the folder, mean different paths to different readers, or clash.

use super::forge::{Entry, crc32, extra, stored};
use super::{Case, adding, first};

pub fn cases() -> Vec<Case> {
    [paths(), encodings(), kinds(), clashes()].concat()
}

fn one(name: impl AsRef<[u8]>) -> Vec<u8> {
    adding([stored(name, "evil")])
}

#[rustfmt::skip]
fn paths() -> Vec<Case> {
    vec![
        ("parent", one("../evil")),
        ("parent of a folder", one("a/../evil")),
        ("two parents", one("a/../../evil")),
        ("parent at the end", one("evil/..")),
        ("parent as a folder", one("evil/../")),
        ("nothing but a parent", one("..")),
        ("this folder", one("./evil")),
        ("this folder inside", one("a/./evil")),
        ("parent in the local header only", first(|entry| entry.local.name = b"../nit__.py__".to_vec())),
        ("parent in the central header only", first(|entry| entry.central.name = b"../nit__.py__".to_vec())),
        ("parents below .data", one("p-1.0.data/purelib/../../evil")),
        ("absolute", one("/etc/evil")),
        ("absolute below .data", one("p-1.0.data/data//etc/evil")),
        ("drive", one("C:/evil")),
        ("drive without a folder", one("c:evil")),
        ("drive below .data", one("p-1.0.data/data/C:/evil")),
        ("UNC with slashes", one("//host/share/evil")),
        ("UNC with backslashes", one("\\\\host\\share\\evil")),
        ("parent with a backslash", one("..\\evil")),
        ("backslash inside", one("a\\evil")),
        ("NUL", one("evil.py\0.txt")),
        ("newline", one("evil\n")),
        ("escape", one("\x1b[2Jevil")),
        ("delete", one("evil\x7f")),
        ("control of Latin 1", one("evil\u{85}")),
        ("right to left", one("evil\u{202e}yp.txt")),
        ("empty name", one("")),
        ("only a slash", one("/")),
        ("empty part", one("a//evil")),
        ("two slashes at the end", adding([stored("evil//", "")])),
        ("long name", one("a/".repeat(2100))),
        ("long part", one("a".repeat(256))),
        ("full-width slash", one("..\u{ff0f}evil")),
        ("full-width dots", one("\u{ff0e}\u{ff0e}/evil")),
        ("dots in one character", one("\u{2025}/evil")),
        ("full-width backslash", one("a\u{ff3c}evil")),
        ("full-width drive", one("\u{ff23}\u{ff1a}/evil")),
    ]
}

#[rustfmt::skip]
fn encodings() -> Vec<Case> {
    let unicode = |version: u8, crc: u32, name: &str| {
        extra(0x7075, &[&[version], &crc.to_le_bytes()[..], name.as_bytes()].concat())
    };
    let named = |field: Vec<u8>| stored("evil", "").both(|fields| fields.extra.clone_from(&field));
    let sound = crc32(b"evil");
    vec![
        ("Latin 1", one(b"evil\xe9")),
        ("overlong slash", one(b"..\xc0\xafevil")),
        ("overlong NUL", one(b"evil\xc0\x80")),
        ("surrogate", one(b"evil\xed\xa0\x80")),
        ("beyond Unicode", one(b"evil\xf4\x90\x80\x80")),
        ("cut-off character", one(b"evil\xe2\x82")),
        ("UTF-8 without its flag", adding([stored("evil\u{e9}", "").both(|fields| fields.flags = 0)])),
        ("UTF-8 flag in one header", first(|entry| entry.local.flags |= 1 << 11)),
        ("other Unicode path", adding([named(unicode(1, sound, "../evil"))])),
        ("other Unicode path in the local header", adding([stored("evil", "").with(|entry| entry.local.extra = unicode(1, sound, "devil"))])),
        ("Unicode path of another name", adding([named(unicode(1, sound ^ 1, "evil"))])),
        ("Unicode path of another version", adding([named(unicode(2, sound, "evil"))])),
        ("two Unicode paths", adding([named([unicode(1, sound, "evil"), unicode(1, sound, "evil")].concat())])),
    ]
}

#[rustfmt::skip]
fn kinds() -> Vec<Case> {
    let mode = |mode| adding([stored("evil", "/etc/passwd").mode(mode)]);
    vec![
        ("symlink", mode(0o120_777)),
        ("symlink made on MS-DOS", adding([stored("evil", "..").mode(0o120_777).with(|entry| entry.made_by = 20)])),
        ("symlink named as a folder", adding([stored("evil/", "").mode(0o120_777)])),
        ("character device", mode(0o020_644)),
        ("block device", mode(0o060_644)),
        ("fifo", mode(0o010_644)),
        ("socket", mode(0o140_644)),
        ("unknown type", mode(0o150_644)),
        ("folder by mode", mode(0o040_755)),
        ("folder by MS-DOS attribute", adding([stored("evil", "").with(|entry| entry.attributes = 0x10)])),
        ("file by mode named as a folder", adding([stored("evil/", "").mode(0o100_644)])),
        ("folder with content", adding([stored("evil/", "content")])),
        ("folder with a stream that hides bytes", adding([stored("evil/", "").both(|fields| (fields.method, fields.compressed) = (8, 7)).with(|entry| entry.data = vec![0, 0, 0, 0xff, 0xff, 3, 0])])),
        ("folder with a checksum", adding([stored("evil/", "").both(|fields| fields.crc32 = 1)])),
        ("link in ASi Unix field", adding([hiding(0x756e)])),
        ("link in PKWARE Unix field", adding([hiding(0x000d)])),
        ("link in libarchive field", adding([hiding(0x6c78).with(|entry| entry.central.extra.clear())])),
    ]
}

fn hiding(id: u16) -> Entry {
    stored("evil", "").both(|fields| fields.extra = extra(id, b"/etc/passwd....."))
}

#[rustfmt::skip]
fn clashes() -> Vec<Case> {
    let two = |a: &str, b: &str| adding([stored(a, "1"), stored(b, "2")]);
    let data = |folder: &str, path: &str| format!("p-1.0.data/{folder}/{path}");
    vec![
        ("duplicate", two("evil", "evil")),
        ("duplicate folder", adding([stored("evil/", ""), stored("evil/", "")])),
        ("two names for one entry", adding([stored("evil", ""), stored("evil", "").with(|entry| (entry.present, entry.offset) = (false, Some(0)))])),
        ("file and folder", two("evil", "evil/a")),
        ("file and folder entry", adding([stored("evil", ""), stored("evil/", "")])),
        ("file and folder apart", adding([stored("evil", ""), stored("evil-", ""), stored("evil.b", ""), stored("evil/a/b", "")])),
        ("case twins", two("evil.py", "Evil.py")),
        ("case twins beyond ASCII", two("\u{e9}", "\u{c9}")),
        ("case twins of two letters", two("stra\u{df}e", "STRASSE")),
        ("composed and decomposed", two("\u{e9}", "e\u{301}")),
        ("compatibility twins", two("\u{fb01}le", "file")),
        ("Kelvin", two("\u{212a}", "k")),
        ("file and folder in another case", two("evil", "Evil/a")),
        ("twin folders", adding([stored("evil/", ""), stored("EVIL/", "")])),
        ("one place through .data", adding([stored(data("purelib", "p/__init__.py"), "")])),
        ("one place through two folders of .data", two(&data("purelib", "evil"), &data("platlib", "evil"))),
        ("twins through .data", two("evil", &data("data", "EVIL"))),
        ("file and folder through .data", two("evil", &data("data", "evil/a"))),
        ("RECORD through .data", adding([stored(data("purelib", "p-1.0.dist-info/RECORD"), "")])),
        ("metadata of another package through .data", adding([stored(data("purelib", "q-1.0.dist-info/METADATA"), "")])),
    ]
}
