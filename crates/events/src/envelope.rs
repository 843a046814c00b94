//! Recognises objects that hold events, or that are put in place of a log by mistake.
//!
//! | members | what it is |
//! |---|---|
//! | `Records`: array | log file of a trail |
//! | `Events`: array | response of LookupEvents |
//! | `CloudTrailEvent`: string | row of LookupEvents; the string is the event |
//! | `_raw`: string | event forwarded by Splunk or Cribl |
//! | `event.original`: string | event forwarded by Elastic agents |
//! | `detail-type` and `detail`: object | EventBridge envelope |
//! | `logFiles`, `digestStartTime` | digest file, no log |
//! | `Version`, `Statement` | IAM policy, no log |

use crate::json::scan::{Cursor, SyntaxError, ValueKind};
use crate::json::text::unescape;

/// Names of which every envelope has one. An object without them is taken as an event.
pub(crate) const ENVELOPE_NAMES: [&str; 8] =
    ["Records", "Events", "CloudTrailEvent", "_raw", "event", "detail-type", "logFiles", "Statement"];

/// What an object with one of the [`ENVELOPE_NAMES`] turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// Each item of the array of that name is a record.
    Array(&'static str),
    /// The event as JSON text.
    Text(String),
    /// Offset of the event.
    Detail(usize),
    Digest,
    Policy,
    /// An event that happens to have such a member.
    None,
}

/// Tells what the object at the cursor is.
pub(crate) fn recognise(mut cursor: Cursor<'_>) -> Result<Envelope, SyntaxError> {
    let mut found = Members::default();
    let mut has_next = cursor.open(b'}');
    while has_next {
        let name = cursor.key()?;
        let kind = cursor.value_kind()?;
        let start = cursor.position();
        cursor.skip_value()?;
        found.note(name.raw, kind, start, cursor.since(start));
        has_next = cursor.more(b'}')?;
    }
    Ok(found.envelope())
}

/// Tells cheaply whether the object at the cursor opens as a trail's log file does.
pub(crate) fn opens_as_records(mut cursor: Cursor<'_>) -> bool {
    cursor.open(b'}')
        && cursor.key().is_ok_and(|name| name.raw == "Records")
        && cursor.value_kind() == Ok(ValueKind::Array)
}

/// The telling members that were met.
#[derive(Default)]
struct Members {
    array: Option<&'static str>,
    text: Option<String>,
    detail: Option<usize>,
    detail_type: bool,
    log_files: bool,
    digest_time: bool,
    version: bool,
    statement: bool,
}

impl Members {
    fn note(&mut self, name: &str, kind: ValueKind, start: usize, value: &str) {
        match (name, kind) {
            ("Records", ValueKind::Array) => self.array = Some("Records"),
            ("Events", ValueKind::Array) => self.array = Some("Events"),
            ("CloudTrailEvent" | "_raw", ValueKind::String) => self.text = string_of(value),
            ("event", ValueKind::Object) => self.text = original_of(value).or(self.text.take()),
            ("detail", ValueKind::Object) => self.detail = Some(start),
            ("detail-type", ValueKind::String) => self.detail_type = true,
            ("logFiles", ValueKind::Array) => self.log_files = true,
            ("digestStartTime", _) => self.digest_time = true,
            ("Version", ValueKind::String) => self.version = true,
            ("Statement", ValueKind::Array | ValueKind::Object) => self.statement = true,
            _ => {}
        }
    }

    fn envelope(self) -> Envelope {
        if let Some(name) = self.array {
            return Envelope::Array(name);
        }
        if let Some(text) = self.text {
            return Envelope::Text(text);
        }
        match self.detail {
            Some(start) if self.detail_type => Envelope::Detail(start),
            _ if self.log_files && self.digest_time => Envelope::Digest,
            _ if self.version && self.statement => Envelope::Policy,
            _ => Envelope::None,
        }
    }
}

fn string_of(value: &str) -> Option<String> {
    Some(unescape(value.get(1..value.len() - 1)?).into_owned())
}

fn original_of(event: &str) -> Option<String> {
    crate::json::member_text(event, "original").ok().flatten().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Envelope) {
        assert_eq!(recognise(Cursor::new(text)), Ok(expect), "{text}");
    }

    #[test]
    fn envelopes_are_told_by_their_members() {
        check(r#"{"x":{"Records":[]},"Records":[{}]}"#, Envelope::Array("Records"));
        check(r#"{"NextToken":"t","Events":[]}"#, Envelope::Array("Events"));
        check(r#"{"EventId":"1","CloudTrailEvent":"{\"a\":1}"}"#, Envelope::Text("{\"a\":1}".to_owned()));
        check(r#"{"_raw":"{}","host":"h"}"#, Envelope::Text("{}".to_owned()));
        check(r#"{"event":{"original":"{\"a\":1}"},"aws":{}}"#, Envelope::Text("{\"a\":1}".to_owned()));
        check(r#"{"detail-type":"AWS API Call via CloudTrail","detail":{}}"#, Envelope::Detail(54));
        check(r#"{"logFiles":[],"digestStartTime":"t"}"#, Envelope::Digest);
        check(r#"{"Version":"2012-10-17","Statement":[]}"#, Envelope::Policy);
    }

    #[test]
    fn members_of_other_types_make_no_envelope() {
        for text in [
            r#"{"Records":{}}"#,
            r#"{"Records":null}"#,
            r#"{"CloudTrailEvent":{}}"#,
            r#"{"detail":{}}"#,
            r#"{"detail-type":"x","detail":"y"}"#,
            r#"{"Statement":[]}"#,
            r#"{"logFiles":[]}"#,
            r#"{"event":{}}"#,
        ] {
            check(text, Envelope::None);
        }
    }

    #[test]
    fn the_usual_opening_is_seen_at_once() {
        assert!(opens_as_records(Cursor::new(" {\"Records\" : [".trim_start())));
        assert!(!opens_as_records(Cursor::new(r#"{"Records":{}}"#)));
        assert!(!opens_as_records(Cursor::new(r#"{"a":1,"Records":[]}"#)));
    }
}
