//! Arrows point down only: each crate's manifest against the picture in the style guide.

use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::fs;
use toml::Table;

/// The picture, bottom up: a crate depends on crates of lower rows only.
const ROWS: [&[&str]; 10] = [
    &["endpoint", "net", "callback", "script"],
    &["platform-client", "core", "text", "client"],
    &["wecom", "dingtalk", "mail", "api", "relay", "sheet"],
    &["channel", "store", "functions"],
    &["dispatch"],
    &["intake"],
    &["compat"],
    &["gateway", "embed"],
    &["plugin", "sqlite", "duckdb"],
    &["cli"],
];
/// Stands beside the rows: it plays the platforms, so it knows declarations and nothing of ours above them.
const SANDBOX: &str = "sandbox";
/// All that the sandbox may use.
const BELOW_SANDBOX: [&str; 6] = ["wecom", "dingtalk", "mail", "endpoint", "net", "callback"];
/// The platforms' own crates: what accepts, decides and sends knows channels alone.
const PLATFORMS: [&str; 2] = ["dingtalk", "wecom"];
/// Who may use those: what speaks as they do, and the command line, which shows their operations.
const ABOVE_PLATFORMS: [&str; 4] = ["channel", "compat", SANDBOX, TIP];
/// The tip: used by nobody.
const TIP: &str = "cli";
/// What our crates' names begin with.
const PREFIX: &str = "hongyan-";

/// Where our crates live.
const FOLDERS: [&str; 2] = ["crates", "plugins"];

/// Checks every crate under `crates/` and `plugins/`.
///
/// # Errors
/// Lists every arrow that does not point down.
pub(crate) fn check() -> Result<()> {
    let mut faults = Vec::new();
    let mut count = 0;
    let root = workspace::root()?;
    let folders: Vec<_> = FOLDERS.iter().map(|name| fs::read_dir(root.join(name))).collect::<Result<_, _>>()?;
    for entry in folders.into_iter().flatten() {
        let path = entry?.path().join("Cargo.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        let manifest: Table = text.parse().with_context(|| format!("{}", path.display()))?;
        faults.extend(judge(&manifest));
        count += 1;
    }
    faults.sort();
    ensure!(faults.is_empty(), "arrows must point down:\n  {}", faults.join("\n  "));
    println!("    {count} crates, every arrow points down");
    Ok(())
}

/// What is wrong with one manifest.
fn judge(manifest: &Table) -> Vec<String> {
    let name = manifest.get("package").and_then(|p| p.get("name")).and_then(|n| n.as_str()).unwrap_or_default();
    let Some(own) = name.strip_prefix(PREFIX).filter(|own| row(own).is_some() || *own == SANDBOX) else {
        return vec![format!("{name}: has no place in the picture; give it one in xtask/src/layers.rs")];
    };
    let mut faults = Vec::new();
    let targets = manifest.get("target").and_then(|t| t.as_table()).into_iter().flat_map(Table::values);
    for section in targets.filter_map(|t| t.as_table()).chain([manifest]) {
        for (kind, allowed) in [
            ("dependencies", may_use as fn(&str, &str) -> bool),
            ("build-dependencies", may_use),
            ("dev-dependencies", |_, on| on != TIP),
        ] {
            let on = section.get(kind).and_then(|d| d.as_table()).into_iter().flatten().filter_map(ours);
            faults.extend(on.filter(|on| !allowed(own, on)).map(|on| format!("{name} -> {PREFIX}{on} ({kind})")));
        }
    }
    faults
}

/// The dependency's name without our prefix; `None` for others'. A renamed one counts by its real name.
fn ours<'a>((key, value): (&'a String, &'a toml::Value)) -> Option<&'a str> {
    value.get("package").and_then(|p| p.as_str()).unwrap_or(key).strip_prefix(PREFIX)
}

fn may_use(own: &str, on: &str) -> bool {
    match (row(own), row(on)) {
        _ if PLATFORMS.contains(&on) && !ABOVE_PLATFORMS.contains(&own) => false,
        _ if own == SANDBOX => BELOW_SANDBOX.contains(&on),
        _ if on == SANDBOX => own == TIP,
        (Some(own), Some(on)) => on < own,
        _ => false,
    }
}

fn row(name: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(manifest: &str) -> Vec<String> {
        judge(&manifest.parse().unwrap())
    }

    fn arrow(own: &str, kind: &str, on: &str) -> Vec<String> {
        faults(&format!("[package]\nname = \"hongyan-{own}\"\n[{kind}]\nserde = \"1\"\nhongyan-{on}.workspace = true"))
    }

    #[test]
    fn arrows_down_are_allowed() {
        for (own, on) in [
            ("platform-client", "net"),
            ("core", "endpoint"),
            ("wecom", "platform-client"),
            ("channel", "mail"),
            ("store", "core"),
            ("gateway", "store"),
            ("compat", "wecom"),
            ("compat", "intake"),
            ("gateway", "compat"),
            ("sandbox", "wecom"),
            ("sandbox", "net"),
            ("cli", "sandbox"),
            ("cli", "endpoint"),
        ] {
            assert!(arrow(own, "dependencies", on).is_empty(), "{own} -> {on}");
        }
    }

    #[test]
    fn arrows_up_and_sideways_are_named() {
        for (own, on) in [
            ("endpoint", "net"),
            ("net", "core"),
            ("core", "platform-client"),
            ("core", "store"),
            ("wecom", "dingtalk"),
            ("store", "channel"),
            ("channel", "gateway"),
            ("gateway", "sandbox"),
            ("gateway", "dingtalk"),
            ("dispatch", "wecom"),
            ("intake", "compat"),
            ("gateway", "cli"),
            ("sandbox", "core"),
            ("sandbox", "channel"),
            ("sandbox", "store"),
            ("sandbox", "platform-client"),
            ("core", "never-heard-of"),
        ] {
            let expected = format!("hongyan-{own} -> hongyan-{on} (dependencies)");
            assert_eq!(arrow(own, "dependencies", on), [expected]);
            assert_eq!(arrow(own, "build-dependencies", on).len(), 1);
        }
    }

    #[test]
    fn tests_may_use_anything_but_the_tip() {
        assert!(arrow("channel", "dev-dependencies", "sandbox").is_empty());
        assert!(arrow("platform-client", "dev-dependencies", "dingtalk").is_empty());
        assert_eq!(arrow("gateway", "dev-dependencies", "cli").len(), 1);
    }

    #[test]
    fn a_renamed_and_a_conditional_dependency_are_seen() {
        let renamed =
            "[package]\nname = \"hongyan-core\"\n[dependencies]\nx = { package = \"hongyan-store\", path = \"\" }";
        assert_eq!(faults(renamed), ["hongyan-core -> hongyan-store (dependencies)"]);
        let conditional = "[package]\nname = \"hongyan-core\"\n[target.'cfg(unix)'.dependencies]\nhongyan-net.workspace = true\n\
             hongyan-platform-client.workspace = true";
        assert_eq!(faults(conditional), ["hongyan-core -> hongyan-platform-client (dependencies)"]);
    }

    #[test]
    fn a_crate_without_a_place_is_named() {
        assert!(faults("[package]\nname = \"hongyan-novelty\"")[0].contains("no place"));
        assert_eq!(faults("").len(), 1);
    }
}
