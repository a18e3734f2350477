//! The JSON form of results: additions are minor changes of the format, everything else is a major one.

use crate::render::wording::steers;
use schemars::JsonSchema;
use serde::Serialize;

/// The version of the JSON format.
const FORMAT_VERSION: &str = "1.0";

/// A result as a JSON document.
#[derive(Serialize, JsonSchema)]
pub struct Document<T> {
    /// The version of the document's form: a later minor version only adds to it.
    format_version: &'static str,
    /// The result.
    #[serde(flatten)]
    content: T,
}

impl<T: Serialize> Document<T> {
    /// The document that says `content`.
    pub fn new(content: T) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            content,
        }
    }

    /// The document's text, indented, with a line end.
    ///
    /// # Panics
    /// Never: the results have no maps with keys that JSON cannot hold.
    pub fn render(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("results can be written as JSON");
        let mut safe = String::with_capacity(text.len() + 1);
        for character in text.chars() {
            // Outside of strings there are none.
            if steers(character) {
                let mut units = [0; 2];
                let units = character.encode_utf16(&mut units).iter();
                units.for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
            } else {
                safe.push(character);
            }
        }
        safe.push('\n');
        safe
    }
}
