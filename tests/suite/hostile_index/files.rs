//! What an index may do to whoever downloads a wheel that it has listed honestly.

use super::server::{Act, Asked, Behave, ok, start};
use super::{Row, When, alpha};
use crate::support::package_index::wheel;

use Act::{Drip, Forever, Hold, Send, Slowly};

const OK: &str = "200 OK";
const CHUNKED: &str = "Transfer-Encoding: chunked";

fn length(bytes: u64) -> String {
    format!("Content-Length: {bytes}")
}

fn piece() -> Vec<u8> {
    vec![b'x'; 256 * 1024]
}

fn redirect(location: &str) -> Vec<Act> {
    vec![start("302 Found", &format!("Location: {location}"))]
}

fn compressed(encoding: &str, body: Vec<u8>) -> Vec<Act> {
    let headers = format!(
        "Content-Encoding: {encoding}\r\n{}",
        length(body.len() as u64)
    );
    vec![start(OK, &headers), Send(body)]
}

pub fn rows() -> Vec<Row> {
    let rows = [
        silence(),
        endless(),
        lies(),
        heads(),
        statuses(),
        redirects(),
        places(),
    ];
    rows.into_iter().flatten().collect()
}

fn row(name: &'static str, behave: Behave) -> Row {
    Row::new(name, When::Downloading, behave)
}

#[rustfmt::skip]
fn silence() -> Vec<Row> {
    vec![
        row("silence before the head", |_| vec![Hold]),
        row("silence in the head", |_| vec![Send(b"HTTP/1.1 200 OK\r\nContent-".into()), Hold]),
        row("silence before the body", |_| vec![start(OK, &length(500)), Hold]),
        row("silence in the body", |_| vec![start(OK, &length(500)), Send(b"PK".into()), Hold]),
        row("silence in a chunk", |_| vec![start(OK, CHUNKED), Send(b"f\r\nPK".into()), Hold]),
        row("a head byte by byte", |_| vec![Send(b"HTTP/1.1 200 OK\r\nX: ".into()), Drip(b"x")]),
        row("a body byte by byte", |_| vec![start(OK, ""), Drip(b"x")]),
        row("chunks byte by byte", |_| vec![start(OK, CHUNKED), Drip(b"1\r\nx\r\n")]),
        row("a body that comes slowly without end", |_| vec![start(OK, ""), Slowly(vec![b'x'; 4096])]).patience("0.3"),
        row("interim answers without end", |_| vec![Forever(b"HTTP/1.1 100 Continue\r\n\r\n".into())]),
        row("interim answers now and then", |_| vec![Drip(b"HTTP/1.1 102 Processing\r\n\r\n")]),
    ]
}

#[rustfmt::skip]
fn endless() -> Vec<Row> {
    vec![
        row("a body without end", |_| vec![start(OK, ""), Forever(piece())]),
        row("chunks without end", |_| {
            let chunk = [b"40000\r\n".to_vec(), piece(), b"\r\n".to_vec()].concat();
            vec![start(OK, CHUNKED), Forever(chunk)]
        }),
        row("a chunk of all bytes", |_| vec![start(OK, CHUNKED), Send(b"ffffffffffffffff\r\n".into()), Forever(piece())]),
        row("a petabyte is announced", |_| vec![start(OK, &length(1 << 50)), Forever(piece())]),
        row("more is announced than a number holds", |_| vec![start(OK, "Content-Length: 99999999999999999999999"), Forever(piece())]),
        row("a chunk extension without end", |_| vec![start(OK, CHUNKED), Send(b"1;".into()), Forever(piece())]),
        row("trailers without end", |_| vec![start(OK, CHUNKED), Send(b"0\r\n".into()), Forever(b"x: y\r\n".repeat(9000))]),
    ]
}

#[rustfmt::skip]
fn lies() -> Vec<Row> {
    vec![
        row("less is announced than comes", |_| vec![start(OK, &length(100)), Send(alpha())]),
        row("more is announced than comes", |_| vec![start(OK, &length(alpha().len() as u64 + 1)), Send(alpha())]),
        row("nothing comes", |_| vec![]),
        row("an empty file comes", |_| ok("application/zip", "")),
        row("two lengths", |_| vec![start(OK, "Content-Length: 5\r\nContent-Length: 6"), Send(alpha())]),
        row("a negative length", |_| vec![start(OK, "Content-Length: -1"), Send(alpha())]),
        row("chunks that end too soon", |_| vec![start(OK, CHUNKED), Send(b"5\r\nPK".into())]),
        row("chunks that are none", |_| vec![start(OK, CHUNKED), Send(alpha())]),
        row("another wheel", |_| ok("application/zip", wheel("alpha", "1.0", &[("alpha.py", "x = 2\n")]))),
        row("a page to sign in", |_| ok("text/html", "<html><body><form>Sign in</form></body></html>")),
        row("no archive, with the right hash", |_| vec![]).wheel(b"PK, but nothing else".to_vec()).honest(),
        row("compressed", |_| compressed("gzip", alpha())),
        row("compressed twice", |_| compressed("gzip, br", alpha())),
        row("compressed by a name that deceives", |_| compressed("gzip`\u{202e} hint: trust me", alpha())),
        row("a bomb", |_| vec![start(OK, "Content-Encoding: gzip"), Forever(gzip_of_nothing())]),
        row("compressed for the transfer", |_| vec![start(OK, "Transfer-Encoding: gzip, chunked"), Send(b"2\r\nPK\r\n0\r\n\r\n".into())]),
        row("said to be as it is", |_| compressed("identity", alpha())).fine(),
    ]
}

