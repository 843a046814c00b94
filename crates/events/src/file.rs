//! Walks the records of one source object and gives an account of each.
//!
//! ```text
//! {"Records":[..]}  [..]  {..}\n{..}  CSV
//!        \           |       |        /
//!         one record at a time: read into a row
//!              | no event          | not wanted        | wanted
//!              v                   v                   v
//!          quarantine            counted             the row stays
//! ```
//! Rows reach the columns only when the whole object has been read.

use std::ops::Range;

use auditlake_model::{Error, EventDate, Result, Timestamp};
use bytes::Bytes;

use crate::columns::BatchBuilder;
use crate::decode::{Decoder, Quarantined, SourceHint};
use crate::envelope::{Envelope, opens_as_records, recognise};
use crate::facts::Facts;
use crate::filter::{Filtered, Verdict, judge};
use crate::input::{CheckedText, Content};
use crate::insight;
use crate::json::hash::HashError;
use crate::json::scan::{Cursor, SyntaxError, ValueKind};
use crate::key::{EventKey, id_hash_of, id_hash_of_json};
use crate::record::{RecordReader, Shape, Source};
use crate::refusal;
use crate::saved_results::{EventTexts, event_texts};
use crate::schema::EVENT_CATEGORY;
use crate::stage::{Cell, MAX_TEXT_BYTES, Mark, Origin};

/// How far envelopes may be nested in each other.
const MAX_ENVELOPES: usize = 4;

/// What became of the records of a source object.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) event_dates: Vec<Option<EventDate>>,
    pub(crate) keys: Vec<EventKey>,
    pub(crate) quarantined: Vec<Quarantined>,
    pub(crate) filtered: Filtered,
    pub(crate) records: u64,
    pub(crate) time_bounds: Option<(Timestamp, Timestamp)>,
}

/// Reads the records of a source object and appends the events among them to `builder`.
pub(crate) fn read_file(
    content: &Content<'_>,
    hint: &SourceHint,
    decoder: &Decoder,
    reader: &mut RecordReader,
    builder: &mut BatchBuilder,
) -> Result<Account> {
    reader.staged_mut().clear();
    let checked = CheckedText::new(content.bytes());
    let mut file = FileReader {
        decoder,
        bytes: content.bytes(),
        skipped_bytes: content.skipped_bytes(),
        checked: &checked,
        reader,
        account: Account::default(),
    };
    match checked.text().trim_start().as_bytes().first() {
        Some(b'{' | b'[') => file.stream()?,
        _ => match event_texts(checked.text(), &hint.name)? {
            Some(texts) => file.rows(texts)?,
            None => return Err(refusal::no_log(content.bytes(), hint)),
        },
    }
    builder.append(file.reader.staged(), checked.text(), &hint.uri, &decoder.options().import_id)?;
    Ok(file.account)
}

struct FileReader<'a> {
    decoder: &'a Decoder,
    bytes: &'a [u8],
    skipped_bytes: u64,
    checked: &'a CheckedText<'a>,
    reader: &'a mut RecordReader,
    account: Account,
}

/// Where a record stands in the source object, and its own text.
struct Record<'a> {
    range: Range<usize>,
    text: &'a str,
}

