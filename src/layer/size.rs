//! Numbers of bytes as people read them.

use std::fmt;

/// A number of bytes, shown in decimal units with one decimal: to be compared, not computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl fmt::Display for ByteSize {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..1_000 => write!(f, "{} B", self.0),
            1_000..100_000 => write!(f, "{:.1} kB", self.0 as f64 / 1e3),
            _ => write!(f, "{:.1} MB", self.0 as f64 / 1e6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let shown = [0, 999, 12_345, 250_000, 262_144_000].map(|bytes| ByteSize(bytes).to_string());
        assert_eq!(shown, ["0 B", "999 B", "12.3 kB", "0.2 MB", "262.1 MB"]);
    }
}
