//! Tables for pages: Markdown and HTML.
//!
//! | | markdown | html |
//! |---|---|---|
//! | null | `*NULL*` | `NULL` in a cell of class `null` |
//! | `<`, `>`, `&` | `&lt;` ... | `&lt;` ..., quotes too |
//! | markup of the language | a backslash before it; a backslash itself is `&#92;` | |
//! | control and direction characters | spelled out, as in tables | spelled out |
//!
//! A page forbids scripts and requests by a policy of its own as well. Addresses in Markdown may become links,
//! which do nothing until somebody follows them.

use auditlake_model::Result;
use datafusion::arrow::array::Array;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::record_batch::RecordBatch;

use super::Encoder;
use super::cell::{CellStyle, is_number};
use super::escape::push_escaped;
use super::names::unique_names;

const HTML_HEAD: &str = "\
<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<title>Auditlake result</title>
<style>
table { border-collapse: collapse; font: 14px sans-serif }
th, td { border: 1px solid #ccc; padding: 2px 8px; text-align: left; vertical-align: top; white-space: pre-wrap }
.number { text-align: right }
.null { color: #888 }
</style>
</head>
<body>
<table>
";
const HTML_TAIL: &str = "</tbody>\n</table>\n</body>\n</html>\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Markdown,
    Html,
}

/// Writes a table of a markup language.
pub(super) struct MarkupEncoder {
    language: Language,
    style: CellStyle,
    /// Unique, not escaped yet.
    names: Vec<String>,
    /// Whether each column holds numbers.
    numbers: Vec<bool>,
    has_header: bool,
    cell: String,
    line: String,
}

impl MarkupEncoder {
    pub(super) fn markdown(schema: &Schema, style: CellStyle) -> Self {
        Self::new(schema, style, Language::Markdown)
    }

    pub(super) fn html(schema: &Schema, style: CellStyle) -> Self {
        Self::new(schema, style, Language::Html)
    }

    fn new(schema: &Schema, style: CellStyle, language: Language) -> Self {
        let fields = schema.fields();
        Self {
            language,
            style,
            names: unique_names(fields.iter().map(|field| field.name().as_str())),
            numbers: fields.iter().map(|field| is_number(field.data_type())).collect(),
            has_header: false,
            cell: String::new(),
            line: String::new(),
        }
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if self.has_header {
            return;
        }
        self.has_header = true;
        let header = match self.language {
            Language::Markdown => self.markdown_header(),
            Language::Html => self.html_header(),
        };
        out.extend_from_slice(header.as_bytes());
    }

    fn markdown_header(&self) -> String {
        let mut header = String::from("|");
        for name in &self.names {
            header.push(' ');
            push_markdown(&mut header, name);
            header.push_str(" |");
        }
        header.push_str("\n|");
        for is_number in &self.numbers {
            header.push_str(if *is_number { " ---: |" } else { " --- |" });
        }
        header.push('\n');
        header
    }

    fn html_header(&self) -> String {
        let mut header = String::from(HTML_HEAD);
        header.push_str("<thead>\n<tr>");
        for name in &self.names {
            header.push_str("<th>");
            push_html(&mut header, name);
            header.push_str("</th>");
        }
        header.push_str("</tr>\n</thead>\n<tbody>\n");
        header
    }

    fn push_cell(&mut self, number: usize, has_value: bool) {
        let line = &mut self.line;
        match (self.language, has_value) {
            (Language::Markdown, false) => line.push_str(" *NULL* |"),
            (Language::Markdown, true) => {
                line.push(' ');
                push_markdown(line, &self.cell);
                line.push_str(" |");
            }
            (Language::Html, false) => line.push_str("<td class=\"null\">NULL</td>"),
            (Language::Html, true) => {
                let is_number = self.numbers.get(number).is_some_and(|is_number| *is_number);
                line.push_str(if is_number { "<td class=\"number\">" } else { "<td>" });
                push_html(line, &self.cell);
                line.push_str("</td>");
            }
        }
    }
}

impl Encoder for MarkupEncoder {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        self.write_header(out);
        let (start, end) = match self.language {
            Language::Markdown => ("|", "\n"),
            Language::Html => ("<tr>", "</tr>\n"),
        };
        for row in 0..batch.num_rows() {
            self.line.clear();
            self.line.push_str(start);
            for (number, column) in batch.columns().iter().enumerate() {
                let has_value = column.is_valid(row) && !column.data_type().is_null();
                self.cell.clear();
                if has_value {
                    self.style.push_text(&mut self.cell, column, row)?;
                }
                self.push_cell(number, has_value);
            }
            self.line.push_str(end);
            out.extend_from_slice(self.line.as_bytes());
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        self.write_header(out);
        if self.language == Language::Html {
            out.extend_from_slice(HTML_TAIL.as_bytes());
        }
        Ok(())
    }
}

fn push_html(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => push_escaped(out, c),
        }
    }
}

/// Appends text that renders as it is. A pipe has a backslash before it, as tables want it, and a backslash is
/// never written as one, so that none stands before a pipe.
fn push_markdown(out: &mut String, text: &str) {
    let mut visible = String::with_capacity(text.len());
    text.chars().for_each(|c| push_escaped(&mut visible, c));
    for c in visible.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' => out.push_str("&#92;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
}
