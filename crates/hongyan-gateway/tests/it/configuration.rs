//! The configuration: its defaults, its mistakes, and what stands behind it.

use hongyan_channel::ChannelConfig;
use hongyan_core::OnUnknown;
use hongyan_gateway::config::{Config, DEFAULTS, Severity};
use serde::Deserialize;
use serde_json::Value;

fn error(text: &str) -> String {
    Config::parse(text, Some("hongyan.toml"), []).unwrap_err().to_string()
}

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The examples of the defaults as if they were not comments.
fn examples() -> String {
    let from = DEFAULTS.find("# [accounts.ding]").unwrap();
    DEFAULTS[from..]
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.starts_with('[') || line.contains(" = "))
        .filter(|line| !line.starts_with("A ") && !line.starts_with("Every"))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn the_embedded_file_is_the_defaults_and_holds_every_key() {
    // No struct has a default of its own, so a key that the file lacked would be missing here.
    let config = Config::parse("", None, []).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:7300");
    assert_eq!(config.store.url, "sqlite:hongyan.db");
    assert_eq!((config.store.keep_days, config.log.level.name()), (90, "info"));
    for line in ["[server]", "[store]", "[log]"] {
        assert!(DEFAULTS.lines().any(|l| l == line));
    }
    // Accounts have no defaults, but each of their keys has a comment. serde lists them when one is unknown.
    fn refusal<T: serde::de::DeserializeOwned>() -> String {
        serde_json::from_str::<T>(r#"{"zzz":1}"#).err().unwrap().to_string()
    }
    use hongyan_channel::{DingTalkConfig, MailConfig, WeComConfig};
    for words in [refusal::<DingTalkConfig>(), refusal::<WeComConfig>(), refusal::<MailConfig>()] {
        let keys: Vec<&str> = words.split('`').skip(3).step_by(2).collect();
        assert!(keys.len() >= 3, "{words}");
        for key in keys {
            assert!(DEFAULTS.contains(&format!("\n# {key} = ")), "{key}");
        }
    }
    let Ok(Value::Object(common)) = serde_json::to_value(hongyan_channel::Common::default()) else { panic!() };
    for key in common.keys() {
        assert!(DEFAULTS.contains(&format!("\n# {key} = ")), "{key}");
    }
}

#[test]
fn the_examples_of_the_defaults_are_a_configuration() {
    let text = examples();
    let config = Config::parse(&text, None, []).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(config.accounts.len(), 6);
    assert_eq!(config.accounts["hook"].common.on_unknown, Some(OnUnknown::Resend));
    assert_eq!(config.routes["default"].via, ["ding", "mail"]);
    assert_eq!(config.templates.len(), 1);
}

/// Keys of the examples that state no default: whoever configures an account has to know them.
const EXAMPLES: [&str; 24] = [
    "channel",
    "app_key",
    "app_secret",
    "agent_id",
    "robot_code",
    "base_url",
    "proxy",
    "callback",
    "corp_id",
    "secret",
    "provider",
    "host",
    "ca_file",
    "client_cert",
    "client_key",
    "username",
    "password",
    "from",
    "access_token",
    "keyword",
    "key",
    "url",
    "env",
    "file",
];

/// An account as it is at work, as far as its configuration decides.
fn opened(account: &toml::Table) -> String {
    let config = hongyan_channel::AccountConfig::deserialize(toml::Value::Table(account.clone())).unwrap();
    let own = match &config.channel {
        ChannelConfig::Mail(mail) => format!("{:?}", mail.mailer()),
        ChannelConfig::Webhook(hook) => format!("{hook:?}"),
        ChannelConfig::DingTalk(ding) => format!("{:?}", ding.zip_unlisted_files),
        ChannelConfig::DingTalkRobot(robot) => format!("{:?}", robot.sign_for_callers),
        _ => String::new(),
    };
    let transport = format!("{:?}", config.transport);
    let account = config.open("x").unwrap_or_else(|error| panic!("{error} in {account}"));
    let channel = (account.channel.capabilities(), account.channel.naming());
    // Who writes `resend` down means it past the platform's window too: that alone cannot be told from a default.
    let policy = hongyan_core::Policy { on_late: account.policy.on_unknown, ..account.policy.clone() };
    let rules = (&policy, account.on_repeat, account.long_text, account.concurrency, account.receipts_after);
    format!("{own} {transport} {channel:?} {rules:?} {:?} {:?}", account.rates, account.recipient_rates)
}

/// Another value of the same kind.
fn other(key: &str, value: &toml::Value) -> toml::Value {
    use toml::Value::{Boolean, Integer, String, Table};
    match value {
        Integer(number) => Integer(number + 1),
        Boolean(yes) => Boolean(!yes),
        Table(fields) => Table(fields.iter().map(|(key, value)| (key.clone(), other(key, value))).collect()),
        String(text) => String(
            match text.as_str() {
                "resend" => "hold",
                "refuse" => "stamp",
                "split" => "refuse",
                "starttls" => "implicit",
                "3d" => "2d",
                _ => panic!("{key} = {text:?} is neither an example nor known to have another value"),
            }
            .into(),
        ),
        _ => panic!("{key} = {value}"),
    }
}

#[test]
fn every_default_that_the_embedded_file_prints_is_the_codes() {
    let (accounts, common) = {
        let text = examples();
        // What every account takes stands behind the last account.
        let at = text.find("on_unknown = ").unwrap();
        let end = at + text[at..].find("\n[routes").unwrap();
        let common: toml::Table = text[at..end].parse().unwrap();
        let text = format!("{}{}", &text[..at], &text[end..]);
        let mut config: toml::Table = text.parse().unwrap();
        let Some(toml::Value::Table(accounts)) = config.remove("accounts") else { panic!("no accounts in {text}") };
        (accounts, common)
    };
    let needed = ["channel", "app_key", "agent_id", "corp_id", "from", "host", "keyword", "username"];
    let mut compared = Vec::new();
    for (name, account) in accounts {
        let toml::Value::Table(mut printed) = account else { panic!("{name}") };
        if name == "ding" {
            let callback = &printed["callback"].as_table().unwrap()["max_age_s"];
            let text = r#"{"token": "t", "aes_key": "k"}"#;
            let config: hongyan_channel::CallbackConfig = serde_json::from_str(text).unwrap();
            assert_eq!(callback.as_integer().and_then(|age| u64::try_from(age).ok()), Some(config.max_age_s));
            printed.extend(common.clone());
        }
        let mut plain = toml::Table::new();
        for (key, value) in &printed {
            if needed.contains(&key.as_str()) {
                plain.insert(key.clone(), value.clone());
            }
        }
        for (key, value) in [
            ("app_secret", "s"),
            ("secret", "s"),
            ("access_token", "t"),
            ("key", "k"),
            ("password", "p"),
            ("url", "https://hook.example.com/x"),
        ] {
            if printed.contains_key(key) {
                plain.insert(key.into(), value.into());
            }
        }
        for (key, value) in printed.iter().filter(|(key, _)| !EXAMPLES.contains(&key.as_str())) {
            let with = |value: toml::Value| {
                let mut account = plain.clone();
                account.insert(key.clone(), value);
                opened(&account)
            };
            assert_eq!(with(value.clone()), opened(&plain), "{name}: {key} = {value} is not the default");
            assert_ne!(with(other(key, value)), opened(&plain), "{name}: {key} cannot be told from its default");
            compared.push(key.clone());
        }
    }
    for key in ["connections", "messages_per_connection", "longest_retry_ms", "allow_private", "rate", "port"] {
        assert!(compared.iter().any(|seen| seen == key), "{key} was not compared");
    }
    let Ok(Value::Object(every)) = serde_json::to_value(hongyan_channel::Common::default()) else { panic!() };
    assert!(every.keys().all(|key| compared.contains(key)), "{compared:?}");
}

#[test]
fn a_mistake_is_told_with_its_line_and_column() {
    let ding = "[accounts.ding]\nchannel = \"dingtalk\"\napp_key = \"k\"\napp_secret = { env = \"X\" }\nagent_id = 1\n";
    for (text, place, words) in [
        ("[server]\nlisten = \"nowhere\"\n", "hongyan.toml:2:1: server.listen", "expected an address"),
        ("[server]\nlisten = 7300\n", "hongyan.toml:2:1: server.listen", "expected a string"),
        ("[server]\ncolour = 1\n", "hongyan.toml:2:1: server.colour", "there is no such field"),
        ("\n[sever]\nlisten = \"x\"\n", "hongyan.toml:2:2: sever", "there is no such field"),
        ("[server\n", "hongyan.toml:1:", ""),
        ("[store]\nurl = \"postgres://db\"\n", "hongyan.toml:2:1: store.url", "not in this version"),
        ("[store]\nurl = \"mysql://db\"\n", "hongyan.toml:2:1: store.url", "sqlite:PATH"),
        ("[log]\nlevel = \"loud\"\n", "hongyan.toml:2:1: log.level", "expected one of"),
        (&format!("{ding}colour = 1\n"), "hongyan.toml:6:1: accounts.ding.colour", "there is no such field"),
        ("[accounts.x]\nchannel = \"wecom\"\n", "hongyan.toml:1:11: accounts.x.corp_id: ", "is missing"),
        ("[accounts.\"a b\"]\nchannel = \"mail\"\n", "hongyan.toml:1:", "a name has"),
        (&format!("{ding}[routes.r]\nvia = [\"nobody\"]\n"), "hongyan.toml:7:1: routes.r.via", "nobody"),
        ("[routes.r]\nvia = []\n", "hongyan.toml:2:1: routes.r.via", "no account"),
        ("[templates.t]\ntext = \"{{ x \"\n", "hongyan.toml:2:1: templates.t.text", "not a template"),
        ("[templates.t]\nmarkdown = \"x\"\n", "hongyan.toml:1:", "is needed beside markdown"),
    ] {
        let error = error(text);
        assert!(error.starts_with(place) && error.contains(words), "{error}");
    }
    assert!(error("[server]\nlisten = \"nowhere\"\n").ends_with("; it is \"nowhere\""));
    assert!(error("[server]\nmax_connections = 0\n").ends_with("; it is 0"));
    for secret in
        ["app_secret = 5150", "proxy = 5150", "callback = { token = 5150, aes_key = \"x\" }", "pasword = 5150"]
    {
        let error = error(&format!("{}{secret}\n", ding.replace("app_secret = { env = \"X\" }\n", "")));
        assert!(!error.contains("5150"), "{error}");
    }
    let missing = Config::load(Some(std::path::Path::new("no/such/file.toml")), []).unwrap_err().to_string();
    assert!(missing.starts_with("no/such/file.toml: cannot be read"), "{missing}");
}

#[test]
fn a_mistake_names_key_value_and_line_in_both_languages() {
    let head = |channel: &str| format!("[accounts.e]\nchannel = \"{channel}\"\n");
    let ding = "app_key = \"k\"\napp_secret = { env = \"X\" }\n";
    for (text, en, zh) in [
        (
            format!("{}{ding}agent_id = \"abc\"\n", head("dingtalk")),
            "5:1: accounts.e.agent_id: expected a whole number, found a string; it is \"abc\"",
            "5:1：accounts.e.agent_id：应为整数，实为字符串；现为 \"abc\"",
        ),
        (
            head("wechat"),
            "2:1: accounts.e.channel: expected one of dingtalk, wecom, mail, dingtalk-robot, wecom-robot, webhook; it is \"wechat\"",
            "2:1：accounts.e.channel：应为 dingtalk、wecom、mail、dingtalk-robot、wecom-robot、webhook 之一；现为 \"wechat\"",
        ),
        (
            format!("{}{ding}agent_id = 1\nrate = \"1000/min\"\n", head("dingtalk")),
            "6:1: accounts.e.rate: expected { max = 20, per_ms = 1000 }; it is \"1000/min\"",
            "6:1：accounts.e.rate：应写作 { max = 20, per_ms = 1000 }；现为 \"1000/min\"",
        ),
        (
            format!("{}{ding}agent_id = 1\nrate = {{ max = \"9\", per_ms = 1 }}\n", head("dingtalk")),
            "6:10: accounts.e.rate.max: expected an integer from 0 to 4294967295, found a string; it is \"9\"",
            "6:10：accounts.e.rate.max：应为 0 至 4294967295 的整数，实为字符串；现为 \"9\"",
        ),
        (
            format!("{}{ding}agent_id = 1\ngive_up_after = \"3 weeks\"\n", head("dingtalk")),
            "6:1: accounts.e.give_up_after: expected a span of time such as 90s, 30m, 12h or 3d; it is \"3 weeks\"",
            "6:1：accounts.e.give_up_after：应为时长，如 90s、30m、12h 或 3d；现为 \"3 weeks\"",
        ),
        (
            format!("{}on_unknown = \"hope\"\n", head("mail")),
            "3:1: accounts.e.on_unknown: expected one of `resend`, `hold`; it is \"hope\"",
            "3:1：accounts.e.on_unknown：应为 `resend`、`hold` 之一；现为 \"hope\"",
        ),
        (
            "[accounts.e]\nchannel = \"webhook\"\nurl = \"u\"\ncallback = { token = \"t\", aes_key = \"k\" }\n".into(),
            "4:1: accounts.e.callback: only the channels dingtalk and wecom have one",
            "4:1：accounts.e.callback：只有 dingtalk 和 wecom 渠道有回调",
        ),
        (
            "[server]\nlisten = \"1\"\nlisten = \"2\"\n".into(),
            "3:1: server.listen: is given more than once",
            "3:1：server.listen：重复给出",
        ),
        (
            "[server]\nlisten = \"nowhere\"\n".into(),
            "2:1: server.listen: expected an address and a port, such as 127.0.0.1:7300; it is \"nowhere\"",
            "2:1：server.listen：应为地址和端口，如 127.0.0.1:7300；现为 \"nowhere\"",
        ),
        (
            "[routes.r]\nvia = [\"nobody\"]\n".into(),
            "2:1: routes.r.via: no account is called \"nobody\"",
            "2:1：routes.r.via：没有名为 \"nobody\" 的账号",
        ),
    ] {
        let error = Config::parse(&text, Some("x.toml"), []).unwrap_err();
        assert_eq!((error.to_string(), format!("{error:#}")), (format!("x.toml:{en}"), format!("x.toml:{zh}")));
    }
    for secret in ["agent_id = \"a-secret-of-some-length\"", "app_secret = 5150"] {
        let error = error(&format!("{}app_key = \"k\"\n{secret}\n", head("dingtalk")));
        assert!(!error.contains("5150") && !error.contains("a-secret"), "{error}");
    }
    let syntax = Config::parse("[server]\nlisten = 1 2\n", Some("x.toml"), []).unwrap_err();
    assert!(
        format!("{syntax:#}").starts_with("x.toml:2:") && format!("{syntax:#}").contains("不合 TOML 语法"),
        "{syntax:#}"
    );
    let env = Config::parse("", None, env(&[("HONGYAN_SERVER_LISTEN", "nowhere")])).unwrap_err();
    assert!(format!("{env:#}").starts_with("环境变量 HONGYAN_SERVER_LISTEN：server.listen：应为地址和端口"), "{env:#}");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = "colour = 1\n[server]\nlistn = \"x\"\nmax_connections = \"many\"\n\
        [acounts.x]\nchannel = \"mail\"\n[accounts.\"a.b\"]\nchannel = \"mail\"\nhst = \"h\"\nusr = \"u\"\n\
        [accounts.c]\nchannel = \"pigeon\"\n[routes.r]\nvia = []\nvai = []\n[templates.t]\ntxt = \"x\"\n";
    let error = Config::parse(text, Some("x.toml"), []).unwrap_err();
    let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
    for key in [
        "1:1: colour: ",
        "3:1: server.listn: ",
        "4:1: server.max_connections: ",
        "5:2: acounts: ",
        "9:1: accounts.a.b.hst: ",
        "10:1: accounts.a.b.usr: ",
        "12:1: accounts.c.channel: ",
        "15:1: routes.r.vai: ",
        "17:1: templates.t.txt: ",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(&format!("x.toml:{key}"))), "{key}: {error}");
    }
    assert_eq!(lines.len(), 9, "{error}");
}

