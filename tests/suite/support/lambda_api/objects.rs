//! What S3 knows of buckets and objects and `ministack` does not: a bucket's region, and the checksums of objects that
//! were uploaded in parts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use lls::digest::Sha256;

use super::received::Received;
use super::refusal::Refusal;

#[derive(Default)]
pub struct Objects(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The region of each bucket.
    regions: BTreeMap<String, String>,
    /// The checksums of the parts, by upload and number.
    parts: BTreeMap<String, BTreeMap<u32, String>>,
    /// The checksums of the objects, by path.
    checksums: BTreeMap<String, String>,
}

impl Objects {
    /// Why S3 would not take this.
    pub fn refusal(&self, operation: &str, request: &Received) -> Option<Refusal> {
        let region = self.region_of(request);
        if region.is_some() && region != request.credential().map(|caller| caller.region) {
            let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
            let refusal = Refusal::new(301, "PermanentRedirect", message);
            return Some(refusal.with_header("x-amz-bucket-region", region?.leak()));
        }
        let claimed = request.header("x-amz-checksum-sha256");
        let is_wrong = claimed.is_some_and(|claimed| claimed != Sha256::of(&request.body).base64());
        (operation == "UploadPart" && is_wrong).then(|| {
            let message = "The SHA256 you specified did not match the calculated checksum.";
            Refusal::new(400, "BadDigest", message)
        })
    }

    /// Takes note of what was answered, and adds what `ministack` leaves out.
    pub fn note(&self, operation: &str, request: &Received, reply: &mut Response<Bytes>) {
        if !reply.status().is_success() {
            return;
        }
        let path = request.segments().join("/");
        let upload = || request.query("uploadId").unwrap_or_default();
        let mut known = self.known();
        match operation {
            "CreateBucket" => {
                let region = request.credential().map(|caller| caller.region);
                known.regions.insert(path, region.unwrap_or_default());
            }
            "UploadPart" => {
                let number = request
                    .query("partNumber")
                    .and_then(|number| number.parse().ok());
                let checksum = request.header("x-amz-checksum-sha256").unwrap_or_default();
                let parts = known.parts.entry(upload()).or_default();
                parts.insert(number.unwrap_or_default(), checksum.to_owned());
            }
            "CompleteMultipartUpload" => {
                let parts = known.parts.remove(&upload()).unwrap_or_default();
                known.checksums.insert(path, composite(parts.values()));
            }
            "HeadObject" if request.header("x-amz-checksum-mode") == Some("ENABLED") => {
                if let Some(checksum) = known.checksums.get(&path) {
                    let value = HeaderValue::from_str(checksum).expect("a checksum");
                    reply.headers_mut().insert("x-amz-checksum-sha256", value);
                }
            }
            _ => {}
        }
    }

    fn region_of(&self, request: &Received) -> Option<String> {
        let bucket = request.segments().into_iter().next()?;
        self.known().regions.get(&bucket).cloned()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The checksum of a whole, from those of its parts (Amazon S3 user guide, "Checking object integrity").
fn composite<'a>(parts: impl ExactSizeIterator<Item = &'a String>) -> String {
    let count = parts.len();
    let hashes: Vec<u8> = parts
        .flat_map(|part| STANDARD.decode(part).expect("base64"))
        .collect();
    format!("{}-{count}", Sha256::of(hashes).base64())
}
