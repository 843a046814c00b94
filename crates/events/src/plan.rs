//! The layout of a category class prepared for reading: names to look up, cells to fill.
//!
//! ```text
//! layout (what an event may hold)  --Plan::new-->  nodes with name tables, one slot per leaf,
//! promoted paths of the store      ------------/   promoted members as further leaves
//! ```
//!
//! Struct leaves that are promoted need no slot: their column is the leaf's own array once more.

use auditlake_model::{CategoryClass, PromotedPath};
use xxhash_rust::xxh3::xxh3_64;

use crate::json::scan::StringToken;
use crate::layout::{Field, Kind, fields_of};
use crate::schema::check_promoted;
use crate::stage::MAX_LISTS;

/// How to read the events of one store.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) class: CategoryClass,
    pub(crate) root: Node,
    /// Number of cells of a row.
    pub(crate) width: usize,
    /// Number of places for guesses; see [`Node::first_guess`].
    pub(crate) guesses: usize,
    pub(crate) hidden: HiddenSlots,
    pub(crate) promoted: Vec<PromotedColumn>,
}

/// Slots of the hidden columns that differ from row to row.
#[derive(Debug)]
pub(crate) struct HiddenSlots {
    pub(crate) remainder: usize,
    pub(crate) derived: usize,
    pub(crate) position: usize,
}

/// Where a promoted column comes from.
#[derive(Debug)]
pub(crate) enum PromotedColumn {
    /// A member of a free-form field, which has its own slot.
    Slot(usize),
    /// A text leaf of a struct: top-level column, then member names.
    Leaf(Vec<String>),
}

/// An object whose members are known by name.
#[derive(Debug)]
pub(crate) struct Node {
    /// Structs are numbered in pre-order: those inside this one have `id < their id < end`.
    pub(crate) id: usize,
    pub(crate) end: usize,
    pub(crate) role: Role,
    pub(crate) members: Vec<Member>,
    /// Where the reader notes which member follows which: one place for the start and one for each member.
    pub(crate) first_guess: usize,
    table: NameTable,
}

/// What becomes of members that a node does not know, and where cells go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A struct: cells of the row; the rest goes to the remainder.
    Struct,
    /// An item of a list: cells of the item; the rest makes the list inexact.
    Item,
    /// Free-form JSON: cells of the row for promoted members; the text itself holds the rest.
    FreeForm,
}

/// A known member of a node.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The name in quotes and a colon, as logs write it.
    pub(crate) label: String,
    /// Hash of the name.
    pub(crate) hash: u64,
    /// Index into the cells of the row, or of the list item.
    pub(crate) slot: usize,
    pub(crate) value: Value,
}

/// What a member may hold; see [`Kind`].
#[derive(Debug)]
pub(crate) enum Value {
    Text,
    Bool,
    Time,
    Insight,
    Json(Node),
    Struct(Node),
    /// The number of the list, and the slots of an item: 0 tells whether it is an object, then its members.
    List(usize, Node),
    /// A member of free-form JSON; the node holds paths that lead through it.
    Promoted(Node),
}

impl Plan {
    /// Prepares a class and the promoted paths of a store for reading.
    pub(crate) fn new(class: CategoryClass, promoted: &[PromotedPath]) -> Self {
        let mut numbers = Numbers::default();
        let root = numbers.node(fields_of(class), Role::Struct);
        let mut plan = Self {
            class,
            root,
            width: 0,
            guesses: 0,
            hidden: HiddenSlots {
                remainder: numbers.slot(),
                derived: numbers.slot(),
                position: numbers.slot(),
            },
            promoted: Vec::new(),
        };
        for path in promoted.iter().filter(|path| check_promoted(class, path).is_ok()) {
            let names: Vec<String> = std::iter::once(&path.column).chain(&path.path).cloned().collect();
            let column = plan.root.promote(&names, &mut numbers);
            plan.promoted.push(column.unwrap_or(PromotedColumn::Leaf(names)));
        }
        plan.root.build_tables(&mut plan.guesses);
        plan.width = numbers.next_slot;
        plan
    }
}

/// Hands out slots and struct numbers.
#[derive(Debug, Default)]
struct Numbers {
    next_slot: usize,
    next_node: usize,
    next_list: usize,
}

impl Numbers {
    fn slot(&mut self) -> usize {
        self.next_slot += 1;
        self.next_slot - 1
    }

    fn node(&mut self, fields: &[Field], role: Role) -> Node {
        let id = self.next_node;
        self.next_node += 1;
        let members = fields.iter().map(|field| self.member(field)).collect();
        Node { id, end: self.next_node, role, members, first_guess: 0, table: NameTable::default() }
    }

