//! Rows of one source object on their way into columns.
//!
//! A row is a fixed number of cells, one per leaf of the schema. A cell holds a small value itself, or says
//! where its text lies: in the text of the source object, or in the scratch text for what had to be made
//! (resolved escapes, remainders). So scanning copies no strings, and a source object that turns out to
//! be broken halfway leaves no trace in the columns.

use std::ops::Range;

use auditlake_model::Timestamp;

/// Texts must be shorter, so that an offset and its origin fit 32 bits.
pub(crate) const MAX_TEXT_BYTES: usize = (1 << 31) - 1;

const SCRATCH: u32 = 1 << 31;

/// One value of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell(u64);

impl Cell {
    pub(crate) const NULL: Self = Self(u64::MAX);
    /// Marks a struct or list item that is there.
    pub(crate) const PRESENT: Self = Self(0);

    /// Text at an offset below [`MAX_TEXT_BYTES`] of one of the two texts.
    #[inline]
    pub(crate) fn text(origin: Origin, start: usize, length: usize) -> Self {
        debug_assert!(start <= MAX_TEXT_BYTES && length <= MAX_TEXT_BYTES);
        let start = match origin {
            Origin::Source => start as u32,
            Origin::Scratch { offset } => (offset + start) as u32 | SCRATCH,
        };
        Self(u64::from(start) << 32 | length as u64)
    }

    /// The items of a list: number of the first one among those of its column, and how many.
    pub(crate) fn items(first: usize, count: usize) -> Self {
        Self((first as u64) << 32 | count as u64)
    }

    pub(crate) fn as_items(self) -> Range<usize> {
        let (first, count) = ((self.0 >> 32) as usize, (self.0 as u32) as usize);
        first..first + count
    }

    /// A count below 2^63.
    pub(crate) fn number(value: u64) -> Self {
        Self(value)
    }

    pub(crate) fn as_number(self) -> i64 {
        self.0 as i64
    }

    pub(crate) fn bool(value: bool) -> Self {
        Self(u64::from(value))
    }

    pub(crate) fn as_bool(self) -> bool {
        self.0 == 1
    }

    /// The last instant an i64 can hold would be null; no event has it.
    pub(crate) fn time(time: Timestamp) -> Self {
        Self(time.0 as u64 ^ (1 << 63))
    }

    pub(crate) fn as_time(self) -> Timestamp {
        Timestamp((self.0 ^ (1 << 63)) as i64)
    }

    #[inline]
    pub(crate) fn is_null(self) -> bool {
        self == Self::NULL
    }
}

/// Which text offsets count from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin {
    /// The text of the source object.
    Source,
    /// The scratch text, from `offset` on.
    Scratch { offset: usize },
}

/// The rows of one source object.
///
/// - `cells` holds a whole number of rows; the last row may be under construction.
/// - `items` holds the members of list items, for each list column those of all rows in order.
#[derive(Debug)]
pub(crate) struct Staged {
    width: usize,
    cells: Vec<Cell>,
    pub(crate) items: [Vec<Cell>; MAX_LISTS],
    pub(crate) scratch: String,
}

/// No category class has more list columns.
pub(crate) const MAX_LISTS: usize = 2;

/// A state of [`Staged`] to go back to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    cells: usize,
    items: [usize; MAX_LISTS],
    scratch: usize,
}

impl Staged {
    pub(crate) fn new(width: usize) -> Self {
        Self { width, cells: Vec::new(), items: Default::default(), scratch: String::new() }
    }

    /// Forgets all rows and keeps the room.
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.items.iter_mut().for_each(Vec::clear);
        self.scratch.clear();
    }

    pub(crate) fn num_rows(&self) -> usize {
        self.cells.len() / self.width
    }

    pub(crate) fn mark(&self) -> Mark {
        let items = self.items.each_ref().map(Vec::len);
        Mark { cells: self.cells.len(), items, scratch: self.scratch.len() }
    }

    pub(crate) fn roll_back(&mut self, mark: Mark) {
        self.cells.truncate(mark.cells);
        for (items, length) in self.items.iter_mut().zip(mark.items) {
            items.truncate(length);
        }
        self.scratch.truncate(mark.scratch);
    }

    /// Starts a row of nulls, which is the last one until the next call.
    pub(crate) fn start_row(&mut self) {
        self.cells.resize(self.cells.len() + self.width, Cell::NULL);
    }

    /// Returns the cells of the last row.
    #[inline]
    pub(crate) fn last_row(&mut self) -> &mut [Cell] {
        let start = self.cells.len().saturating_sub(self.width);
        &mut self.cells[start..]
    }

    /// Returns a cell of the last row.
    #[inline]
    pub(crate) fn last(&self, slot: usize) -> Cell {
        self.cells[self.cells.len() - self.width + slot]
    }

    /// Returns the cells of all rows, row by row.
    pub(crate) fn rows(&self) -> Cells<'_> {
        Cells { cells: &self.cells, width: self.width }
    }

    /// Returns the cells of some items of a list column, whose items have `width` cells.
    pub(crate) fn items_of(&self, list: usize, width: usize, items: Range<usize>) -> Cells<'_> {
        let cells = self.items.get(list).and_then(|cells| cells.get(items.start * width..items.end * width));
        Cells { cells: cells.unwrap_or_default(), width }
    }

    /// Appends made text and returns its cell.
    pub(crate) fn make_text(&mut self, text: &str) -> Cell {
        let start = self.scratch.len();
        self.scratch.push_str(text);
        self.made_since(start)
    }

    /// Returns the cell of the scratch text from `start` to its end.
    pub(crate) fn made_since(&self, start: usize) -> Cell {
        Cell::text(Origin::Scratch { offset: 0 }, start, self.scratch.len() - start)
    }

    /// Returns the text of a text cell, where `source` is the text of the source object.
    #[inline]
    pub(crate) fn text_of<'a>(&'a self, source: &'a str, cell: Cell) -> Option<&'a str> {
        if cell.is_null() {
            return None;
        }
        let (start, length) = ((cell.0 >> 32) as u32, cell.0 as u32);
        let (text, start) = if start & SCRATCH == 0 {
            (source, start as usize)
        } else {
            (self.scratch.as_str(), (start & !SCRATCH) as usize)
        };
        text.get(start..start + length as usize)
    }
}

/// Cells of equal groups, one group after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells<'a> {
    cells: &'a [Cell],
    width: usize,
}

impl<'a> Cells<'a> {
    pub(crate) fn len(&self) -> usize {
        self.cells.len() / self.width
    }

    /// Cuts the groups into blocks of `count`, the last one of the rest.
    pub(crate) fn blocks(&self, count: usize) -> impl Iterator<Item = Cells<'a>> + use<'a> {
        let width = self.width;
        self.cells.chunks(count * width).map(move |cells| Cells { cells, width })
    }

    /// Returns the groups, in order.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &'a [Cell]> + use<'a> {
        self.cells.chunks_exact(self.width)
    }

    /// Returns one cell of each group, in order.
    #[inline]
    pub(crate) fn column(&self, slot: usize) -> impl Iterator<Item = Cell> + use<'a> {
        self.groups().map(move |group| group[slot])
    }
}