#[test]
fn a_finding_of_the_check_names_line_and_key_in_both_languages() {
    let check = |keys: &str| {
        let text = format!(
            "[accounts.e]\nchannel = \"dingtalk\"\napp_key = \"k\"\nagent_id = 1\n{keys}\n[routes.default]\nvia = [\"e\"]\n"
        );
        let findings = Config::parse(&text, Some("x.toml"), []).unwrap().check();
        let found = findings.into_iter().find(|finding| finding.severity == Severity::Error).unwrap();
        (format!("{} {}", found.place, found.key), found.message_en, found.message_zh)
    };
    const SECRET: &str = "app_secret = { env = \"HONGYAN_TEST_IS_NOT_SET\" }";
    for (keys, at, en, zh) in [
        (
            SECRET.to_owned(),
            "x.toml:5:1 accounts.e.app_secret",
            "HONGYAN_TEST_IS_NOT_SET is not set",
            "HONGYAN_TEST_IS_NOT_SET 未设置",
        ),
        (
            "app_secret = \"s\"\nbase_url = \"http://im.example\"".into(),
            "x.toml:6:1 accounts.e.base_url",
            "dangerous_plain_http = true",
            "以明文传送",
        ),
        (
            "app_secret = \"s\"\nbase_url = \"https://user:canary@im.example\"".into(),
            "x.toml:6:1 accounts.e.base_url",
            "holds a login",
            "含有用户名或密码",
        ),
        (
            "app_secret = \"s\"\nca_file = \"/no/ca.pem\"".into(),
            "x.toml:6:1 accounts.e.ca_file",
            "cannot be read",
            "无法读取",
        ),
        (
            "app_secret = \"s\"\nclient_cert = \"/no/cert.pem\"".into(),
            "x.toml:1:11 accounts.e.client_key",
            "is missing",
            "缺失",
        ),
        (
            "app_secret = \"s\"\ncallback = { token = \"t\", aes_key = \"short\" }".into(),
            "x.toml:6:27 accounts.e.callback.aes_key",
            "",
            "不可用",
        ),
    ] {
        let (found, message_en, message_zh) = check(&keys);
        assert_eq!(found, at);
        assert!(message_en.contains(en) && message_zh.contains(zh), "{message_en} {message_zh}");
        assert!(!format!("{message_en}{message_zh}").contains("canary"), "{message_en} {message_zh}");
    }
}

