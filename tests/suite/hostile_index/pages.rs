//! What an index may do to `uv`, when it asks what there is, and have it pass on to `lls`.

use serde_json::{Value, json};

use super::server::{Act, Asked, Behave, WHEEL, file, files_page, ok, start};
use super::{Row, When};

use Act::{Drip, Forever, Hold, Send};

const OK: &str = "200 OK";

pub fn rows() -> Vec<Row> {
    let rows = [silence(), redirects(), lists(), texts(), places()];
    rows.into_iter().flatten().collect()
}

fn locking(name: &'static str, behave: Behave) -> Row {
    Row::new(name, When::Locking, behave)
}

fn locating(name: &'static str, behave: Behave) -> Row {
    Row::new(name, When::Locating, behave)
}

/// Pages that uv would read until all memory is taken.
#[rustfmt::skip]
pub fn without_end() -> Vec<Row> {
    vec![
        locating("a page without end", |_| vec![start(OK, "Content-Type: text/html"), Forever(b" ".repeat(1 << 20))]).patience("20"),
        locating("a page that unpacks without end", |_| {
            vec![start(OK, "Content-Type: text/html\r\nContent-Encoding: gzip"), Send(bomb())]
        }).patience("20"),
    ]
}

/// Blanks of 16 GiB in 16 MiB of gzip: one member after another would end a page, so all are one.
fn bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let blanks = b" ".repeat(1 << 20);
    for _ in 0..4096 {
        std::io::Write::write_all(&mut encoder, &blanks).unwrap();
    }
    encoder.finish().unwrap()
}

#[rustfmt::skip]
fn silence() -> Vec<Row> {
    vec![
        locking("silence before a page", |_| vec![Hold]).patience("0.5"),
        locking("silence in a page", |_| vec![start(OK, "Content-Type: text/html"), Send(b"<html>".into()), Hold]).patience("0.5"),
        locking("a page byte by byte", |_| vec![start(OK, "Content-Type: text/html"), Drip(b" ")]).patience("0.1"),
        locating("a page byte by byte, where wheels are looked for", |_| vec![start(OK, "Content-Type: text/html"), Drip(b" ")]).patience("0.1"),
    ]
}

fn redirect(location: &str) -> Vec<Act> {
    vec![start(
        "302 Found",
        &format!("Location: {location}\r\nContent-Length: 0"),
    )]
}

#[rustfmt::skip]
fn redirects() -> Vec<Row> {
    vec![
        locking("a page that redirects to a file", |_| redirect("file:///proc/self/environ")),
        locking("a page that redirects to itself", |asked| redirect(&asked.path)),
        locking("a page that redirects to another server", |asked| redirect(&format!("http://{}/simple/alpha/", asked.stranger))).fine(),
        locking("a page that redirects to another name", |asked| if asked.host == asked.own { redirect(&format!("http://{}/simple/alpha/", asked.alias)) } else { files_page(&[file(asked, "/files/x")]) }).fine(),
    ]
}

/// The page with one file, in which something is changed.
fn with(asked: &Asked, key: &str, value: impl Into<Value>) -> Vec<Act> {
    let mut file = file(asked, &format!("/files/{WHEEL}"));
    file[key] = value.into();
    files_page(&[file])
}

fn html(body: impl AsRef<[u8]>) -> Vec<Act> {
    ok(
        "text/html",
        [b"<!DOCTYPE html><html><body>", body.as_ref()].concat(),
    )
}

fn link(asked: &Asked, href: &str, hash: &str) -> String {
    let hash = hash.replace("HASH", &asked.sha256.to_string());
    format!("<a href=\"{href}{hash}\">{WHEEL}</a>\n")
}

/// The page with 100,000 files, which only have other names.
fn numbered(asked: &Asked, name: impl Fn(usize) -> String) -> Vec<Act> {
    let file = file(asked, &format!("/files/{WHEEL}")).to_string();
    let named = format!("\"filename\":\"{WHEEL}\"");
    let (before, behind) = file.split_once(&named).unwrap();
    let mut page =
        String::from("{\"meta\":{\"api-version\":\"1.1\"},\"name\":\"alpha\",\"files\":[");
    for number in 0..100_000 {
        let comma = if number == 0 { "" } else { "," };
        let name = name(number);
        page += &format!("{comma}{before}\"filename\":\"{name}\"{behind}");
    }
    ok("application/vnd.pypi.simple.v1+json", page + "]}")
}

#[rustfmt::skip]
fn lists() -> Vec<Row> {
    vec![
        locking("100,000 versions that do not suit", |asked| numbered(asked, |number| format!("alpha-1.{number}-cp27-cp27m-win32.whl"))).patience("0.5"),
        locking("100,000 wheels of one version", |asked| numbered(asked, |number| format!("alpha-1.0-{number}-py3-none-any.whl"))).patience("20").fine(),
        locking("100,000 files that are none", |asked| numbered(asked, |number| format!("{number}.exe"))).patience("20"),
        locking("a list of nothing", |_| files_page(&[])),
        locking("a list that is cut off", |_| ok("application/vnd.pypi.simple.v1+json", "{\"files\": [{")),
        locking("a list in a list in a list", |_| ok("application/vnd.pypi.simple.v1+json", format!("{{\"files\": {}", "[".repeat(1 << 20)))),
        locking("a page to sign in, in place of a list", |_| html("<form>Sign in</form>")),
        locking("elements in elements", |_| html("<b>".repeat(1 << 17))),
        locating("a list without the locked file", |_| files_page(&[])),
        locating("a list with another hash", |asked| with(asked, "hashes", json!({ "sha256": "0".repeat(64) }))),
    ]
}

