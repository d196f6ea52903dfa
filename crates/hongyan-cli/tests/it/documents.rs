//! Every block of the README and of `docs/` that a reader would type or copy, tried as it is printed.
//!
//! Shell commands run in a folder of their own against a sandbox and a gateway; only what is somebody's own (addresses,
//! ids, keys) takes the place of what is printed. Configurations and JSON are read, Python is compiled. What cannot run
//! here stands in [`ELSEWHERE`], with the reason. Scripts of databases are run and checked by tests of their own.

use crate::stage::{Folder, HONGYAN, Stage, text};
use hongyan_gateway::config::Config;
use serde_json::json;
use std::{
    fmt::Write,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

/// Commands that need what this machine does not have: document, how they begin, why.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("README.md", "cargo", "the two commands themselves; the continuous integration is the second"),
    ("docs/benchmarks.md", "cargo", "minutes of load"),
    ("docs/c-abi.md", "cargo build", "the tests of the C ABI build and link it both ways"),
    ("docs/duckdb.md", "cargo xtask", "the tests of the extension build and load it"),
    ("docs/sqlite.md", "cargo build", "the tests of the extension build and load it"),
    ("docs/sqlite.md", "sqlite3 shop.db", "a session: the tests of the extension hold it"),
    ("docs/sqlite.md", "hongyan relay", "runs until it is stopped: the relay's tests do"),
    ("docs/relay.md", "hongyan relay --database shop.db --gateway", "runs until it is stopped: the relay's tests do"),
    ("docs/functions.md", "hongyan http post https://", "a host of the public net"),
    ("docs/functions.md", "hongyan --json http get https://", "a host of the public net"),
    ("docs/functions.md", "echo", "a provider of the public net"),
    ("docs/functions.md", "hongyan mail", "a server of the public net"),
    ("docs/sandbox.md", "hongyan sandbox", "runs until it is stopped: the README's does"),
    ("docs/commands.md", "mysql", "a MySQL of one's own"),
    ("docs/tables.md", "psql", "a PostgreSQL of one's own"),
    ("docs/tables.md", "duckdb", "its command-line shell; the extension's tests have DuckDB"),
    ("docs/scripts.md", "hongyan run -D SECRET=env:WECOM_SECRET", "the platform itself"),
    ("docs/recipes.md", "hongyan run -D CORP_ID=ww", "the platform itself"),
    ("docs/commands.md", "hongyan run -D SECRET=env:WECOM_SECRET", "the platform itself"),
];

/// Commands whose exit code is not 0, as their text says.
const REFUSES: &[(&str, &str, i32)] =
    &[("docs/scripts.md", "hongyan check wecom.dos", 1), ("docs/commands.md", "hongyan check tutorial.dos", 1)];

struct Block {
    document: String,
    line: usize,
    language: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn blocks() -> Vec<Block> {
    let root = root();
    let mut documents = vec!["README.md".to_owned()];
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    documents.extend(docs.filter_map(|name| name.to_str().filter(|n| n.ends_with(".md")).map(|n| format!("docs/{n}"))));
    documents.sort();
    let mut all: Vec<Block> = Vec::new();
    for document in documents {
        let mut open = false;
        for (number, line) in (1..).zip(std::fs::read_to_string(root.join(&document)).unwrap().lines()) {
            if let Some(fence) = line.trim_start().strip_prefix("```") {
                open = !open;
                if open {
                    let (document, language) = (document.clone(), fence.trim().to_owned());
                    all.push(Block { document, line: number, language, text: String::new() });
                }
            } else if open {
                writeln!(all.last_mut().unwrap().text, "{line}").unwrap();
            }
        }
        assert!(!open, "{document}: a block has no end");
    }
    all
}

/// The commands of a block: after `$ ` where it shows a session, else the whole of it.
fn commands(block: &Block) -> Vec<String> {
    if block.language == "sh" || !block.text.contains("$ ") {
        let whole = block.text.split("\n\n").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
        return whole.collect();
    }
    let mut commands: Vec<String> = Vec::new();
    let mut going = false;
    for line in block.text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push(command.to_owned());
            going = true;
        } else if going {
            let last = commands.last_mut().unwrap();
            last.push('\n');
            last.push_str(line);
        }
        going = going && commands.last().is_some_and(|command| is_unfinished(command));
    }
    commands
}

/// Whether a shell would wait for more: inside quotes, after a backslash or a pipe.
fn is_unfinished(command: &str) -> bool {
    let (mut quote, mut escaped) = (None, false);
    for c in command.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    quote.is_some() || escaped || command.trim_end().ends_with(['\\', '|'])
}