    fn member(&mut self, field: &Field) -> Member {
        let slot = self.slot();
        let value = match field.kind {
            Kind::Text => Value::Text,
            Kind::Bool => Value::Bool,
            Kind::Time => Value::Time,
            Kind::Insight => Value::Insight,
            Kind::Json => Value::Json(self.node(&[], Role::FreeForm)),
            Kind::Struct(members) => Value::Struct(self.node(members, Role::Struct)),
            Kind::List(members) => self.list(members),
        };
        Member::new(field.name, slot, value)
    }

    /// Numbers the slots of a list item from 1; slot 0 tells whether the item is an object.
    fn list(&mut self, fields: &[Field]) -> Value {
        let mut item = Self { next_slot: 1, ..*self };
        let node = item.node(fields, Role::Item);
        self.next_node = item.next_node;
        self.next_list += 1;
        debug_assert!(self.next_list <= MAX_LISTS);
        Value::List(self.next_list - 1, node)
    }
}

impl Member {
    fn new(name: &str, slot: usize, value: Value) -> Self {
        Self {
            name: name.to_owned(),
            label: format!("\"{name}\":"),
            hash: xxh3_64(name.as_bytes()),
            slot,
            value,
        }
    }
}

impl Node {
    /// Returns the member of that name; `hash` is the hash of the name, escapes resolved.
    #[inline]
    pub(crate) fn find(&self, hash: u64, name: &StringToken<'_>) -> Option<usize> {
        let index = self.table.find(hash)?;
        // A known name is plain ASCII; written with escapes it has the same hash but other text.
        let member = self.members.get(index)?;
        (name.escaped || member.name == name.raw).then_some(index)
    }

    /// Returns the member that a path of names through structs leads to.
    pub(crate) fn member_at(&self, path: &[&str]) -> Option<&Member> {
        let (name, below) = path.split_first()?;
        let member = self.members.iter().find(|member| member.name == *name)?;
        match &member.value {
            _ if below.is_empty() => Some(member),
            Value::Struct(node) => node.member_at(below),
            _ => None,
        }
    }

    fn promote(&mut self, names: &[String], numbers: &mut Numbers) -> Option<PromotedColumn> {
        let (name, below) = names.split_first()?;
        let known = self.members.iter().position(|member| member.name == *name);
        if self.role != Role::FreeForm {
            return match &mut self.members.get_mut(known?)?.value {
                Value::Json(node) | Value::Struct(node) => node.promote(below, numbers),
                _ => None,
            };
        }
        let index = known.unwrap_or_else(|| {
            let value = Value::Promoted(numbers.node(&[], Role::FreeForm));
            self.members.push(Member::new(name, numbers.slot(), value));
            self.members.len() - 1
        });
        let member = self.members.get_mut(index)?;
        match &mut member.value {
            Value::Promoted(node) if !below.is_empty() => node.promote(below, numbers),
            _ => Some(PromotedColumn::Slot(member.slot)),
        }
    }

    /// Prepares for looking names up; `guesses` counts the places for guesses.
    fn build_tables(&mut self, guesses: &mut usize) {
        self.table = NameTable::new(self.members.iter().map(|member| member.hash));
        self.first_guess = *guesses;
        *guesses += self.members.len() + 1;
        for member in &mut self.members {
            if let Value::Json(node) | Value::Struct(node) | Value::List(_, node) | Value::Promoted(node) =
                &mut member.value
            {
                node.build_tables(guesses);
            }
        }
    }

    /// Returns the structs among the members, with their names.
    pub(crate) fn structs(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.members.iter().filter_map(|member| match &member.value {
            Value::Struct(node) => Some((member.name.as_str(), node)),
            _ => None,
        })
    }
}

/// Finds a member by the hash of its name: open addressing, a quarter full at most.
#[derive(Debug, Default)]
struct NameTable {
    /// (hash, index + 1); 0 marks a free place. The length is a power of two, or 0.
    places: Vec<(u64, u32)>,
}

impl NameTable {
    fn new(hashes: impl ExactSizeIterator<Item = u64>) -> Self {
        if hashes.len() == 0 {
            return Self::default();
        }
        let mut places = vec![(0, 0); (hashes.len() * 4).next_power_of_two()];
        let mask = places.len() - 1;
        for (index, hash) in hashes.enumerate() {
            let mut place = hash as usize & mask;
            while places[place].1 != 0 {
                place = (place + 1) & mask;
            }
            places[place] = (hash, index as u32 + 1);
        }
        Self { places }
    }

    #[inline]
    fn find(&self, hash: u64) -> Option<usize> {
        let mask = self.places.len().checked_sub(1)?;
        let mut place = hash as usize & mask;
        loop {
            let (known, index) = *self.places.get(place)?;
            if index == 0 {
                return None;
            }
            if known == hash {
                return Some(index as usize - 1);
            }
            place = (place + 1) & mask;
        }
    }
}
