//! How names are spelled: one spelling inside the plan, the user's own outside.

use std::collections::HashMap;

use datafusion::arrow::datatypes::Schema;

use super::position::Position;

/// The one spelling of each name inside plans.
///
/// SQL names ignore case, columns in files do not. So every name is folded, where it is defined and where it
/// is used, quoted or not: a column of a table that the statement reads gets that column's spelling, any
/// other name becomes lower case. Two tables that spell a column differently cannot both have theirs: the
/// first one met wins.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    columns: HashMap<String, String>,
}

impl Spelling {
    /// Adds the columns of a table.
    pub(super) fn add_table(&mut self, schema: &Schema) {
        for field in schema.fields() {
            self.columns.entry(field.name().to_lowercase()).or_insert_with(|| field.name().clone());
        }
    }

    /// Returns the spelling of a name inside the plan.
    pub(super) fn fold(&self, name: &str) -> String {
        let lower = name.to_lowercase();
        self.columns.get(&lower).cloned().unwrap_or(lower)
    }
}

/// Where names stand in the text, and how the user spelled them.
///
/// The planner knows names folded and without places; errors and results look them up here.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    /// First use of each name of a column, relation or function, by its folded form, and of members as written.
    uses: HashMap<String, Use>,
    /// Aliases as typed, by their folded form.
    aliases: HashMap<String, String>,
    /// First place of each text in quotes.
    texts: HashMap<String, Position>,
}

#[derive(Debug)]
struct Use {
    typed: String,
    position: Position,
}

impl NameIndex {
    /// Notes the first use of a name.
    pub(super) fn add(&mut self, folded: &str, typed: &str, position: Option<Position>) {
        if let Some(position) = position
            && !self.uses.contains_key(folded)
        {
            self.uses.insert(folded.to_owned(), Use { typed: typed.to_owned(), position });
        }
    }

    /// Notes how an alias was typed.
    pub(super) fn add_alias(&mut self, folded: &str, typed: &str) {
        self.aliases.entry(folded.to_owned()).or_insert_with(|| typed.to_owned());
    }

    /// Notes where a text in quotes stands first.
    pub(super) fn add_text(&mut self, text: &str, position: Option<Position>) {
        if let Some(position) = position
            && !self.texts.contains_key(text)
        {
            self.texts.insert(text.to_owned(), position);
        }
    }

    /// Returns where a text in quotes stands first.
    pub(super) fn text_place(&self, text: &str) -> Option<Position> {
        self.texts.get(text).copied()
    }

    /// Returns where a name stands first.
    pub(super) fn place(&self, folded: &str) -> Option<Position> {
        self.uses.get(folded).map(|found| found.position)
    }

    /// Returns a name that the statement uses as it was typed.
    pub(super) fn used(&self, folded: &str) -> String {
        self.uses.get(folded).map_or_else(|| folded.to_owned(), |found| found.typed.clone())
    }

    /// Returns the name of a column of the plan as the user would write it.
    pub(super) fn typed(&self, folded: &str) -> String {
        let name = strip_marker(folded);
        self.aliases.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }
}

/// Makes `name` unique among the columns of a SELECT; `:` is in no other name that a plan makes up.
pub(super) fn mark(name: &str, item: usize) -> String {
    format!("{name}:{item}")
}

/// Undoes [`mark`].
fn strip_marker(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((head, tail)) if !tail.is_empty() && tail.bytes().all(|byte| byte.is_ascii_digit()) => head,
        _ => name,
    }
}

/// Returns the candidate that `name` was likely meant to be.
///
/// Case does not count. A candidate must share half of the longer name, or hold the other one as a part.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let score = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let distance = strsim::normalized_damerau_levenshtein(&wanted, &candidate);
        let is_part = wanted.len() >= 4 && candidate.contains(&wanted);
        if is_part { distance.max(0.5) } else { distance }
    };
    let scored = candidates.into_iter().map(|candidate| (score(candidate), candidate));
    let best = scored.filter(|(score, _)| *score >= 0.5).max_by(|left, right| {
        // Of equals the shorter, then the first in the alphabet, so that the answer does not change from run to run.
        let by_text = (right.1.len(), right.1).cmp(&(left.1.len(), left.1));
        left.0.total_cmp(&right.0).then(by_text)
    });
    best.map(|(_, candidate)| candidate)
}

/// Returns the path of a member that has this name, as one would write it: `userIdentity.arn`.
///
/// For users who take a member of a struct or a free-form field for a column.
pub(super) fn member_named(name: &str, schemas: &[&Schema]) -> Option<String> {
    let promoted = auditlake_model::default_promoted();
    let has_column = |column: &str| schemas.iter().any(|schema| schema.column_with_name(column).is_some());
    let same_name = |path: &&auditlake_model::PromotedPath| {
        path.path.last().is_some_and(|last| last.eq_ignore_ascii_case(name)) && has_column(&path.column)
    };
    // The shortest path is the one that is meant.
    let path = promoted.iter().filter(same_name).min_by_key(|path| path.path.len());
    path.map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_to_one_spelling() {
        use datafusion::arrow::datatypes::{DataType, Field};
        let mut spelling = Spelling::default();
        spelling.add_table(&Schema::new(vec![Field::new("sourceIPAddress", DataType::Utf8, true)]));
        spelling.add_table(&Schema::new(vec![Field::new("SOURCEIPADDRESS", DataType::Utf8, true)]));
        assert_eq!(spelling.fold("SourceIpAddress"), "sourceIPAddress");
        assert_eq!(spelling.fold("MyAlias"), "myalias");
    }

    #[test]
    fn markers_come_off() {
        assert_eq!(strip_marker(&mark("eventName", 12)), "eventName");
        assert_eq!(strip_marker("a:b"), "a:b");
        assert_eq!(strip_marker("a:"), "a:");
    }

    #[test]
    fn the_nearest_name_is_found() {
        let columns = ["eventName", "eventTime", "eventID", "sourceIPAddress", "userAgent", "eventSource"];
        for (wrong, right) in [
            ("evntName", Some("eventName")),
            ("EVENTID", Some("eventID")),
            ("sourceIP", Some("sourceIPAddress")),
            ("ipaddress", Some("sourceIPAddress")),
            ("event_name", Some("eventName")),
            ("zzz", None),
            ("ip", None),
        ] {
            assert_eq!(nearest(wrong, columns), right, "{wrong}");
        }
    }
}
