//! `hongyan run` and `hongyan check`: the recipes against the sandbox and against servers that are not ours.

use crate::foreign::server as mail_server;
use crate::stage::{Folder, HONGYAN, text};
use hongyan_sandbox::{FaultRule, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

/// The folder of the recipes.
fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/scripts")
}

/// Runs a recipe, or a file.
fn hongyan(command: &str, file: &str, more: &[&str]) -> Output {
    let path = if file.contains('/') { PathBuf::from(file) } else { recipes().join(file) };
    Command::new(HONGYAN).arg(command).arg(path).args(more).stdin(Stdio::null()).output().unwrap()
}

/// Runs a script that is given on standard input.
fn typed(script: &str, more: &[&str]) -> Output {
    fed("run", script, more)
}

fn fed(command: &str, script: &str, more: &[&str]) -> Output {
    let mut child = Command::new(HONGYAN)
        .args([command, "-"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}\n{}", stdout(output), stderr(output));
    stdout(output)
}

/// A sandbox of this process, with secrets of its own.
async fn sandbox() -> Sandbox {
    Sandbox::start(SandboxOptions::default()).await.unwrap()
}

/// A look into it, from a thread that may wait.
async fn look(sandbox: &Sandbox, path: &str) -> Value {
    let http = hongyan_net::Http::new(hongyan_net::Options::default());
    let reply = http.get(&format!("{}/sandbox/{path}", sandbox.base())).await.unwrap();
    serde_json::from_slice(&reply.body).unwrap()
}

/// A recipe against a sandbox that runs already.
async fn against(sandbox: &Sandbox, recipe: &str, more: &[&str]) -> String {
    let (recipe, url) = (recipe.to_owned(), format!("--sandbox={}", sandbox.base()));
    let more: Vec<String> = more.iter().map(|&word| word.to_owned()).collect();
    let run = move || {
        let mut words = vec![url.as_str()];
        words.extend(more.iter().map(String::as_str));
        done(&hongyan("run", &recipe, &words))
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recipe_reaches_the_phones_and_mailboxes_of_the_sandbox() {
    let sandbox = sandbox().await;
    assert_eq!(against(&sandbox, "wecom-token.dos", &[]).await, "WeCom token, good for 7200 s\n");
    assert_eq!(against(&sandbox, "dingtalk-token.dos", &[]).await, "DingTalk token, good for 7200 s\n");
    assert_eq!(against(&sandbox, "wecom-message.dos", &[]).await, "errcode 0 ok\n");
    assert_eq!(against(&sandbox, "wecom-chat.dos", &[]).await, "errcode 0 ok\n");
    let members = against(&sandbox, "dingtalk-members.dos", &[]).await;
    assert!(members.lines().any(|line| line == "平台组: zhangsan") && members.lines().count() > 3, "{members}");
    assert_eq!(against(&sandbox, "dingtalk-chat.dos", &[]).await, "errcode 0 ok\n");
    assert_eq!(against(&sandbox, "mail-one.dos", &[]).await, "responseCode 250\n");
    assert_eq!(against(&sandbox, "mail-many.dos", &[]).await, "responseCode 250\n");

    let phone = look(&sandbox, "phones/lisi").await.to_string();
    for words in ["nightly batch: done", "the shift has changed", "the release is out"] {
        assert_eq!(phone.matches(words).count(), 1, "{words}: {phone}");
    }
    assert!(!look(&sandbox, "phones/zhaoliu").await.to_string().contains("nightly"), "only who was named");
    let mail = look(&sandbox, "mail").await;
    let mails = mail["mails"].as_array().unwrap();
    assert_eq!(mails.len(), 2);
    assert_eq!(
        (&mails[0]["to"], &mails[0]["subject"]),
        (&json!(["lisi@example.com"]), &json!("日终对账 daily reconciliation"))
    );
    assert_eq!(mails[1]["to"], json!(["zhangsan@example.com", "lisi@example.com", "wangwu@example.com"]));
    assert_eq!(mails[1]["from"], "alarm@example.com");
}

#[test]
fn a_sandbox_of_the_run_s_own_needs_no_word_of_set_up() {
    let output = hongyan("run", "dingtalk-chat.dos", &["--sandbox", "--json"]);
    let said: Value = serde_json::from_str(&done(&output)).unwrap();
    assert_eq!((&said["outcome"], &said["output"]), (&json!("done"), &json!("errcode 0 ok\n")));
    assert_eq!((&said["sandbox"]["own"], &said["sandbox"]["dingtalk_sends"]), (&json!(true), &json!(1)), "{said}");
    // The option before the file, and with it.
    let path = recipes().join("mail-one.dos");
    let output = Command::new(HONGYAN).args(["run", "--sandbox"]).arg(path).output().unwrap();
    assert_eq!(done(&output), "responseCode 250\n");
}

#[test]
fn a_thousand_sends_over_a_day_cost_twelve_tokens() {
    for (recipe, path) in [("token-recipe.dos", "/cgi-bin/gettoken"), ("token-recipe-dingtalk.dos", "/gettoken")] {
        let day = ["--sandbox", "--simulated-time", "--json", "-D", "COUNT:=1000", "-D", "PAUSE:=86400"];
        let said: Value = serde_json::from_str(&done(&hongyan("run", recipe, &day))).unwrap();
        assert!(said["output"].as_str().unwrap().starts_with("sent 1000, failed 0, tokens fetched 12"), "{said}");
        assert_eq!(said["sandbox"]["calls"][path], 12, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_taken_away_costs_no_message() {
    let day = ["--simulated-time", "-D", "COUNT:=300", "-D", "PAUSE:=86400"];
    for (recipe, path) in [("token-recipe.dos", "/cgi-bin/message/send"), ("token-recipe-dingtalk.dos", "/chat/send")] {
        let sandbox = sandbox().await;
        for (kind, skip) in [("token_revoked", 40), ("token_expired", 120), ("busy", 200), ("token_revoked", 250)] {
            let rule: FaultRule = format!("{kind}:{path}:1").parse().unwrap();
            sandbox.order(FaultRule { skip, ..rule });
        }
        let said = against(&sandbox, recipe, &day).await;
        // Four that lapsed in those seven hours, and three that were taken away.
        assert!(said.starts_with("sent 300, failed 0, tokens fetched "), "{said}");
        let fetched: u32 = said.trim_end().rsplit(' ').next().unwrap().parse().unwrap();
        assert!((4..=7).contains(&fetched), "{said}");
    }
}

/// A process of Python that says one JSON object per line, the first with its port.
struct Foreign {
    port: u64,
    said: std::io::Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Foreign {
    fn start() -> Self {
        let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/platform_server.py");
        let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut this = Self { port: 0, said: BufReader::new(child.stdout.take().unwrap()).lines(), child };
        this.port = this.hear()["port"].as_u64().unwrap();
        this
    }

    fn hear(&mut self) -> Value {
        serde_json::from_str(&self.said.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_recipes_work_with_a_server_that_is_not_ours() {
    let mut foreign = Foreign::start();
    let host = format!("host=http://127.0.0.1:{}", foreign.port);
    let logins = ["-D", "CORP_ID=ww0000", "-D", "SECRET=one", "-D", "APP_KEY=ding0000", "-D", "APP_SECRET=two"];
    let run = |recipe: &str, more: &[&str]| {
        let mut words = vec!["-D", host.as_str(), "--allow-private"];
        words.extend(logins);
        words.extend(more);
        done(&hongyan("run", recipe, &words))
    };
    assert_eq!(run("wecom-message.dos", &[]), "errcode 0 ok\n");
    assert_eq!(run("wecom-chat.dos", &[]), "errcode 0 ok\n");
    assert_eq!(run("dingtalk-members.dos", &[]), "平台组: li\n平台组: wang\n");
    assert_eq!(run("dingtalk-chat.dos", &[]), "errcode 0 ok\n");
    // This server takes two messages by a token.
    let said = run("token-recipe.dos", &["-D", "COUNT:=5", "-D", "PAUSE:=0"]);
    assert_eq!(said, "sent 5, failed 0, tokens fetched 3\n");
    let said = run("token-recipe-dingtalk.dos", &["-D", "COUNT:=5", "-D", "PAUSE:=0"]);
    assert_eq!(said, "sent 5, failed 0, tokens fetched 3\n");

    let heard: Vec<Value> = (0..12).map(|_| foreign.hear()).collect();
    assert_eq!(heard[0]["query"], json!({"corpid": "ww0000", "corpsecret": "one"}));
    assert_eq!(heard[1]["query"], json!({"access_token": "foreign1"}));
    assert_eq!(
        (&heard[1]["body"]["touser"], &heard[1]["body"]["agentid"]),
        (&json!("zhangsan|lisi"), &json!(1_000_002))
    );
    assert_eq!(heard[4]["body"]["chatid"], "foreignchat");
    assert_eq!(heard[6]["query"], json!({"access_token": "foreign3", "fetch_child": "true"}));
    assert_eq!(heard[7]["query"], json!({"access_token": "foreign3", "deptId": "8"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_recipes_work_with_a_mail_server_that_is_not_ours() {
    let mut foreign = mail_server::Foreign::start("scripts").await;
    let folder = Folder::new();
    let authority = folder.0.join("ca.pem");
    std::fs::write(&authority, &foreign.ca_pem).unwrap();
    std::fs::write(folder.0.join("password"), format!("{}\n", mail_server::PASSWORD)).unwrap();
    for (recipe, receivers) in [("mail-one.dos", 1), ("mail-many.dos", 3)] {
        let words = [
            "--allow-private".to_owned(),
            format!("--ca={}", authority.display()),
            "-DmailHost=localhost".to_owned(),
            format!("-DmailPort:={}", foreign.port),
            format!("-Duser={}", mail_server::LOGIN),
            "-DmailDomain=sandbox.example".to_owned(),
            format!("-Dpsw=@{}", folder.0.join("password").display()),
        ];
        let run = move || done(&hongyan("run", recipe, &words.iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!(tokio::task::spawn_blocking(run).await.unwrap(), "responseCode 250\n");
        let heard = foreign.hear().await;
        assert_eq!(heard["to"].as_array().unwrap().len(), receivers);
        assert_eq!((&heard["tls"], &heard["login"]), (&json!(true), &json!(mail_server::LOGIN)));
        assert_eq!(heard["defects"], json!([]));
    }
}

#[test]
fn a_pinned_variable_stays_and_a_placeholder_takes_no_value_s_place() {
    let script = "SECRET='xxxxx';\nSECRET+='more';\ntoken='a'+'b';\ntoken='xxxxx';\nprint SECRET;\nprint token;";
    let output = typed(script, &["--define", "SECRET=given", "--keep", "token"]);
    assert_eq!(done(&output), "given\nab\n");
    let notes = stderr(&output);
    assert!(notes.contains("SECRET") && notes.contains("line 4: token keeps its value"), "{notes}");
    assert_eq!(done(&typed(script, &[])), "xxxxxmore\nxxxxx\n");
    assert_eq!(
        done(&typed("if(1==1){token=string(5);}\nif(2==2) token='xxxxx';\nprint token;", &["--keep", "*"])),
        "5\n"
    );
    assert_eq!(done(&typed("print n+1;", &["-D", "n:=41"])), "42\n");
    assert_eq!(done(&typed("print args[1];print size(args);", &["one", "two words"])), "two words\n2\n");
}

#[test]
fn a_look_that_finds_nothing_ends_a_run_but_for_the_sandbox_s() {
    let script = "body=parseExpr('{\"department\":[{\"id\":7}]}').eval()\nid=string(body[0].id)\nprint 'on'\n";
    let tried = typed(script, &["--sandbox"]);
    assert_eq!(stdout(&tried), "on\n");
    assert!(stderr(&tried).contains("body.department[0]"), "{}", stderr(&tried));
    let meant = typed(script, &[]);
    assert_eq!((meant.status.code(), stdout(&meant).as_str()), (Some(1), ""));
    assert!(stderr(&meant).contains("body.department[0]"), "{}", stderr(&meant));
}

#[test]
fn a_secret_is_seen_only_where_the_script_prints_it() {
    let canary = "canary-8c1f0e";
    let pin = format!("SECRET={canary}");
    // Accepted, refused, and wrong in form: none of them tells it.
    for (recipe, more) in [
        ("wecom-message.dos", &["--sandbox"][..]),
        ("wecom-message.dos", &["--sandbox", "--strict-login"]),
        ("wecom-message.dos", &["--sandbox", "--strict-login", "--json"]),
        ("wecom-message.dos", &["-D", "host=http://127.0.0.1:1", "--allow-private"]),
        ("wecom-message.dos", &["-D", "host=http://127.0.0.1:1"]),
        ("wecom-message.dos", &["-D", "host=not a url"]),
    ] {
        let mut words = vec!["-D", pin.as_str()];
        words.extend(more);
        let output = hongyan("run", recipe, &words);
        let all = stdout(&output) + &stderr(&output);
        assert!(!all.contains(canary), "{more:?}: {all}");
    }
    assert_eq!(done(&typed("print SECRET;", &["-D", &pin])), format!("{canary}\n"));
    // Written into the script it is not shown with the line that fails, nor by the checker.
    let script = format!("SECRET='{canary}'; x=nothing();");
    for output in [
        typed(&script, &[]),
        fed("check", &script, &[]),
        fed("check", &script, &["--json"]),
        typed(&format!("SECRET='{canary}' )"), &[]),
    ] {
        assert_eq!(output.status.code(), Some(1));
        let all = stdout(&output) + &stderr(&output);
        assert!(!all.contains(canary) && all.contains("SECRET="), "{all}");
    }
}

#[test]
fn an_error_says_where_and_the_exit_code_what() {
    let output = typed("a=1;\nb=a+;\n", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("b=a+;") && stderr(&output).contains("2:"), "{}", stderr(&output));
    let output = typed("print 'before';\nx=parseExpr('{1').eval();\nprint 'after';", &[]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), "before\n"));
    let output = typed("assert 1==2;\nprint 'goes on';", &[]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), "goes on\n"));
    assert_eq!(typed("x=select * from t;", &[]).status.code(), Some(1));
    assert_eq!(hongyan("run", "/no/such.dos", &[]).status.code(), Some(2));
    assert_eq!(typed("", &["--define", "1"]).status.code(), Some(2));
    assert_eq!(typed("", &["--timeout", "soon"]).status.code(), Some(2));
    assert_eq!(done(&typed("", &[])), "");
    let said: Value =
        serde_json::from_slice(&typed("print 1;\nprint 2+'a';\nprint nothing;", &["--json"]).stdout).unwrap();
    assert_eq!((&said["exit"], &said["diagnostics"][0]["line"]), (&json!(1), &json!(3)), "{said}");
}

#[test]
fn a_run_ends_at_its_limits() {
    let began = std::time::Instant::now();
    let output = typed("do{a=1}while(true);", &["--timeout", "300ms", "--max-steps", "100000000000"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--timeout"), "{}", stderr(&output));
    let output = typed("sleep(60000);\ndo{a=1}while(true);", &["--timeout", "300ms"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(began.elapsed().as_secs() < 20);
    assert_eq!(typed("do{a=1}while(true);", &["--max-steps", "1000"]).status.code(), Some(1));
    assert_eq!(typed("a='0123456789';do{a=a+a;}while(true);", &["--max-memory", "1M"]).status.code(), Some(1));
}

#[test]
fn private_addresses_are_for_who_asks_for_them() {
    let script = "ret=httpClient::httpGet('http://127.0.0.1:1/',,1000);";
    let output = typed(script, &[]);
    assert!(stderr(&output).contains("--dangerous-private-addresses"), "{}", stderr(&output));
    let output = typed(script, &["--allow-private"]);
    assert!(!stderr(&output).contains("--dangerous"), "{}", stderr(&output));
}

#[test]
fn the_checker_names_every_mistake_at_its_line() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/every-mistake.dos");
    let file = file.to_str().unwrap();
    let output = hongyan("check", file, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found: Vec<(u64, String)> = said["files"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["line"].as_u64().unwrap(), finding["rule"].as_str().unwrap().to_owned()))
        .collect();
    let script = std::fs::read_to_string(file).unwrap();
    let mut expected: Vec<(u64, String)> = Vec::new();
    for (line, number) in script.lines().skip(1).zip(2..) {
        if let Some((_, rules)) = line.rsplit_once("// ") {
            expected.extend(rules.split(", ").map(|rule| (number, rule.to_owned())));
        }
    }
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    for finding in said["files"][0]["findings"].as_array().unwrap() {
        assert!(finding["message"].as_str().unwrap().contains(" / ") && !finding.to_string().contains("canary"));
    }
}

#[test]
fn every_rule_is_in_the_fixture_and_in_the_documents() {
    let output = Command::new(HONGYAN).args(["check", "--rules", "--json"]).output().unwrap();
    let rules: Value = serde_json::from_str(&done(&output)).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixture = std::fs::read_to_string(root.join("tests/scripts/every-mistake.dos")).unwrap();
    let document = std::fs::read_to_string(root.join("../../docs/scripts.md")).unwrap();
    for rule in rules.as_array().unwrap() {
        let id = rule["rule"].as_str().unwrap();
        assert!(fixture.contains(id), "{id} has no example");
        let row = format!(
            "| `{id}` | {} | {} | {} |",
            rule["severity"].as_str().unwrap(),
            rule["title"].as_str().unwrap(),
            rule["title_zh"].as_str().unwrap()
        );
        assert!(document.contains(&row), "docs/scripts.md lacks: {row}");
    }
}

#[test]
fn warnings_fail_only_when_asked_to() {
    let warned = "r=httpClient::httpGet('https://www.example.com/');";
    assert_eq!(fed("check", warned, &[]).status.code(), Some(0));
    assert_eq!(fed("check", warned, &["--strict"]).status.code(), Some(1));
    assert_eq!(fed("check", "print x;", &[]).status.code(), Some(1));
    assert_eq!(fed("check", "print x;", &["-D", "x"]).status.code(), Some(0));
    for entry in std::fs::read_dir(recipes()).unwrap() {
        let path = entry.unwrap().path();
        done(&hongyan("check", path.to_str().unwrap(), &["--strict"]));
    }
}

#[test]
fn the_document_shows_the_recipes_as_they_are() {
    let document = std::fs::read_to_string(recipes().join("../../docs/recipes.md")).unwrap();
    for entry in std::fs::read_dir(recipes()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(document.contains(&format!("examples/scripts/{name}")), "{name} is not named");
        let script = std::fs::read_to_string(&path).unwrap();
        assert!(document.contains(&format!("```\n{script}```")), "{name} differs from what docs/recipes.md shows");
    }
}

#[test]
fn what_the_checker_knows_of_the_operations_is_what_is_declared() {
    use hongyan_script::check::OPERATIONS;
    let declared = |path: &str| listed("wecom").into_iter().chain(listed("dingtalk")).find(|(known, _)| known == path);
    for operation in OPERATIONS {
        let (_, method) = declared(operation.path).unwrap_or_else(|| panic!("{} is not declared", operation.path));
        assert_eq!(operation.post, method == "POST", "{}", operation.path);
    }
}

/// Path and method of what `hongyan call` lists for a platform.
fn listed(platform: &str) -> Vec<(String, String)> {
    let output = Command::new(HONGYAN).args(["call", platform, "--json"]).output().unwrap();
    let all: Value = serde_json::from_str(&done(&output)).unwrap();
    all.as_array().unwrap().iter().map(|one| (text(one, "/path"), text(one, "/method"))).collect()
}
