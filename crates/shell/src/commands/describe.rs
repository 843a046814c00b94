//! `\l` and `\d`: the stores, and what is in them.

use auditlake_model::{ErrorKind, Result, Timestamp};

use super::table::{aligned, pairs};
use crate::numbers::{human_bytes, thousands};
use crate::session::{ColumnFacts, StoreFacts};
use crate::shell::{Flow, Shell};

impl Shell {
    /// Lists the event data stores.
    pub(super) async fn list_stores(&mut self) -> Flow {
        let result = self.stores_text().await;
        match result {
            Ok(text) => self.show(&text),
            Err(error) => self.ended(Err(error)),
        }
    }

    async fn stores_text(&mut self) -> Result<String> {
        let stores = Self::or_interrupted(&mut self.interrupts, self.session.stores()).await?;
        if stores.is_empty() {
            return Ok("no event data store; make one with `auditlake store create NAME`\n".to_owned());
        }
        let row = |store: &StoreFacts| {
            vec![
                store.name.clone(),
                store.state.clone(),
                thousands(store.events),
                human_bytes(store.size_bytes),
                thousands(store.files),
                instant(store.first_event_at),
                instant(store.last_event_at),
            ]
        };
        let rows: Vec<Vec<String>> = stores.iter().map(row).collect();
        let headers = ["name", "status", "events", "size", "files", "first event", "last event"];
        Ok(aligned(&headers, &rows, &[2, 3, 4]))
    }

    /// Describes a table, or lists the stores when none is named.
    pub(super) async fn describe(&mut self, arguments: &str) -> Flow {
        let name = crate::command::words(arguments).join(" ");
        if name.is_empty() {
            return self.list_stores().await;
        }
        match self.table_text(&name).await {
            Ok(text) => self.show(&text),
            Err(error) => self.ended(Err(error)),
        }
    }

    async fn table_text(&mut self, name: &str) -> Result<String> {
        let session = &self.session;
        let work = async {
            let columns = session.columns(name).await?;
            let facts = match name.starts_with("system.") {
                true => None,
                false => match session.store(name).await {
                    Ok(facts) => Some(facts),
                    // A saved query or a reference table has columns and is no store.
                    Err(error) if error.kind() == ErrorKind::NotFound => None,
                    Err(error) => return Err(error),
                },
            };
            Ok((columns, facts))
        };
        let (columns, facts) = Self::or_interrupted(&mut self.interrupts, work).await?;
        let mut rows = Vec::new();
        for column in &columns {
            push_column(&mut rows, column, 0);
        }
        let mut text = aligned(&["column", "type"], &rows, &[]);
        if let Some(facts) = facts {
            text.push('\n');
            text.push_str(&pairs(&fact_lines(&facts)));
        }
        Ok(text)
    }
}

/// Adds a column, and its fields further in.
fn push_column(rows: &mut Vec<Vec<String>>, column: &ColumnFacts, depth: usize) {
    let short = match column.fields.is_empty() {
        true => column.type_name.clone(),
        // The fields stand below.
        false => column
            .type_name
            .split_once("row(")
            .map_or("row", |(list, _)| if list.is_empty() { "row" } else { "array(row)" })
            .to_owned(),
    };
    rows.push(vec![format!("{}{}", "  ".repeat(depth), column.name), short]);
    for field in &column.fields {
        push_column(rows, field, depth + 1);
    }
}

fn fact_lines(facts: &StoreFacts) -> Vec<(String, String)> {
    let mut lines = vec![
        ("name".to_owned(), facts.name.clone()),
        ("id".to_owned(), facts.id.clone()),
        ("status".to_owned(), facts.state.clone()),
        ("events".to_owned(), thousands(facts.events)),
        ("size".to_owned(), human_bytes(facts.size_bytes)),
        ("files".to_owned(), thousands(facts.files)),
        ("first event".to_owned(), instant(facts.first_event_at)),
        ("last event".to_owned(), instant(facts.last_event_at)),
    ];
    lines.extend(facts.settings.iter().cloned());
    lines
}

fn instant(at: Option<Timestamp>) -> String {
    match at {
        Some(at) => Timestamp::from_secs(at.as_secs()).to_string(),
        None => "-".to_owned(),
    }
}
