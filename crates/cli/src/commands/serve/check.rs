//! `auditlake serve --check`: whether a server would start, and what it would do.

use auditlake_access::SigningKeys;
use auditlake_server::control::imports::AllowedSources;
use auditlake_server::listen::{Certificates, bind};
use auditlake_store::{Access, SourceLocation};

use super::{judge_binding, scheme};
use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt as _};
use crate::records::write_text;

/// Checks everything that a start needs, and prints what the server would do.
pub(super) async fn run(ctx: &Context) -> CommandResult {
    let config = &ctx.config.server;
    let lake = ctx.open_lake(Access::Read).await?;
    for notice in judge_binding(ctx).await? {
        ctx.output.warn(&notice);
    }
    if let Some(files) = &config.tls {
        Certificates::read(files.clone()).await?;
    }
    if !config.signing_keys.0.is_empty() {
        SigningKeys::parse(&config.signing_keys.0).usage()?;
    }
    AllowedSources::parse(&texts(&config.allowed_sources)).usage()?;
    // Both at once, so that one address given twice is found.
    let ports = (bind(config.listen).await?, bind(config.http).await?);
    drop(ports);
    let stores = lake.list_stores().await?.len();
    let stores = if stores == 1 { "1 store".to_owned() } else { format!("{stores} stores") };
    let mut text = format!(
        "lake    {} ({stores})\nflight  {}://{}\nhttp    http://{}\n",
        lake.location(),
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

fn texts(places: &[SourceLocation]) -> Vec<String> {
    places.iter().map(ToString::to_string).collect()
}