#[test]
fn the_environment_lies_over_the_file() {
    let text = "[server]\nlisten = \"127.0.0.1:1\"\n";
    let set = env(&[
        ("HONGYAN_SERVER_LISTEN", "127.0.0.1:2"),
        ("HONGYAN_SERVER_OPEN_METRICS", "true"),
        ("HONGYAN_STORE_URL", "sqlite:other.db"),
        ("HONGYAN_STORE_KEEP_DAYS", "7"),
        ("HONGYAN_LOG_LEVEL", "debug"),
        ("HONGYAN_KEY", "left alone"),
        ("PATH", "left alone"),
    ]);
    let config = Config::parse(text, None, set).unwrap();
    assert_eq!(config.server.listen.port(), 2);
    assert!(config.server.open_metrics);
    assert_eq!((config.store.url.as_str(), config.store.keep_days), ("sqlite:other.db", 7));
    assert_eq!(config.log.level.name(), "debug");
    for (name, value, words) in [
        ("HONGYAN_SERVER_COLOUR", "red", "there is no such key"),
        ("HONGYAN_STORE_KEEP_DAYS", "many", "whole number"),
        ("HONGYAN_SERVER_OPEN_METRICS", "maybe", "true or false"),
        ("HONGYAN_SERVER_LISTEN", "nowhere", "expected an address"),
    ] {
        let error = Config::parse(text, None, env(&[(name, value)])).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(words), "{error}");
    }
}

