//! Names of types: `map(varchar, array(row(name varchar, n bigint)))`.

use super::types::LakeType;

/// How deep types may be nested.
const MAX_DEPTH: usize = 64;

/// Why a text names no type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAType {
    /// What was found wrong, as a fragment of a sentence.
    pub(crate) message: String,
}

/// The names of types without parts, with what other systems call them.
const PLAIN: &[(&str, LakeType)] = &[
    ("boolean", LakeType::Boolean),
    ("bool", LakeType::Boolean),
    ("tinyint", LakeType::TinyInt),
    ("smallint", LakeType::SmallInt),
    ("integer", LakeType::Integer),
    ("int", LakeType::Integer),
    ("bigint", LakeType::BigInt),
    ("real", LakeType::Real),
    ("float", LakeType::Real),
    ("double", LakeType::Double),
    ("varbinary", LakeType::Varbinary),
    ("json", LakeType::Json),
    ("date", LakeType::Date),
    ("string", LakeType::Varchar(None)),
    ("text", LakeType::Varchar(None)),
    ("ipaddress", LakeType::IpAddress),
    ("uuid", LakeType::Uuid),
];

/// Parses the name of a type.
///
/// # Errors
/// If the text names none.
pub(crate) fn parse_type(text: &str) -> Result<LakeType, NotAType> {
    let mut parser = Names { words: split(text)?, next: 0, depth: 0 };
    let parsed = parser.one()?;
    match parser.peek() {
        None => Ok(parsed),
        Some(word) => Err(wrong(format!("`{}` after the type `{parsed}`", word.text()))),
    }
}

fn wrong(message: String) -> NotAType {
    NotAType { message }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// A name or number, in lower case.
    Plain {
        lower: String,
        typed: String,
    },
    /// A name in quotes.
    Quoted(String),
    /// A text.
    Text(String),
    Mark(char),
}

impl Word {
    fn text(&self) -> String {
        match self {
            Self::Plain { typed, .. } => typed.clone(),
            Self::Quoted(name) => format!("\"{name}\""),
            Self::Text(text) => format!("'{text}'"),
            Self::Mark(mark) => mark.to_string(),
        }
    }
}

fn split(text: &str) -> Result<Vec<Word>, NotAType> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => quoted(rest, first, &mut words)?,
            c if c.is_alphanumeric() || c == '_' => {
                let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let typed = rest[..length].to_owned();
                words.push(Word::Plain { lower: typed.to_lowercase(), typed });
                length
            }
            '(' | ')' | '<' | '>' | ',' | ':' => {
                words.push(Word::Mark(first));
                1
            }
            other => return Err(wrong(format!("`{other}` in a type"))),
        };
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// Reads a quoted word and returns how long it is.
fn quoted(rest: &str, quote: char, words: &mut Vec<Word>) -> Result<usize, NotAType> {
    let mut name = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((index, c)) = chars.next() {
        if c != quote {
            name.push(c);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            name.push(quote);
        } else {
            words.push(if quote == '"' { Word::Quoted(name) } else { Word::Text(name) });
            return Ok(index + 1);
        }
    }
    Err(wrong("a name in a type without its closing quote".to_owned()))
}

struct Names {
    words: Vec<Word>,
    next: usize,
    depth: usize,
}

impl Names {
    fn peek(&self) -> Option<&Word> {
        self.words.get(self.next)
    }

