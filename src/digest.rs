//! SHA-256 values: the one identity of archives and fingerprints; and the digests by which locks name files.
//!
//! Knows both spellings in use: hexadecimal (lock files, file names) and base64 (`CodeSha256` of the Lambda API).

use std::fmt;
use std::hint::black_box;
use std::io::{self, Read};
use std::iter;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How much is hashed at a time while what follows is brought near, in bytes.
const CHUNK: usize = 512;

/// How many chunks ahead that is.
const AHEAD: usize = 2;

/// What SHA-256 takes at once (FIPS 180-4, 5.2.1), and the usual line of a processor's cache, in bytes.
const BLOCK: usize = 64;

/// A SHA-256 value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Hashes `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self::of_digest(&digest::digest(&digest::SHA256, bytes.as_ref()))
    }

    /// Hashes `pieces`, one after another.
    ///
    /// Made for mapped files. The rounds of SHA-256 wait for each other and would wait for memory too: so one byte of
    /// each line of the cache is looked at some time before. Chunks begin where a block does, which saves copying.
    pub fn of_pieces<'a, I>(pieces: I) -> Self
    where
        I: IntoIterator<Item = &'a [u8], IntoIter: Clone>,
    {
        let mut in_block = 0; // how much of the last block there is
        let chunks = pieces.into_iter().flat_map(move |piece| {
            let missing = (BLOCK - in_block) % BLOCK;
            let (head, rest) = piece.split_at(piece.len().min(missing));
            in_block = (in_block + piece.len() % BLOCK) % BLOCK;
            iter::once(head).chain(rest.chunks(CHUNK))
        });
        let mut ahead = chunks.clone().skip(AHEAD);
        let mut hasher = Hasher::default();
        for chunk in chunks {
            let lines = ahead.next().unwrap_or_default().iter().step_by(BLOCK);
            black_box(lines.fold(0, |looked, byte| looked ^ byte));
            hasher.update(chunk);
        }
        hasher.finish()
    }

    /// Hashes everything that `reader` still has to give.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(hasher.finish()),
                count => hasher.update(&buffer[..count]),
            }
        }
    }

    fn of_digest(digest: &digest::Digest) -> Self {
        let mut value = [0; 32];
        value.copy_from_slice(digest.as_ref());
        Self(value)
    }

    /// Parses 64 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut value = [0; 32];
        hex::decode_to_slice(text, &mut value).ok()?;
        Some(Self(value))
    }

    /// Parses the base64 form in which the Lambda API gives `CodeSha256`.
    pub fn from_base64(text: &str) -> Option<Self> {
        Some(Self(BASE64.decode(text).ok()?.try_into().ok()?))
    }

    /// The value's 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The base64 form that the Lambda API calls `CodeSha256`.
    pub fn base64(&self) -> String {
        BASE64.encode(self.0)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Sha256 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sha256".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A SHA-256 value in hexadecimal digits.",
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
        })
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text)
            .ok_or_else(|| serde::de::Error::custom("expected 64 hexadecimal digits"))
    }
}

/// What a lock names a file by: SHA-256, or SHA-512, which registries of other languages give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Digest {
    /// A SHA-256 value.
    Sha256(Sha256),
    /// A SHA-512 value.
    Sha512([u8; 64]),
}

impl Digest {
    /// Parses 64 or 128 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        if let Some(sha256) = Sha256::from_hex(text) {
            return Some(Self::Sha256(sha256));
        }
        let mut value = [0; 64];
        hex::decode_to_slice(text, &mut value).ok()?;
        Some(Self::Sha512(value))
    }

    /// The value's hexadecimal digits, whose number tells the algorithm.
    pub fn hex(&self) -> String {
        match self {
            Self::Sha256(value) => value.to_string(),
            Self::Sha512(value) => hex::encode(value),
        }
    }

    /// Whether `bytes` have this digest. Made for mapped files, as [`Sha256::of_pieces`].
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Sha256(value) => Sha256::of_pieces([bytes]) == *value,
            Self::Sha512(value) => digest::digest(&digest::SHA512, bytes).as_ref() == value,
        }
    }
}