#[test]
fn a_check_looks_at_what_the_configuration_points_to() {
    let text = r#"
[server]
listen = "0.0.0.0:7300"
[store]
url = "sqlite:no/such/folder/hongyan.db"
[accounts.ding]
channel = "dingtalk"
app_key = "k"
app_secret = { file = "no/such/secret" }
agent_id = 1
[accounts.wecom]
channel = "wecom"
corp_id = "ww"
secret = "inline-canary"
agent_id = 1
"#;
    let findings = Config::parse(text, None, []).unwrap().check();
    let found: Vec<(Severity, &str)> = findings.iter().map(|f| (f.severity, f.key.as_str())).collect();
    assert_eq!(
        found,
        [
            (Severity::Warning, "server.listen"),
            (Severity::Error, "accounts.ding.app_secret"),
            (Severity::Warning, "accounts.wecom.secret"),
            (Severity::Warning, "routes.default"),
            (Severity::Error, "store.url"),
        ]
    );
    for finding in findings {
        assert!(!finding.message_en.is_empty() && !finding.message_zh.is_empty());
        assert!(!format!("{finding:?}").contains("inline-canary"));
    }
}

#[test]
fn chinese_punctuation_outside_of_quotes_is_called_what_it_is() {
    for (text, place) in [
        ("[server]\nlisten = “127.0.0.1:7300”\n", "hongyan.toml:2:10"),
        ("[server]\nlisten＝\"127.0.0.1:7300\"\n", "hongyan.toml:2:7"),
        ("[routes.r]\nvia = [\"a\"，\"b\"]\n", "hongyan.toml:2:11"),
        ("【server】\n", "hongyan.toml:1:1"),
        ("[a]\nb = ‘c’\n", "hongyan.toml:2:5"),
    ] {
        let error = Config::parse(text, Some("hongyan.toml"), []).unwrap_err();
        assert!(error.to_string().starts_with(place) && error.text.en.contains("Chinese punctuation"), "{error}");
        let zh = format!("{error:#}");
        assert!(zh.starts_with(place) && zh.contains("中文标点"), "{zh}");
    }
    let inside = Config::parse("[templates.t]\ntext = \"“好”，x＝1：\" # “\n", None, []);
    assert!(inside.is_ok(), "inside of quotes they are a text's own");
    assert!(!error("[server]\nlisten = \"“\" oops\n").contains("Chinese"), "the mistake is another one");
}