    fn take_mark(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(&Word::Mark(mark));
        self.next += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Word::Plain { lower, .. }) if lower == word);
        self.next += usize::from(found);
        found
    }

    fn expect_mark(&mut self, mark: char) -> Result<(), NotAType> {
        if self.take_mark(mark) {
            return Ok(());
        }
        let found = self.peek().map_or("the end of the type".to_owned(), |word| format!("`{}`", word.text()));
        Err(wrong(format!("expected `{mark}` in a type, found {found}")))
    }

    fn one(&mut self) -> Result<LakeType, NotAType> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(wrong(format!("a type nested more than {MAX_DEPTH} levels deep")));
        }
        let parsed = self.named();
        self.depth -= 1;
        parsed
    }

    fn named(&mut self) -> Result<LakeType, NotAType> {
        let Some(Word::Plain { lower, typed }) = self.peek().cloned() else {
            let found = self.peek().map_or("nothing".to_owned(), |word| format!("`{}`", word.text()));
            return Err(wrong(format!("expected a type, found {found}")));
        };
        self.next += 1;
        if let Some((_, plain)) = PLAIN.iter().find(|(name, _)| *name == lower) {
            // `double precision` is the standard's name.
            if lower == "double" {
                self.take_word("precision");
            }
            return Ok(plain.clone());
        }
        match lower.as_str() {
            "varchar" => Ok(LakeType::Varchar(self.number()?)),
            "char" => Ok(LakeType::Char(self.number()?.unwrap_or(1))),
            "decimal" | "numeric" => self.decimal(),
            "time" => {
                self.digits()?;
                self.zone()?;
                Ok(LakeType::Time)
            }
            "timestamp" => {
                let digits = self.digits()?;
                Ok(match self.zone()? {
                    None => LakeType::Timestamp(digits),
                    Some(zone) => LakeType::TimestampZone(digits, zone),
                })
            }
            "interval" => self.interval(),
            "array" => {
                let [item] = self.parts("array")?;
                Ok(LakeType::Array(Box::new(item)))
            }
            "map" => {
                let [key, value] = self.parts("map")?;
                Ok(LakeType::Map(Box::new(key), Box::new(value)))
            }
            "row" | "struct" => self.row(),
            _ => Err(wrong(format!("no type `{typed}`"))),
        }
    }

    fn number(&mut self) -> Result<Option<u32>, NotAType> {
        if !self.take_mark('(') {
            return Ok(None);
        }
        let number = self.plain_number()?;
        self.expect_mark(')')?;
        Ok(Some(number))
    }

    fn plain_number(&mut self) -> Result<u32, NotAType> {
        let found = self.peek().map_or("nothing".to_owned(), Word::text);
        self.next += 1;
        found.parse().map_err(|_| wrong(format!("expected a number in a type, found `{found}`")))
    }

    /// Reads the number of digits of a second.
    fn digits(&mut self) -> Result<Option<u8>, NotAType> {
        match self.number()? {
            None => Ok(None),
            Some(digits) => match u8::try_from(digits) {
                Ok(digits @ 0..=12) => Ok(Some(digits)),
                _ => Err(wrong(format!("{digits} digits of a second; 12 are the most"))),
            },
        }
    }

    fn decimal(&mut self) -> Result<LakeType, NotAType> {
        let (mut precision, mut scale) = (38, 0);
        if self.take_mark('(') {
            precision = self.plain_number()?;
            if self.take_mark(',') {
                scale = self.plain_number()?;
            }
            self.expect_mark(')')?;
        }
        match (u8::try_from(precision), u8::try_from(scale)) {
            (Ok(precision @ 1..=38), Ok(scale)) if scale <= precision => {
                Ok(LakeType::Decimal(precision, scale))
            }
            _ => Err(wrong(format!(
                "decimal({precision},{scale}): the precision is 1 to 38, the scale 0 to the precision"
            ))),
        }
    }

    /// Reads `with time zone`, perhaps with the zone itself; `without time zone` says nothing.
    #[allow(clippy::option_option, reason = "a zone may be there without a name")]
    fn zone(&mut self) -> Result<Option<Option<String>>, NotAType> {
        let with = self.take_word("with");
        if !with && !self.take_word("without") {
            return Ok(None);
        }
        if !(self.take_word("time") && self.take_word("zone")) {
            return Err(wrong("expected `with time zone` in a type".to_owned()));
        }
        let zone = match (self.take_word("in"), self.peek().cloned()) {
            (true, Some(Word::Text(zone))) => {
                self.next += 1;
                Some(zone)
            }
            _ => None,
        };
        Ok(with.then_some(zone))
    }

    fn interval(&mut self) -> Result<LakeType, NotAType> {
        if self.take_word("day") && self.take_word("to") && self.take_word("second") {
            return Ok(LakeType::IntervalDay);
        }
        if self.take_word("year") && self.take_word("to") && self.take_word("month") {
            return Ok(LakeType::IntervalYear);
        }
        Err(wrong("expected `interval day to second` or `interval year to month`".to_owned()))
    }

    /// Opens the parts of a type and returns what closes them.
    fn open(&mut self, what: &str) -> Result<char, NotAType> {
        if self.take_mark('(') {
            return Ok(')');
        }
        if self.take_mark('<') {
            return Ok('>');
        }
        Err(wrong(format!("expected `(` after `{what}`, as in `{what}(varchar)`")))
    }

    fn parts<const N: usize>(&mut self, what: &str) -> Result<[LakeType; N], NotAType> {
        let close = self.open(what)?;
        let mut parts = vec![self.one()?];
        while self.take_mark(',') {
            parts.push(self.one()?);
        }
        self.expect_mark(close)?;
        let found = parts.len();
        parts.try_into().map_err(|_| wrong(format!("`{what}` with {found} parts instead of {N}")))
    }

    fn row(&mut self) -> Result<LakeType, NotAType> {
        let close = self.open("row")?;
        let mut fields = vec![self.row_field()?];
        while self.take_mark(',') {
            fields.push(self.row_field()?);
        }
        self.expect_mark(close)?;
        Ok(LakeType::Row(fields))
    }

    /// Reads `name type` or `type`: a name is what another type follows.
    fn row_field(&mut self) -> Result<(Option<String>, LakeType), NotAType> {
        let start = self.next;
        let name = match self.peek().cloned() {
            Some(Word::Quoted(name)) => Some(name),
            // Names ignore case, as those of columns do.
            Some(Word::Plain { lower, .. }) => Some(lower),
            _ => None,
        };
        if let Some(name) = name {
            self.next += 1;
            // Hive writes `name: type`.
            self.take_mark(':');
            if matches!(self.peek(), Some(Word::Plain { .. })) && !self.is_long_type(start) {
                return Ok((Some(name), self.one()?));
            }
        }
        self.next = start;
        Ok((None, self.one()?))
    }

    /// Tells whether the words from `start` are one type of several words.
    fn is_long_type(&self, start: usize) -> bool {
        let word = |index: usize| match self.words.get(start + index) {
            Some(Word::Plain { lower, .. }) => lower.as_str(),
            _ => "",
        };
        matches!(
            (word(0), word(1)),
            ("timestamp" | "time", "with" | "without")
                | ("interval", "day" | "year")
                | ("double", "precision")
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn types_have_one_form() {
        for (text, expect) in [
            ("BIGINT", "bigint"),
            (" varchar ( 10 ) ", "varchar(10)"),
            ("decimal(5)", "decimal(5,0)"),
            ("decimal", "decimal(38,0)"),
            ("array<map<varchar,json>>", "array(map(varchar, json))"),
            ("timestamp(3) with time zone", "timestamp(3) with time zone"),
            ("timestamp without time zone", "timestamp"),
            ("double precision", "double"),
            ("row(varchar, n bigint, \"A b\" date)", "row(varchar, \"n\" bigint, \"A b\" date)"),
            ("row(timestamp with time zone)", "row(timestamp with time zone)"),
            ("row(timestamp timestamp with time zone)", "row(\"timestamp\" timestamp with time zone)"),
            ("row(date date, double double precision)", "row(\"date\" date, \"double\" double)"),
            ("interval day to second", "interval day to second"),
            (
                "map(varchar, array(row(name varchar, n bigint)))",
                "map(varchar, array(row(\"name\" varchar, \"n\" bigint)))",
            ),
        ] {
            let parsed = parse_type(text).unwrap();
            assert_eq!(parsed.to_string(), expect, "{text}");
            assert_eq!(parse_type(expect).unwrap(), parsed, "{text}");
        }
    }

    #[test]
    fn what_is_no_type_is_named() {
        for (text, expect) in [
            ("strng", "no type `strng`"),
            ("map(varchar)", "`map` with 1 parts instead of 2"),
            ("array(varchar", "expected `)` in a type, found the end of the type"),
            ("varchar(x)", "expected a number in a type, found `x`"),
            ("decimal(3,4)", "decimal(3,4): the precision is 1 to 38, the scale 0 to the precision"),
            ("bigint unsigned", "`unsigned` after the type `bigint`"),
            ("", "expected a type, found nothing"),
            ("array", "expected `(` after `array`, as in `array(varchar)`"),
        ] {
            assert_eq!(parse_type(text).unwrap_err().message, expect, "{text}");
        }
        assert!(parse_type(&"array(".repeat(100)).is_err());
    }
}
