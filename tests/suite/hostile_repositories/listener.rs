//! Servers on loopback that record every byte that arrives: the runner's package index, which asks for a password, and
//! the attacker's host, which asks for whatever credentials it can get and serves evil packages to those who give some.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lls::digest::Sha256;

use super::canaries::secret;
use crate::support::ministack::install;
use crate::support::package_index::wheel;

/// A server that ends with the test process.
pub struct Listener {
    /// Its port on 127.0.0.1.
    pub port: u16,
    received: Arc<Mutex<Vec<u8>>>,
}

/// Who answers.
#[derive(Clone, Copy)]
enum Role {
    Index,
    Attacker,
}

/// The user of the runner's index.
pub const USER: &str = "runner";

/// The runner's index; all repositories share it.
pub static INDEX: LazyLock<Listener> = LazyLock::new(|| Listener::start(Role::Index));

impl Listener {
    /// A host of the attacker.
    pub fn attacker() -> Self {
        Self::start(Role::Attacker)
    }

    fn start(role: Role) -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let record = Arc::clone(&record);
                // A client that went away is none of the server's business.
                thread::spawn(move || drop(answer(stream, role, &record)));
            }
        });
        Self { port, received }
    }

    /// Everything that arrived.
    pub fn received(&self) -> Vec<u8> {
        self.received
            .lock()
            .expect("no thread panics with it")
            .clone()
    }
}

/// Reads one request, records it, and answers.
fn answer(stream: TcpStream, role: Role, record: &Mutex<Vec<u8>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let keep = |bytes: &[u8]| {
        record
            .lock()
            .expect("no thread panics with it")
            .extend(bytes)
    };
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), Vec::new());
    while reader.read_until(b'\n', &mut line)? > 2 {
        keep(&line);
        head.push_str(&String::from_utf8_lossy(&line));
        line.clear();
        if head.len() > 1 << 20 {
            return Ok(());
        }
    }
    let header = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        let found = fields.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let length = header("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0usize).min(1 << 20)];
    reader.read_exact(&mut body)?;
    keep(&body);
    let path = head
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    let reply = match role {
        Role::Index => honest_reply(&path, header("authorization").as_deref()),
        Role::Attacker => evil_reply(
            &path,
            header("authorization").is_some_and(|value| has_password(&value)),
        ),
    };
    reader.get_mut().write_all(&reply)
}

fn honest_reply(path: &str, authorization: Option<&str>) -> Vec<u8> {
    let login = format!("{USER}:{}", secret("password of the index"));
    match authorization == Some(format!("Basic {}", STANDARD.encode(login)).as_str()) {
        // An index of the runner that has nothing.
        true if path.starts_with("/none/") => reply("404 Not Found", b""),
        true => index_reply(path, &HONEST),
        false => asks_for_password(),
    }
}

/// Below `/open/` the attacker serves everybody; elsewhere, and as a proxy, it asks for a password first.
fn evil_reply(path: &str, has_authorization: bool) -> Vec<u8> {
    match path.strip_prefix("/open") {
        Some(path) => index_reply(path, &EVIL),
        None if has_authorization => index_reply(path, &EVIL),
        None => asks_for_password(),
    }
}

/// Whether somebody gives a password, be it as a token.
fn has_password(authorization: &str) -> bool {
    let Some(login) = authorization.strip_prefix("Basic ") else {
        return true;
    };
    let login = STANDARD.decode(login).unwrap_or_default();
    !login.ends_with(b":") && login.contains(&b':')
}

fn asks_for_password() -> Vec<u8> {
    reply(
        "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"index\"",
        b"",
    )
}

fn reply(status: &str, body: &[u8]) -> Vec<u8> {
    let kind = "text/html";
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

type Wheels = BTreeMap<String, Vec<u8>>;

/// What the runner's index has.
static HONEST: LazyLock<Wheels> = LazyLock::new(|| {
    let mut wheels = wheels(&[
        ("alpha", "1.0", "NAME = 'alpha'\n"),
        ("beta", "1.0", "NAME = 'beta'\n"),
        ("private", "1.0", "RECIPE = 'of the house'\n"),
    ]);
    let uv = install::uv_wheel().unwrap_or_else(|error| panic!("the tests need uv: {error}"));
    let name = uv.file_name().unwrap().to_string_lossy().into_owned();
    wheels.insert(name, std::fs::read(uv).expect("it was downloaded"));
    wheels
});

/// What the attacker has under the same names.
static EVIL: LazyLock<Wheels> = LazyLock::new(|| {
    wheels(&[
        ("alpha", "1.0", "EVIL = True\n"),
        ("alpha", "9.9", "EVIL = True\n"),
        ("private", "9.9", "EVIL = True\n"),
    ])
});

fn wheels(packages: &[(&str, &str, &str)]) -> Wheels {
    let file = |(name, version, module): &(&str, &str, &str)| {
        let files = [(format!("{name}.py"), *module)];
        let files = files.each_ref().map(|(path, text)| (path.as_str(), *text));
        (
            format!("{name}-{version}-py3-none-any.whl"),
            wheel(name, version, &files),
        )
    };
    packages.iter().map(file).collect()
}

/// The hash of a wheel of the runner's index.
pub fn honest_hash(file: &str) -> Sha256 {
    Sha256::of(&HONEST[file])
}

/// A wheel of the attacker.
pub fn evil_wheel(file: &str) -> Vec<u8> {
    EVIL[file].clone()
}

/// The hash of a wheel of the attacker.
pub fn evil_hash(file: &str) -> Sha256 {
    Sha256::of(&EVIL[file])
}

/// A page of PEP 503, below whatever path, or a file.
fn index_reply(path: &str, wheels: &Wheels) -> Vec<u8> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let name = parts.last().copied().unwrap_or_default();
    if let Some(bytes) = wheels.get(name) {
        return reply("200 OK", bytes);
    }
    let belongs = |file: &&String| file.starts_with(&format!("{name}-"));
    let links = wheels.keys().filter(belongs).map(|file| {
        let hash = Sha256::of(&wheels[file]);
        format!("<a href=\"/open/{file}#sha256={hash}\">{file}</a>\n")
    });
    match links.collect::<String>() {
        links if links.is_empty() => reply("404 Not Found", b""),
        links => reply(
            "200 OK",
            format!("<!DOCTYPE html><html><body>{links}</body></html>").as_bytes(),
        ),
    }
}
