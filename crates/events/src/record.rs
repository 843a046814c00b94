//! Reads one event from JSON text into a row of cells, in one pass.
//!
//! ```text
//! {"eventName":"GetObject","userIdentity":{"arn":..},"requestParameters":{..},"responseElements":null,"x":1}
//!      | span                   | span of each leaf        | span of all,             |               |
//!      v                        v                          v of promoted members      v               v
//!   cell                      cells                      cells                     remainder {"responseElements":null,"x":1}
//! ```
//! The same pass checks the grammar, bounds the depth and computes the content hash. What a typed
//! column cannot hold exactly is noted as *odd* and becomes the remainder of the row.

use std::sync::Arc;

use auditlake_model::parse_event_time;

use crate::envelope::ENVELOPE_NAMES;
use crate::json::canonical::write_canonical;
use crate::json::hash::{self, HashError, Hasher, hash_bool, hash_string, hash_token};
use crate::json::scan::{Cursor, StringToken, ValueKind};
use crate::json::text::unescape_into;
use crate::json::{Text, value_text};
use crate::plan::{Member, Node, Plan, Role, Value};
use crate::remainder::{Odd, write_remainder};
use crate::stage::{Cell, Origin, Staged};

/// Text that records are read from, and how cells refer to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) origin: Origin,
}

/// What reading a record told beside its row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) content_hash: u64,
    /// The object has a member that only envelopes have.
    pub(crate) maybe_envelope: bool,
}

/// Reads records into rows, for one source object after the other.
#[derive(Debug)]
pub(crate) struct RecordReader {
    plan: Arc<Plan>,
    max_depth: usize,
    row: RowReader,
}

/// The row being read, and the rows read before.
#[derive(Debug)]
struct RowReader {
    staged: Staged,
    hasher: Hasher,
    odds: Vec<Odd>,
    found: Found,
    /// Indexes of the members that came next the last time, by place.
    guesses: Vec<usize>,
}

/// What was met so far in the record being read.
#[derive(Debug, Default)]
struct Found {
    envelope_name: bool,
    repeated_name: bool,
    inexact_list: bool,
    /// The list item being read: number of the list, index of the item's first cell.
    item: (usize, usize),
}

/// What the functions below hand down: where they read, and how deep they may go.
#[derive(Clone, Copy)]
struct Scope<'a> {
    source: Source<'a>,
    /// How many objects and arrays may be open inside the value being read.
    depth: usize,
}

impl Scope<'_> {
    fn inside(self) -> Result<Self, HashError> {
        let depth = self.depth.checked_sub(1).ok_or(HashError::TooDeep)?;
        Ok(Self { depth, ..self })
    }
}

impl RecordReader {
    pub(crate) fn new(plan: Arc<Plan>, max_depth: usize) -> Self {
        let staged = Staged::new(plan.width);
        let guesses = vec![0; plan.guesses];
        let (hasher, odds, found) = (Hasher::default(), Vec::new(), Found::default());
        let row = RowReader { staged, hasher, odds, found, guesses };
        Self { plan, max_depth, row }
    }

    /// Returns the rows read since they were cleared.
    pub(crate) fn staged(&self) -> &Staged {
        &self.row.staged
    }

    pub(crate) fn staged_mut(&mut self) -> &mut Staged {
        &mut self.row.staged
    }

    /// Reads the object at the cursor into a new row and moves past it.
    ///
    /// # Errors
    /// A fault of the grammar or too deep nesting. The row is unfinished then: roll it back.
    pub(crate) fn read(&mut self, source: Source<'_>, cursor: &mut Cursor<'_>) -> Result<Shape, HashError> {
        let mark = self.row.staged.mark();
        let start = cursor.position();
        let shape = self.row.read(&self.plan, self.max_depth, source, cursor)?;
        if !self.row.found.repeated_name {
            return Ok(shape);
        }
        // Repeated names are legal JSON, and the last one counts. No trail writes them, so the reader stays
        // simple: the record is written anew without them and read again.
        self.row.staged.roll_back(mark);
        let mut canonical = String::new();
        write_canonical(&mut Cursor::new(cursor.since(start)), self.max_depth, &mut canonical)?;
        self.read_made(&canonical)
    }

    /// Reads a record whose text is not part of the source object.
    pub(crate) fn read_made(&mut self, text: &str) -> Result<Shape, HashError> {
        let mut cursor = Cursor::new(text);
        if cursor.value_kind()? != ValueKind::Object {
            return Err(cursor.error("an object").into());
        }
        let offset = self.row.staged.scratch.len();
        self.row.staged.scratch.push_str(text);
        let shape = self.read(Source { text, origin: Origin::Scratch { offset } }, &mut cursor)?;
        cursor.expect_end()?;
        Ok(shape)
    }
}

