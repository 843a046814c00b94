//! Lists by page: how much is asked for, and where the page before ended.
//!
//! A token holds the position of the last thing of its page, in the order of the list. Nothing is kept in the
//! server for it, so it is good after a restart and as long as the list has that order; whoever makes one up gets
//! another part of what they may see anyway.

use auditlake_model::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Things on a page of a list when the request does not say.
pub(super) const DEFAULT_RESULTS: u32 = 100;
/// Most things on a page of a list.
pub(super) const MAX_RESULTS: u32 = 1_000;
/// Longest token; the longest position has the location of a file.
const MAX_TOKEN_BYTES: usize = 8 << 10;

/// Returns how many things a page may have.
///
/// # Errors
///
/// `Invalid` (`InvalidMaxResultsException`) above `most`.
pub(super) fn page_size(asked: u32, default: u32, most: u32) -> Result<usize> {
    match asked {
        0 => Ok(default as usize),
        asked if asked <= most => Ok(asked as usize),
        asked => Err(Error::invalid(format!("{asked} results on a page are more than {most}"))
            .with_code("InvalidMaxResultsException")
            .with_hint(format!("Ask for 1 to {most}, and for the next pages by their token."))),
    }
}

/// Makes the token of the position `position` in the list `list`.
pub(super) fn token(list: &str, position: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}\n{position}"))
}

/// Reads a token of the list `list`; `None` for the first page.
///
/// # Errors
///
/// `Invalid` (`InvalidNextTokenException`) when it is no token of that list.
pub(super) fn position(list: &str, token: &str) -> Result<Option<String>> {
    if token.is_empty() {
        return Ok(None);
    }
    let bytes = (token.len() <= MAX_TOKEN_BYTES).then(|| URL_SAFE_NO_PAD.decode(token).ok()).flatten();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let position = text.as_deref().and_then(|text| text.split_once('\n'));
    match position {
        Some((kind, position)) if kind == list => Ok(Some(position.to_owned())),
        _ => Err(foreign_token()),
    }
}

/// Returns the error of a token that is none.
pub(super) fn foreign_token() -> Error {
    Error::invalid("the next token is of another list")
        .with_code("InvalidNextTokenException")
        .with_hint("Pass the token of the page before on as it is, or none for the first page.")
}

/// One page of a list that is in memory: what comes after the position of the last page, and the token of the next.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next_token: String,
}

/// Cuts a page out of `items`, which are in ascending order of `key`.
pub(super) fn cut<T, K: Ord>(
    list: &str,
    items: Vec<T>,
    after: Option<&K>,
    size: usize,
    key: impl Fn(&T) -> K,
    text: impl Fn(&K) -> String,
) -> Page<T> {
    let mut rest = items.into_iter().skip_while(|item| after.is_some_and(|after| key(item) <= *after));
    let items: Vec<T> = rest.by_ref().take(size).collect();
    let next_token = match (rest.next(), items.last()) {
        (Some(_), Some(last)) => token(list, &text(&key(last))),
        _ => String::new(),
    };
    Page { items, next_token }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(size: usize) -> Vec<Vec<u32>> {
        let (mut pages, mut next) = (Vec::new(), String::new());
        loop {
            let after: Option<u32> = position("n", &next).unwrap().map(|text| text.parse().unwrap());
            let page = cut("n", vec![1, 3, 5, 7], after.as_ref(), size, |n| *n, u32::to_string);
            pages.push(page.items);
            next = page.next_token;
            if next.is_empty() {
                return pages;
            }
        }
    }

    #[test]
    fn pages_together_are_the_list() {
        assert_eq!(pages(3), [vec![1, 3, 5], vec![7]]);
        assert_eq!(pages(4), [vec![1, 3, 5, 7]]);
        assert_eq!(pages(1).len(), 4);
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        for wrong in ["x", "äöü", &token("imports", "1"), &"A".repeat(100_000)] {
            let error = position("stores", wrong).unwrap_err();
            assert_eq!(error.code(), Some("InvalidNextTokenException"));
        }
        assert_eq!(position("stores", &token("stores", "a\nb")).unwrap().as_deref(), Some("a\nb"));
    }

    #[test]
    fn a_page_has_a_bound() {
        assert_eq!(page_size(0, 100, 1_000).unwrap(), 100);
        assert_eq!(page_size(1_000, 100, 1_000).unwrap(), 1_000);
        assert_eq!(page_size(1_001, 100, 1_000).unwrap_err().code(), Some("InvalidMaxResultsException"));
    }
}