#[test]
fn a_file_that_is_not_utf8_is_called_what_it_is() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("encodings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (bytes, words) in [
        // 告警 in GBK.
        (&b"[x]\nkeyword = \"\xb8\xe6\xbe\xaf\""[..], "hongyan.toml:2: is not UTF-8 and looks like GBK"),
        (&b"\xff\xfe[\0"[..], "hongyan.toml: is UTF-16"),
    ] {
        let path = folder.join("hongyan.toml");
        std::fs::write(&path, bytes).unwrap();
        let error = Config::load(Some(&path), []).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    std::fs::write(folder.join("hongyan.toml"), "\u{feff}[log]\nlevel = \"warn\"\n").unwrap();
    assert_eq!(Config::load(Some(&folder.join("hongyan.toml")), []).unwrap().log.level.name(), "warn");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn relative_paths_belong_to_the_file_that_names_them() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("places-{}", std::process::id()));
    let (home, elsewhere) = (folder.join("etc"), folder.join("work"));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::create_dir_all(&elsewhere).unwrap();
    let text = "[store]\nurl = \"sqlite:data.db\"\n[accounts.m]\nchannel = \"mail\"\nhost = \"127.0.0.1\"\nusername = \"a@b.example\"\npassword = { file = \"code.txt\" }\n";
    std::fs::write(home.join("hongyan.toml"), text).unwrap();
    std::fs::write(home.join("code.txt"), "invented\n").unwrap();
    let config = Config::load(Some(&home.join("hongyan.toml")), []).unwrap();
    assert_eq!(config.store.path(), Some(home.join("data.db")));
    assert!(config.accounts["m"].secret().unwrap().read().is_ok(), "found beside the file");

    assert_eq!(config.store.left_behind(&elsewhere), None);
    std::fs::write(elsewhere.join("data.db"), "").unwrap();
    assert_eq!(config.store.left_behind(&elsewhere), Some(elsewhere.join("data.db")));
    std::fs::write(home.join("data.db"), "").unwrap();
    assert_eq!(config.store.left_behind(&elsewhere), None, "the new place wins once there is a store");

    let absolute = format!("[store]\nurl = \"sqlite:{}\"\n", elsewhere.join("x.db").display());
    std::fs::write(home.join("hongyan.toml"), absolute).unwrap();
    let config = Config::load(Some(&home.join("hongyan.toml")), []).unwrap();
    assert_eq!(config.store.path(), Some(elsewhere.join("x.db")));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_list_is_no_table() {
    for (text, key) in [
        ("routes.default = [[\"ding\"]]", "routes.default"),
        ("templates.a = [\"title\", \"text\"]", "templates.a"),
        ("official = [true, 5]", "official"),
        ("[accounts]\nding = [\"dingtalk\", \"id\", \"secret\", 1]", "accounts.ding"),
        (
            "[accounts.ding]\nchannel = \"dingtalk\"\napp_key = \"a\"\napp_secret = \"b\"\nagent_id = 1\ncallback = [\"t\", \"k\"]",
            "accounts.ding",
        ),
    ] {
        let error = Config::parse(text, Some("hongyan.toml"), []).unwrap_err().to_string();
        assert!(error.contains(key), "{text}: {error}");
    }
}
