//! Numbers and lists as people read them.

use crate::layer::ByteSize;

/// `1 layer`, `2 layers`.
pub fn count(number: usize, singular: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {singular}{plural}")
}

/// A number of bytes as people read it.
pub fn size(bytes: u64) -> String {
    ByteSize(bytes).to_string()
}

/// `a`, `a and b`, `a, b and c`.
pub fn joined<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<_> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(
            [
                joined::<&str>(&[]),
                joined(&["a"]),
                joined(&["a", "b", "c"])
            ],
            ["", "a", "a, b and c"]
        );
    }
}
