//! Reads code as CPython marshals it, with equal values made one.
//!
//! What is read comes from an interpreter of this machine. It is bounded all the same: no nesting without end, no length
//! that the bytes do not have.

use std::collections::HashMap;

use super::BytecodeVersion;
use crate::error::Failure;

/// How deep objects may be nested. A recursive reader of a few hundred bytes a level has room for it on every thread.
const DEEPEST: usize = 500;

/// The most bytes that code may take where everything that repeats is written out.
const LARGEST: usize = 256 << 20;

/// Says that an object is referred to later on.
pub(super) const FLAG_REF: u8 = 0x80;

/// Code that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarshalError {
    /// It ends too early, or goes on too long.
    #[error("its code has another length than it should have")]
    Length,
    /// An object of a kind that code does not have.
    #[error("its code has an object of the unknown kind {0:?}")]
    Kind(char),
    /// A reference to an object that does not precede it.
    #[error("its code refers to an object that it does not have")]
    Reference,
    /// It is nested too deeply, or too large.
    #[error("its code is nested too deeply, or is too large")]
    Bounds,
}

impl Failure for MarshalError {}

/// The number of a value: equal values have the same.
pub(super) type Id = usize;

/// An object, with the numbers of what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Value<'a> {
    /// A kind and what follows it: singletons, numbers, bytes.
    Plain(u8, &'a [u8]),
    /// Text in UTF-8, possibly with surrogates.
    Text(&'a [u8]),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A frozen set, its members sorted by their numbers.
    FrozenSet(Vec<Id>),
    /// The constant `slice(a, b, c)`.
    Slice(Vec<Id>),
    /// A code object: numbers, objects, the first line, tables. Two are never one, however equal: each counts and
    /// specialises for itself when it runs.
    Code {
        numbers: &'a [u8],
        objects: Vec<Id>,
        line: &'a [u8],
        tables: Vec<Id>,
    },
}

/// All values of some code.
#[derive(Default)]
pub(super) struct Values<'a> {
    /// The values by their numbers.
    pub all: Vec<Value<'a>>,
    /// The number of bytes that each takes where everything in it is written out.
    pub sizes: Vec<usize>,
    numbers: HashMap<Value<'a>, Id>,
}

impl<'a> Values<'a> {
    /// Reads code. Returns the number of the whole as well.
    pub fn read(bytes: &'a [u8], version: BytecodeVersion) -> Result<(Self, Id), MarshalError> {
        let mut reader = Reader {
            bytes,
            version,
            references: Vec::new(),
            values: Self::default(),
        };
        let root = reader.object(0)?;
        if reader.bytes.is_empty() {
            Ok((reader.values, root))
        } else {
            Err(MarshalError::Length)
        }
    }

    /// What a value holds, in the order in which it is written.
    pub fn parts(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let (first, second): (&[Id], &[Id]) = match &self.all[id] {
            Value::Plain(..) | Value::Text(_) => (&[], &[]),
            Value::Tuple(parts) | Value::FrozenSet(parts) | Value::Slice(parts) => (parts, &[]),
            Value::Code {
                objects, tables, ..
            } => (objects, tables),
        };
        first.iter().chain(second).copied()
    }

    fn add(&mut self, value: Value<'a>) -> Result<Id, MarshalError> {
        let is_code = matches!(value, Value::Code { .. });
        if let Some(known) = self.numbers.get(&value).filter(|_| !is_code) {
            return Ok(*known);
        }
        let id = self.all.len();
        if !is_code {
            self.numbers.insert(value.clone(), id);
        }
        let own = match &value {
            Value::Plain(_, rest) => 1 + rest.len(),
            Value::Text(text) => text_head(text).len() + text.len(),
            Value::Tuple(_) | Value::FrozenSet(_) | Value::Slice(_) => 5,
            Value::Code { numbers, line, .. } => 1 + numbers.len() + line.len(),
        };
        self.all.push(value);
        let inner: usize = self.parts(id).map(|part| self.sizes[part]).sum();
        self.sizes.push(own + inner);
        if own + inner > LARGEST {
            Err(MarshalError::Bounds)
        } else {
            Ok(id)
        }
    }
}