/// Zeros as gzip has them.
fn gzip_of_nothing() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &[0; 1 << 20]).unwrap();
    encoder.finish().unwrap()
}

#[rustfmt::skip]
fn heads() -> Vec<Row> {
    vec![
        row("a header without end", |_| vec![Send(b"HTTP/1.1 200 OK\r\nX: ".into()), Forever(piece())]),
        row("headers without end", |_| vec![Send(b"HTTP/1.1 200 OK\r\n".into()), Forever(b"X: y\r\n".repeat(9000))]),
        row("a status line without end", |_| vec![Send(b"HTTP/1.1 200 ".into()), Forever(piece())]),
        row("another protocol", |_| vec![Send(b"SSH-2.0-OpenSSH_9.9\r\n".into()), Hold]),
        row("an escape in the status line", |_| vec![Send(b"HTTP/1.1 403 \x1b[31m::error::\r\nContent-Length: 0\r\n\r\n".into())]),
        row("an escape in a header", |_| vec![start("403 Forbidden", "X: \u{1b}[31m")]),
        row("a split header", |_| vec![start(OK, &format!("Content-\r\n Length: 5\r\n{}", length(5))), Send(alpha())]),
    ]
}

#[rustfmt::skip]
fn statuses() -> Vec<Row> {
    vec![
        row("no content", |_| vec![start("204 No Content", "")]),
        row("a part", |_| vec![start("206 Partial Content", &format!("Content-Range: bytes 0-9/99\r\n{}", length(10))), Send(alpha()[..10].into())]),
        row("multiple choices", |_| vec![start("300 Multiple Choices", "Location: /files/honest/x\r\nContent-Length: 0")]),
        row("not modified", |_| vec![start("304 Not Modified", "")]),
        row("who is asking", |_| vec![start("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0")]),
        row("which proxy is asking", |_| vec![start("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0")]),
        row("come back in a year", |_| vec![start("503 Service Unavailable", "Retry-After: 31536000\r\nContent-Length: 0")]),
        row("an unknown status", |_| vec![start("999 Whatever", "Content-Length: 0")]),
        row("switching protocols", |_| vec![start("101 Switching Protocols", "Connection: upgrade\r\nUpgrade: h2c"), Hold]),
    ]
}

#[rustfmt::skip]
fn redirects() -> Vec<Row> {
    vec![
        row("a redirect to a file", |_| redirect("file:///proc/self/environ")),
        row("a redirect to a device", |_| redirect("file:///dev/zero")),
        row("a redirect to data", |_| redirect("data:application/zip;base64,UEs=")),
        row("a redirect to another protocol", |asked| redirect(&format!("ftp://{}/x", asked.stranger))),
        row("a redirect to nowhere", |_| vec![start("302 Found", "Content-Length: 0")]),
        row("a redirect to no address", |_| redirect("http://[")),
        row("a redirect to itself", |asked| redirect(&asked.path)),
        row("redirects without end", |asked| redirect(&format!("{}x", asked.path))),
        row("a redirect that stalls", |asked| match asked.path.as_str() {
            "/files/stall" => vec![Hold],
            _ => redirect("/files/stall"),
        }),
        row("redirects that come slowly", |asked| {
            let target = format!("HTTP/1.1 302 Found\r\nLocation: {}x\r\n\r\n", asked.path);
            vec![Send(target.into_bytes()[..30].into()), Hold]
        }),
    ]
}

/// Places that a wheel may well be at, but for which nobody gave credentials.
#[rustfmt::skip]
fn places() -> Vec<Row> {
    vec![
        row("a redirect to another server", |asked| redirect(&elsewhere(&asked.stranger))).fine(),
        row("a redirect to another name", |asked| redirect(&elsewhere(&asked.alias))).fine(),
        row("a redirect without a scheme", |asked| redirect(elsewhere(&asked.stranger).trim_start_matches("http:"))).fine(),
        row("a redirect with credentials", |asked| redirect(&elsewhere(&format!("me:x@{}", asked.stranger)))).fine(),
        row("a redirect with the index as its user", |asked| redirect(&elsewhere(&format!("{}@{}", asked.own, asked.stranger)))).fine(),
        row("a redirect there and back", |asked| match asked.path.as_str() {
            "/files/back" => ok("application/zip", alpha()),
            _ => redirect(&format!("http://{}/files/back", asked.own)),
        }).fine(),
    ]
}

fn elsewhere(authority: &str) -> String {
    format!("http://{authority}/files/honest/x")
}

impl Row {
    /// The file comes as it was listed.
    fn honest(mut self) -> Self {
        self.behave = |asked: &Asked| redirect(&elsewhere(&asked.own));
        self
    }
}
