//! Hyperlinks to the manifest, behind the places in it that texts name, for terminals that follow them (OSC 8).

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in the path of a `file` address (RFC 3986, section 3.3).
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The manifest, as texts call it, and where it is.
#[derive(Clone, Debug)]
pub(super) struct ManifestLink {
    name: String,
    path: PathBuf,
}

impl ManifestLink {
    /// A link to `manifest`, seen from `folder`.
    pub fn new(manifest: &Path, folder: &Path) -> Self {
        Self {
            name: manifest.display().to_string(),
            path: folder.join(manifest),
        }
    }

    /// `text` in which each line of the manifest that it names, such as `layers.toml:21`, leads there.
    pub fn link<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let start = format!("{}:", self.name);
        if !text.contains(&start) {
            return Cow::Borrowed(text);
        }
        let path = self.path.to_string_lossy();
        let address = utf8_percent_encode(&path, PATH);
        let mut linked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(&start) {
            let (before, name) = rest.split_at(at);
            let is_number = |c: char| c.is_ascii_digit();
            let after = name[start.len()..].trim_start_matches(is_number);
            let name = &name[..name.len() - after.len()];
            linked.push_str(before);
            if name.ends_with(is_number) && !before.ends_with(['/', '.', '-', '_']) {
                linked.push_str(&format!(
                    "\u{1b}]8;;file://{address}\u{1b}\\{name}\u{1b}]8;;\u{1b}\\"
                ));
            } else {
                linked.push_str(name);
            }
            rest = after;
        }
        Cow::Owned(linked + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_manifest_lead_there() {
        let link = ManifestLink::new(Path::new("layers.toml"), Path::new("/a b"));
        let text = "in layers.toml:21, not in layers.toml: or old/layers.toml:3\n";
        assert_eq!(
            link.link(text),
            "in \u{1b}]8;;file:///a%20b/layers.toml\u{1b}\\layers.toml:21\u{1b}]8;;\u{1b}\\, \
             not in layers.toml: or old/layers.toml:3\n"
        );
        assert!(matches!(link.link("layers.toml"), Cow::Borrowed(_)));
    }
}
