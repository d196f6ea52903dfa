//! Help in Chinese: clap's commands with every text replaced by its row of [`TEXTS`].

mod texts;

use clap::{
    Arg, ArgAction, Command,
    builder::{PossibleValue, StyledStr},
};
use hongyan_functions::SWITCHES;
use texts::TEXTS;

/// The layout of help, in Chinese.
const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// The headings of arguments and commands.
const HEADINGS: [&str; 4] = ["命令", "参数", "选项", "危险选项"];

/// Help as it is shown: what clap writes around the texts, and gives no way to change, in Chinese too.
pub(super) fn finished(help: &str) -> String {
    HEADINGS.iter().fold(help.replace("[OPTIONS]", "[选项]").replace("[COMMAND]", "[命令]"), |help, heading| {
        help.replace(&format!("{heading}:"), &format!("{heading}："))
    })
}

/// The same commands, in Chinese.
pub(crate) fn in_chinese(command: Command) -> Command {
    let named = |text: Option<&StyledStr>| text.and_then(|text| translated(&text.to_string()));
    let (about, after) = (named(command.get_about()), named(command.get_after_help()));
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助").help_heading("选项"));
    if command.get_version().is_some() {
        command = command.disable_version_flag(true).arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help("显示版本")
                .help_heading("选项"),
        );
    }
    if let Some(about) = about {
        command = command.about(about).long_about(None);
    }
    if let Some(after) = after {
        command = command.after_help(after);
    }
    command.mut_args(argument).mut_subcommands(in_chinese)
}

fn argument(arg: Arg) -> Arg {
    let heading = match arg.get_help_heading() {
        Some("Dangerous") => "危险选项",
        _ if arg.is_positional() => "参数",
        _ => "选项",
    };
    let help = arg.get_help().and_then(|help| translated(&help.to_string())).unwrap_or_default();
    let (brief, whole) = (format!("{help}{}", notes(&arg, false)), format!("{help}{}", notes(&arg, true)));
    let mut arg = arg.help_heading(heading);
    if arg.get_action().takes_values() {
        arg = arg.hide_possible_values(true).hide_default_value(true).hide_env(true);
    }
    if brief.is_empty() { arg } else { arg.help(brief).long_help(whole) }
}

/// What clap would say in English behind an argument's text: its values, each with its own text in the `whole` help, its
/// default, and the variable that gives it.
fn notes(arg: &Arg, whole: bool) -> String {
    let mut notes = String::new();
    let values: Vec<_> = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect();
    if !arg.is_hide_possible_values_set() && !values.is_empty() {
        let told = |value: &PossibleValue| translated(&value.get_help()?.to_string());
        if whole && values.iter().any(|value| told(value).is_some()) {
            for value in &values {
                notes.push_str(&format!("\n- {}：{}", value.get_name(), told(value).unwrap_or_default()));
            }
            notes.push('\n');
        } else {
            let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
            notes.push_str(&format!("（可用值：{}）", names.join("、")));
        }
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !arg.is_hide_default_value_set() && arg.get_action().takes_values() && !defaults.is_empty() {
        notes.push_str(&format!("（默认：{}）", defaults.join("、")));
    }
    if let Some(name) = arg.get_env().filter(|_| !arg.is_hide_env_set()) {
        notes.push_str(&format!("（环境变量：{}）", name.to_string_lossy()));
    }
    notes
}

/// The Chinese of a text.
fn translated(english: &str) -> Option<&'static str> {
    let of_switch = || SWITCHES.iter().find(|switch| switch.en == english).map(|switch| switch.zh);
    TEXTS.iter().find(|(en, _)| *en == english).map(|(_, zh)| *zh).or_else(of_switch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::CommandFactory;

    /// Every text that clap would show.
    fn texts(command: &Command, all: &mut Vec<String>) {
        let own = [command.get_about(), command.get_after_help()].into_iter().flatten();
        let args = command.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"));
        let args: Vec<&Arg> = args.collect();
        let shown = args.iter().filter(|arg| !arg.is_hide_possible_values_set());
        let values: Vec<PossibleValue> = shown.flat_map(|arg| arg.get_possible_values()).collect();
        let helps = args.iter().filter_map(|arg| arg.get_help());
        all.extend(own.chain(helps).map(ToString::to_string));
        all.extend(values.iter().filter_map(PossibleValue::get_help).map(ToString::to_string));
        command.get_subcommands().for_each(|command| texts(command, all));
    }

    #[test]
    fn every_text_of_the_help_has_its_chinese_and_no_row_is_left_over() {
        let mut all = Vec::new();
        texts(&Args::command(), &mut all);
        let missing: Vec<&String> = all.iter().filter(|text| translated(text).is_none()).collect();
        assert!(missing.is_empty(), "{missing:#?}");
        let idle: Vec<&str> = TEXTS.iter().map(|(en, _)| *en).filter(|en| !all.iter().any(|text| text == en)).collect();
        assert!(idle.is_empty(), "{idle:#?}");
    }

    /// The help of every command, brief and whole.
    fn helps(command: &mut Command, all: &mut Vec<String>) {
        all.extend([finished(&command.render_help().to_string()), finished(&command.render_long_help().to_string())]);
        command.get_subcommands_mut().for_each(|command| helps(command, all));
    }

    #[test]
    fn help_in_chinese_is_whole() {
        let mut command = in_chinese(Args::command());
        command.build();
        let help = finished(&command.render_help().to_string());
        assert!(help.contains("用法：hongyan") && help.contains("\n命令：") && help.contains("显示帮助"), "{help}");
        let mut all = Vec::new();
        helps(&mut command, &mut all);
        let all = all.join("\n");
        for words in
            ["- csv：", "可用值：", "默认：safe", "环境变量：HONGYAN_KEY_FILE", "\n危险选项：", "\n选项：", "\n参数："]
        {
            assert!(all.contains(words), "{words}: {all}");
        }
        for english in [
            "Possible values",
            "[possible",
            "[default",
            "[env",
            "OPTIONS",
            "COMMAND",
            "Usage",
            "选项:",
            "命令:",
            "参数:",
        ] {
            assert!(!all.contains(english), "{english}: {all}");
        }
        let is_word = |word: &&str| word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase());
        let english = |line: &&str| line.is_ascii() && line.split_whitespace().filter(is_word).count() > 3;
        let left: Vec<&str> = all.lines().filter(english).collect();
        assert!(left.is_empty(), "lines in English alone: {left:#?}");
    }
}
