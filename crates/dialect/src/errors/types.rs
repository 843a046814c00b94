//! The engine's types, as its messages print them, in the words of Lake.

/// Returns the types of a list such as `Int64, List(Utf8View, field: 'element')`.
pub(super) fn words_of(types: &str) -> String {
    split(types).into_iter().map(word_of).collect::<Vec<_>>().join(", ")
}

/// Returns one type; what is inside of rows and maps is left out.
pub(super) fn word_of(data_type: &str) -> String {
    let data_type = data_type.trim();
    let (head, inside) = match data_type.split_once('(') {
        Some((head, inside)) => (head, inside.strip_suffix(')').unwrap_or(inside)),
        None => (data_type, ""),
    };
    let word = match head {
        "Utf8" | "LargeUtf8" | "Utf8View" | "String" => "varchar",
        "Boolean" => "boolean",
        "Int8" => "tinyint",
        "Int16" | "UInt8" => "smallint",
        "Int32" | "UInt16" => "integer",
        "Int64" | "UInt32" | "UInt64" | "Integer" => "bigint",
        "Float16" | "Float32" => "real",
        "Float64" | "Float" | "Numeric" => "double",
        "Date32" | "Date64" | "Date" => "date",
        "Time32" | "Time64" | "Time" => "time",
        "Timestamp" => "timestamp",
        "Interval" | "Duration" => "interval",
        "Binary" | "LargeBinary" | "BinaryView" | "FixedSizeBinary" => "varbinary",
        "Struct" => "row",
        "Map" => "map",
        "Null" => "unknown",
        "List" | "LargeList" | "FixedSizeList" | "ListView" => return list(inside),
        "Decimal32" | "Decimal64" | "Decimal128" | "Decimal256" => return format!("decimal({inside})"),
        other => return other.to_lowercase(),
    };
    word.to_owned()
}

/// Names of the engine's types that stand for themselves in its messages.
const NAMES: &[&str] = &[
    "Utf8View",
    "LargeUtf8",
    "Utf8",
    "Boolean",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Float16",
    "Float32",
    "Float64",
    "Date32",
    "Date64",
    "Time32",
    "Time64",
    "Timestamp",
    "Interval",
    "Duration",
    "Binary",
    "LargeBinary",
    "BinaryView",
    "FixedSizeBinary",
    "Struct",
    "Map",
    "Null",
    "List",
    "LargeList",
    "FixedSizeList",
    "Decimal32",
    "Decimal64",
    "Decimal128",
    "Decimal256",
];

/// Returns a text whose types have the words of Lake.
pub(super) fn in_words(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let (before, from) = rest.split_at(start);
        said.push_str(before);
        let end = from.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        let length = if NAMES.contains(&word) { end + parentheses(after) } else { end };
        match NAMES.contains(&word) {
            true => said.push_str(&word_of(&from[..length])),
            false => said.push_str(word),
        }
        rest = &from[length..];
    }
    said.push_str(rest);
    said
}

/// Returns how long the parentheses are that a text begins with.
fn parentheses(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if c == ')' { at + 1 } else { 0 };
        }
    }
    0
}

fn list(inside: &str) -> String {
    let item = split(inside).into_iter().find(|part| !part.trim_start().starts_with("field:"));
    match item.map(|item| item.trim().trim_start_matches("non-null ")) {
        Some(item) if !item.is_empty() => format!("array({})", word_of(item)),
        _ => "array".to_owned(),
    }
}

/// Splits at the commas that stand outside of parentheses and quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start, mut quoted) = (Vec::new(), 0usize, 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        parts.push(&text[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_in_a_text_have_the_words_of_lake() {
        for (text, words) in [
            ("x takes text, not Utf8View and Int64", "x takes text, not varchar and bigint"),
            (
                "[Timestamp(µs, \"UTC\"), List(Struct(\"a\": Utf8))] of Lists",
                "[timestamp, array(row)] of Lists",
            ),
            ("Map(", "map("),
        ] {
            assert_eq!(in_words(text), words);
        }
    }

    #[test]
    fn types_have_the_words_of_lake() {
        for (types, words) in [
            ("Int64, Utf8View", "bigint, varchar"),
            ("List(Struct(\"a, (\": Utf8View, \"b\": Int64), field: 'element')", "array(row)"),
            ("List(Int64), Float64", "array(bigint), double"),
            ("Timestamp(µs, \"UTC\"), Interval(MonthDayNano)", "timestamp, interval"),
            ("Decimal128(10, 2)", "decimal(10, 2)"),
            ("Map(\"entries\": non-null Struct(..), unsorted)", "map"),
            ("", ""),
        ] {
            assert_eq!(words_of(types), words, "{types}");
        }
    }
}
