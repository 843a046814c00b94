//! `\event`: one event whole, and where it came from.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, Result, StoreState};
use auditlake_query::render::escape_text;

use crate::json;
use crate::names;
use crate::session::ShellRequest;
use crate::shell::{Flow, Shell};

impl Shell {
    /// Shows every event of this id.
    pub(super) async fn show_event(&mut self, arguments: &str) -> Flow {
        let id = arguments.trim().trim_matches(['\'', '"']).to_owned();
        if id.is_empty() {
            let error = Error::invalid("which event?");
            return self
                .report(error.with_hint("`\\event EVENT-ID`; a statement that selects eventID tells it."));
        }
        match self.event_text(&id).await {
            Ok(text) => self.show(&text),
            Err(error) => self.ended(Err(error)),
        }
    }

    async fn event_text(&mut self, id: &str) -> Result<String> {
        // Not every table: saved queries and reference tables hold no events of their own.
        let stores = self.session.stores().await?.into_iter();
        let pending = StoreState::PendingDeletion.as_str();
        let stores: Vec<String> =
            stores.filter(|store| store.state != pending).map(|store| store.name).collect();
        let mut text = String::new();
        for store in &stores {
            let sql = format!(
                "SELECT eventJson, _sourceObject, _sourcePosition FROM {} WHERE eventID = {}",
                names::quoted_table(store),
                names::literal(id)
            );
            for batch in self.fetch(ShellRequest::new(sql)).await? {
                push_events(&mut text, store, &batch, self.terminal.color)?;
            }
        }
        if text.is_empty() {
            let names: Vec<&str> = stores.iter().map(|store| store.as_str()).collect();
            return Err(Error::not_found(format!("no event `{}`", escape_text(id)))
                .with_detail(format!("Looked in {}.", names.join(", ")))
                .with_hint("Expired events are hidden; an event may also be quarantined."));
        }
        Ok(text)
    }
}

fn push_events(text: &mut String, store: &str, batch: &RecordBatch, color: bool) -> Result<()> {
    let failed = |e| Error::internal("read event").with_source(e);
    let events = cast(batch.column(0), &DataType::Utf8View).map_err(failed)?;
    let objects = cast(batch.column(1), &DataType::Utf8View).map_err(failed)?;
    let positions = cast(batch.column(2), &DataType::Int64).map_err(failed)?;
    for row in 0..batch.num_rows() {
        let event = events.as_string_view().value(row);
        text.push_str(&json::pretty(event, color));
        text.push_str(&format!("\nstore      {}\n", escape_text(store)));
        if objects.is_valid(row) {
            text.push_str(&format!("source     {}\n", escape_text(objects.as_string_view().value(row))));
        }
        if positions.is_valid(row) {
            let position = positions.as_primitive::<Int64Type>().value(row);
            text.push_str(&format!("position   {position} (records count from 0)\n"));
        }
    }
    Ok(())
}
