//! Every event of the shared data comes back as it was.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use crate::compare::assert_same;
use crate::{decode, events, try_decode};

fn shared(name: &str) -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("AUDITLAKE_SHARED").map_or(beside, PathBuf::from);
    root.join("data").join(name)
}

fn gunzip(path: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

struct Counts {
    records: u64,
    accepted: usize,
    without_date: usize,
    identified_by_hash: usize,
    quarantined: usize,
}

/// Decodes a file of one event a line and checks that each comes back.
fn round_trip_lines(name: &str) -> Counts {
    let text = gunzip(&shared(name));
    let lines: Vec<&str> = text.lines().collect();
    let file = try_decode(&std::fs::read(shared(name)).unwrap(), name).unwrap();
    let positions = arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(
        file.batch.column_by_name("_sourcePosition").unwrap(),
    );
    for (event, position) in events(&file).iter().zip(positions.values()) {
        assert_same(event, lines[*position as usize]);
    }
    for record in &file.object.quarantined {
        assert_eq!(record.bytes, lines[record.position as usize].as_bytes());
    }
    let ids = crate::texts(&file, "eventID");
    Counts {
        records: file.object.records,
        accepted: file.batch.num_rows(),
        without_date: file.object.event_dates.iter().filter(|date| date.is_none()).count(),
        identified_by_hash: ids.iter().filter(|id| id.as_deref().unwrap_or_default().is_empty()).count(),
        quarantined: file.object.quarantined.len(),
    }
}

#[test]
fn real_events_come_back() {
    let counts = round_trip_lines("real_events.ndjson.gz");
    assert_eq!((counts.records, counts.accepted, counts.quarantined), (4477, 4477, 0));
    // Logstash took the eventTime of these away.
    assert_eq!((counts.without_date, counts.identified_by_hash), (103, 0));
}

#[test]
fn odd_events_come_back_or_are_quarantined() {
    let counts = round_trip_lines("odd_events.ndjson.gz");
    assert_eq!(counts.records, 574);
    // One is an Insight event, which a store of activities leaves out.
    assert_eq!(counts.accepted + counts.quarantined + 1, 574);
    assert_eq!((counts.without_date, counts.identified_by_hash, counts.quarantined), (15, 37, 19));
}

#[test]
fn log_files_of_a_trail_come_back() {
    let mut folders = vec![shared("AWSLogs")];
    let (mut files, mut records) = (0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = gunzip(&path);
            let file = try_decode(&std::fs::read(&path).unwrap(), "log.json.gz").unwrap();
            let rebuilt = format!("{{\"Records\":[{}]}}", events(&file).join(","));
            assert_same(&rebuilt, &text);
            assert_eq!(file.object.uncompressed_bytes, text.len() as u64);
            files += 1;
            records += file.object.records;
        }
    }
    assert_eq!((files, records), (55, 2900));
}

#[test]
fn rebuilt_events_decode_to_the_same_columns() {
    let text = gunzip(&shared("odd_events.ndjson.gz"));
    let first = decode(&text);
    let second = decode(events(&first).join("\n"));
    assert_eq!(first.object.keys, second.object.keys);
    for (field, (one, other)) in
        first.batch.schema().fields().iter().zip(first.batch.columns().iter().zip(second.batch.columns()))
    {
        let is_same = one.to_data() == other.to_data();
        // Positions close ranks where records were quarantined; JSON text loses white space.
        let may_differ = field.name().starts_with("_source") || auditlake_events::schema::is_json(field);
        assert!(is_same || may_differ, "{}", field.name());
    }
}
