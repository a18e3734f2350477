//! Downloads one file, with the credentials that its index asks for, and again where that may help. Never names an
//! address.

use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use futures::StreamExt as _;
use reqwest::{StatusCode, Url};
use tempfile::NamedTempFile;

use super::Builder;
use super::index_credentials::IndexCredentials;
use crate::digest::{Hasher, Sha256};
use crate::error::{PathContext as _, PathError};
use crate::progress::{Event, Progress};

/// How often a download is tried.
const ATTEMPTS: usize = 3;

/// The wait before the second attempt; the next one is twice as long, and up to as much again is added by chance.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How much of a file on this machine is copied at a time, in bytes.
const PIECE: usize = 1024 * 1024;

/// What several downloads share.
pub(super) struct Downloader<'a> {
    client: reqwest::Client,
    credentials: IndexCredentials,
    progress: &'a dyn Progress,
}

/// Why a file could not be downloaded.
pub(super) enum TransferError {
    /// The transfer failed; the error does not hold the address.
    Transfer(reqwest::Error),
    /// The file could not be written, or one on this machine could not be read.
    File(PathError),
}

impl TransferError {
    /// Whether another attempt may succeed: the server is busy or broken (RFC 9110, 15.5.9 and 15.6; RFC 6585, 4), or
    /// the connection failed.
    fn may_pass(&self) -> bool {
        let Self::Transfer(error) = self else {
            return false;
        };
        match error.status() {
            Some(StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) => true,
            Some(status) => status.is_server_error(),
            None => !error.is_builder() && !error.is_redirect(),
        }
    }
}

/// What to do about a failed transfer.
pub(super) fn transfer_hint(error: &reqwest::Error) -> String {
    let hint = match error.status() {
        Some(
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        ) => "check the index's credentials, which are taken from UV_INDEX variables and .netrc",
        Some(status) if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            "the index lists the file, but does not serve it: use another index, or tell whoever runs it"
        }
        Some(_) => "the index is busy or broken: run the command again later",
        None => "check the network, and run the command again",
    };
    hint.to_owned()
}

impl<'a> Downloader<'a> {
    /// Sets up connections.
    pub fn new(builder: &Builder<'a>) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(Duration::from_mins(1))
            .build()?;
        Ok(Self {
            client,
            credentials: IndexCredentials::collect(&builder.index_environment),
            progress: builder.progress,
        })
    }

    /// Writes what is at `url` to `output`, and returns its hash. `--find-links` of a folder yields addresses of files.
    pub async fn fetch(&self, url: &str, output: &NamedTempFile) -> Result<Sha256, TransferError> {
        let address = url.parse::<Url>().ok();
        let file = address.as_ref().filter(|url| url.scheme() == "file");
        if let Some(path) = file.and_then(|url| url.to_file_path().ok()) {
            return self.copy(&path, output).map_err(TransferError::File);
        }
        let shown = AtomicU64::new(0);
        let attempt = || self.transfer(url, address.as_ref(), output, &shown);
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_times(ATTEMPTS - 1)
            .with_jitter();
        attempt
            .retry(pauses)
            .when(TransferError::may_pass)
            .notify(|_, pause| tracing::debug!(?pause, "waiting to download again"))
            .await
    }

    /// One attempt. `shown` is how many bytes the progress knows of.
    async fn transfer(
        &self,
        url: &str,
        address: Option<&Url>,
        output: &NamedTempFile,
        shown: &AtomicU64,
    ) -> Result<Sha256, TransferError> {
        let transfer = |error: reqwest::Error| TransferError::Transfer(error.without_url());
        let mut request = self.client.get(url);
        if let Some(header) = address.and_then(|url| self.credentials.authorization(url)) {
            request = request.header(reqwest::header::AUTHORIZATION, header);
        }
        let response = request
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(transfer)?;
        emptied(output).map_err(TransferError::File)?;
        let mut hasher = Hasher::default();
        let mut chunks = response.bytes_stream();
        let mut length = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(transfer)?;
            hasher.update(&chunk);
            let written = output.as_file().write_all(&chunk);
            let written = written.at("write", output.path());
            written.map_err(TransferError::File)?;
            length += chunk.len() as u64;
            let before = shown.fetch_max(length, Ordering::Relaxed);
            self.progress.event(Event::Downloaded {
                bytes: length.saturating_sub(before),
            });
        }
        Ok(hasher.finish())
    }

    /// Copies a file of this machine.
    fn copy(&self, path: &Path, output: &NamedTempFile) -> Result<Sha256, PathError> {
        let mut input = std::fs::File::open(path).at("read", path)?;
        let mut hasher = Hasher::default();
        let mut piece = vec![0; PIECE];
        loop {
            let length = input.read(&mut piece).at("read", path)?;
            if length == 0 {
                return Ok(hasher.finish());
            }
            hasher.update(&piece[..length]);
            let mut file = output.as_file();
            file.write_all(&piece[..length])
                .at("write", output.path())?;
            let bytes = length as u64;
            self.progress.event(Event::Downloaded { bytes });
        }
    }
}

/// Takes away what an earlier attempt left.
fn emptied(output: &NamedTempFile) -> Result<(), PathError> {
    let mut file = output.as_file();
    let emptied = file.set_len(0).and_then(|()| file.rewind());
    emptied.at("write", output.path())
}
