//! Small tables for people: what a command tells in rows.

use auditlake_query::render::escape_text;
use unicode_width::UnicodeWidthStr;

/// Returns rows under headers, aligned; numbers' columns are named in `right`.
pub(super) fn aligned(headers: &[&str], rows: &[Vec<String>], right: &[usize]) -> String {
    let header: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| escape_text(cell).into_owned()).collect()).collect();
    let width = |column: usize| {
        std::iter::once(&header).chain(&rows).map(|row| row[column].width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut out = String::new();
    push_row(&mut out, &header, &widths, right);
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    out.push_str(&rules.join("-+-"));
    out.push('\n');
    for row in &rows {
        push_row(&mut out, row, &widths, right);
    }
    out
}

/// Returns a line for each name and its value.
pub(super) fn pairs<N: AsRef<str>>(rows: &[(N, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.as_ref().width()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, value) in rows {
        let name = escape_text(name.as_ref());
        let padding = " ".repeat(width.saturating_sub(name.width()));
        out.push_str(&format!("{name}{padding}  {}\n", escape_text(value)));
    }
    out
}

fn push_row(out: &mut String, row: &[String], widths: &[usize], right: &[usize]) {
    let cell = |(index, text): (usize, &String)| {
        let padding = " ".repeat(widths[index].saturating_sub(text.width()));
        if right.contains(&index) { format!("{padding}{text}") } else { format!("{text}{padding}") }
    };
    let cells: Vec<String> = row.iter().enumerate().map(cell).collect();
    out.push_str(cells.join(" | ").trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_aligned_and_escaped() {
        let rows = vec![vec!["a\u{1b}".to_owned(), "1".to_owned()], vec!["b".to_owned(), "20".to_owned()]];
        let expected = "name    |  n\n--------+---\na\\u{1b} |  1\nb       | 20\n";
        assert_eq!(aligned(&["name", "n"], &rows, &[1]), expected);
        assert_eq!(pairs(&[("a", "1".to_owned()), ("long", "2".to_owned())]), "a     1\nlong  2\n");
    }
}
