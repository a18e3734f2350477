//! Notes of caches as `lls` writes them, and as somebody would who forges them.

use std::os::unix::fs::MetadataExt as _;

use aws_lc_rs::hmac;
use lls::digest::Sha256;

use super::project::Project;

/// A note as they were before they were authenticated.
pub fn old(text: &str) -> Vec<u8> {
    format!("{}\n{text}", Sha256::of(text)).into_bytes()
}

/// A note that is written under `key`, of a kind, about what has this name.
pub fn under(key: &[u8], kind: &str, name: &str, text: &str) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in [kind, name, text] {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part.as_bytes());
    }
    old(&format!("{}\n{text}", hex::encode(context.sign())))
}

/// What a note says, without the lines that say who wrote it.
pub fn text(note: &[u8]) -> String {
    let note = String::from_utf8(note.to_vec()).expect("a note is UTF-8");
    let mut parts = note.splitn(3, '\n');
    parts.nth(2).expect("two lines come first").to_owned()
}

/// The nanoseconds of a time in a stamp.
pub fn nanoseconds(seconds: i64, rest: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(rest)
}

impl Project {
    /// The line of an index of files that says of the file at `path`, as it is now, that it holds `content` and no
    /// secret.
    pub fn indexed(&self, path: &str, content: &str) -> String {
        let metadata = self.path(path).metadata().expect("it is there");
        format!(
            "{} {} {} {} {} \t{path}\n",
            Sha256::of(content),
            metadata.size(),
            metadata.ino(),
            nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        )
    }

    /// The key that the project's notes are written under.
    pub fn note_key(&self) -> Vec<u8> {
        std::fs::read(self.state_folder().join("note-key")).expect("a run made it")
    }

    /// The name of the project in notes about its folder.
    pub fn noted_name(&self) -> String {
        let folder = self.path("").canonicalize().expect("it is there");
        folder
            .as_os_str()
            .as_encoded_bytes()
            .escape_ascii()
            .to_string()
    }
}
