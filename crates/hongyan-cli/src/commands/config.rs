//! `hongyan config check` and `hongyan config default`.

use crate::lang::told;
use crate::out::say;
use crate::{
    args::{Config as Args, ConfigAction},
    exit::Exit,
    listing::{self, Cell},
};
use hongyan_gateway::config::{DEFAULTS, Severity};
use serde_json::json;

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Exit> {
    let path = match &args.action {
        ConfigAction::Default => {
            crate::out::write(format_args!("{}", DEFAULTS));
            return Ok(Exit::Done);
        }
        ConfigAction::Check { config } => config,
    };
    let findings = crate::configuration::load(path.as_deref())?.check();
    let wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
    if json {
        let rows: Vec<_> = findings
            .iter()
            .map(|f| json!({"severity": f.severity.name(), "place": f.place.en, "key": f.key, "message": f.message_en, "message_zh": f.message_zh}))
            .collect();
        say!("{}", json!({"ok": !wrong, "findings": rows}));
    } else if findings.is_empty() {
        say!("{}", told!("the configuration is fine" ; "配置无误"));
    } else {
        let rows: Vec<Vec<Cell>> = findings
            .iter()
            .map(|f| {
                let (place_en, place_zh, en, zh) = (&f.place.en, &f.place.zh, &f.message_en, &f.message_zh);
                let state = if f.severity == Severity::Error { "failed" } else { "unknown" };
                vec![
                    Cell::coloured(f.severity.name(), state),
                    told!("{place_en}" ; "{place_zh}").into(),
                    f.key.as_str().into(),
                    told!("{en}" ; "{zh}").into(),
                ]
            })
            .collect();
        listing::print(&["", "PLACE 位置", "KEY 配置项", "FINDING 问题"], &rows);
    }
    Ok(if wrong { Exit::Failed } else { Exit::Done })
}
