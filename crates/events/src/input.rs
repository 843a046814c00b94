//! Bytes of a source object to checked text: gzip, byte order mark, size limit, SHA-256, UTF-8.
//!
//! ```text
//! bytes --magic 1f 8b--> gunzip, all members --+--> SHA-256 (what CloudTrail digests list)
//!       --else-------------------------------->+--> without byte order mark --> text
//! ```

use std::io::Read;

use auditlake_model::{Error, Result};
use flate2::bufread::MultiGzDecoder;
use ring::digest::{SHA256, digest};

use crate::options::Limits;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
/// A gzip member is no smaller: header, empty block, check sum, size.
const MIN_GZIP_BYTES: usize = 18;
/// Deflate packs no better than this, which bounds what a size field is believed.
const MAX_GZIP_RATIO: usize = 1032;

/// The uncompressed bytes of a source object, without byte order mark.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    bytes: &'a [u8],
    /// SHA-256 of the uncompressed bytes, byte order mark included.
    pub(crate) sha256: [u8; 32],
    /// Number of uncompressed bytes, byte order mark included.
    pub(crate) uncompressed_bytes: u64,
}

impl<'a> Content<'a> {
    /// Uncompresses and checks the bytes of a source object, into `buffer` if they are compressed.
    ///
    /// # Errors
    /// - `Corrupt` if it is empty, or a gzip stream is damaged or cut off
    /// - `ResourcesExhausted` if it is larger than the limit
    pub(crate) fn read(raw: &'a [u8], limits: &Limits, buffer: &'a mut Buffer) -> Result<Self> {
        let limit = limits.decompressed_bytes();
        let bytes = if is_gzip(raw) {
            buffer.gunzip(raw, limit)?
        } else if raw.len() > limit {
            return Err(too_large(limit));
        } else {
            raw
        };
        if bytes.is_empty() {
            return Err(Error::corrupt("file is empty")
                .with_hint("Nothing was delivered, or an upload was cut off: fetch it again or remove it."));
        }
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest(&SHA256, bytes).as_ref());
        let text = bytes.strip_prefix(&BYTE_ORDER_MARK).unwrap_or(bytes);
        Ok(Self { bytes: text, sha256, uncompressed_bytes: bytes.len() as u64 })
    }

    /// Returns the bytes without byte order mark.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the number of bytes that stood before [`Content::bytes`].
    pub(crate) fn skipped_bytes(&self) -> u64 {
        self.uncompressed_bytes - self.bytes.len() as u64
    }
}

/// Room for uncompressed bytes that is used again for the next source object.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// Initialised as far as it was ever used.
    bytes: Vec<u8>,
}

/// A larger buffer is given back after use.
const MAX_KEPT_BYTES: usize = 16 << 20;

impl Buffer {
    fn gunzip(&mut self, raw: &[u8], limit: usize) -> Result<&[u8]> {
        if self.bytes.len() > MAX_KEPT_BYTES {
            self.bytes = Vec::new();
        }
        let hint = size_hint(raw).min(limit);
        if self.bytes.len() < hint {
            // Replaced, not grown: there is nothing to copy.
            self.bytes = vec![0; hint];
        }
        let mut length = 0;
        let mut decoder = MultiGzDecoder::new(raw);
        loop {
            if length == self.bytes.len() {
                // One byte past the limit is asked for, to tell "just fits" from "too large".
                self.bytes.resize((length * 2).max(1 << 16).min(limit + 1), 0);
            }
            match decoder.read(&mut self.bytes[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) => return Err(damaged(&error, length)),
            }
            if length > limit {
                return Err(too_large(limit));
            }
        }
        Ok(&self.bytes[..length])
    }
}

/// Tells whether bytes are a gzip stream by their first two.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&GZIP_MAGIC)
}

/// Guesses the uncompressed size: the last four bytes of a gzip stream tell it if it has one member.
///
/// One byte more is asked for, so that the end of the stream is met without growing.
fn size_hint(raw: &[u8]) -> usize {
    let told = raw.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size) as usize);
    if raw.len() < MIN_GZIP_BYTES { 0 } else { told.min(raw.len().saturating_mul(MAX_GZIP_RATIO)) + 1 }
}

fn damaged(error: &std::io::Error, length: usize) -> Error {
    let cut_off = error.kind() == std::io::ErrorKind::UnexpectedEof;
    let message = if cut_off { "gzip stream is cut off" } else { "gzip stream is damaged" };
    Error::corrupt(format!("{message} after {length} uncompressed bytes"))
        .with_detail(error.to_string())
        .with_hint("The object was not stored completely: fetch it again from its source.")
}

fn too_large(limit: usize) -> Error {
    Error::resources_exhausted(format!("file is larger than {limit} bytes uncompressed"))
        .with_hint("If it is no gzip bomb, raise the limit with `--max-decompressed-size`.")
}