impl From<Sha256> for Digest {
    fn from(value: Sha256) -> Self {
        Self::Sha256(value)
    }
}

impl fmt::Display for Digest {
    /// Writes the algorithm and the digits, as lock files have them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = match self {
            Self::Sha256(_) => "sha256",
            Self::Sha512(_) => "sha512",
        };
        write!(f, "{algorithm}:{}", self.hex())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text)
            .ok_or_else(|| serde::de::Error::custom("expected 64 or 128 hexadecimal digits"))
    }
}

/// A SHA-256 computation over bytes that come in pieces.
#[derive(Clone)]
pub struct Hasher(digest::Context);

impl Default for Hasher {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

impl Hasher {
    /// Adds `bytes`.
    pub fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes.as_ref());
    }

    /// Adds `bytes` behind their length, so that no two sequences of fields hash alike.
    pub fn field(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// The value over everything that was added.
    pub fn finish(self) -> Sha256 {
        Sha256::of_digest(&self.0.finish())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_spellings_survive_a_round_trip() {
        let value = Sha256::of("lls");
        assert_eq!(Sha256::from_hex(&value.to_string()), Some(value));
        assert_eq!(Sha256::from_base64(&value.base64()), Some(value));
    }

    /// Pieces whose lengths are at, or beside, those of blocks and chunks, or anything, also nothing.
    fn any_pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let beside = |length| length - 1..=length + 1;
        let length = prop_oneof![0..=2_usize, beside(BLOCK), beside(CHUNK), 0..3 * CHUNK];
        let piece = length.prop_flat_map(|length| vec(any::<u8>(), length));
        vec(piece, 0..12)
    }

    proptest! {
        #[test]
        fn pieces_hash_as_their_whole(pieces in any_pieces()) {
            let of_pieces = Sha256::of_pieces(pieces.iter().map(Vec::as_slice));
            prop_assert_eq!(of_pieces, Sha256::of(pieces.concat()));
        }
    }

    /// FIPS 180-4, and the examples that NIST gives with it.
    #[test]
    fn hashes_are_those_of_the_standard() {
        let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        for (text, hex) in [
            (
                "",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                long,
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ] {
            assert_eq!(Sha256::of(text).to_string(), hex);
            assert_eq!(Sha256::of_pieces([text.as_bytes()]).to_string(), hex);
            assert_eq!(Sha256::of_reader(text.as_bytes()).unwrap().to_string(), hex);
        }
    }

    /// SHA-512 of "abc", from the examples that NIST gives with FIPS 180-4.
    const SHA512_OF_ABC: &str = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

    #[test]
    fn digests_tell_their_algorithm() {
        for (algorithm, hex) in [
            ("sha256", Sha256::of("abc").to_string()),
            ("sha512", SHA512_OF_ABC.to_owned()),
        ] {
            let digest = Digest::from_hex(&hex).unwrap();
            assert!(digest.is_of(b"abc") && !digest.is_of(b"abd"), "{algorithm}");
            assert_eq!(digest.to_string(), format!("{algorithm}:{hex}"));
            let json = serde_json::to_string(&digest).unwrap();
            assert_eq!(json, format!("\"{hex}\""));
            assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
            assert_eq!(Digest::from_hex(&hex[2..]), None);
        }
    }

    #[test]
    fn malformed_text_is_refused() {
        let hex = Sha256::of("lls").to_string();
        for text in [
            "",
            "abc",
            &hex[1..],
            &hex.replace(&hex[..1], "+"),
            &"é".repeat(32),
        ] {
            assert_eq!(Sha256::from_hex(text), None, "{text}");
        }
        assert_eq!(Sha256::from_base64("AAAA"), None);
    }
}
