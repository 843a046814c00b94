//! Text: length, search, padding, splitting, Unicode.
//!
//! Positions and lengths count characters (Unicode code points), from 1. What takes text and binary, as `length` and
//! `substr` do, is here too.

mod case;
mod concat;
mod distance;
mod edit;
mod format;
mod format_value;
mod greatest;
mod search;
mod split;
mod substr;
mod unicode;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use crate::call::scalar;
use crate::family::Family;
use crate::scalar::Scalar;

static FUNCTIONS: &[Scalar] = &[
    scalar!("length", ["char_length", "character_length"], "length(text)", "Counts the characters of a text, or the bytes of a binary.",
        [Text | Bytes] -> Integer, unicode::length),
    scalar!("lower", ["lcase"], "lower(text)", "Turns a text into lower case.", [Text] -> Text, case::lower),
    scalar!("upper", ["ucase"], "upper(text)", "Turns a text into upper case.", [Text] -> Text, case::upper),
    scalar!("chr", ["char"], "chr(n)", "Returns the character with code point n.", [Integer] -> Text, unicode::chr),
    scalar!("codepoint", [], "codepoint(text)", "Returns the code point of the only character of a text.",
        [Text] -> Integer, unicode::codepoint),
    scalar!("normalize", [], "normalize(text[, form])", "Brings a text into a Unicode form: NFC (default), NFD, NFKC or NFKD.",
        [Text | Text Text] -> Text, unicode::normalize),
    scalar!("to_utf8", [], "to_utf8(text)", "Returns the bytes of a text.", [Text] -> Bytes, unicode::to_utf8),
    scalar!("from_utf8", [], "from_utf8(binary[, replacement])",
        "Reads bytes as UTF-8; what is none becomes U+FFFD or the replacement.",
        [Bytes | Bytes Text | Bytes Integer] -> Text, unicode::from_utf8),
    scalar!("strpos", ["position", "instr"], "strpos(text, part[, instance])",
        "Returns where the part begins, from 1; 0 if it is not there. A negative instance counts from the end.",
        [Text Text | Text Text Integer] -> Integer, search::strpos),
    scalar!("replace", [], "replace(text, search[, replacement])", "Replaces, or removes, every occurrence.",
        [Text Text | Text Text Text] -> Text, edit::replace),
    scalar!("translate", [], "translate(text, from, to)",
        "Replaces each character of from by the one of to at its place; those without one are removed.",
        [Text Text Text] -> Text, edit::translate),
    scalar!("lpad", [], "lpad(text, size, padding)", "Pads at the left, or cuts, to a number of characters.",
        [Text Integer Text | Text Integer] -> Text, edit::lpad),
    scalar!("rpad", [], "rpad(text, size, padding)", "Pads at the right, or cuts, to a number of characters.",
        [Text Integer Text | Text Integer] -> Text, edit::rpad),
    scalar!("trim", ["btrim"], "trim(text[, characters])", "Removes white space, or the characters, at both ends.",
        [Text | Text Text] -> Text, edit::trim),
    scalar!("ltrim", [], "ltrim(text[, characters])", "Removes white space, or the characters, at the beginning.",
        [Text | Text Text] -> Text, edit::ltrim),
    scalar!("rtrim", [], "rtrim(text[, characters])", "Removes white space, or the characters, at the end.",
        [Text | Text Text] -> Text, edit::rtrim),
    scalar!("split", [], "split(text, delimiter[, limit])", "Splits a text into an array; the limit bounds its items.",
        [Text Text | Text Text Integer] -> Texts, split::split),
    scalar!("split_part", [], "split_part(text, delimiter, index)",
        "Returns one part of a split text, from 1; NULL beyond the last.",
        [Text Text Integer] -> Text, split::split_part),
    scalar!("levenshtein_distance", ["levenshtein"], "levenshtein_distance(a, b)",
        "Counts the edits of one character that turn a into b.", [Text Text] -> Integer, distance::levenshtein),
    scalar!("hamming_distance", [], "hamming_distance(a, b)",
        "Counts the places at which two texts of equal length differ.", [Text Text] -> Integer, distance::hamming),
    scalar!("soundex", [], "soundex(text)", "Returns how a name sounds, as a letter and three digits.",
        [Text] -> Text, distance::soundex),
    scalar!("luhn_check", [], "luhn_check(text)", "Tells whether digits end in their Luhn check digit.",
        [Text] -> Boolean, distance::luhn_check),
    substr::SUBSTR,
    concat::CONCAT,
    concat::CONCAT_WS,
    format::FORMAT,
    greatest::GREATEST,
    greatest::LEAST,
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::of_scalars(FUNCTIONS)
}

/// Returns a function of this family by its name.
pub(crate) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|row| row.name == name).map(Scalar::udf)
}