impl RowReader {
    fn read(
        &mut self,
        plan: &Plan,
        max_depth: usize,
        source: Source<'_>,
        cursor: &mut Cursor<'_>,
    ) -> Result<Shape, HashError> {
        self.hasher.reset();
        self.odds.clear();
        self.found = Found::default();
        self.staged.start_row();
        let scope = Scope { source, depth: max_depth }.inside()?;
        let content_hash = self.object(&plan.root, scope, cursor)?;
        if !self.odds.is_empty() {
            let start = self.staged.scratch.len();
            write_remainder(&plan.root, &self.odds, source.text, &mut self.staged.scratch);
            let remainder = self.staged.made_since(start);
            self.staged.last_row()[plan.hidden.remainder] = remainder;
        }
        Ok(Shape { content_hash, maybe_envelope: self.found.envelope_name })
    }

    /// Reads an object of known members and returns its hash.
    fn object(&mut self, node: &Node, scope: Scope<'_>, cursor: &mut Cursor<'_>) -> Result<u64, HashError> {
        let mut state = self.hasher.begin_object();
        let mut seen = 0_u64;
        // The place of the member before; 0 is the start.
        let mut place = 0;
        let mut has_next = cursor.open(b'}');
        while has_next {
            let (index, name, name_hash) = self.next_name(node, place, cursor)?;
            let value_hash = match index {
                Some(index) => {
                    let bit = 1_u64.checked_shl(index as u32).unwrap_or(0);
                    self.found.repeated_name |= seen & bit != 0 && node.role != Role::FreeForm;
                    seen |= bit;
                    place = index + 1;
                    self.member(node, &node.members[index], &name, scope, cursor)?
                }
                None => self.unknown_member(node, &name, scope, cursor)?,
            };
            self.hasher.add_member(&mut state, name_hash, value_hash);
            has_next = cursor.more(b'}')?;
        }
        Ok(self.hasher.end_object(state))
    }

