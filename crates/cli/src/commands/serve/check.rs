//! `auditlake serve --check`: whether a server would start, and what it would do.

use auditlake_server::listen::{Certificates, bind};
use auditlake_store::Access;

use super::scheme;
use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};
use crate::records::write_text;

/// Checks everything that a start needs, and prints what the server would do.
pub(super) async fn run(ctx: &Context) -> CommandResult {
    let config = &ctx.config.server;
    let lake = ctx.open_lake(Access::Read).await?;
    let users = ctx.accounts().load().await?;
    for notice in config.check_binding(!users.users().is_empty()).usage()? {
        ctx.output.warn(&notice);
    }
    if let Some(files) = &config.tls {
        Certificates::read(files.clone()).await?;
    }
    // Both at once, so that one address given twice is found.
    let ports = (bind(config.listen).await?, bind(config.http).await?);
    drop(ports);
    let mut text = format!(
        "lake    {} ({} stores)\nflight  {}://{}\nhttp    http://{}\n",
        lake.location(),
        lake.list_stores().await?.len(),
        scheme(ctx),
        config.listen,
        config.http
    );
    for import in &config.imports {
        let store = lake.find_store(&import.store).await?;
        let interval = humantime::format_duration(import.interval);
        text.push_str(&format!("import  {} into {} every {interval}\n", import.source, store.name()));
    }
    text.push_str("ok\n");
    write_text(&ctx.output, &text)?;
    Ok(Exit::Success)
}
