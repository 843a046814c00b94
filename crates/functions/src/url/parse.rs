//! URLs as Java's `URI` reads them (RFC 2396): what that class refuses is no URL.

use std::borrow::Cow;

/// The parts of a URL; what it does not have is empty.
#[derive(Debug, PartialEq)]
pub(super) struct Url<'a> {
    pub(super) scheme: &'a str,
    pub(super) host: &'a str,
    pub(super) port: Option<i64>,
    pub(super) path: &'a str,
    /// `None` without a question mark.
    pub(super) query: Option<&'a str>,
    pub(super) fragment: &'a str,
}

impl<'a> Url<'a> {
    /// Parses a URL, also a relative one.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if !has_whole_escapes(text) || !text.chars().all(is_allowed) {
            return None;
        }
        let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
        if fragment.contains('#') {
            return None;
        }
        let (scheme, rest) = split_scheme(rest)?;
        let none = Self { scheme, host: "", port: None, path: "", query: None, fragment };
        // Behind a scheme, what begins without a slash has no parts: `mailto:somebody@example.com`.
        if !scheme.is_empty() && !rest.starts_with('/') {
            return (!rest.is_empty()).then_some(none);
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let Some(behind) = rest.strip_prefix("//") else {
            return is_path(rest).then_some(Self { path: rest, query, ..none });
        };
        let (authority, path) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
        if !is_path(path) || (authority.is_empty() && path.is_empty()) {
            return None;
        }
        let (host, port) = server(authority).unwrap_or(("", None));
        Some(Self { host, port, path, query, ..none })
    }
}

fn is_path(path: &str) -> bool {
    !path.contains(['[', ']'])
}

/// Tells whether a character may stand in a URL as it is.
fn is_allowed(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        _ if c.is_ascii() => "-_.!~*'();/?:@&=+$,[]#%".contains(c),
        _ => !c.is_control() && !c.is_whitespace(),
    }
}

/// Splits off the scheme; `None` if something that is none stands in its place.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let end = match text.find([':', '/', '?']) {
        Some(end) if text[end..].starts_with(':') => end,
        _ => return Some(("", text)),
    };
    let (scheme, rest) = (&text[..end], &text[end + 1..]);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some((scheme, rest))
}

/// Returns host and port of `user@host:port`; `None` if it names no server.
fn server(authority: &str) -> Option<(&str, Option<i64>)> {
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    let (host, port) = match address.strip_prefix('[') {
        Some(inside) => {
            let end = inside.find(']')? + 2;
            (&address[..end], &address[end..])
        }
        None => address.split_at(address.find(':').unwrap_or(address.len())),
    };
    let is_host = host.starts_with('[') || is_host_name(host);
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        Some("") => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(i64::from(digits.parse::<i32>().ok()?))
        }
        _ => return None,
    };
    is_host.then_some((host, port))
}

/// Tells whether labels of letters, digits and inner hyphens are joined by dots; Java knows no other hosts.
fn is_host_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    host.split('.').all(is_label)
}

/// Tells whether two hexadecimal digits follow each percent sign.
pub(super) fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|behind| {
        let mut bytes = behind.bytes();
        let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
        is_digit(bytes.next()) && is_digit(bytes.next())
    })
}

/// Decodes `%xx`, and `+` as a blank where that is asked for.
pub(super) fn percent_decoded(text: &str, plus_is_blank: bool) -> Cow<'_, str> {
    let is_coded = |c: char| c == '%' || (plus_is_blank && c == '+');
    if !text.contains(is_coded) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hexadecimal(rest.next()) << 4 | hexadecimal(rest.next()),
            b'+' if plus_is_blank => b' ',
            other => other,
        });
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn hexadecimal(digit: Option<u8>) -> u8 {
    let value = digit.and_then(|digit| char::from(digit).to_digit(16)).unwrap_or(0);
    u8::try_from(value).unwrap_or(0)
}
