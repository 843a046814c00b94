#![allow(clippy::unwrap_used, reason = "tests")]

use auditlake_model::ErrorKind;
use datafusion::arrow::util::pretty::pretty_format_batches;

use super::*;

fn read(name: &str, text: &[u8]) -> Result<TableRows> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    TableRows::read(&path)
}

fn shown(rows: &TableRows) -> String {
    pretty_format_batches(&rows.batches).unwrap().to_string()
}

#[test]
fn csv_is_text_whatever_it_looks_like() {
    let rows = read("a.CSV", "\u{feff}account, Name\n012345678901,\"a,b\"\n,x\n".as_bytes()).unwrap();
    let types: Vec<(String, String)> =
        rows.columns().into_iter().map(|column| (column.name, column.type_name)).collect();
    let text = "varchar".to_owned();
    assert_eq!(types, [("account".to_owned(), text.clone()), ("Name".to_owned(), text)]);
    assert!(shown(&rows).contains("| 012345678901 | a,b  |"), "{}", shown(&rows));
    assert_eq!(rows.rows(), 2);
    assert!(rows.batches[0].column(0).is_null(1));
}

#[test]
fn json_has_its_own_types_in_lines_and_arrays() {
    let lines = read("a.ndjson", b"{\"ip\":\"1.2.3.4\",\"n\":1}\n{\"ip\":null,\"x\":true}\n").unwrap();
    let array = read("a.json", b" [{\"ip\":\"1.2.3.4\",\"n\":1},{\"ip\":null,\"x\":true}]").unwrap();
    assert_eq!(shown(&lines), shown(&array));
    let types: Vec<String> = lines.columns().into_iter().map(|column| column.type_name).collect();
    assert_eq!(types, ["varchar", "bigint", "boolean"]);
}

#[test]
fn rows_are_kept_as_parquet() {
    let rows = read("a.tsv", b"a\tb\n1\tx\n").unwrap();
    let again = TableRows::from_parquet(rows.to_parquet().unwrap()).unwrap();
    assert_eq!(shown(&rows), shown(&again));
}

#[test]
fn what_is_no_table_is_refused() {
    let fault = |name: &str, text: &[u8]| {
        let error = read(name, text).unwrap_err();
        (error.kind(), error.report())
    };
    for (name, text, kind, part) in [
        ("a.txt", "x", ErrorKind::Unsupported, "`.txt` is no table file"),
        ("a.csv", "a,A\n1,2\n", ErrorKind::Invalid, "two columns are called `A`"),
        ("a.csv", "a,\n1,2\n", ErrorKind::Invalid, "column 2 has no name"),
        ("a.csv", "a,b\n1\n", ErrorKind::Invalid, "cannot be read"),
        ("a.csv", "", ErrorKind::Invalid, "no columns"),
        ("a.json", "{\"a\":1", ErrorKind::Invalid, "object 1 is no JSON"),
        ("a.json", "{\"a\":1} {\"a\":\"x\"}", ErrorKind::Invalid, "do not make a table"),
        ("a.parquet", "PAR1", ErrorKind::Invalid, "cannot be read"),
    ] {
        let (found, report) = fault(name, text.as_bytes());
        assert!(found == kind && report.contains(part), "{name} {text}: {report}");
    }
    let missing = TableRows::read(Path::new("/nowhere/a.csv")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}
