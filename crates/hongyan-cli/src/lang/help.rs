//! Help in Chinese: clap's commands with every text replaced by its row of [`TEXTS`].

mod texts;

use clap::{Arg, ArgAction, Command, builder::StyledStr};
use texts::TEXTS;

/// The layout of help, in Chinese.
const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// The same commands, in Chinese.
pub(crate) fn in_chinese(command: Command) -> Command {
    let named = |text: Option<&StyledStr>| text.and_then(|text| translated(&text.to_string()));
    let (about, after) = (named(command.get_about()), named(command.get_after_help()));
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
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
    let help = arg.get_help().and_then(|help| translated(&help.to_string()));
    let arg = arg.help_heading(heading);
    match help {
        Some(help) => arg.help(help).long_help(None),
        None => arg,
    }
}

/// The Chinese of a text.
fn translated(english: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(en, _)| *en == english).map(|(_, zh)| *zh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::CommandFactory;

    /// Every text that clap would show, but those that stand in both languages already.
    fn texts(command: &Command, all: &mut Vec<String>) {
        let own = [command.get_about(), command.get_after_help()].into_iter().flatten();
        let args = command.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"));
        for text in own.chain(args.filter_map(Arg::get_help)) {
            let text = text.to_string();
            if !text.contains(" (") || text.is_ascii() {
                all.push(text);
            }
        }
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

    #[test]
    fn help_in_chinese_is_whole() {
        let mut command = in_chinese(Args::command());
        command.build();
        let help = command.render_help().to_string();
        assert!(help.contains("用法: hongyan") && help.contains("命令:") && help.contains("显示帮助"), "{help}");
        let send = command.find_subcommand_mut("send").unwrap().render_help().to_string();
        assert!(send.contains("选项:") && !send.contains("Options:"), "{send}");
    }
}
