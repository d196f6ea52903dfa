//! `hongyan relay`: delivers what the user's own database commits to its outbox table.

use super::stop::told_to_stop;
use crate::{
    args::Relay,
    exit::{Exit, Usage},
    logging, out,
    remote::Gateway,
};
use anyhow::Context;
use hongyan_relay::{Change, Create, Fault, Kind, Options, OutboxTable, Summary};
use std::time::Duration;
use tokio::sync::watch;

pub(crate) async fn run(args: &Relay, json: bool) -> anyhow::Result<Exit> {
    if args.print_sql {
        crate::out::write(format_args!("{}", hongyan_relay::sql(&args.table).map_err(ending)?));
        return Ok(Exit::Done);
    }
    let path = args.database.as_deref().context("no database")?;
    let gateway = Gateway::open(&args.remote)?.into_inner();
    let create = if args.create { Create::IfMissing } else { Create::Never };
    let table = OutboxTable::open(path, &args.table, create).map_err(ending)?;
    logging::start("warn", false);
    let options = Options {
        interval: Duration::from_millis(args.interval_ms),
        batch: args.batch.into(),
        keys_kept: Duration::from_secs(u64::from(args.keys_kept_hours) * 3_600),
        once: args.once.then(|| Duration::from_secs(args.wait.into())),
        ..Options::default()
    };
    if !json && !args.once {
        say(&format!("the relay watches {} in {}\n", args.table, path.display()));
    }
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        // Without a handler for signals the system's own way ends the program, which harms nothing either.
        let _ = told_to_stop().await;
        let _ = stop.send(true);
        // Kept, so that the relay is not stopped by its end.
        std::future::pending::<()>().await;
        drop(stop);
    });
    let told = |change: &Change| {
        if json {
            say(&format!("{}\n", serde_json::to_string(change).unwrap_or_default()));
        } else {
            say(&line(change));
        }
    };
    let summary = hongyan_relay::relay(table, &gateway, &options, stopped, told).await.map_err(ending)?;
    if !args.once {
        return Ok(Exit::Done);
    }
    if json {
        say(&format!("{}\n", serde_json::json!({"summary": summary})));
    } else {
        let Summary { taken, well, badly, unknown, open } = summary;
        say(&format!(
            "handed over {taken}; sent {well}, refused or failed {badly}, unknown {unknown}, still open {open}\n"
        ));
    }
    Ok(exit(summary))
}

fn exit(summary: Summary) -> Exit {
    match summary {
        Summary { badly: 1.., .. } => Exit::Failed,
        Summary { unknown: 1.., .. } | Summary { open: 1.., .. } => Exit::Unknown,
        _ => Exit::Done,
    }
}

/// Writes to standard output. A reader that is gone must not end a relay: its table has the truth.
fn say(text: &str) {
    let failed_before = out::failure().is_some();
    out::write_bytes(text.as_bytes());
    if let (false, Some(error)) = (failed_before, out::failure()) {
        tracing::warn!(%error, "standard output");
    }
}

fn line(change: &Change) -> String {
    let Change { id, key, state, message_id, error, settled: _ } = change;
    let message = message_id.as_deref().unwrap_or("-");
    let error = error.as_deref().map(|error| format!("  {error}")).unwrap_or_default();
    // Keys and errors are other people's words: no control character of theirs reaches a terminal.
    let line: String = format!("row {id}  {key}  {message}  {state}{error}")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    line + "\n"
}

/// The error that gives the right exit code.
fn ending(fault: Fault) -> anyhow::Error {
    match fault.kind {
        Kind::Name => Usage(fault.message).into(),
        _ => fault.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_that_of_the_worst_row() {
        let all = Summary { taken: 9, well: 9, ..Summary::default() };
        assert_eq!(exit(all), Exit::Done);
        assert_eq!(exit(Summary { open: 1, ..all }), Exit::Unknown);
        assert_eq!(exit(Summary { unknown: 1, ..all }), Exit::Unknown);
        assert_eq!(exit(Summary { badly: 1, unknown: 1, ..all }), Exit::Failed);
    }

    #[test]
    fn a_key_cannot_write_to_the_terminal() {
        let change = Change {
            id: 7,
            key: "\u{1b}[2J".into(),
            state: "rejected".into(),
            message_id: None,
            error: Some("no\nsuch".into()),
            settled: true,
        };
        assert_eq!(line(&change), "row 7   [2J  -  rejected  no such\n");
    }
}