impl<'a> FileReader<'a> {
    fn source(&self) -> Source<'a> {
        Source { text: self.checked.text(), origin: Origin::Source }
    }

    /// Reads JSON values until the text ends.
    fn stream(&mut self) -> Result<()> {
        let mut cursor = Cursor::new(self.checked.text());
        cursor.skip_space();
        while cursor.peek().is_some() {
            match cursor.value_kind() {
                Ok(ValueKind::Array) => self.array(&mut cursor, 0)?,
                _ => self.value(&mut cursor, 0)?,
            }
            cursor.skip_space();
        }
        Ok(())
    }

    /// Reads the items of the array at the cursor.
    fn array(&mut self, cursor: &mut Cursor<'a>, level: usize) -> Result<()> {
        let mut has_next = cursor.open(b']');
        while has_next {
            self.value(cursor, level)?;
            has_next = cursor.more(b']').map_err(|error| self.malformed(error))?;
        }
        Ok(())
    }

    /// Reads every array of that name in the object at the cursor.
    fn member_arrays(&mut self, cursor: &mut Cursor<'a>, name: &str, level: usize) -> Result<()> {
        let mut has_next = cursor.open(b'}');
        while has_next {
            let key = cursor.key().map_err(|error| self.malformed(error))?;
            let kind = cursor.value_kind().map_err(|error| self.malformed(error))?;
            if key.raw == name && kind == ValueKind::Array {
                self.array(cursor, level)?;
            } else {
                cursor.skip_value().map_err(|error| self.malformed(error))?;
            }
            has_next = cursor.more(b'}').map_err(|error| self.malformed(error))?;
        }
        Ok(())
    }

    /// Reads one value: an event, an envelope, or something to quarantine.
    fn value(&mut self, cursor: &mut Cursor<'a>, level: usize) -> Result<()> {
        let kind = cursor.value_kind().map_err(|error| self.malformed(error))?;
        let start = *cursor;
        if kind != ValueKind::Object {
            cursor.skip_value().map_err(|error| self.malformed(error))?;
            self.quarantine(
                start.position()..cursor.position(),
                format!("record is {}, no object", name_of(kind)),
            );
            return Ok(());
        }
        if level < MAX_ENVELOPES && opens_as_records(start) {
            return self.member_arrays(cursor, "Records", level + 1);
        }
        let mark = self.reader.staged().mark();
        let read = self.reader.read(self.source(), cursor);
        let maybe_envelope = read.as_ref().map_or(true, |shape| shape.maybe_envelope);
        if maybe_envelope && level < MAX_ENVELOPES && self.envelope(start, cursor, mark, level)? {
            return Ok(());
        }
        if read.is_err() {
            *cursor = start;
            cursor.skip_value().map_err(|error| self.malformed(error))?;
        }
        let range = start.position()..cursor.position();
        self.finish(read, mark, &Record { text: cursor.since(start.position()), range })
    }

    /// Reads what is inside the object at `start` if it is an envelope; tells whether it is.
    fn envelope(
        &mut self,
        start: Cursor<'a>,
        cursor: &mut Cursor<'a>,
        mark: Mark,
        level: usize,
    ) -> Result<bool> {
        let envelope = match recognise(start) {
            Ok(Envelope::None) => return Ok(false),
            Ok(envelope) => envelope,
            // The caller finds the fault again and names its place.
            Err(_) => return Ok(false),
        };
        self.reader.staged_mut().roll_back(mark);
        *cursor = start;
        match envelope {
            Envelope::Array(name) => {
                self.member_arrays(cursor, name, level + 1)?;
                return Ok(true);
            }
            Envelope::Digest => return Err(refusal::digest()),
            Envelope::Policy => return Err(refusal::policy()),
            Envelope::Detail(offset) => {
                self.value(&mut Cursor::at(self.checked.text(), offset), level + 1)?;
            }
            Envelope::Text(text) => {
                let mut end = start;
                end.skip_value().map_err(|error| self.malformed(error))?;
                self.embedded(&text, start.position()..end.position())?;
            }
            Envelope::None => {}
        }
        cursor.skip_value().map_err(|error| self.malformed(error))?;
        Ok(true)
    }

    /// Reads the events of a saved query result.
    fn rows(&mut self, texts: EventTexts<'_>) -> Result<()> {
        for row in texts {
            let row = row?;
            self.embedded(&row.text, row.range)?;
        }
        Ok(())
    }

    /// Reads an event that is the text of some value or cell at `range`.
    fn embedded(&mut self, text: &str, range: Range<usize>) -> Result<()> {
        let mark = self.reader.staged().mark();
        let read = self.reader.read_made(text);
        self.finish(read, mark, &Record { range, text })
    }

    /// Decides what becomes of the row that was read last.
    fn finish(&mut self, read: Result<Shape, HashError>, mark: Mark, record: &Record<'_>) -> Result<()> {
        let kept = self.keep(read, record);
        if kept != Ok(true) {
            self.reader.staged_mut().roll_back(mark);
        }
        if self.reader.staged().scratch.len() > MAX_TEXT_BYTES {
            return Err(refusal::too_much_made_text(self.account.records));
        }
        match kept {
            Ok(_) => self.account.records += 1,
            Err(reason) => self.quarantine(record.range.clone(), reason),
        }
        Ok(())
    }

    /// Keeps the row as an event or counts it as filtered; returns whether it stays.
    ///
    /// # Errors
    /// Why the record is no event.
    fn keep(&mut self, read: Result<Shape, HashError>, record: &Record<'_>) -> Result<bool, String> {
        let max_depth = self.decoder.options().limits.json_depth();
        let shape = read.map_err(|error| reason_of(error, max_depth))?;
        if let Some(offset) = self.checked.bad_offset_in(&record.range) {
            return Err(format!(
                "record holds bytes that are no UTF-8, first at byte {}",
                self.offset_of(offset)
            ));
        }
        let facts =
            Facts { staged: self.reader.staged(), source: self.checked.text(), slots: self.decoder.slots() };
        let (time, id) = (facts.time(), facts.id());
        if time.is_none() && id.is_none() {
            return Err("object has neither a readable eventTime nor an eventID".to_owned());
        }
        let derived = facts.told_category().is_none().then(|| facts.derive_category());
        if let Verdict::Filter(reason) = judge(&facts, derived, self.decoder) {
            self.account.filtered.count(reason);
            return Ok(false);
        }
        let id_hash = match id {
            Some(id) => id_hash_of(id),
            None => id_hash_of_json(record.text, max_depth).map_err(|error| reason_of(error, max_depth))?,
        };
        self.account.keys.push(EventKey { id_hash, content_hash: shape.content_hash });
        self.account.event_dates.push(time.map(Timestamp::event_date));
        if let Some(time) = time {
            let (earliest, latest) = self.account.time_bounds.unwrap_or((time, time));
            self.account.time_bounds = Some((earliest.min(time), latest.max(time)));
        }
        self.complete_row(derived.map(|category| category.as_str()));
        Ok(true)
    }

    /// Fills the cells of the row that are not read from the record.
    fn complete_row(&mut self, derived_category: Option<&str>) {
        let plan = self.decoder.plan();
        let staged = self.reader.staged_mut();
        let mut derived = String::new();
        if let (Some(category), Some(slot)) = (derived_category, self.decoder.slots().category) {
            let cell = staged.make_text(category);
            staged.last_row()[slot] = cell;
            derived.push_str(EVENT_CATEGORY);
        }
        insight::derive_from_details(plan, staged, self.checked.text(), &mut derived);
        if !derived.is_empty() {
            let cell = staged.make_text(&derived);
            staged.last_row()[plan.hidden.derived] = cell;
        }
        staged.last_row()[plan.hidden.position] = Cell::number(self.account.records);
    }

    fn quarantine(&mut self, range: Range<usize>, reason: String) {
        let position = self.account.records;
        let offset = self.offset_of(range.start);
        let bytes = Bytes::copy_from_slice(self.bytes.get(range).unwrap_or_default());
        self.account.quarantined.push(Quarantined { position, offset, reason, bytes });
        self.account.records += 1;
    }

    fn offset_of(&self, offset: usize) -> u64 {
        self.skipped_bytes + offset as u64
    }

    /// Describes a fault that leaves the rest of the source object unreadable.
    fn malformed(&self, error: SyntaxError) -> Error {
        let cut_off = error.offset >= self.bytes.len();
        refusal::malformed(error, self.offset_of(error.offset), self.account.records, cut_off)
    }
}

fn reason_of(error: HashError, max_depth: usize) -> String {
    match error {
        HashError::TooDeep => format!("record is nested deeper than {max_depth} levels"),
        HashError::Syntax(error) => format!(
            "text of the event is malformed JSON: expected {} at byte {}",
            error.expected, error.offset
        ),
    }
}

fn name_of(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::String => "a string",
        ValueKind::Object => "an object",
        ValueKind::Array => "an array",
        ValueKind::Number => "a number",
        ValueKind::True | ValueKind::False => "a boolean",
        ValueKind::Null => "null",
    }
}
