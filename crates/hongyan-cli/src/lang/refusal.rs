//! What clap finds wrong with a command line, in Chinese.

use clap::{
    Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// The error as a text, in the language that was chosen; help and versions as they are.
pub(crate) fn explained(error: &clap::Error, command: &Command) -> String {
    let shown = || error.render().ansi().to_string();
    if super::chosen() == super::Lang::En {
        return shown();
    }
    if !error.use_stderr() {
        return super::help::finished(&shown());
    }
    match sentence(error) {
        Some(sentence) => {
            let name = command.get_name();
            format!("错误：{sentence}\n\n更多信息见 `{name} --help` 或 `{name} 命令 --help`\n")
        }
        None => shown(),
    }
}

fn sentence(error: &clap::Error) -> Option<String> {
    let said = |kind| error.get(kind).map(words);
    let argument = || said(ContextKind::InvalidArg).unwrap_or_default();
    let value = || said(ContextKind::InvalidValue).unwrap_or_default();
    let mut sentence = match error.kind() {
        ErrorKind::UnknownArgument => format!("没有参数 {}", argument()),
        ErrorKind::InvalidSubcommand => {
            format!("没有命令 {}", said(ContextKind::InvalidSubcommand).unwrap_or_default())
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "缺少命令".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("缺少必需的参数：{}", argument()),
        ErrorKind::InvalidValue if value().is_empty() => format!("{} 缺少值", argument()),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("{} 的值 {:?} 不正确", argument(), value())
        }
        ErrorKind::ArgumentConflict => match said(ContextKind::PriorArg) {
            Some(other) => format!("{} 不能与 {other} 同时使用", argument()),
            None => format!("{} 不能重复或与其他参数同时使用", argument()),
        },
        ErrorKind::TooManyValues => format!("{} 的值过多", argument()),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => format!("{} 的值个数不对", argument()),
        ErrorKind::NoEquals => format!("{} 要写成 名称=值", argument()),
        ErrorKind::InvalidUtf8 => "参数不是 UTF-8 文本".to_owned(),
        _ => return None,
    };
    if let Some(valid) = said(ContextKind::ValidValue).filter(|valid| !valid.is_empty()) {
        sentence.push_str(&format!("（可用值：{valid}）"));
    }
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    if let Some(near) = near.into_iter().find_map(said) {
        sentence.push_str(&format!("；是否要用 {near}？"));
    }
    Some(sentence)
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(many) => many.join(", "),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::CommandFactory;

    #[test]
    fn mistakes_are_told_with_what_was_typed_and_what_would_do() {
        for (line, parts) in [
            ("hongyan lst", &["没有命令 lst", "list"][..]),
            ("hongyan list --limt 3", &["没有参数 --limt", "--limit"]),
            ("hongyan status", &["缺少必需的参数", "<ID>"]),
            ("hongyan list --limit many", &["--limit", "\"many\"", "不正确"]),
            ("hongyan completions tcsh", &["可用值", "bash"]),
            ("hongyan send --text a --markdown b", &["不能与", "--text", "--markdown"]),
        ] {
            let error = Args::command().try_get_matches_from(line.split(' ')).unwrap_err();
            let sentence = sentence(&error).unwrap_or_else(|| panic!("{line}: {:?}", error.kind()));
            for part in parts {
                assert!(sentence.contains(part), "{line}: {sentence}");
            }
        }
    }
}
