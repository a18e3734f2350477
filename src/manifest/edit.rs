//! Changes the text of a manifest in one place, and keeps every other byte.
//!
//! The parser finds the places, and the changed text is compared with the intended change. Nothing here writes files.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::{Manifest, ManifestError, Position, read_text};
use crate::error::{Error, Failure};
use crate::input::Repository;
use crate::layer::{Description, LayerName};

/// The text of a manifest.
#[derive(Clone, Debug)]
pub struct ManifestText {
    /// The file that it is in, or will be in.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
    /// The repository that it is part of.
    pub repository: Repository,
}

/// A change that cannot be made without changing more.
#[derive(Debug, thiserror::Error)]
#[error("cannot set {what} in `{}` without touching other parts of it", path.display())]
pub struct EditError {
    /// The manifest.
    pub path: PathBuf,
    /// What was to be set.
    pub what: String,
    /// The lines that a person would write.
    pub lines: String,
}

impl Failure for EditError {
    fn hint(&self) -> Option<String> {
        Some(format!("write it by hand: {}", self.lines))
    }
}

/// A key of a new layer with its value.
pub type NewKey = (&'static str, Value);

impl ManifestText {
    /// Reads the manifest at `path` in `repository`, which need not be right.
    pub fn read(path: &Path, repository: &Repository) -> Result<Self, Error> {
        Ok(Self {
            path: path.to_owned(),
            text: read_text(path, repository)?,
            repository: repository.clone(),
        })
    }

    /// The manifest that the text is, with everything that is wrong in it if there is something.
    pub fn parse(&self) -> Result<Manifest, ManifestError> {
        Manifest::parse(&self.path, self.text.clone(), &self.repository)
    }

    /// What `[defaults]` has for `key`.
    pub fn default_value(&self, key: &str) -> Option<Value> {
        self.table()?.get("defaults")?.get(key).cloned()
    }

    /// The line where a layer begins, from 1. It is 1 if there is no such layer.
    pub fn line_of(&self, layer: &LayerName) -> usize {
        let document = DeTable::parse(&self.text).ok();
        let start = document.and_then(|document| {
            let layers = document.get_ref().get("layers")?.get_ref().as_table()?;
            Some(layers.get_key_value(layer.as_str())?.0.span().start)
        });
        Position::of(&self.text, start.unwrap_or(0)).line
    }

    /// The same with another description of a layer.
    ///
    /// # Errors
    /// If the layer is not there, or has no description.
    pub fn with_description(
        &self,
        layer: &LayerName,
        description: &Description,
    ) -> Result<Self, EditError> {
        let document = DeTable::parse(&self.text).ok();
        let span = document.and_then(|document| {
            let layers = document.get_ref().get("layers")?.get_ref().as_table()?;
            let layer = layers.get(layer.as_str())?.get_ref().as_table()?;
            Some(layer.get("description")?.span())
        });
        let edited = span.map(|span| {
            let quote = if self.text[span.clone()].starts_with('\'') {
                '\''
            } else {
                '"'
            };
            self.replaced(span, &format!("{quote}{description}{quote}"))
        });
        let wanted = |table: &mut Table| {
            let layers = table.get_mut("layers")?.as_table_mut()?;
            let layer = layers.get_mut(layer.as_str())?.as_table_mut()?;
            layer.insert("description".to_owned(), description.as_str().into())
        };
        self.checked(edited, wanted).ok_or_else(|| EditError {
            path: self.path.clone(),
            what: format!("the description of layer `{layer}`"),
            lines: format!("`description = \"{description}\"`"),
        })
    }

    /// The same with another layer, behind those that are there.
    ///
    /// # Errors
    /// If there is a layer with this name, or if the layers are written in a way that cannot be extended.
    pub fn with_layer(&self, layer: &LayerName, keys: &[NewKey]) -> Result<Self, EditError> {
        let document = DeTable::parse(&self.text).ok();
        let edited = document.and_then(|document| {
            let layers = document.get_ref().get("layers");
            match layers.filter(|layers| is_inline(&self.text, layers)) {
                Some(layers) => self.with_inline_layer(layers, layer, keys),
                None => Some(self.with_layer_table(document.get_ref(), layer, keys)),
            }
        });
        let wanted = |table: &mut Table| {
            let layers = table.entry("layers").or_insert_with(|| Table::new().into());
            let new = keys
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()));
            let new = Value::Table(new.collect());
            match layers
                .as_table_mut()?
                .insert(layer.to_string(), new.clone())
            {
                Some(_) => None,
                None => Some(new),
            }
        };
        self.checked(edited, wanted).ok_or_else(|| EditError {
            path: self.path.clone(),
            what: format!("the new layer `{layer}`"),
            lines: format!("`{layer} = {}`", inline_table(keys)),
        })
    }

    /// Writes the layer as a table with a header, below the last layer.
    fn with_layer_table(&self, document: &DeTable<'_>, layer: &LayerName, keys: &[NewKey]) -> Self {
        let end = end_of_layers(&self.text, document);
        let (before, after) = self.text.split_at(end);
        let last = before.rfind('\n').map(|index| &before[..index]);
        let is_windows = last.is_some_and(|lines| lines.ends_with('\r'));
        let newline = if is_windows { "\r\n" } else { "\n" };
        let mut lines = vec![format!("[layers.{layer}]")];
        lines.extend(keys.iter().map(|(key, value)| format!("{key} = {value}")));
        let mut inserted = lines.join(newline) + newline;
        let has_blank_line = before.ends_with("\n\n") || before.ends_with("\n\r\n");
        if !before.trim().is_empty() && !has_blank_line {
            inserted.insert_str(0, newline);
        }
        if !before.is_empty() && !before.ends_with('\n') {
            inserted.insert_str(0, newline);
        }
        if !after.is_empty() && !after.starts_with(['\n', '\r']) {
            inserted.push_str(newline);
        }
        self.replaced(end..end, &inserted)
    }

    /// Writes the layer into `layers = { ... }`, behind the last one in it.
    fn with_inline_layer(
        &self,
        layers: &Spanned<DeValue<'_>>,
        layer: &LayerName,
        keys: &[NewKey],
    ) -> Option<Self> {
        let table = layers.get_ref().as_table()?;
        let ends = table.iter().map(|(_, value)| value.span().end);
        let new = format!("{layer} = {}", inline_table(keys));
        match ends.max() {
            Some(end) => Some(self.replaced(end..end, &format!(", {new}"))),
            None => Some(self.replaced(layers.span(), &format!("{{ {new} }}"))),
        }
    }

    fn replaced(&self, span: Range<usize>, by: &str) -> Self {
        let mut text = self.text.clone();
        text.replace_range(span, by);
        Self {
            path: self.path.clone(),
            text,
            repository: self.repository.clone(),
        }
    }

    /// `edited`, if it says what this text says after the change `wanted`, which is `None` where that is impossible.
    fn checked<T>(
        &self,
        edited: Option<Self>,
        wanted: impl FnOnce(&mut Table) -> Option<T>,
    ) -> Option<Self> {
        let mut table = self.table()?;
        wanted(&mut table)?;
        edited.filter(|edited| edited.table().is_some_and(|edited| edited == table))
    }

    fn table(&self) -> Option<Table> {
        self.text.parse().ok()
    }
}

