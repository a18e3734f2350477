//! What was read of the files of two archives, to tell what differs.

use crate::archive::Texts;

/// How much to tell of texts that change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextDetail {
    /// How many lines come and go.
    #[default]
    Counts,
    /// The lines too.
    Diffs,
}

/// What was read of the files of two archives: first their `RECORD`s, then texts that differ.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Files of the archive before.
    pub before: Texts,
    /// Files of the archive after.
    pub after: Texts,
    /// How much to tell of them.
    pub detail: TextDetail,
}