    /// Reads a member name; returns its index in the node if it is known, and its hash.
    ///
    /// Producers write members in nearly the same order each time. So the member that followed the one
    /// before the last time is tried first, which saves reading, hashing and looking up the name.
    #[inline]
    fn next_name<'a>(
        &mut self,
        node: &Node,
        place: usize,
        cursor: &mut Cursor<'a>,
    ) -> Result<(Option<usize>, StringToken<'a>, u64), HashError> {
        cursor.skip_space();
        let guess = &mut self.guesses[node.first_guess + place];
        if let Some(member) = node.members.get(*guess)
            && let Some(name) = cursor.label(&member.label)
        {
            return Ok((Some(*guess), name, member.hash));
        }
        let name = cursor.key()?;
        let hash = hash_token(&name);
        let index = node.find(hash, &name);
        if let Some(index) = index {
            *guess = index;
        }
        Ok((index, name, hash))
    }

    fn unknown_member(
        &mut self,
        node: &Node,
        name: &StringToken<'_>,
        scope: Scope<'_>,
        cursor: &mut Cursor<'_>,
    ) -> Result<u64, HashError> {
        if node.role == Role::FreeForm {
            return self.hasher.value(cursor, scope.depth);
        }
        self.found.envelope_name |= node.id == 0 && ENVELOPE_NAMES.contains(&name.raw);
        self.odd_value(node, name, scope, cursor)
    }

    /// Reads a value that no column holds, to be kept in the remainder.
    fn odd_value(
        &mut self,
        node: &Node,
        name: &StringToken<'_>,
        scope: Scope<'_>,
        cursor: &mut Cursor<'_>,
    ) -> Result<u64, HashError> {
        cursor.skip_space();
        let start = cursor.position();
        let hash = self.hasher.value(cursor, scope.depth)?;
        self.note_odd(node, name, start, cursor);
        Ok(hash)
    }

    /// Notes that the value from `start` to the cursor goes to the remainder.
    fn note_odd(&mut self, node: &Node, name: &StringToken<'_>, start: usize, cursor: &Cursor<'_>) {
        if node.role == Role::Item {
            self.found.inexact_list = true;
            return;
        }
        // The name with its quotes, as written.
        let name = name.start - 1..name.start + name.raw.len() + 1;
        self.odds.push(Odd { node: node.id, name, value: start..cursor.position() });
    }

    /// Reads the value of a known member and returns its hash.
    #[inline]
    fn member(
        &mut self,
        node: &Node,
        member: &Member,
        name: &StringToken<'_>,
        scope: Scope<'_>,
        cursor: &mut Cursor<'_>,
    ) -> Result<u64, HashError> {
        let kind = cursor.value_kind()?;
        let start = cursor.position();
        match (&member.value, kind) {
            (Value::Text, ValueKind::String) => {
                let token = cursor.string()?;
                match self.exact_text(scope.source, &token) {
                    Some(cell) => self.put(node, member, cell),
                    None => self.note_odd(node, name, start, cursor),
                }
                Ok(hash_string(&token))
            }
            (Value::Bool, ValueKind::True | ValueKind::False) => {
                let value = kind == ValueKind::True;
                cursor.literal(if value { "true" } else { "false" })?;
                self.put(node, member, Cell::bool(value));
                Ok(hash_bool(value))
            }
            (Value::Time, ValueKind::String) => {
                let token = cursor.string()?;
                let time = parse_event_time(token.raw.as_bytes()).filter(|_| !token.escaped);
                if let Some(time) = time {
                    self.put(node, member, Cell::time(time));
                }
                if time.is_none() || !is_canonical_time(token.raw) {
                    self.note_odd(node, name, start, cursor);
                }
                Ok(hash_string(&token))
            }
            (Value::Json(below), ValueKind::Object) => {
                let hash = self.object(below, scope.inside()?, cursor)?;
                self.put(node, member, Cell::text(scope.source.origin, start, cursor.position() - start));
                Ok(hash)
            }
            (Value::Struct(below), ValueKind::Object) => {
                self.put(node, member, Cell::PRESENT);
                self.object(below, scope.inside()?, cursor)
            }
            (Value::List(list, item), ValueKind::Array) => {
                let (hash, cell) = self.list(*list, item, scope.inside()?, cursor)?;
                self.put(node, member, cell);
                if std::mem::take(&mut self.found.inexact_list) {
                    self.note_odd(node, name, start, cursor);
                }
                Ok(hash)
            }
            (Value::Insight, ValueKind::Object) => {
                // Its numbers become doubles, which lose digits: the text is kept beside the column.
                let hash = self.odd_value(node, name, scope, cursor)?;
                self.put(node, member, Cell::text(scope.source.origin, start, cursor.position() - start));
                Ok(hash)
            }
            (Value::Promoted(below), kind) => self.promoted(node, member, below, kind, scope, cursor),
            _ => self.odd_value(node, name, scope, cursor),
        }
    }

    /// Reads the items of an array and returns its hash and cell.
    fn list(
        &mut self,
        list: usize,
        node: &Node,
        scope: Scope<'_>,
        cursor: &mut Cursor<'_>,
    ) -> Result<(u64, Cell), HashError> {
        let width = node.members.len() + 1;
        let first_item = self.staged.items[list].len() / width;
        let mut count = 0;
        let mut hash = hash::EMPTY_ARRAY;
        let mut has_next = cursor.open(b']');
        while has_next {
            let items = &mut self.staged.items[list];
            let first_cell = items.len();
            items.resize(first_cell + width, Cell::NULL);
            let item_hash = if cursor.value_kind()? == ValueKind::Object {
                items[first_cell] = Cell::PRESENT;
                self.found.item = (list, first_cell);
                self.object(node, scope.inside()?, cursor)?
            } else {
                self.found.inexact_list = true;
                self.hasher.value(cursor, scope.depth)?
            };
            count += 1;
            hash = hash::add_item(hash, item_hash);
            has_next = cursor.more(b']')?;
        }
        Ok((hash, Cell::items(first_item, count)))
    }

    /// Reads a promoted member of a free-form field: its text as `member_text` gives it.
    fn promoted(
        &mut self,
        node: &Node,
        member: &Member,
        below: &Node,
        kind: ValueKind,
        scope: Scope<'_>,
        cursor: &mut Cursor<'_>,
    ) -> Result<u64, HashError> {
        let start = cursor.position();
        self.clear(below);
        let hash = if kind == ValueKind::Object && !below.members.is_empty() {
            self.object(below, scope.inside()?, cursor)?
        } else {
            self.hasher.value(cursor, scope.depth)?
        };
        let cell = match value_text(cursor.since(start)) {
            None => Cell::NULL,
            Some(Text::Part(part)) => {
                let quote = usize::from(kind == ValueKind::String);
                Cell::text(scope.source.origin, start + quote, part.len())
            }
            Some(Text::Made(made)) => self.staged.make_text(&made),
        };
        self.put(node, member, cell);
        Ok(hash)
    }

    /// Forgets the members of an earlier value of the same name.
    fn clear(&mut self, node: &Node) {
        for member in &node.members {
            self.staged.last_row()[member.slot] = Cell::NULL;
            if let Value::Promoted(below) = &member.value {
                self.clear(below);
            }
        }
    }

    /// Returns the cell of a string, or `None` if it is no Unicode text.
    #[inline]
    fn exact_text(&mut self, source: Source<'_>, token: &StringToken<'_>) -> Option<Cell> {
        if !token.escaped {
            return Some(Cell::text(source.origin, token.start, token.raw.len()));
        }
        let start = self.staged.scratch.len();
        let exact = unescape_into(token.raw, &mut self.staged.scratch);
        exact.then(|| self.staged.made_since(start))
    }

    #[inline]
    fn put(&mut self, node: &Node, member: &Member, cell: Cell) {
        if node.role == Role::Item {
            let (list, first) = self.found.item;
            self.staged.items[list][first + member.slot] = cell;
        } else {
            self.staged.last_row()[member.slot] = cell;
        }
    }
}

/// Tells whether time text that was read is what a timestamp prints as again.
///
/// That is the form of every trail, to the second; second 60 is read as the next minute.
fn is_canonical_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 20 && bytes[10] == b'T' && bytes[19] == b'Z' && &bytes[17..19] != b"60"
}