/// Text of a source object, whole even where its bytes are no UTF-8.
#[derive(Debug)]
pub(crate) enum CheckedText<'a> {
    Valid(&'a str),
    /// Every byte that is no UTF-8 replaced by `?`, and their offsets in order.
    Patched {
        text: String,
        bad_offsets: Vec<usize>,
    },
}

impl<'a> CheckedText<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => Self::Valid(text),
            Err(_) => Self::patch(bytes),
        }
    }

    /// A replacement of the same length keeps all offsets, so that one damaged record of a file can be told
    /// from its sound neighbours.
    #[cold]
    fn patch(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len());
        let mut bad_offsets = Vec::new();
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for _ in chunk.invalid() {
                bad_offsets.push(text.len());
                text.push('?');
            }
        }
        Self::Patched { text, bad_offsets }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Valid(text) => text,
            Self::Patched { text, .. } => text,
        }
    }

    /// Returns the first offset in the range whose byte is no UTF-8.
    pub(crate) fn bad_offset_in(&self, range: &std::ops::Range<usize>) -> Option<usize> {
        let Self::Patched { bad_offsets, .. } = self else { return None };
        let first = bad_offsets.partition_point(|offset| *offset < range.start);
        bad_offsets.get(first).copied().filter(|offset| *offset < range.end)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::io::Write;

    use auditlake_model::ErrorKind;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(raw: &[u8], limit: u64) -> Result<Content<'static>> {
        let limits = Limits { max_decompressed_bytes: limit, ..Limits::default() };
        Content::read(raw.to_vec().leak(), &limits, Box::leak(Box::default()))
    }

    #[test]
    fn gzip_of_one_and_many_members_is_read_whole() {
        assert_eq!(read(&gzip(b"{}"), 100).unwrap().bytes(), b"{}");
        let members = [gzip(b"{\"a\""), gzip(b""), gzip(&[b' '; 100_000]), gzip(b":1}")].concat();
        assert_eq!(read(&members, 200_000).unwrap().uncompressed_bytes, 100_007);
    }

    #[test]
    fn the_hash_is_of_the_uncompressed_bytes_with_their_mark() {
        let content = read(&gzip(b"\xef\xbb\xbf{}"), 100).unwrap();
        assert_eq!(content.bytes(), b"{}");
        assert_eq!(content.sha256, digest(&SHA256, b"\xef\xbb\xbf{}").as_ref());
        assert_eq!((content.uncompressed_bytes, content.skipped_bytes()), (5, 3));
    }

    #[test]
    fn the_limit_is_exact_and_named() {
        for raw in [gzip(&[b' '; 1000]), vec![b' '; 1000]] {
            assert!(read(&raw, 1000).is_ok());
            let error = read(&raw, 999).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ResourcesExhausted);
            assert!(error.message().contains("999 bytes"), "{error}");
            assert!(error.hint().unwrap().contains("--max-decompressed-size"));
        }
    }

    #[test]
    fn a_bomb_with_a_false_size_field_stops_at_the_limit() {
        let mut bomb = gzip(&vec![0; 10_000_000]);
        let end = bomb.len();
        bomb[end - 4..].copy_from_slice(&1_u32.to_le_bytes());
        assert_eq!(read(&bomb, 1_000_000).unwrap_err().kind(), ErrorKind::ResourcesExhausted);
    }

    #[test]
    fn a_buffer_serves_again_without_leftovers() {
        let (limits, mut buffer) = (Limits::default(), Buffer::default());
        for text in
            [&b"a long text, a long text, a long text"[..], b"short", b"a longer text than the short one"]
        {
            assert_eq!(Content::read(&gzip(text), &limits, &mut buffer).unwrap().bytes(), text);
        }
    }

    #[test]
    fn damaged_streams_are_refused() {
        let whole = gzip(b"{\"Records\":[]} and so on and so on");
        for length in [2, 9, 15, whole.len() - 9, whole.len() - 1] {
            let error = read(&whole[..length], 100).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert!(error.message().contains("cut off"), "{length}: {error}");
        }
        let mut flipped = whole;
        flipped[12] ^= 0xff;
        assert_eq!(read(&flipped, 100).unwrap_err().kind(), ErrorKind::Corrupt);
        assert!(read(&[], 100).unwrap_err().message().contains("empty"));
    }

    #[test]
    fn bytes_that_are_no_text_are_located() {
        let checked = CheckedText::new(b"ab\xff\xfecd\xe2\x82e");
        assert_eq!(checked.text(), "ab??cd??e");
        assert_eq!(checked.bad_offset_in(&(0..9)), Some(2));
        assert_eq!(checked.bad_offset_in(&(3..5)), Some(3));
        assert_eq!(checked.bad_offset_in(&(4..6)), None);
        assert_eq!(checked.bad_offset_in(&(5..9)), Some(6));
    }
}
