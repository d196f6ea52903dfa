//! A sandbox in this process and a gateway in one of its own.

use hongyan_net::{Http, Options};
use hongyan_sandbox::{FaultRule, Limits, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

pub(crate) const HONGYAN: &str = env!("CARGO_BIN_EXE_hongyan");

/// A folder under the target directory, emptied at the start and removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cli-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: Folder,
    pub(crate) http: Http,
    gateway: Option<Child>,
    pub(crate) base: String,
    pub(crate) key: String,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What pushes are signed and sealed with.
pub(crate) const PUSH_TOKEN: &str = "tok123456";
pub(crate) const PUSH_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Keys of every account in these tests: retries come soon, receipts too, quotas are the sandbox's.
const QUICK: &str = "first_retry_ms = 40\nlongest_retry_ms = 400\nrate = { max = 0, per_ms = 1 }\nrecipient_rate = { max = 0, per_ms = 1 }\n";

impl Stage {
    /// Sandbox and gateway; `more` is added to the configuration.
    pub(crate) async fn open(more: &str) -> Self {
        let mut stage = Self::dark(more).await;
        stage.start();
        stage
    }

    /// As [`Self::open`], with everything that the sandbox has credentials for: the robots of the groups as `dingbot`
    /// and `wecombot`, the callbacks of both applications, the facade over `ding`.
    pub(crate) async fn complete(more: &str) -> Self {
        let mut stage = Self::dark("").await;
        let said = stage.sandbox.credentials();
        let base = stage.sandbox.base();
        let path = stage.folder.0.join("hongyan.toml");
        let mut config = std::fs::read_to_string(&path).unwrap();
        config.push_str(&format!(
            "[accounts.dingbot]\nchannel = \"dingtalk-robot\"\naccess_token = {{ env = \"TEST_DINGBOT\" }}\nsecret = {{ env = \"TEST_DINGBOT_SECRET\" }}\nbase_url = \"{base}\"\n{QUICK}\
             [accounts.wecombot]\nchannel = \"wecom-robot\"\nkey = {{ env = \"TEST_WECOMBOT\" }}\nbase_url = \"{base}\"\n{QUICK}\
             [accounts.ding.callback]\ntoken = \"{PUSH_TOKEN}\"\naes_key = \"{PUSH_KEY}\"\nowner = \"{owner}\"\n\
             [accounts.wecom.callback]\ntoken = \"{PUSH_TOKEN}\"\naes_key = \"{PUSH_KEY}\"\n\
             [facade]\naccount = \"ding\"\n{more}",
            owner = text(&said, "/dingtalk/corp_id"),
        ));
        std::fs::write(&path, config).unwrap();
        stage.start();
        stage
    }

    /// A call of a foreign script: no key, no header but the body's type.
    pub(crate) async fn raw(&self, method: &str, target: &str, kind: &str, body: impl Into<Vec<u8>>) -> (u16, Value) {
        let mut request = http::Request::builder().method(method).uri(format!("{}{target}", self.base));
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        let reply = self.http.send(request.body(body.into().into()).unwrap()).await.unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
    }

    /// As [`Self::raw`]: a `POST` of JSON, its answer alone.
    pub(crate) async fn post(&self, target: &str, body: &Value) -> Value {
        self.raw("POST", target, "application/json", body.to_string()).await.1
    }

    /// As [`Self::raw`]: a `GET`, its answer alone.
    pub(crate) async fn get(&self, target: &str) -> Value {
        self.raw("GET", target, "", "").await.1
    }

    /// A token of the gateway's own for the sandbox's DingTalk application.
    pub(crate) async fn ding_token(&self) -> String {
        let said = self.sandbox.credentials();
        let (key, secret) = (text(&said, "/dingtalk/app_key"), text(&said, "/dingtalk/app_secret"));
        text(&self.get(&format!("/gettoken?appkey={key}&appsecret={secret}")).await, "/access_token")
    }

    /// A token of the gateway's own for the sandbox's WeCom application.
    pub(crate) async fn wecom_token(&self) -> String {
        let said = self.sandbox.credentials();
        let (id, secret) = (text(&said, "/wecom/corp_id"), text(&said, "/wecom/secret"));
        text(&self.get(&format!("/cgi-bin/gettoken?corpid={id}&corpsecret={secret}")).await, "/access_token")
    }

    /// How often the sandbox was called on a path.
    pub(crate) async fn calls(&self, path: &str) -> u64 {
        let stats = self.inspect("stats").await;
        stats["calls"].as_object().expect("calls by path").get(path).map_or(0, |calls| calls.as_u64().unwrap())
    }

    /// A person's messages of one platform, the oldest first.
    pub(crate) async fn phone(&self, userid: &str, platform: &str) -> Vec<Value> {
        let phone = self.inspect(&format!("phones/{userid}")).await;
        let mut shown = phone["messages"].as_array().unwrap().clone();
        shown.retain(|message| message["platform"] == platform);
        shown.sort_by_key(|message| message["id"].as_u64());
        shown
    }

    /// The one message that came to a phone after the first `known` ones, once it is there.
    pub(crate) async fn comes(&self, userid: &str, platform: &str, known: usize) -> Value {
        for _ in 0..250 {
            if let Some(message) = self.phone(userid, platform).await.into_iter().nth(known) {
                return message;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing came to {userid} on {platform} after {known} messages");
    }

    /// As [`Self::open`], without starting the gateway.
    pub(crate) async fn dark(more: &str) -> Self {
        let options = SandboxOptions {
            delivery_delay: Duration::from_millis(50),
            limits: Limits { calls: false, people: false },
            ..SandboxOptions::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let folder = Folder::new();
        std::fs::write(folder.0.join("hongyan.toml"), configuration(&sandbox, &folder.0, more)).unwrap();
        let http =
            Http::new(Options { timeout: Duration::from_secs(20), max_body_bytes: 64 << 20, ..Options::default() });
        Self { sandbox, folder, http, gateway: None, base: String::new(), key: String::new() }
    }

    /// A command with the secrets and the key in its environment.
    pub(crate) fn command(&self) -> Command {
        self.command_of(HONGYAN)
    }

    /// As [`Self::command`], for a program that starts the gateway itself.
    pub(crate) fn command_of(&self, program: &str) -> Command {
        let said = self.sandbox.credentials();
        let mut command = Command::new(program);
        for (name, path) in [
            ("TEST_DING", "/dingtalk/app_secret"),
            ("TEST_WECOM", "/wecom/secret"),
            ("TEST_MAIL", "/smtp/password"),
            ("TEST_DINGBOT", "/dingtalk/robot/access_token"),
            ("TEST_DINGBOT_SECRET", "/dingtalk/robot/secret"),
            ("TEST_WECOMBOT", "/wecom/robot/key"),
        ] {
            command.env(name, text(&said, path));
        }
        command.env(hongyan_core::clock::MOVED_BY_FILE, self.folder.0.join("clock"));
        command.env("HONGYAN_CONFIG", self.folder.0.join("hongyan.toml"));
        command.env("HONGYAN_GATEWAY", &self.base).env("HONGYAN_KEY", &self.key);
        command
    }

    /// Starts the gateway and waits until it listens.
    pub(crate) fn start(&mut self) {
        let mut command = self.command();
        command.args(["serve", "--json"]);
        self.start_by(command);
    }

    /// As [`Self::start`], by this command; gives the id of its process.
    pub(crate) fn start_by(&mut self, mut command: Command) -> u32 {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        self.base = format!("http://{}", said["listen"].as_str().unwrap());
        if let Some(key) = said["key"].as_str() {
            key.clone_into(&mut self.key);
        }
        let id = child.id();
        self.gateway = Some(child);
        id
    }

    /// Changes the configuration; in force from the next start on.
    pub(crate) fn configure(&self, change: impl Fn(&str) -> String) {
        let path = self.folder.0.join("hongyan.toml");
        std::fs::write(&path, change(&std::fs::read_to_string(&path).unwrap())).unwrap();
    }

    /// Sets the gateway's wall clock, by so many milliseconds from the machine's.
    pub(crate) fn set_clock(&self, by_ms: i64) {
        // Whole or not at all: it is read at any moment.
        let (new, path) = (self.folder.0.join("clock.new"), self.folder.0.join("clock"));
        std::fs::write(&new, by_ms.to_string()).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.gateway.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// A call to the gateway: status and body.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(body.map(Value::to_string).unwrap_or_default().into())
            .unwrap();
        let reply = self.http.send(request).await.unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
    }

    /// Hands a message in and gives its id.
    pub(crate) async fn send(&self, message: &Value) -> String {
        let (status, said) = self.call("POST", "/v1/messages", Some(message)).await;
        assert_eq!(status, 202, "{said}");
        said["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn message(&self, id: &str) -> Value {
        let (status, said) = self.call("GET", &format!("/v1/messages/{id}"), None).await;
        assert_eq!(status, 200, "{said}");
        said
    }

    pub(crate) async fn ledger(&self, id: &str) -> Vec<Value> {
        let (status, said) = self.call("GET", &format!("/v1/messages/{id}/recipients"), None).await;
        assert_eq!(status, 200, "{said}");
        said["recipients"].as_array().unwrap().clone()
    }

    /// Waits until a message is as wanted, and gives its ledger.
    pub(crate) async fn until(&self, id: &str, what: &str, done: impl Fn(&Value) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let message = self.message(id).await;
            if done(&message) {
                return self.ledger(id).await;
            }
            assert!(Instant::now() < deadline, "not {what} in time: {message}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a message has a state.
    pub(crate) async fn until_state(&self, id: &str, state: &str) -> Vec<Value> {
        self.until(id, state, |message| message["state"] == state).await
    }

    /// A look at the sandbox.
    pub(crate) async fn inspect(&self, path: &str) -> Value {
        let reply = self.http.get(&format!("{}/sandbox/{path}", self.sandbox.base())).await.unwrap();
        assert_eq!(reply.status, 200, "{path}");
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// An order to the sandbox.
    pub(crate) async fn tell(&self, path: &str, body: &Value) {
        let request = http::Request::post(format!("{}/sandbox/{path}", self.sandbox.base()));
        let reply = self.http.send(request.body(body.to_string().into()).unwrap()).await.unwrap();
        assert_eq!(reply.status, 200, "{path}: {:?}", reply.body);
    }

    pub(crate) fn order_fault(&self, rule: &str) {
        self.sandbox.order(rule.parse::<FaultRule>().unwrap());
    }

    /// How many messages lie on a person's phone with these words.
    pub(crate) async fn copies(&self, userid: &str, platform: &str, words: &str) -> usize {
        let phone = self.inspect(&format!("phones/{userid}")).await;
        phone["messages"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| m["platform"] == platform && m["recalled"] != json!(true) && m.to_string().contains(words))
            .count()
    }
}

pub(crate) fn text(said: &Value, path: &str) -> String {
    said.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no {path}")).to_owned()
}

/// `account: state reason` of each row, sorted: what a ledger says, in short.
pub(crate) fn summary(ledger: &[Value]) -> Vec<String> {
    let mut rows: Vec<String> = ledger
        .iter()
        .map(|row| {
            let address = row["address"].as_object().unwrap().values().next().unwrap();
            let code = row["reason"]["code"].as_str().unwrap_or("-");
            format!(
                "{} {} {} {code}",
                row["account"].as_str().unwrap(),
                address.as_str().unwrap_or("all"),
                row["state"].as_str().unwrap()
            )
        })
        .collect();
    rows.sort();
    rows
}

fn configuration(sandbox: &Sandbox, folder: &Path, more: &str) -> String {
    let said = sandbox.credentials();
    let authority = folder.join("ca.pem");
    std::fs::write(&authority, text(&said, "/smtp/ca_pem")).unwrap();
    let smtp = text(&said, "/smtp/address");
    let (host, port) = smtp.rsplit_once(':').unwrap();
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"sqlite:{store}\"\n[log]\nlevel = \"error\"\n\
         [accounts.ding]\nchannel = \"dingtalk\"\nbase_url = \"{base}\"\napp_key = \"{app_key}\"\napp_secret = {{ env = \"TEST_DING\" }}\nagent_id = {ding}\nreceipts_after_ms = 100\n{QUICK}\
         [accounts.wecom]\nchannel = \"wecom\"\nbase_url = \"{base}\"\ncorp_id = \"{corp}\"\nsecret = {{ env = \"TEST_WECOM\" }}\nagent_id = {wecom}\n{QUICK}\
         [accounts.mail]\nchannel = \"mail\"\nhost = \"{host}\"\nport = {port}\nca_file = \"{authority}\"\nusername = \"{user}\"\npassword = {{ env = \"TEST_MAIL\" }}\nfrom = \"Ops <{user}>\"\nconnections = 4\n{QUICK}\
         {more}",
        store = folder.join("hongyan.db").display(),
        base = sandbox.base(),
        app_key = text(&said, "/dingtalk/app_key"),
        ding = said["dingtalk"]["agent_id"],
        corp = text(&said, "/wecom/corp_id"),
        wecom = said["wecom"]["agent_id"],
        authority = authority.display(),
        user = text(&said, "/smtp/username"),
    )
}
