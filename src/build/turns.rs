//! Turns: who makes the archive of a fingerprint, while others wait to find it made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::Sha256;

/// One lock for each fingerprint, among the tasks of this process; processes share archives without a lock.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<Sha256, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// The lock of a fingerprint, to be held while its archive is looked for and made.
    pub fn of(&self, fingerprint: Sha256) -> Arc<tokio::sync::Mutex<()>> {
        // Nothing can be half done here, so that a panic elsewhere is no reason to stop.
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(fingerprint).or_default())
    }
}