/// How a text begins: its kind and its length. Text that looks like a name is interned, as the compiler does with
/// constants; names themselves are interned by the interpreter wherever it finds them (`Objects/codeobject.c`).
pub(super) fn text_head(text: &[u8]) -> Vec<u8> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = text.len();
    let (short, long) = if text.iter().all(is_name) {
        (b'Z', b'A')
    } else {
        (b'z', b'a')
    };
    match u8::try_from(length) {
        Ok(length) if text.is_ascii() => vec![short, length],
        _ => {
            let kind = if text.is_ascii() { long } else { b'u' };
            let length = length as u32; // no longer than what was read, whose lengths have 32 bits
            [&[kind][..], &length.to_le_bytes()].concat()
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    version: BytecodeVersion,
    /// The objects that may be referred to, in the order in which they begin; `None` while they are read.
    references: Vec<Option<Id>>,
    values: Values<'a>,
}

impl<'a> Reader<'a> {
    fn object(&mut self, depth: usize) -> Result<Id, MarshalError> {
        if depth > DEEPEST {
            return Err(MarshalError::Bounds);
        }
        let kind = self.take(1)?[0];
        let place = (kind & FLAG_REF != 0).then(|| {
            self.references.push(None);
            self.references.len() - 1
        });
        let kind = kind & !FLAG_REF;
        if kind == b'r' {
            let index = self.length()?;
            let known = self.references.get(index).copied().flatten();
            return known.ok_or(MarshalError::Reference);
        }
        let value = self.value(kind, depth)?;
        let id = self.values.add(value)?;
        if let Some(place) = place {
            self.references[place] = Some(id);
        }
        Ok(id)
    }

    /// The value of an object of this kind (the `TYPE_` constants of `Python/marshal.c`).
    fn value(&mut self, kind: u8, depth: usize) -> Result<Value<'a>, MarshalError> {
        Ok(match kind {
            b'N' | b'F' | b'T' | b'S' | b'.' => Value::Plain(kind, &[]),
            b'i' => Value::Plain(kind, self.take(4)?),
            b'g' => Value::Plain(kind, self.take(8)?),
            b'y' => Value::Plain(kind, self.take(16)?),
            b'l' => {
                let start = self.bytes;
                let digits = (self.length()? as u32).cast_signed().unsigned_abs() as usize;
                self.take(digits * 2)?;
                Value::Plain(kind, &start[..4 + digits * 2])
            }
            b's' => {
                let start = self.bytes;
                let length = self.length()?;
                self.take(length)?;
                Value::Plain(kind, &start[..4 + length])
            }
            b'z' | b'Z' => {
                let length = self.take(1)?[0];
                Value::Text(self.take(length.into())?)
            }
            b'a' | b'A' | b'u' | b't' => {
                let length = self.length()?;
                Value::Text(self.take(length)?)
            }
            b')' => {
                let count = self.take(1)?[0];
                Value::Tuple(self.objects(count.into(), depth)?)
            }
            b'(' => {
                let count = self.length()?;
                Value::Tuple(self.objects(count, depth)?)
            }
            b'>' => {
                let count = self.length()?;
                let mut members = self.objects(count, depth)?;
                members.sort_unstable();
                Value::FrozenSet(members)
            }
            b':' => Value::Slice(self.objects(3, depth)?),
            b'c' => Value::Code {
                numbers: self.take(self.version.numbers() * 4)?,
                objects: self.objects(8, depth)?,
                line: self.take(4)?,
                tables: self.objects(self.version.tables(), depth)?,
            },
            _ => return Err(MarshalError::Kind(kind.into())),
        })
    }

    fn objects(&mut self, count: usize, depth: usize) -> Result<Vec<Id>, MarshalError> {
        if count > self.bytes.len() {
            return Err(MarshalError::Length);
        }
        (0..count).map(|_| self.object(depth + 1)).collect()
    }

    fn length(&mut self) -> Result<usize, MarshalError> {
        let bytes = self.take(4)?.try_into().map_err(|_| MarshalError::Length)?;
        Ok(u32::from_le_bytes(bytes) as usize)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], MarshalError> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(length)
            .ok_or(MarshalError::Length)?;
        self.bytes = rest;
        Ok(taken)
    }
}
