//! A loopback server that keeps what it is asked, whoever asks: an index, a proxy or a host that nobody should reach.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What is answered to a request, with its headers.
type Answer = dyn Fn(&str) -> String + Send + Sync;

/// The server; it ends with the test process.
pub struct Recorder {
    /// Where it listens.
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// Starts a server that asks everybody who they are, and lets nobody in.
    pub fn start() -> Self {
        let refusal = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
                       Content-Length: 0\r\nConnection: close\r\n\r\n";
        Self::at(Ipv4Addr::LOCALHOST, |_| refusal.to_owned())
    }

    /// Starts a server on an address of the loopback network: each is another host.
    pub fn at(host: Ipv4Addr, answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((host, 0)).expect("a loopback port is free");
        let address = listener.local_addr().expect("it is bound");
        let requests = Arc::default();
        let (shared, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (requests, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &requests, &*answer));
            }
        });
        Self { address, requests }
    }

    /// The address of an index there.
    pub fn index(&self) -> String {
        format!("http://{}/simple", self.address)
    }

    /// The requests so far, each with its headers.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panics there").clone()
    }

    /// The requests so far that say who is asking.
    pub fn authorized(&self) -> Vec<String> {
        let mut requests = self.requests();
        requests.retain(|request| request.to_lowercase().contains("authorization:"));
        requests
    }
}

/// An answer that leads elsewhere.
pub fn redirect(address: &str) -> String {
    format!(
        "HTTP/1.1 302 Found\r\nLocation: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

fn serve(stream: TcpStream, requests: &Mutex<Vec<String>>, answer: &Answer) {
    let mut reader = BufReader::new(stream);
    let (mut request, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
        request.push_str(&line);
        line.clear();
    }
    let answer = answer(&request);
    requests.lock().expect("no test panics there").push(request);
    // A client that went away is none of the server's business.
    let _ = reader.get_mut().write_all(answer.as_bytes());
}
