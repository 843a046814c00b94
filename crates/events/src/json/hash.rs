//! A hash of a JSON value that looks at what it says, not at how it is written.
//!
//! White space, escapes and the order of members do not count; digits of numbers and the order of array
//! items do. Of duplicate names the last one counts. The algorithm is part of stored data (duplicate
//! checks compare hashes across imports), so it must not change:
//!
//! ```text
//! text(s)      = XXH3-64 of the string's bytes, escapes resolved
//! string s     = mix(text(s), STRING)
//! number d     = mix(XXH3-64 of its digits as written, NUMBER)
//! true, false, null = constants
//! array        = ARRAY, then for each item: h = mix(h + 1, item)
//! object       = mix(sum of mix(text(name), value) over its members, OBJECT)
//! mix(a, b)    = high half xor low half of (a xor K1) * (b xor K2)
//! ```

use xxhash_rust::xxh3::xxh3_64;

use super::scan::{Cursor, StringToken, SyntaxError, ValueKind};
use super::text::{Piece, Pieces};

const K1: u64 = 0x9e37_79b9_7f4a_7c15;
const K2: u64 = 0xd6e8_feb8_6659_fd93;
const STRING: u64 = 0x6a09_e667_f3bc_c908;
const NUMBER: u64 = 0xbb67_ae85_84ca_a73b;
const TRUE: u64 = 0x3c6e_f372_fe94_f82b;
const FALSE: u64 = 0xa54f_f53a_5f1d_36f1;
const NULL: u64 = 0x510e_527f_ade6_82d1;
const ARRAY: u64 = 0x9b05_688c_2b3e_6c1f;
const OBJECT: u64 = 0x1f83_d9ab_fb41_bd6b;

/// Why a value could not be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HashError {
    Syntax(SyntaxError),
    TooDeep,
}

impl From<SyntaxError> for HashError {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

#[inline]
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ K1) * u128::from(b ^ K2);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Returns the hash of a member name, or of the text of any string.
#[inline]
pub(crate) fn hash_token(token: &StringToken<'_>) -> u64 {
    if token.escaped { hash_escaped(token.raw) } else { xxh3_64(token.raw.as_bytes()) }
}

#[cold]
fn hash_escaped(raw: &str) -> u64 {
    let mut bytes = Vec::with_capacity(raw.len());
    for piece in Pieces::new(raw) {
        match piece {
            Piece::Plain(text) => bytes.extend_from_slice(text.as_bytes()),
            Piece::Char(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            // The three bytes that UTF-8 would give the code unit, which no character has.
            Piece::LoneSurrogate(unit) => bytes.extend_from_slice(&[
                0xe0 | (unit >> 12) as u8,
                0x80 | (unit >> 6 & 0x3f) as u8,
                0x80 | (unit & 0x3f) as u8,
            ]),
        }
    }
    xxh3_64(&bytes)
}

#[inline]
pub(crate) fn hash_string(token: &StringToken<'_>) -> u64 {
    mix(hash_token(token), STRING)
}

/// The hash of an array without items.
pub(crate) const EMPTY_ARRAY: u64 = ARRAY;

/// Returns the hash of an array with one more item at its end.
#[inline]
pub(crate) fn add_item(array: u64, item: u64) -> u64 {
    mix(array.wrapping_add(1), item)
}

#[inline]
pub(crate) fn hash_bool(value: bool) -> u64 {
    if value { TRUE } else { FALSE }
}

/// Gathers the members of objects under construction, the innermost on top.
///
/// One gatherer serves a whole file, so that hashing allocates nothing per value.
#[derive(Debug, Default)]
pub(crate) struct Hasher {
    members: Vec<(u64, u64)>,
    frames: Vec<Frame>,
}

/// An object or array whose end has not been reached.
#[derive(Debug)]
enum Frame {
    Object { state: ObjectState, name: u64 },
    Array { hash: u64 },
}

/// The running sum over the members of one object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ObjectState {
    first_member: usize,
    sum: u64,
    /// One bit per name seen, chosen by its hash: a clear bit proves that a name is new.
    seen: u64,
}

