//! Downloads one file, with the credentials that its index asks for. Never names an address.

use std::io::Write as _;

use futures::StreamExt as _;
use tempfile::NamedTempFile;

use super::Builder;
use super::index_credentials::IndexCredentials;
use crate::digest::{Hasher, Sha256};
use crate::error::{PathContext as _, PathError};
use crate::progress::{Event, Progress};

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
    /// The file could not be written.
    Write(PathError),
}

impl<'a> Downloader<'a> {
    /// Sets up connections.
    pub fn new(builder: &Builder<'a>) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(std::time::Duration::from_secs(20))
            .read_timeout(std::time::Duration::from_mins(1))
            .build()?;
        Ok(Self {
            client,
            credentials: IndexCredentials::collect(&builder.index_environment),
            progress: builder.progress,
        })
    }

    /// Writes what is at `url` to `output`, and returns its hash.
    pub async fn fetch(
        &self,
        url: &str,
        output: &mut NamedTempFile,
    ) -> Result<Sha256, TransferError> {
        let transfer = |error: reqwest::Error| TransferError::Transfer(error.without_url());
        let mut request = self.client.get(url);
        let address = url.parse().ok();
        if let Some(header) = address.and_then(|url| self.credentials.authorization(&url)) {
            request = request.header(reqwest::header::AUTHORIZATION, header);
        }
        let response = request
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(transfer)?;
        let mut hasher = Hasher::default();
        let mut chunks = response.bytes_stream();
        let path = output.path().to_owned();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(transfer)?;
            hasher.update(&chunk);
            let written = output.write_all(&chunk).at("write", &path);
            written.map_err(TransferError::Write)?;
            self.progress.event(Event::Downloaded {
                bytes: chunk.len() as u64,
            });
        }
        Ok(hasher.finish())
    }
}
