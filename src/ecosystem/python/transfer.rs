//! Downloads one file, with the credentials that its index asks for, and again where that may help. Never names an
//! address.

use std::io::{Seek as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use tempfile::NamedTempFile;
use tokio::time::Instant;

use super::local_files::{LocalFileError, LocalFolders};
use super::uv::{Logins, Uv};
use crate::archive::MAX_UNPACKED;
use crate::digest::{Hasher, Sha256};
use crate::ecosystem::Workbench;
use crate::error::{Failure as _, PathContext as _, PathError};
use crate::http::{Get, Http, HttpError, StatusCode, Url};
use crate::progress::{Event, Progress};

/// The largest wheel that is downloaded, in bytes: as much as a layer can hold, if it is not compressed at all, and the
/// headers of its files.
pub(super) const LARGEST_WHEEL: u64 = MAX_UNPACKED + (32 << 20);

/// The largest source that is downloaded, in bytes. It may hold much that no wheel takes, such as tests.
pub(super) const LARGEST_SOURCE: u64 = 512 << 20;

/// How often a download is tried.
const ATTEMPTS: usize = 3;

/// The wait before the second attempt; the next one is twice as long, and up to as much again is added by chance.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// What several downloads share.
pub(super) struct Downloader<'a> {
    http: Http,
    logins: Logins,
    folders: LocalFolders,
    whole: Duration,
    progress: &'a dyn Progress,
}

/// Why a file could not be brought here.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The transfer failed; the error does not hold the address.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It is a file of this machine that is not taken.
    #[error(transparent)]
    Local(#[from] LocalFileError),
    /// The file could not be written.
    #[error(transparent)]
    File(#[from] PathError),
}

impl TransferError {
    /// What to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Http(error) => Some(http_hint(error)),
            Self::Local(error) => error.hint(),
            Self::File(error) => error.hint(),
        }
    }
}

fn http_hint(error: &HttpError) -> String {
    let hint = match error {
        HttpError::Status(
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        ) => "check the index's credentials, which are taken from UV_INDEX variables and .netrc",
        HttpError::Status(status) if error.may_pass() || status.is_server_error() => {
            "the index is busy or broken: run the command again later"
        }
        HttpError::Status(_) => {
            "the index lists the file, but does not serve it: use another index, or tell whoever runs it"
        }
        HttpError::Setup(_) => "check the certificates of the operating system, or SSL_CERT_FILE",
        HttpError::Failed(_) => "check the network, and run the command again",
        HttpError::NoAnswer(_) | HttpError::Silent(_) | HttpError::Slow | HttpError::Late => {
            "check the network, or raise `--download-timeout` (LLS_DOWNLOAD_TIMEOUT) where the index is just slow"
        }
        HttpError::TooLarge { most } if *most >= LARGEST_WHEEL => {
            "no Lambda layer can hold it: require a smaller version, or leave the package out with `exclude_packages`"
        }
        HttpError::TooLarge { .. } => {
            "the index states another size, so it, or something on the way, serves another file: do not use it"
        }
        HttpError::Encoded(_)
        | HttpError::OtherRange
        | HttpError::Scheme
        | HttpError::NoLocation
        | HttpError::RedirectScheme
        | HttpError::Unencrypted
        | HttpError::TooManyRedirects(_) => "use another index, or tell whoever runs this one",
    };
    hint.to_owned()
}

impl<'a> Downloader<'a> {
    /// Sets up connections. `index_options` are the lines of requirements that name indexes.
    pub fn new(
        bench: &Workbench<'a>,
        uv: &Uv,
        index_options: &[String],
    ) -> Result<Self, HttpError> {
        let patience = bench.python.uv_source.patience;
        Ok(Self {
            http: Http::new(patience.silence())?,
            logins: uv.logins().clone(),
            folders: LocalFolders::collect(
                index_options,
                &uv.index_places(),
                &bench.python.uv_source.launcher,
            ),
            whole: patience.whole(),
            progress: bench.progress,
        })
    }

    /// Writes what is at `url`, which may have `most` bytes, to `output`, and returns its hash. `--find-links` of a folder
    /// yields addresses of files.
    pub async fn fetch(
        &self,
        url: &str,
        most: u64,
        output: &NamedTempFile,
    ) -> Result<Sha256, TransferError> {
        let address = url.parse::<Url>().map_err(|_| HttpError::Scheme)?;
        let shown = AtomicU64::new(0);
        if address.scheme() == "file" {
            let mut receiver = Receiver::new(self, output, &shown)?;
            self.folders
                .read(&address, most, &mut |piece| receiver.take(piece))?;
            return Ok(receiver.hasher.finish());
        }
        let until = Instant::now() + self.whole;
        let authorize = |address: &Url| self.logins.authorization(address);
        let get = Get {
            address: &address,
            range: None,
            most,
            until,
            authorize: &authorize,
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_times(ATTEMPTS - 1)
            .with_jitter();
        let attempt = || self.transfer(get, output, &shown);
        attempt
            .retry(pauses)
            .when(|error| matches!(error, TransferError::Http(error) if error.may_pass()))
            .notify(|_, pause| tracing::debug!(?pause, "waiting to download again"))
            .await
    }

    /// One attempt. `shown` is how many bytes the progress knows of.
    async fn transfer(
        &self,
        get: Get<'_>,
        output: &NamedTempFile,
        shown: &AtomicU64,
    ) -> Result<Sha256, TransferError> {
        let mut body = self.http.get(get).await?;
        let mut receiver = Receiver::new(self, output, shown)?;
        while let Some(piece) = body.next().await? {
            receiver.take(&piece)?;
        }
        Ok(receiver.hasher.finish())
    }
}

/// What takes the bytes of one attempt.
struct Receiver<'a> {
    output: &'a NamedTempFile,
    hasher: Hasher,
    length: u64,
    shown: &'a AtomicU64,
    progress: &'a dyn Progress,
}

impl<'a> Receiver<'a> {
    /// Takes away what an earlier attempt left.
    fn new(
        downloader: &Downloader<'a>,
        output: &'a NamedTempFile,
        shown: &'a AtomicU64,
    ) -> Result<Self, PathError> {
        let mut file = output.as_file();
        let emptied = file.set_len(0).and_then(|()| file.rewind());
        emptied.at("write", output.path())?;
        Ok(Self {
            output,
            hasher: Hasher::default(),
            length: 0,
            shown,
            progress: downloader.progress,
        })
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), PathError> {
        self.hasher.update(piece);
        let written = self.output.as_file().write_all(piece);
        written.at("write", self.output.path())?;
        self.length += piece.len() as u64;
        let before = self.shown.fetch_max(self.length, Ordering::Relaxed);
        let bytes = self.length.saturating_sub(before);
        self.progress.event(Event::Downloaded { bytes });
        Ok(())
    }
}
