//! The one door for HTTP requests that `lls` itself sends: for wheels, source archives and parts of published archives.
//!
//! No server is trusted: not with time, nor with memory and disk, nor with credentials that were given for another one.
//! Knows nothing of packages and AWS, and writes no files.

mod body;
mod error;
mod redirect;

use std::ops::Range;
use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_RANGE, HeaderMap, HeaderValue, RANGE,
};
use reqwest::redirect::Policy;
pub use reqwest::{StatusCode, Url};
use tokio::time::{Instant, timeout, timeout_at};

pub use body::Body;
pub use error::HttpError;

/// The longest time that connecting may take.
const CONNECTING: Duration = Duration::from_secs(20);

/// How often one request may be sent elsewhere: an index's file may move from a short address to a store, and from there
/// to a server near by. A loop ends here.
const MOST_REDIRECTS: usize = 5;

/// How long to wait for servers.
///
/// Without a bound on silence, a server that accepts connections and never answers would hold a CI job until the job's
/// own limit. Without one on the whole, a server that sends a byte now and then would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(Self::SECONDS.into()))
    }
}

impl Patience {
    /// How long a server may be silent where nothing else is said, in seconds.
    pub const SECONDS: u32 = 30;

    /// How many times as long a search for files may take.
    const SEARCH: u32 = 20;

    /// How many times as long a download, or a search that may build packages, may take.
    const WHOLE: u32 = 60;

    /// A server may be silent for this long.
    pub fn of(silence: Duration) -> Self {
        Self(silence)
    }

    /// How long a server may be silent: before its answer has begun, and between two pieces of it.
    pub fn silence(self) -> Duration {
        self.0
    }

    /// How long a search for files may take as a whole.
    pub fn search(self) -> Duration {
        self.0.saturating_mul(Self::SEARCH)
    }

    /// How long a download may take as a whole, with all that is tried again.
    pub fn whole(self) -> Duration {
        self.0.saturating_mul(Self::WHOLE)
    }
}

/// Who may read an address: the value of the header `Authorization`.
pub type Authorize<'a> = dyn Fn(&Url) -> Option<String> + Send + Sync + 'a;

/// What nobody has credentials for, such as a presigned address.
pub fn nobody(_: &Url) -> Option<String> {
    None
}

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Get<'a> {
    /// Where it is; a user and a password in it are not sent.
    pub address: &'a Url,
    /// The bytes that are wanted, one at least; `None` for all.
    pub range: Option<&'a Range<u64>>,
    /// The most bytes that the answer may have. A server decides how much it sends, and nobody has disk without end.
    pub most: u64,
    /// When all of it must have come.
    pub until: Instant,
    /// Asked anew wherever a redirect leads to, so that no server gets what was given for another one.
    pub authorize: &'a Authorize<'a>,
}

/// Connections to any number of servers.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    silence: Duration,
}

impl Http {
    /// Sets up connections, to servers that may be silent for this long.
    ///
    /// # Errors
    /// If the operating system's certificates cannot be loaded.
    pub fn new(silence: Duration) -> Result<Self, HttpError> {
        // Whatever is unpacked has another size than what was sent, and another hash than what was locked.
        let identity = HeaderValue::from_static("identity");
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, identity)]);
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECTING.min(silence))
            .default_headers(headers)
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .build()
            .map_err(HttpError::Setup)?;
        Ok(Self { client, silence })
    }

    /// The answer that an address, or one that it redirects to, gives: all of what was asked for, or an error.
    ///
    /// # Errors
    /// As [`HttpError`] says; none names an address.
    pub async fn get(&self, get: Get<'_>) -> Result<Body, HttpError> {
        let answered = timeout_at(get.until, self.follow(get)).await;
        let response = answered.map_err(|_| HttpError::Late)??;
        check_whole(&response, get.range)?;
        check_encoding(response.headers())?;
        Body::of(response, get.most, self.silence, get.until)
    }

    /// All bytes of an answer that is small enough for memory.
    ///
    /// # Errors
    /// As for [`Http::get`], and where a part has fewer bytes than were asked for.
    pub async fn bytes(&self, get: Get<'_>) -> Result<Vec<u8>, HttpError> {
        let mut body = self.get(get).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = body.next().await? {
            bytes.extend_from_slice(&piece);
        }
        match get.range {
            Some(range) if bytes.len() as u64 != range.end - range.start => {
                Err(HttpError::OtherRange)
            }
            _ => Ok(bytes),
        }
    }

    /// The first answer that is no redirect. The client follows none: it would pass on to a stranger, as `Referer`, the
    /// address that led there, and signed addresses are secrets.
    async fn follow(&self, get: Get<'_>) -> Result<reqwest::Response, HttpError> {
        let mut address = redirect::checked(get.address.clone()).ok_or(HttpError::Scheme)?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(&address, get).await?;
            match redirect::next(&address, &response)? {
                Some(next) => address = next,
                None => return Ok(response),
            }
        }
        Err(HttpError::TooManyRedirects(MOST_REDIRECTS))
    }

    /// Sends one request, and waits for the head of its answer. Its time counts from the start: headers that trickle in
    /// are no answer either.
    async fn send(&self, address: &Url, get: Get<'_>) -> Result<reqwest::Response, HttpError> {
        let mut request = self.client.get(address.clone());
        if let Some(range) = get.range {
            request = request.header(RANGE, format!("bytes={}-{}", range.start, range.end - 1));
        }
        let authorization = (get.authorize)(address).and_then(|value| value.parse().ok());
        if let Some(mut value) = authorization {
            HeaderValue::set_sensitive(&mut value, true);
            request = request.header(AUTHORIZATION, value);
        }
        let sent = timeout(self.silence, request.send()).await;
        sent.map_err(|_| HttpError::NoAnswer(self.silence))?
            .map_err(HttpError::failed)
    }
}

/// Refuses an answer that is not what was asked for: nothing at all, a page about an error, another part.
fn check_whole(response: &reqwest::Response, range: Option<&Range<u64>>) -> Result<(), HttpError> {
    let status = response.status();
    match range {
        None if status == StatusCode::OK => Ok(()),
        Some(_) if status == StatusCode::OK => Err(HttpError::OtherRange),
        Some(range) if status == StatusCode::PARTIAL_CONTENT => {
            let start = format!("bytes {}-{}/", range.start, range.end - 1);
            let told = response.headers().get(CONTENT_RANGE);
            let told = told.and_then(|value| value.to_str().ok());
            if told.is_some_and(|told| told.starts_with(&start)) {
                Ok(())
            } else {
                Err(HttpError::OtherRange)
            }
        }
        _ => Err(HttpError::Status(status)),
    }
}

/// Refuses what was compressed on the way: a few bytes may unpack to any number.
fn check_encoding(headers: &HeaderMap) -> Result<(), HttpError> {
    for value in headers.get_all(CONTENT_ENCODING) {
        let name = value.to_str().unwrap_or("unknown").to_ascii_lowercase();
        if !matches!(name.as_str(), "identity" | "") {
            let is_usual = |c: char| c.is_ascii_alphanumeric() || "-_, ".contains(c);
            let name = name.chars().filter(|c| is_usual(*c)).take(32).collect();
            return Err(HttpError::Encoded(name));
        }
    }
    Ok(())
}