#[test]
fn configurations_and_data_are_what_they_say() {
    let mut seen = 0;
    for block in blocks() {
        let place = format!("{}:{}", block.document, block.line);
        match block.language.as_str() {
            "toml" => {
                Config::parse(&block.text, Some(&place), []).unwrap_or_else(|error| panic!("{error}\n{}", block.text));
            }
            "json" => {
                serde_json::from_str::<serde_json::Value>(&block.text).unwrap_or_else(|e| panic!("{place}: {e}"));
            }
            "python" => {
                let compiled = Command::new("python3")
                    .args(["-c", "import sys; compile(sys.argv[1], 'block', 'exec')", &block.text])
                    .status();
                assert!(compiled.unwrap().success(), "{place}: no Python");
            }
            _ => continue,
        }
        seen += 1;
    }
    assert!(seen >= 6, "{seen}");
}

// The sandbox answers beside the commands that wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn commands_do_what_they_print() {
    let stage = Stage::complete("[routes.default]\nvia = [\"ding\", \"mail\"]\n").await;
    let folder = Folder::new();
    supply(&folder.0, &stage.folder.0.join("hongyan.toml"));
    let world = World::new(&stage, &folder.0).await;
    let mut idle: Vec<&(&str, &str, &str)> = ELSEWHERE.iter().collect();
    let mut failures = String::new();
    for block in blocks().iter().filter(|block| matches!(block.language.as_str(), "console" | "sh")) {
        for command in commands(block) {
            let listed = |row: &(&str, &str, &str)| row.0 == block.document && command.starts_with(row.1);
            if ELSEWHERE.iter().any(listed) {
                idle.retain(|row| !listed(row));
                continue;
            }
            if block.document == "README.md" && block.text.contains("$ hongyan init") {
                continue; // The test below starts all from nothing.
            }
            let expected = REFUSES.iter().find(|row| row.0 == block.document && command.starts_with(row.1));
            let expected = expected.map_or(0, |row| row.2);
            let output = world.run(&command);
            let code = output.status.code().unwrap_or(-1);
            if code != expected {
                let said = String::from_utf8_lossy(&output.stderr);
                writeln!(failures, "{}:{} exit {code}: {command}\n    {said}", block.document, block.line).unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(idle.is_empty(), "no command begins like these any more: {idle:?}");
}

/// Where the documents' commands run.
struct World<'a> {
    folder: &'a Path,
    /// What is printed, and what stands here in its place.
    own: Vec<(String, String)>,
    stage: &'a Stage,
}

impl<'a> World<'a> {
    async fn new(stage: &'a Stage, folder: &'a Path) -> Self {
        let sent = stage
            .send(
                &json!({"to": [{"mobile": "13800000001"}], "via": ["ding"], "content": {"text": "for the documents"}}),
            )
            .await;
        stage.until_state(&sent, "sent").await;
        let order = json!({"account": "ding", "name": "文档", "owner": "zhangsan", "members": ["zhangsan", "lisi"]});
        let (status, chat) = stage.call("POST", "/v1/chats", Some(&order)).await;
        assert_eq!(status, 201, "{chat}");
        let said = stage.sandbox.credentials();
        let address = stage.base.trim_start_matches("http://").to_owned();
        let own = [
            ("127.0.0.1:7300", address),
            ("m1m80kecz90000", sent.clone()),
            ("m0…", sent),
            ("hy_…", stage.key.clone()),
            ("chat6aca4f", chat["id"].as_str().unwrap().to_owned()),
            ("dingsample", text(&said, "/dingtalk/app_key")),
            ("1234", said["dingtalk"]["agent_id"].to_string()),
            // The address book's shell takes what a person would see on their screen.
            ("localhost:8900", stage.base.trim_start_matches("http://").to_owned()),
        ];
        let own = own.into_iter().map(|(printed, here)| (printed.to_owned(), here)).collect();
        Self { folder, own, stage }
    }

    fn run(&self, command: &str) -> std::process::Output {
        let mut line = command.to_owned();
        for (printed, here) in &self.own {
            line = line.replace(printed, here);
        }
        let program = Path::new(HONGYAN).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        // Environment of a reader who has set up the gateway: its key, and the secrets of the accounts.
        for (name, value) in self.stage.command().get_envs() {
            if let Some(value) = value {
                bash.env(name, value);
            }
        }
        let said = self.stage.sandbox.credentials();
        bash.args(["-euo", "pipefail", "-c", &line])
            .env("PATH", path)
            .env("KEY", &self.stage.key)
            .env("SECRET", text(&said, "/dingtalk/app_secret"))
            .stdin(Stdio::null())
            .current_dir(self.folder)
            .output()
            .unwrap()
    }
}

/// The smallest picture there is: one black pixel, as PNG.
const PIXEL: &[u8] =
    b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\
    \x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\x60\x00\x00\x00\
    \x02\x00\x01\x48\xaf\xa4\x71\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

/// The files that the documents' commands name.
fn supply(folder: &Path, configuration: &Path) {
    let write = |name: &str, content: &[u8]| std::fs::write(folder.join(name), content).unwrap();
    write("disk.png", PIXEL);
    write(
        "pages.json",
        br#"[{"title": "a", "text": "b", "url": "https://example.com/a", "picture": "https://example.com/a.png"}]"#,
    );
    write("whole.json", br#"{"to": [{"userid": "zhangsan"}], "via": ["ding"], "content": {"text": "whole"}}"#);
    write("notice.json", br#"{"msg": {"msgtype": "text", "text": {"content": "a notice"}}}"#);
    write("daily.html", b"<p>all is well</p>");
    write("positions.csv", b"account,limit,used\nA-17,100,117\n");
    std::os::unix::fs::symlink(root().join("examples"), folder.join("examples")).unwrap();
    let script = std::fs::read_to_string(root().join("examples/scripts/wecom-message.dos")).unwrap();
    // A mistake of the tutorials: full-width punctuation in JSON.
    let tutorial = "body='{\"touser\"：\"zhangsan\"}'\nprint(httpClient::httpPost('https://qyapi.weixin.qq.com/cgi-bin/message/send',body))\n";
    write("wecom.dos", tutorial.as_bytes());
    write("tutorial.dos", tutorial.as_bytes());
    write("wecom-message.dos", script.as_bytes());
    let recipe = root().join("examples/scripts/token-recipe.dos");
    std::fs::copy(recipe, folder.join("token-recipe.dos")).unwrap();
    std::os::unix::fs::symlink(configuration, folder.join("hongyan.toml")).unwrap();
    for (name, sql) in [
        ("app.db", "CREATE TABLE breaches (account, used); INSERT INTO breaches VALUES ('A-17', 117);"),
        ("risk.db", "CREATE TABLE positions (account, lim, used); INSERT INTO positions VALUES ('A-17', 100, 117);"),
    ] {
        rusqlite::Connection::open(folder.join(name)).unwrap().execute_batch(sql).unwrap();
    }
}

#[tokio::test]
async fn the_readmes_first_steps_work_from_nothing() {
    let folder = Folder::new();
    let all = blocks();
    let steps =
        all.iter().find(|block| block.document == "README.md" && block.text.contains("$ hongyan init")).unwrap();
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (http, smtp, gateway) = (free().to_string(), free().to_string(), free().to_string());
    let mut started: Vec<Started> = Vec::new();
    let mut key = String::new();
    for command in commands(steps) {
        let words: Vec<&str> = command.split('#').next().unwrap().split_whitespace().collect();
        let mut program = Command::new(HONGYAN);
        program.current_dir(&folder.0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        match words.as_slice() {
            ["hongyan", "init"] => {
                assert!(program.arg("init").status().unwrap().success());
                let path = folder.0.join("hongyan.toml");
                let text = std::fs::read_to_string(&path).unwrap();
                // The ports alone are others: somebody may be using those of the defaults.
                let (_, port) = smtp.rsplit_once(':').unwrap();
                let text = text.replace("127.0.0.1:18081", &http).replace("127.0.0.1:7300", &gateway);
                std::fs::write(&path, text.replace("port = 18025", &format!("port = {port}"))).unwrap();
            }
            ["hongyan", "sandbox", "--fixed-credentials", "&"] => {
                program.args(["sandbox", "--fixed-credentials", "--listen", &http, "--smtp", &smtp]);
                started.push(Started::new(program));
            }
            ["hongyan", "serve", "&"] => {
                program.arg("serve");
                let mut serve = Started::new(program);
                let line = serve.line();
                key = line.rsplit(' ').next().unwrap().trim().to_owned();
                assert!(key.starts_with("hy_"), "{line}");
                started.push(serve);
            }
            ["export", assignment] => assert!(assignment.starts_with("HONGYAN_KEY=hy_"), "{command}"),
            other => panic!("an unknown step: {other:?}"),
        }
    }
    assert!(!key.is_empty());
    let said = Command::new(HONGYAN)
        .args(["--json", "send", "--to", "mobile:13800000001", "--text", "first", "--via", "ding", "--wait", "20"])
        .env("HONGYAN_GATEWAY", format!("http://{gateway}"))
        .env("HONGYAN_KEY", &key)
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

/// A program that runs until the test ends; its first line has been read.
struct Started(Child, BufReader<ChildStdout>);

impl Started {
    fn new(mut program: Command) -> Self {
        let mut child = program.spawn().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut String::new()).unwrap();
        Self(child, reader)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