/// Objects with more members are checked for duplicate names once, by sorting, when they end.
const FEW_MEMBERS: usize = 64;

impl Hasher {
    /// Starts an object. Objects end in the reverse order of their start.
    #[inline]
    pub(crate) fn begin_object(&self) -> ObjectState {
        ObjectState { first_member: self.members.len(), sum: 0, seen: 0 }
    }

    /// Adds a member by the hashes of its name and value.
    #[inline]
    pub(crate) fn add_member(&mut self, state: &mut ObjectState, name: u64, value: u64) {
        let hash = mix(name, value);
        let bit = 1_u64 << (name & 63);
        if state.seen & bit != 0 {
            self.replace_member(state, name);
        }
        state.seen |= bit;
        state.sum = state.sum.wrapping_add(hash);
        self.members.push((name, hash));
    }

    /// Takes an earlier member of that name out of the sum, if there is one.
    fn replace_member(&mut self, state: &mut ObjectState, name: u64) {
        let members = &self.members[state.first_member..];
        if members.len() > FEW_MEMBERS {
            return;
        }
        if let Some(index) = members.iter().position(|member| member.0 == name) {
            let (_, hash) = self.members.remove(state.first_member + index);
            state.sum = state.sum.wrapping_sub(hash);
        }
    }

    /// Ends the object and returns its hash.
    #[inline]
    pub(crate) fn end_object(&mut self, mut state: ObjectState) -> u64 {
        if self.members.len() - state.first_member > FEW_MEMBERS {
            state.sum = sum_of_last(&mut self.members[state.first_member..]);
        }
        self.members.truncate(state.first_member);
        mix(state.sum, OBJECT)
    }

    /// Drops everything under construction, after an error.
    pub(crate) fn reset(&mut self) {
        self.members.clear();
        self.frames.clear();
    }