fn inline_table(keys: &[NewKey]) -> String {
    let keys = keys.iter().map(|(key, value)| format!("{key} = {value}"));
    format!("{{ {} }}", keys.collect::<Vec<_>>().join(", "))
}

/// Whether a value is a table that is written `{ ... }`.
fn is_inline(text: &str, value: &Spanned<DeValue<'_>>) -> bool {
    value.get_ref().is_table() && text[value.span()].starts_with('{')
}

/// The places of things in a manifest.
#[derive(Default)]
struct Places {
    /// Headers of tables.
    headers: Vec<Range<usize>>,
    /// Values.
    values: Vec<Range<usize>>,
}

impl Places {
    fn add(&mut self, text: &str, value: &Spanned<DeValue<'_>>) {
        let span = value.span();
        match value.get_ref() {
            DeValue::Table(table) if !is_inline(text, value) => {
                // A table that only dotted keys or headers of others make has none.
                if text[span.clone()].starts_with('[') {
                    self.headers.push(span);
                }
                for (_, value) in table {
                    self.add(text, value);
                }
            }
            _ => self.values.push(span),
        }
    }

    fn ends(&self) -> impl Iterator<Item = usize> {
        let all = self.headers.iter().chain(&self.values);
        all.map(|span| span.end)
    }
}

/// Where a table behind the last layer begins: below its section, with the comments that follow it at once.
fn end_of_layers(text: &str, document: &DeTable<'_>) -> usize {
    let (mut all, mut layers) = (Places::default(), Places::default());
    for (_, value) in document {
        all.add(text, value);
    }
    if let Some(value) = document.get("layers") {
        layers.add(text, value);
    }
    let Some(last) = layers.ends().max() else {
        return text.len();
    };
    let headers = all.headers.iter().map(|span| span.start);
    let next = headers.filter(|start| *start >= last).min();
    let next = next.unwrap_or(text.len());
    let section_end = all.ends().filter(|end| *end <= next).max().unwrap_or(last);
    let end = line_end(text, section_end);
    let mut comments_end = end;
    while text[comments_end..]
        .trim_start_matches([' ', '\t'])
        .starts_with('#')
    {
        comments_end = line_end(text, comments_end);
    }
    // Comments right above a header are about what follows.
    if text[comments_end..]
        .trim_start_matches([' ', '\t'])
        .starts_with('[')
    {
        end
    } else {
        comments_end
    }
}

/// Where the line after the one of `offset` begins.
fn line_end(text: &str, offset: usize) -> usize {
    text[offset..]
        .find('\n')
        .map_or(text.len(), |index| offset + index + 1)
}
