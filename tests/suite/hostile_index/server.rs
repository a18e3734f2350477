//! A package index on loopback that does to each connection what a test says, and that writes down who asked for what.
//! A second listener is a stranger: nobody has credentials for it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use lls::digest::Sha256;

pub const WHEEL: &str = "alpha-1.0-py3-none-any.whl";
const METADATA: &str = "Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\n";

/// The longest time that any client is held: no test waits for that.
const LONGEST: Duration = Duration::from_secs(300);

/// The time between two things that come slowly.
const PAUSE: Duration = Duration::from_millis(50);

/// One thing that is done to a connection.
pub enum Act {
    /// These bytes are sent.
    Send(Vec<u8>),
    /// Nothing more comes, until the client goes away.
    Hold,
    /// These bytes come one by one, again and again, each a while after the last.
    Drip(&'static [u8]),
    /// These bytes come again and again, as fast as 80 KiB a second are if there are 4 KiB of them.
    Slowly(Vec<u8>),
    /// These bytes come without end.
    Forever(Vec<u8>),
}

/// What was asked for, and where it could be asked for as well.
pub struct Asked {
    /// The path with its query.
    pub path: String,
    /// The name and port that were asked.
    pub host: String,
    /// The index: its address and port.
    pub own: String,
    /// The index under another name.
    pub alias: String,
    /// The other server, under that other name.
    pub stranger: String,
    /// The hash of the wheel.
    pub sha256: Sha256,
}

/// What is done to whoever asks.
pub type Behave = fn(&Asked) -> Vec<Act>;

/// Everything that was asked of one of the listeners, as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// The name and port that were asked.
    pub host: String,
    /// Whether it was uv that asked.
    pub is_uv: bool,
    /// The request line and the headers.
    pub head: String,
}

pub struct HostileIndex {
    shared: Arc<Shared>,
}

struct Shared {
    own: u16,
    stranger: u16,
    wheel: Vec<u8>,
    page: Option<Behave>,
    file: Option<Behave>,
    is_hostile: AtomicBool,
    requests: Mutex<Vec<Request>>,
}

impl HostileIndex {
    /// Starts an index of one wheel, honest as yet. What is given happens to pages and to files once it is hostile.
    pub fn start(wheel: Vec<u8>, page: Option<Behave>, file: Option<Behave>) -> Self {
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = |listener: &TcpListener| listener.local_addr().expect("it is bound").port();
        let (own, stranger) = (listen(), listen());
        let shared = Arc::new(Shared {
            own: port(&own),
            stranger: port(&stranger),
            wheel,
            page,
            file,
            is_hostile: AtomicBool::new(false),
            requests: Mutex::default(),
        });
        for listener in [own, stranger] {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || shared.answer(stream));
                }
            });
        }
        Self { shared }
    }

    /// From now on it does what it was made for.
    pub fn turn_hostile(&self) {
        self.shared.is_hostile.store(true, Ordering::Relaxed);
    }

    /// The address and port under which it is given credentials.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.shared.own)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Shared {
    fn answer(&self, stream: TcpStream) {
        let is_own = stream
            .local_addr()
            .is_ok_and(|address| address.port() == self.own);
        stream.set_read_timeout(Some(LONGEST)).unwrap();
        stream.set_write_timeout(Some(LONGEST)).unwrap();
        let mut reader = BufReader::new(stream);
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
            head.push_str(&line);
            line.clear();
        }
        let lower = head.to_lowercase();
        let host = lower.lines().find_map(|line| line.strip_prefix("host: "));
        let request = Request {
            host: host.unwrap_or_default().to_owned(),
            is_uv: lower.contains("user-agent: uv/"),
            head,
        };
        self.requests.lock().unwrap().push(request.clone());
        for act in self.acts(&request, is_own) {
            if perform(act, reader.get_mut()).is_err() {
                break; // the client went away
            }
        }
        reader.get_mut().shutdown(Shutdown::Both).ok();
    }

    fn acts(&self, request: &Request, is_own: bool) -> Vec<Act> {
        let path = request.head.split_whitespace().nth(1).unwrap_or_default();
        let asked = Asked {
            path: path.to_owned(),
            host: request.host.clone(),
            own: format!("127.0.0.1:{}", self.own),
            alias: format!("localhost:{}", self.own),
            stranger: format!("localhost:{}", self.stranger),
            sha256: Sha256::of(&self.wheel),
        };
        let is_hostile = is_own && self.is_hostile.load(Ordering::Relaxed);
        let of_page = self.page.filter(|_| is_hostile);
        let of_file = self.file.filter(|_| is_hostile && !request.is_uv);
        match (path, of_page, of_file) {
            ("/simple/alpha/", Some(behave), _) => behave(&asked),
            (path, Some(behave), _) if path.starts_with("/files/hostile/") => behave(&asked),
            ("/simple/alpha/", ..) => files_page(&[file(&asked, &format!("/files/{WHEEL}"))]),
            (path, ..) if path.ends_with(".metadata") => ok("text/plain", METADATA),
            (path, _, Some(behave)) if is_file(path) && !path.contains("/honest/") => {
                behave(&asked)
            }
            (path, ..) if is_file(path) => ok("application/octet-stream", &self.wheel),
            _ => vec![start("404 Not Found", "Content-Length: 0")],
        }
    }
}

fn is_file(path: &str) -> bool {
    path.starts_with("/files/")
}

fn perform(act: Act, stream: &mut TcpStream) -> std::io::Result<()> {
    match act {
        Act::Send(bytes) => stream.write_all(&bytes),
        Act::Hold => stream.read(&mut [0]).map(drop),
        Act::Drip(bytes) => loop {
            for byte in bytes {
                stream.write_all(&[*byte])?;
                thread::sleep(PAUSE);
            }
        },
        Act::Slowly(bytes) => loop {
            stream.write_all(&bytes)?;
            thread::sleep(PAUSE);
        },
        Act::Forever(bytes) => loop {
            stream.write_all(&bytes)?;
        },
    }
}

/// An answer with status 200.
pub fn ok(kind: &str, body: impl AsRef<[u8]>) -> Vec<Act> {
    let body = body.as_ref();
    let head = format!("Content-Type: {kind}\r\nContent-Length: {}", body.len());
    vec![start("200 OK", &head), Act::Send(body.to_owned())]
}

/// The head of an answer; `headers` are lines without the last end.
pub fn start(status: &str, headers: &str) -> Act {
    Act::Send(
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n\r\n")
            .replace("\r\n\r\n\r\n", "\r\n\r\n")
            .into(),
    )
}

/// A file of a page (PEP 691), whose metadata stands beside it.
pub fn file(asked: &Asked, url: &str) -> Value {
    json!({
        "filename": WHEEL,
        "url": url,
        "hashes": { "sha256": asked.sha256.to_string() },
        "core-metadata": true,
    })
}

/// The page of a project with these files (PEP 691).
pub fn files_page(files: &[Value]) -> Vec<Act> {
    let page = json!({ "meta": { "api-version": "1.1" }, "name": "alpha", "files": files });
    ok("application/vnd.pypi.simple.v1+json", page.to_string())
}