    /// Hashes the value at the cursor and moves past it, without recursion.
    ///
    /// `depth` is how many objects and arrays may be open inside the value.
    pub(crate) fn value(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Result<u64, HashError> {
        let base = self.frames.len();
        loop {
            let scalar = match cursor.value_kind()? {
                ValueKind::String => Some(hash_string(&cursor.string()?)),
                ValueKind::Number => Some(mix(xxh3_64(cursor.number()?.as_bytes()), NUMBER)),
                ValueKind::True => cursor.literal("true").map(|()| Some(TRUE))?,
                ValueKind::False => cursor.literal("false").map(|()| Some(FALSE))?,
                ValueKind::Null => cursor.literal("null").map(|()| Some(NULL))?,
                kind => self.open(cursor, kind, depth + base)?,
            };
            let Some(scalar) = scalar else { continue };
            if let Some(whole) = self.close_finished(cursor, scalar, base)? {
                return Ok(whole);
            }
        }
    }

    /// Enters an object or array; returns its hash if it is empty.
    #[inline]
    fn open(
        &mut self,
        cursor: &mut Cursor<'_>,
        kind: ValueKind,
        limit: usize,
    ) -> Result<Option<u64>, HashError> {
        if self.frames.len() >= limit {
            return Err(HashError::TooDeep);
        }
        if kind == ValueKind::Object {
            if !cursor.open(b'}') {
                return Ok(Some(mix(0, OBJECT)));
            }
            let name = hash_token(&cursor.key()?);
            self.frames.push(Frame::Object { state: self.begin_object(), name });
        } else {
            if !cursor.open(b']') {
                return Ok(Some(ARRAY));
            }
            self.frames.push(Frame::Array { hash: ARRAY });
        }
        Ok(None)
    }

    /// Adds a finished value to what holds it, closing all that ends here.
    ///
    /// Returns the hash of the whole once nothing above `base` is open.
    #[inline]
    fn close_finished(
        &mut self,
        cursor: &mut Cursor<'_>,
        mut value: u64,
        base: usize,
    ) -> Result<Option<u64>, HashError> {
        while self.frames.len() > base {
            let Some(frame) = self.frames.pop() else { break };
            value = match frame {
                Frame::Array { hash } => {
                    let hash = add_item(hash, value);
                    if cursor.more(b']')? {
                        self.frames.push(Frame::Array { hash });
                        return Ok(None);
                    }
                    hash
                }
                Frame::Object { mut state, name } => {
                    self.add_member(&mut state, name, value);
                    if cursor.more(b'}')? {
                        let name = hash_token(&cursor.key()?);
                        self.frames.push(Frame::Object { state, name });
                        return Ok(None);
                    }
                    self.end_object(state)
                }
            };
        }
        Ok(Some(value))
    }
}

/// Sums the hashes of the last member of each name.
#[cold]
fn sum_of_last(members: &mut [(u64, u64)]) -> u64 {
    // The sort is stable, so the last of equal names stays the last.
    members.sort_by_key(|member| member.0);
    let last_of_name = |(index, member): (usize, &(u64, u64))| {
        let is_last = members.get(index + 1).is_none_or(|next| next.0 != member.0);
        is_last.then_some(member.1)
    };
    members.iter().enumerate().filter_map(last_of_name).fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn hash(text: &str) -> u64 {
        Hasher::default().value(&mut Cursor::new(text), 10).unwrap()
    }

    #[test]
    fn how_a_value_is_written_does_not_count() {
        let written = hash(r#"{"a":[1,{"b":"=é"}],"c":null,"d":true}"#);
        for same in [
            r#"{"d":true,"c":null,"a":[1,{"b":"=é"}]}"#,
            "{ \"a\" : [ 1 ,\n{\"b\":\"\\u003d\\u00E9\"} ] , \"\\u0063\":null, \"d\":true }",
            r#"{"c":1,"a":7,"d":true,"c":[],"a":[1,{"b":0,"b":"=é"}],"c":null}"#,
        ] {
            assert_eq!(hash(same), written, "{same}");
        }
    }

    #[test]
    fn what_a_value_says_counts() {
        let texts = [
            "1",
            "1.0",
            "1e0",
            "10e-1",
            "-1",
            "\"1\"",
            "true",
            "false",
            "null",
            "\"true\"",
            "\"\"",
            "[]",
            "{}",
            "[1]",
            "[1,1]",
            "[[1]]",
            "[1,2]",
            "[2,1]",
            "[[],[]]",
            "[[[]]]",
            r#"{"a":1}"#,
            r#"{"A":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":{}}"#,
            r#"{"a":[]}"#,
            r#"{"a":null}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":2,"b":1}"#,
            r#"{"b":{"a":1}}"#,
            r#""\ud800""#,
            r#""\ud801""#,
            "\"\u{fffd}\"",
        ];
        for (index, one) in texts.iter().enumerate() {
            for other in &texts[..index] {
                assert_ne!(hash(one), hash(other), "{one} and {other}");
            }
        }
    }

    #[test]
    fn the_algorithm_is_a_promise() {
        // Hashes are stored; a change of these numbers makes old events look new.
        assert_eq!(hash(r#"{"eventID":"x","n":[1,2.50,true,null,{}]}"#), 11_543_642_667_393_129_752);
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Hasher::default().value(&mut Cursor::new(&nested(10)), 10).is_ok());
        let too_deep = Hasher::default().value(&mut Cursor::new(&nested(11)), 10);
        assert_eq!(too_deep, Err(HashError::TooDeep));
    }

    #[test]
    fn many_members_with_one_name_count_once() {
        let text = format!("{{{}\"n\":1}}", "\"n\":0,".repeat(1000));
        assert_eq!(hash(&text), hash(r#"{"n":1}"#));
        let names =
            |range: std::ops::Range<u32>| range.map(|n| format!("\"{n}\":{n}")).collect::<Vec<_>>().join(",");
        let many = format!("{{{}}}", names(0..500));
        let repeated = format!("{{\"7\":0,{},\"7\":7}}", names(0..500));
        assert_eq!(hash(&repeated), hash(&many));
    }
}
