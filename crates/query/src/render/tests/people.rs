//! Tables, blocks and pages.

use super::fixtures::{
    HOSTILE, batch, duplicates, hostile, instants, nested, numbers, sample, text, with_json,
};
use super::{rendered, rendered_with};
use crate::render::*;

fn table(max_width: usize, expanded: Expanded) -> RenderOptions {
    RenderOptions { table: TableOptions { max_width: Some(max_width), expanded }, ..RenderOptions::default() }
}

#[test]
fn a_table_fits_by_shortening_text_and_nothing_else() {
    let rows = batch(vec![
        ("eventTime", instants(vec![Some(1_769_903_999_000_000), None])),
        ("requestParameters", text(vec![Some(r#"{"bucketName":"logs","key":"2026/01/31/a.gz"}"#), None])),
        ("n", numbers(vec![Some(1_234_567_890), Some(5)])),
    ]);
    let expected = "\
eventTime               | requestParameters  |          n
------------------------+--------------------+-----------
2026-01-31 23:59:59.000 | {\"bucketName\":\"lo… | 1234567890
NULL                    | NULL               |          5
";
    let fitted = table(57, Expanded::Auto);
    assert_eq!(rendered_with(&fitted, &rows), expected);
    let summary = write_with_options(&fitted, &rows, io::sink()).unwrap();
    assert_eq!((summary.shortened, summary.expanded, summary.rows), (true, false, 2));
    let wide = table(200, Expanded::Auto);
    assert_eq!(rendered_with(&wide, &rows), rendered(Format::Table, &rows));
    assert!(!write_with_options(&wide, &rows, io::sink()).unwrap().shortened);
}

#[test]
fn a_table_that_fits_stays_in_shape_after_its_sample() {
    let short = batch(vec![("a", text(vec![Some("x"); 1_000])), ("b", numbers(vec![Some(1); 1_000]))]);
    let long = batch(vec![("a", text(vec![Some("much longer than before")])), ("b", numbers(vec![Some(2)]))]);
    let mut out = Vec::new();
    let mut writer = ResultWriter::with_options(&table(20, Expanded::Auto), short.schema(), &mut out);
    assert_eq!(writer.write(&short).unwrap(), Outcome::Written);
    assert_eq!(writer.write(&long).unwrap(), Outcome::Written);
    assert!(writer.finish_with_summary().unwrap().shortened);
    assert!(String::from_utf8(out).unwrap().ends_with("x | 1\n… | 2\n"));
}

#[test]
fn what_cannot_fit_is_expanded_or_long() {
    let names: Vec<String> = (0..30).map(|number| format!("column{number}")).collect();
    let columns = names.iter().map(|name| (name.as_str(), text(vec![Some("a value of some length")])));
    let wide = batch(columns.collect());
    let auto = write_with_options(&table(80, Expanded::Auto), &wide, io::sink()).unwrap();
    assert_eq!((auto.expanded, auto.shortened), (true, false));
    let blocks = rendered_with(&table(80, Expanded::Auto), &wide);
    assert!(blocks.contains("\ncolumn29 | a value of some length\n"), "{blocks}");
    let lines = rendered_with(&table(80, Expanded::Off), &wide);
    assert_eq!(lines.lines().count(), 3);
    let narrow = rendered_with(&table(80, Expanded::On), &sample());
    assert_eq!(narrow, rendered(Format::Expanded, &sample()));
}

#[test]
fn blocks_show_every_value_whole() {
    let expected = "\
-[ RECORD 1 ]----------------------
eventName | ConsoleLogin
n         | -3405
eventTime | 2026-01-31 23:59:59.000
-[ RECORD 2 ]---
eventName |
n         | NULL
eventTime | NULL
";
    assert_eq!(rendered(Format::Expanded, &sample()), expected);
    assert_eq!(rendered(Format::Expanded, &sample().slice(0, 0)), "(0 rows)\n");
    let twice = rendered(Format::Expanded, &duplicates());
    assert!(twice.ends_with("arn   | a\narn   | NULL\narn_1 | c\narn   | 9007199254740993\n"), "{twice}");
    let long = "x".repeat(500);
    let whole = rendered_with(&table(40, Expanded::On), &batch(vec![("a", text(vec![Some(&long)]))]));
    assert!(whole.ends_with(&format!("a | {long}\n")), "{whole}");
}

#[test]
fn json_that_is_long_gets_lines_of_its_own() {
    let json = r#"{"bucketName":"logs","key":"2026/01/31/a.gz","n":1.50,"tags":[{"k":"a, b"}],"none":{}}"#;
    let rows = batch(vec![("name", text(vec![Some(json)])), ("requestParameters", text(vec![Some(json)]))]);
    let shown = rendered(Format::Expanded, &with_json(&rows, 1));
    let expected = format!(
        r#"-[ RECORD 1 ]-----+-------------------------------------------------------------
name              | {json}
requestParameters | {{
                  |   "bucketName": "logs",
                  |   "key": "2026/01/31/a.gz",
                  |   "n": 1.50,
                  |   "tags": [
                  |     {{
                  |       "k": "a, b"
                  |     }}
                  |   ],
                  |   "none": {{}}
                  | }}
"#
    );
    assert_eq!(shown, expected);
    let small = rendered(Format::Expanded, &nested());
    assert!(small.contains("id | {\"type\":\"IAMUser\"}\nl  | [1,null]\np  | {\"bucketName\""), "{small}");
}

#[test]
fn markdown_is_a_table_with_marked_null() {
    let expected = "\
| eventName | n | eventTime |
| --- | ---: | --- |
| ConsoleLogin | -3405 | 2026-01-31 23:59:59.000 |
|  | *NULL* | *NULL* |
";
    assert_eq!(rendered(Format::Markdown, &sample()), expected);
    let empty = rendered(Format::Markdown, &sample().slice(0, 0));
    assert_eq!(empty, "| eventName | n | eventTime |\n| --- | ---: | --- |\n");
    assert!(rendered(Format::Markdown, &duplicates()).starts_with("| arn | arn\\_2 | arn\\_1 | arn\\_3 |\n"));
    let json = rendered(Format::Markdown, &nested());
    assert!(
        json.contains(r#"| {"type":"IAMUser"} | \[1,null\] | {"bucketName":"logs","n":1.50} |"#),
        "{json}"
    );
}

#[test]
fn html_is_a_page_with_one_table() {
    let page = rendered(Format::Html, &sample());
    assert!(
        page.starts_with("<!DOCTYPE html>\n") && page.ends_with("</table>\n</body>\n</html>\n"),
        "{page}"
    );
    let rows = "\
<thead>
<tr><th>eventName</th><th>n</th><th>eventTime</th></tr>
</thead>
<tbody>
<tr><td>ConsoleLogin</td><td class=\"number\">-3405</td><td>2026-01-31 23:59:59.000</td></tr>
<tr><td></td><td class=\"null\">NULL</td><td class=\"null\">NULL</td></tr>
</tbody>
";
    assert!(page.contains(rows), "{page}");
    let empty = rendered(Format::Html, &sample().slice(0, 0));
    assert!(empty.contains("<tbody>\n</tbody>\n"), "{empty}");
    assert!(
        rendered(Format::Html, &duplicates())
            .contains("<th>arn</th><th>arn_2</th><th>arn_1</th><th>arn_3</th>")
    );
    assert!(rendered(Format::Html, &nested()).contains("<td>{&quot;type&quot;:&quot;IAMUser&quot;}</td>"));
}

/// Nothing but line ends may be left that acts on a terminal.
fn acts_on_terminal(text: &str) -> Option<char> {
    text.chars().find(|c| *c != '\n' && escape::is_unsafe(*c))
}

#[test]
fn a_hostile_event_does_nothing_where_people_look() {
    let limited = table(60, Expanded::Off);
    let blocks = table(60, Expanded::Auto);
    for options in [limited, blocks]
        .into_iter()
        .chain([Format::Table, Format::Expanded, Format::Markdown, Format::Html].map(RenderOptions::new))
    {
        let shown = rendered_with(&options, &hostile());
        assert_eq!(acts_on_terminal(&shown), None, "{options:?}: {shown}");
        assert!(!shown.contains("\nInjected"), "{options:?}: {shown}");
    }
    assert_eq!(rendered(Format::Table, &hostile()).lines().count(), 3);
    let blocks = rendered(Format::Expanded, &hostile());
    assert_eq!(blocks.lines().filter(|line| line.starts_with("userAgent")).count(), 1, "{blocks}");
    assert!(blocks.contains("=cmd|' /C calc'!A0 \\u{1b}[2J\\u{1b}]0;owned\\u{7}<script>"), "{blocks}");
    assert!(blocks.contains("\\r\\nInjected: yes\\t\\u{202e}gpj.exe\\u{2066}\\u{9b}31m"), "{blocks}");
}

#[test]
fn a_hostile_event_is_no_markup() {
    let page = rendered(Format::Html, &hostile());
    let body = page.split_once("<body>").unwrap().1;
    for tag in body.split('<').skip(1) {
        let name = tag.split(['>', ' ']).next().unwrap().trim_start_matches('/');
        let known = ["table", "thead", "tbody", "tr", "th", "td", "body", "html"];
        assert!(known.contains(&name), "<{name}> in {body}");
    }
    assert!(body.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"), "{body}");

    let markdown = rendered(Format::Markdown, &hostile());
    for line in markdown.lines() {
        let bare = line.replace("\\|", "");
        assert_eq!(bare.matches('|').count(), hostile().num_columns() + 1, "{line}");
    }
    assert!(!markdown.contains("<") && !markdown.contains("\\\\"), "{markdown}");
    let row = markdown.lines().nth(2).unwrap();
    assert!(row.contains("\\|\\`\\*\\_\\[a\\](http://x)&amp;amp;&#92;"), "{row}");
    assert!(HOSTILE.ends_with("|`*_[a](http://x)&amp;\\"));
}
