//! Parts of published archives, from the presigned addresses that Lambda gives: outside of the SDK.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::AwsRegistry;
use super::calls::Repeat;
use super::errors::{self, Outcome, missing};
use crate::registry::{ArchiveAddress, RegistryErrorKind};

impl AwsRegistry {
    /// The bytes of `range`; `None` where they cannot be had.
    pub(super) async fn read_range(
        &self,
        archive: &ArchiveAddress,
        range: &Range<u64>,
    ) -> Option<Vec<u8>> {
        if range.is_empty() {
            return Some(Vec::new());
        }
        let outcome = match archive.0.as_str() {
            "" => Err(missing("Location")),
            _ if self.is_s3_unreachable.load(Ordering::Relaxed) => {
                let before = "S3 was not reached before".to_owned();
                Err(RegistryErrorKind::Unreachable(before))
            }
            _ => self.download_range(archive, range).await,
        };
        // S3 is another service than Lambda: a network or a policy may keep callers from it who may plan and publish.
        outcome.unwrap_or_else(|kind| {
            let region = &self.region;
            tracing::debug!(%region, %kind, "a published archive cannot be read");
            None
        })
    }

    /// `None` where the server gives something else than the range.
    async fn download_range(
        &self,
        archive: &ArchiveAddress,
        range: &Range<u64>,
    ) -> Outcome<Option<Vec<u8>>> {
        let get = || async {
            self.get_range(archive, range)
                .await
                .map_err(|kind| (kind, None))
        };
        let sending = self.downloads.usual(Repeat::Once);
        self.downloads.repeated(sending, get).await
    }

    async fn get_range(
        &self,
        archive: &ArchiveAddress,
        range: &Range<u64>,
    ) -> Outcome<Option<Vec<u8>>> {
        let lost = |error: reqwest::Error| {
            let is_unreachable = error.is_connect() || error.is_timeout();
            self.is_s3_unreachable
                .store(is_unreachable, Ordering::Relaxed);
            RegistryErrorKind::Unreachable(errors::chain(&error.without_url()))
        };
        let asked = format!("bytes={}-{}", range.start, range.end - 1);
        let request = self.http.get(&archive.0);
        let request = request.header(reqwest::header::RANGE, asked);
        let mut response = request.send().await.map_err(lost)?;
        let (region, status) = (&self.region, response.status().as_u16());
        tracing::debug!(%region, ?range, %status, "a part of a published archive");
        self.is_s3_unreachable.store(false, Ordering::Relaxed);
        match response.status() {
            reqwest::StatusCode::PARTIAL_CONTENT => {
                let mut bytes = Vec::new();
                while let Some(piece) = response.chunk().await.map_err(lost)? {
                    bytes.extend_from_slice(&piece);
                    if bytes.len() as u64 > range.end - range.start {
                        return Ok(None);
                    }
                }
                Ok(Some(bytes))
            }
            status if status.is_success() => Ok(None),
            status if status.is_server_error() || status.as_u16() == 429 => Err(
                RegistryErrorKind::Unreachable(format!("HTTP status {status}")),
            ),
            status => Err(RegistryErrorKind::Refused {
                code: format!("HTTP status {status}"),
                message: "the archive's address is not accepted".to_owned(),
            }),
        }
    }
}
