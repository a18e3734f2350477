//! A package index on loopback that serves wheels made by a test, and that may lie about them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lls::archive::{ArchiveComment, ArchiveLayout, Mode, NewEntry, Stream};
use lls::digest::Sha256;

/// An index (PEP 503) with the wheels that were added to it; it ends with the test process.
pub struct PackageIndex {
    address: String,
    files: Arc<Mutex<BTreeMap<String, Served>>>,
}

#[derive(Clone)]
struct Served {
    bytes: Vec<u8>,
    sha256: Sha256,
    /// Why it is yanked, if it is.
    yanked: Option<&'static str>,
    faults: Vec<Fault>,
}

/// What happens to a download by `lls`; uv's own requests are answered in any case.
#[derive(Clone, Copy)]
pub enum Fault {
    /// It is answered with this status.
    Status(&'static str),
    /// Only the first half of the file comes.
    Cut,
}

impl PackageIndex {
    /// Starts an empty index.
    pub fn start() -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
        let address = listener.local_addr().expect("it is bound").to_string();
        let files = Arc::new(Mutex::new(BTreeMap::new()));
        let shared = Arc::clone(&files);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let files = Arc::clone(&shared);
                thread::spawn(move || answer(stream, &files));
            }
        });
        Self { address, files }
    }

    /// The variables that make uv use this index alone.
    pub fn environment(&self) -> Vec<(String, String)> {
        let index = format!("http://{}/simple", self.address);
        [
            ("UV_DEFAULT_INDEX", index.as_str()),
            ("UV_NO_CACHE", "1"),
            ("UV_FIND_LINKS", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Offers a file.
    pub fn add(&self, name: &str, bytes: Vec<u8>) {
        let sha256 = Sha256::of(&bytes);
        self.files().insert(
            name.to_owned(),
            Served {
                bytes,
                sha256,
                yanked: None,
                faults: Vec::new(),
            },
        );
    }

    /// Serves other bytes under the same name and, as the index claims, with the same hash.
    pub fn replace_silently(&self, name: &str, bytes: Vec<u8>) {
        self.files()
            .get_mut(name)
            .expect("the file is offered")
            .bytes = bytes;
    }

    /// Lets the next downloads of a file fail, in this order.
    pub fn fail_next(&self, name: &str, faults: &[Fault]) {
        let mut files = self.files();
        let file = files.get_mut(name).expect("the file is offered");
        file.faults = faults.iter().rev().copied().collect();
    }

    /// How many of the failures are still to come.
    pub fn faults_left(&self, name: &str) -> usize {
        self.files()[name].faults.len()
    }

    /// Says that a file is yanked (PEP 592), and why.
    pub fn yank(&self, name: &str, reason: &'static str) {
        let mut files = self.files();
        let file = files.get_mut(name).expect("the file is offered");
        file.yanked = Some(reason);
    }

    /// Withdraws a file.
    pub fn remove(&self, name: &str) {
        self.files().remove(name).expect("the file is offered");
    }

    fn files(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Served>> {
        self.files
            .lock()
            .expect("no test panics while it holds the files")
    }
}

/// A pure wheel of `name` at `version` with the given files; its RECORD lists them without hashes.
pub fn wheel(name: &str, version: &str, files: &[(&str, impl AsRef<[u8]>)]) -> Vec<u8> {
    described_wheel(name, version, files, |_| ",".to_owned())
}

/// The same with a RECORD that has hashes and sizes, as honest tools write it: what is in the files need not be read.
pub fn hashed_wheel(name: &str, version: &str, files: &[(&str, impl AsRef<[u8]>)]) -> Vec<u8> {
    described_wheel(name, version, files, |content| {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::of(content).as_bytes());
        format!("sha256={hash},{}", content.len())
    })
}

fn described_wheel(
    name: &str,
    version: &str,
    files: &[(&str, impl AsRef<[u8]>)],
    describe: impl Fn(&[u8]) -> String,
) -> Vec<u8> {
    let info = format!("{name}-{version}.dist-info");
    let mut contents: BTreeMap<String, Vec<u8>> = files
        .iter()
        .map(|(path, content)| ((*path).to_owned(), content.as_ref().to_owned()))
        .collect();
    contents.insert(
        format!("{info}/METADATA"),
        format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n").into(),
    );
    let tag = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    contents.insert(format!("{info}/WHEEL"), tag.into());
    let mut record = String::new();
    for (path, content) in &contents {
        writeln!(record, "{path},{}", describe(content)).expect("a string can be written to");
    }
    writeln!(record, "{info}/RECORD,,").expect("a string can be written to");
    contents.insert(format!("{info}/RECORD"), record.into());
    zip(contents
        .iter()
        .map(|(path, content)| (path.as_str(), content.as_slice())))
}

/// A ZIP archive of these files.
pub fn zip<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let entry = |(path, bytes): (&str, &[u8])| NewEntry {
        path: path.parse().expect("a test's paths are fine"),
        mode: Mode::File,
        stream: Stream::of(bytes),
    };
    let mut entries: Vec<_> = files.map(entry).collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let layout = ArchiveLayout::new(&entries, ArchiveComment::of(Sha256::of("a wheel")));
    layout.expect("a test's wheels are small").to_bytes()
}

/// Answers one request: a project page, a file, or 404.
fn answer(stream: TcpStream, files: &Mutex<BTreeMap<String, Served>>) {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
        request.push_str(&line);
        line.clear();
    }
    let path = request
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    let is_uv = request.to_lowercase().contains("user-agent: uv/");
    let mut files = files
        .lock()
        .expect("no test panics while it holds the files");
    let fault = path.strip_prefix("/files/").and_then(|name| {
        let file = files.get_mut(name).filter(|_| !is_uv)?;
        file.faults.pop()
    });
    let files = files.clone();
    let body = match path.split('/').collect::<Vec<_>>().as_slice() {
        ["", "simple", project, ""] => project_page(project, &files),
        ["", "files", name] => files
            .get(*name)
            .map(|served| ("application/octet-stream", served.bytes.clone())),
        _ => None,
    };
    let (status, kind, body) = match body {
        Some((kind, body)) => match fault {
            Some(Fault::Status(status)) => (status, "text/plain", Vec::new()),
            _ => ("200 OK", kind, body),
        },
        None => ("404 Not Found", "text/plain", Vec::new()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let body = if matches!(fault, Some(Fault::Cut)) {
        body[..length / 2].to_vec()
    } else if request.starts_with("HEAD") {
        Vec::new()
    } else {
        body
    };
    // A client that went away is none of the index's business.
    let _ = reader
        .get_mut()
        .write_all(&[head.into_bytes(), body].concat());
}

fn project_page(
    project: &str,
    files: &BTreeMap<String, Served>,
) -> Option<(&'static str, Vec<u8>)> {
    let prefix = format!("{}-", project.replace('-', "_"));
    let links: String = files
        .iter()
        .filter(|(name, _)| name.to_lowercase().starts_with(&prefix))
        .map(|(name, served)| {
            let yanked = served
                .yanked
                .map_or_else(String::new, |reason| format!(" data-yanked=\"{reason}\""));
            let sha256 = served.sha256;
            format!("<a href=\"/files/{name}#sha256={sha256}\"{yanked}>{name}</a>\n")
        })
        .collect();
    (!links.is_empty()).then(|| {
        (
            "text/html",
            format!("<!DOCTYPE html><html><body>{links}</body></html>").into_bytes(),
        )
    })
}
