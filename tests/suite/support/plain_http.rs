//! A blocking HTTP/1.1 exchange over a socket of its own.
//! It neither retries, follows nor pools, so a test sees exactly what came over the wire, and it works
//! from any thread, inside an asynchronous runtime or not.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends one request and reads the whole reply.
///
/// A reply that ends before its `Content-Length` is `UnexpectedEof`; so is a connection that ends without any reply.
pub fn send(
    server: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    read_reply(BufReader::new(stream), method)
}

fn read_reply(mut stream: impl BufRead, method: &str) -> io::Result<Reply> {
    let status_line = read_line(&mut stream)?;
    let status = status_line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| io::Error::other(format!("not a status line: `{status_line}`")))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(&mut stream)?;
        match line.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut reply = Reply {
        status,
        headers,
        body: Vec::new(),
    };
    let length = reply
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    match length {
        _ if method == "HEAD" => {}
        Some(length) => {
            reply.body = vec![0; length];
            stream.read_exact(&mut reply.body)?;
        }
        None => {
            stream.read_to_end(&mut reply.body)?;
        }
    }
    Ok(reply)
}

fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
