//! `hongyan init`: a commented configuration that works, for the sandbox or for accounts of one's own.
//!
//! On a terminal it asks for what a real account has and says where each value is found; secrets go into files of their
//! own, which nobody else can read. Elsewhere, and with `--no-questions`, what is not known is left to be filled in.

mod accounts;

pub(crate) use accounts::CHANNELS;

use crate::out::{note, say};
use crate::{
    args::Init,
    exit::{Exit, Usage},
    lang::told,
};
use accounts::Template;
use anyhow::Context;
use hongyan_gateway::config::Config;
use serde_json::json;
use std::{
    fs::OpenOptions,
    io::{ErrorKind, IsTerminal, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

pub(crate) async fn run(args: &Init, json: bool) -> anyhow::Result<Exit> {
    let to_standard_output = args.output == Path::new("-");
    if !args.force && !to_standard_output && args.output.exists() {
        return Err(Usage(told!(
            "{0} is there already: --force replaces it, -o names another" ;
            "{0} 已存在：--force 可覆盖，-o 可另指定文件",
            args.output.display()
        ))
        .into());
    }
    let asks = std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !args.no_questions && !json;
    let mut asker = Terminal;
    let channels = match (args.sandbox, args.account.is_empty()) {
        (true, _) => Vec::new(),
        (false, false) => args.account.clone(),
        (false, true) if asks => choose(&mut asker)?,
        (false, true) => Vec::new(),
    };
    let mut secrets = Vec::new();
    let text = if channels.is_empty() {
        super::sandbox::configuration().await?
    } else {
        let asker: Option<&mut dyn Ask> = if asks { Some(&mut asker) } else { None };
        let (text, kept) = compose(&channels, asker)?;
        secrets = kept;
        text
    };
    // What is written must be readable, whatever was typed.
    Config::parse(&text, None, []).context("the configuration that was made is none: please report it")?;
    if to_standard_output {
        crate::out::write(format_args!("{text}"));
        return Ok(Exit::Done);
    }
    let folder = args.output.parent().unwrap_or(Path::new(""));
    for (name, secret) in &secrets {
        write(&folder.join(name), secret, 0o600, args.force)?;
    }
    write(&args.output, &text, 0o644, args.force)?;
    if json {
        say!(
            "{}",
            json!({"written": args.output, "accounts": channels, "secrets": secrets.iter().map(|(name, _)| name).collect::<Vec<_>>()})
        );
        return Ok(Exit::Done);
    }
    note!("{}", told!("written: {0}" ; "已生成：{0}", args.output.display()));
    if channels.is_empty() {
        note!(
            "{}",
            told!(
                "next, each in a terminal of its own:\n  hongyan sandbox --fixed-credentials\n  hongyan serve" ;
                "接下来，在两个终端里分别运行：\n  hongyan sandbox --fixed-credentials\n  hongyan serve"
            )
        );
    } else {
        note!(
            "{}",
            told!(
                "next:\n  hongyan config check     # says what is missing\n  hongyan doctor           # tries every account\n  hongyan serve" ;
                "接下来：\n  hongyan config check     # 指出缺少什么\n  hongyan doctor           # 逐一检查账号\n  hongyan serve"
            )
        );
    }
    Ok(Exit::Done)
}

/// Whoever answers questions.
trait Ask {
    /// One answer; empty when there is none.
    fn ask(&mut self, question: &str, secret: bool) -> anyhow::Result<String>;
}

/// The person at the terminal.
struct Terminal;

impl Ask for Terminal {
    fn ask(&mut self, question: &str, secret: bool) -> anyhow::Result<String> {
        let terminal = console::Term::stderr();
        terminal.write_str(question)?;
        let answer = if secret { terminal.read_secure_line()? } else { terminal.read_line()? };
        Ok(answer.trim().to_owned())
    }
}

/// For what: the sandbox (nothing) or channels.
fn choose(asker: &mut dyn Ask) -> anyhow::Result<Vec<String>> {
    let mut question = told!(
        "For what? Numbers, with spaces between (empty: 0)\n  0  the sandbox: simulated platforms, no account needed\n" ;
        "用于什么？输入编号，可用空格分隔多个（直接回车为 0）\n  0  模拟平台，无需账号\n"
    );
    for (number, template) in (1..).zip(accounts::TEMPLATES) {
        question.push_str(&format!("  {number}  {}\n", template.does()));
    }
    question.push_str("> ");
    loop {
        let answer = asker.ask(&question, false)?;
        let numbers: Result<Vec<usize>, _> = answer.split_whitespace().map(str::parse).collect();
        match numbers {
            Ok(numbers) if numbers.iter().all(|number| *number <= accounts::TEMPLATES.len()) => {
                let chosen = numbers.into_iter().filter_map(|number| accounts::TEMPLATES.get(number.checked_sub(1)?));
                return Ok(chosen.map(|template| template.channel.to_owned()).collect());
            }
            _ => question = told!("numbers of the list, please\n> " ; "请输入列表中的编号\n> "),
        }
    }
}

/// The configuration of these channels, and the files of secrets beside it.
fn compose(channels: &[String], mut asker: Option<&mut dyn Ask>) -> anyhow::Result<(String, Vec<(String, String)>)> {
    let mut text = accounts::head();
    let mut secrets = Vec::new();
    let mut names = Vec::new();
    for channel in channels {
        let template = Template::of(channel).context("clap lets known channels through")?;
        let taken = names.iter().filter(|name: &&String| name.starts_with(template.name)).count();
        let name = if taken == 0 { template.name.to_owned() } else { format!("{}{}", template.name, taken + 1) };
        if asker.is_some() {
            note!("\n[{name}] {}", template.does());
        }
        // A closure would borrow the asker for longer than the loop's turn.
        let answers = match &mut asker {
            Some(asker) => template.answers(|question, secret| asker.ask(question, secret))?,
            None => template.answers(|_, _| Ok(String::new()))?,
        };
        text.push_str(&template.written(&name, &answers, &mut secrets));
        names.push(name);
    }
    let via = names.iter().filter(|name| !name.ends_with("robot")).collect::<Vec<_>>();
    let via = if via.is_empty() { names.iter().collect() } else { via };
    text.push_str(&accounts::route(&via));
    Ok((text, secrets))
}

fn write(path: &Path, text: &str, mode: u32, replace: bool) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).mode(mode);
    if replace {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Usage(told!(
            "{0} is there already: --force replaces it" ; "{0} 已存在：--force 可覆盖", path.display()
        ))
        .into(),
        _ => anyhow::Error::new(error).context(format!("{} cannot be written", path.display())),
    });
    Ok(file?.write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers in order, and what was asked.
    struct Scripted(Vec<&'static str>, Vec<(String, bool)>);

    impl Ask for Scripted {
        fn ask(&mut self, question: &str, secret: bool) -> anyhow::Result<String> {
            self.1.push((question.to_owned(), secret));
            Ok(self.0.remove(0).to_owned())
        }
    }

    #[test]
    fn every_channel_without_answers_is_a_configuration_to_be_filled_in() {
        let channels: Vec<String> = CHANNELS.iter().map(|channel| (*channel).to_owned()).collect();
        let (text, secrets) = compose(&channels, None).unwrap();
        let config = Config::parse(&text, None, []).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(config.accounts.len(), CHANNELS.len());
        assert!(secrets.is_empty());
        assert!(config.accounts.values().all(|account| account.inline_secrets().is_empty()), "{text}");
        assert_eq!(config.routes["default"].via, ["ding", "wecom", "mail", "hook"], "people, not groups");
    }

    #[test]
    fn answers_become_values_and_secrets_become_files_of_their_own() {
        let mut asker =
            Scripted(vec!["ding\"app", "invented-secret", "77", "ops@example.com", "", "smtp.example.com"], vec![]);
        let channels = ["dingtalk".to_owned(), "mail".to_owned()];
        let (text, secrets) = compose(&channels, Some(&mut asker)).unwrap();
        assert_eq!(secrets, [("ding.secret".to_owned(), "invented-secret\n".to_owned())]);
        assert!(!text.contains("invented-secret"), "{text}");
        let config: toml::Table = text.parse().unwrap();
        assert_eq!(config["accounts"]["ding"]["app_key"].as_str(), Some("ding\"app"));
        assert_eq!(config["accounts"]["ding"]["app_secret"]["file"].as_str(), Some("ding.secret"));
        assert_eq!(config["accounts"]["ding"]["agent_id"].as_integer(), Some(77));
        assert_eq!(config["accounts"]["mail"]["username"].as_str(), Some("ops@example.com"));
        assert_eq!(config["accounts"]["mail"]["host"].as_str(), Some("smtp.example.com"));
        assert!(config["accounts"]["mail"]["password"]["env"].is_str(), "no answer: from the environment");
        assert!(Config::parse(&text, None, []).is_ok());
        assert_eq!(asker.1.iter().filter(|(_, secret)| *secret).count(), 2, "secrets are not shown as they are typed");
    }

    #[test]
    fn a_choice_is_numbers_and_nothing_is_the_sandbox() {
        let of = |answers: Vec<&'static str>| choose(&mut Scripted(answers, vec![])).unwrap();
        assert!(of(vec![""]).is_empty());
        assert!(of(vec!["0"]).is_empty());
        assert_eq!(of(vec!["9", "no", "1 3"]), ["dingtalk", "mail"]);
    }
}
