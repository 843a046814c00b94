//! URLs: their parts, and text in them.
//!
//! As in Trino, a part that a URL does not have is empty text (the port: NULL), and what is no URL gives NULL.

mod parse;

use std::borrow::Cow;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use url::form_urlencoded::byte_serialize;

use crate::call::{Call, invalid, scalar};
use crate::family::Family;
use crate::scalar::Scalar;
use parse::{Url, percent_decoded};

static FUNCTIONS: &[Scalar] = &[
    scalar!("url_extract_protocol", [], "url_extract_protocol(url)", "Returns the protocol of a URL, as in `https`.",
        [Text] -> Text, |call| part(call, |url| url.scheme.into())),
    scalar!("url_extract_host", [], "url_extract_host(url)", "Returns the host of a URL.",
        [Text] -> Text, |call| part(call, |url| url.host.into())),
    scalar!("url_extract_port", [], "url_extract_port(url)", "Returns the port of a URL; NULL if it names none.",
        [Text] -> Integer, port),
    scalar!("url_extract_path", [], "url_extract_path(url)", "Returns the decoded path of a URL.",
        [Text] -> Text, |call| part(call, |url| percent_decoded(url.path, false))),
    scalar!("url_extract_query", [], "url_extract_query(url)", "Returns the decoded query of a URL.",
        [Text] -> Text, |call| part(call, |url| percent_decoded(url.query.unwrap_or_default(), false))),
    scalar!("url_extract_fragment", [], "url_extract_fragment(url)", "Returns the decoded fragment of a URL.",
        [Text] -> Text, |call| part(call, |url| percent_decoded(url.fragment, false))),
    scalar!("url_extract_parameter", [], "url_extract_parameter(url, name)",
        "Returns the decoded value of the first parameter with a name; NULL if there is none.",
        [Text Text] -> Text, parameter),
    scalar!("url_encode", [], "url_encode(text)", "Writes a text as the value of a parameter of a URL.",
        [Text] -> Text, encode),
    scalar!("url_decode", [], "url_decode(text)", "Reads the value of a parameter of a URL.",
        [Text] -> Text, decode),
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::of_scalars(FUNCTIONS)
}

fn part(call: &Call<'_>, part: for<'a> fn(Url<'a>) -> Cow<'a, str>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_texts(|row| Ok(texts.at(row).and_then(Url::parse).map(part)))
}

fn port(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_integers(|row| Ok(texts.at(row).and_then(Url::parse).and_then(|url| url.port)))
}

fn parameter(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, names) = (call.texts(0)?, call.texts(1)?);
    call.give_texts(|row| {
        let Some((text, name)) = texts.at(row).zip(names.at(row)) else { return Ok(None) };
        let query = Url::parse(text).and_then(|url| url.query);
        let value = query.and_then(|query| {
            let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
        });
        Ok(value.map(|value| percent_decoded(value, true)))
    })
}

fn encode(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_texts(|row| Ok(texts.at(row).map(|text| byte_serialize(text.as_bytes()).collect::<String>())))
}

fn decode(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_texts(|row| {
        let Some(text) = texts.at(row) else { return Ok(None) };
        if !parse::has_whole_escapes(text) {
            return Err(invalid(
                format!("`{text}` is no encoded text"),
                "Behind % there are two hexadecimal digits; a percent sign is %25.",
            ));
        }
        Ok(Some(percent_decoded(text, true)))
    })
}