#[rustfmt::skip]
fn texts() -> Vec<Row> {
    vec![
        locking("bytes that are no UTF-8", |asked| html([b"\xff\xfe\xc3(".as_slice(), link(asked, "/files/\u{fffd}.whl", "#sha256=HASH").as_bytes()].concat())),
        locking("an escape in a name", |asked| with(asked, "filename", "alpha-1.0\u{1b}[31m-py3-none-any.whl")),
        locking("a new line in a name", |asked| with(asked, "filename", "alpha-1.0\n::error::x-py3-none-any.whl")),
        locking("a name that leads elsewhere", |asked| with(asked, "filename", "../../alpha-1.0-py3-none-any.whl")),
        locking("an escape in a tag", |asked| with(asked, "filename", "alpha-1.0-py3-none-any\u{1b}[31m.whl")),
        locking("an escape in what Python is required", |asked| with(asked, "requires-python", ">=\u{1b}[31m3")),
        locking("an escape in why it is withdrawn", |asked| with(asked, "yanked", "\u{1b}[31m\n::error::x")),
        locating("an escape in an address", |asked| with(asked, "url", "/nothing/\u{1b}[31m\n::error::x")),
        locking("an escape in what it requires", |asked| required(asked, "beta\u{1b}[31m>1")),
        locking("a package that is not there", |asked| required(asked, "beta")),
        locking("a package at an address", |asked| required(asked, "beta @ http://127.0.0.1:1/beta-1.0-py3-none-any.whl")),
        locking("a package that is a file", |asked| required(asked, "beta @ file:///dev/zero")),
        locking("a package from Git", |asked| required(asked, "beta @ git+file:///nowhere")),
        locking("100,000 packages", |asked| required(asked, &vec!["beta"; 100_000].join("\nRequires-Dist: "))).patience("20"),
        locking("silence in what it requires", |asked| match asked.path.as_str() {
            "/simple/alpha/" => with(asked, "url", format!("/files/hostile/{WHEEL}")),
            _ => vec![start(OK, ""), Send(b"Metadata-Version: 2.1\n".into()), Hold],
        }).patience("0.5"),
    ]
}

/// The page with one file that requires something.
fn required(asked: &Asked, what: &str) -> Vec<Act> {
    let metadata =
        format!("Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\nRequires-Dist: {what}\n");
    match asked.path.as_str() {
        "/simple/alpha/" => with(asked, "url", format!("/files/hostile/{WHEEL}")),
        _ => ok("text/plain", metadata),
    }
}

#[rustfmt::skip]
fn places() -> Vec<Row> {
    vec![
        locating("a file of this machine", |asked| with(asked, "url", "file:///proc/self/environ")),
        locating("a device", |asked| with(asked, "url", "file:///dev/zero")),
        locating("a file of a host", |asked| with(asked, "url", "file://localhost/etc/passwd")),
        locating("a base that is this machine", |asked| html(format!("<base href=\"file:///dev/\">{}", link(asked, WHEEL, "#sha256=HASH")))),
        locking("a file of this machine, where the lock is made", |asked| with(asked, "url", "file:///proc/self/environ")),
        locking("a device, where the lock is made", |asked| with(asked, "url", "file:///dev/zero")),
        locating("data", |asked| with(asked, "url", "data:application/zip;base64,UEs=")),
        locating("another protocol", |asked| with(asked, "url", format!("ftp://{}/{WHEEL}", asked.stranger))),
        locating("a path that leads up", |asked| with(asked, "url", "../../../../../etc/passwd")),
        locating("credentials in an address", |asked| with(asked, "url", format!("http://me:x@{}/files/honest/x", asked.stranger))).fine(),
        locating("another server", |asked| with(asked, "url", format!("http://{}/files/honest/x", asked.stranger))).fine(),
        locating("another name", |asked| with(asked, "url", format!("http://{}/files/honest/x", asked.alias))).fine(),
        locating("a size that is too small", |asked| with(asked, "size", 9)),
        locating("a size that is too large", |asked| with(asked, "size", 1_u64 << 62)).fine(),
        locating("a size that is negative", |asked| with(asked, "size", -1)),
        locking("a hash of another kind", |asked| with(asked, "hashes", json!({ "md5": "0".repeat(32) }))),
        locking("a hash that is too short", |asked| with(asked, "hashes", json!({ "sha256": "00" }))),
        locking("a hash that is none", |asked| with(asked, "hashes", json!({ "sha256": "\u{1b}[31m".repeat(16) }))),
        locking("no hash", |asked| with(asked, "hashes", json!({}))).fine(),
        locking("a fragment that is no hash", |asked| html(link(asked, &format!("/files/{WHEEL}"), "#egg=alpha"))),
        locking("two hashes in a fragment", |asked| html(link(asked, &format!("/files/{WHEEL}"), "#sha256=HASH&sha256=00"))).fine(),
    ]
}
