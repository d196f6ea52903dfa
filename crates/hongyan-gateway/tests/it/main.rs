//! The gateway over real HTTP: a store on disk, channels that are invented, a client made of bytes.

mod access;
mod bad_input;
mod both_languages;
mod callbacks;
mod canary;
mod chats;
mod configuration;
mod contacts;
mod facade;
mod fake;
mod heads;
mod http;
mod leases;
mod ledger;
mod limits;
mod log;
mod media;
mod odd_answers;
mod outage;
mod passed_on;
mod platform;
mod refusals;
mod rig;
mod slow;
mod surface;
mod upstream;

use fake::FakeChannel;
use hongyan_channel::Account;
use hongyan_core::{Admin, Backoff, Clock, OnRepeat, OnUnknown, Policy, Scope, Store, clock};
use hongyan_gateway::{Config, Gateway, keys};
use hongyan_store::{Options, Sqlite};
use http::{Answer, Request};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

/// Accounts `ding`, `mail` and `boom`, a route for the first two, a template.
pub(crate) const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:0"
stop_timeout_ms = 3000
[accounts.ding]
channel = "dingtalk"
app_key = "dingsample"
app_secret = "invented"
agent_id = 1
[accounts.boom]
channel = "dingtalk"
app_key = "dingsample"
app_secret = "invented"
agent_id = 2
[accounts.mail]
channel = "mail"
host = "smtp.example.com"
from = "robot@example.com"
[routes.default]
via = ["ding", "mail"]
[templates.disk]
title = "{{ host }}"
markdown = "**disk** {{ used }} %"
"#;

pub(crate) struct TestGateway {
    pub(crate) address: SocketAddr,
    pub(crate) admin: String,
    pub(crate) store: Arc<Sqlite>,
    gateway: Gateway,
}

/// Rules that a test's account starts from.
pub(crate) fn policy(on_unknown: OnUnknown) -> Policy {
    Policy { on_unknown, ..account("any", FakeChannel::people()).1.policy }
}

/// A delivery of one part.
pub(crate) fn new_delivery(account: &str, recipients: Vec<hongyan_core::Address>) -> hongyan_core::NewDelivery {
    let wording = hongyan_core::Wording::Made;
    hongyan_core::NewDelivery { account: account.into(), recipients, part: None, wording }
}

pub(crate) fn account(name: &str, channel: FakeChannel) -> (Arc<str>, Account) {
    let name: Arc<str> = name.into();
    let capabilities = hongyan_core::Channel::capabilities(&channel).clone();
    let account = Account {
        name: Arc::clone(&name),
        policy: Policy {
            dedup: capabilities.dedup,
            on_unknown: OnUnknown::Hold,
            on_late: OnUnknown::Hold,
            backoff: Backoff::default(),
            max_attempts: 2,
            give_up_after: Duration::from_secs(3 * 86_400),
        },
        on_repeat: OnRepeat::Refuse,
        long_text: hongyan_channel::LongText::Split,
        split_given: false,
        rates: Vec::new(),
        recipient_rates: Vec::new(),
        concurrency: 4,
        receipts_after: None,
        channel: Arc::new(channel),
        caller: None,
        robot: None,
    };
    (name, account)
}

impl TestGateway {
    pub(crate) async fn start() -> Self {
        Self::start_with(CONFIG).await
    }

    pub(crate) async fn start_with(config: &str) -> Self {
        let accounts = BTreeMap::from([
            account("ding", FakeChannel::people()),
            account("mail", FakeChannel::mailboxes()),
            account("boom", FakeChannel::broken()),
        ]);
        Self::start_on(Config::parse(config, None, []).unwrap(), accounts).await
    }

    pub(crate) async fn start_on(config: Config, accounts: BTreeMap<Arc<str>, Account>) -> Self {
        Self::start_over(config, accounts, Options::default()).await
    }

    pub(crate) async fn start_over(config: Config, accounts: BTreeMap<Arc<str>, Account>, options: Options) -> Self {
        let store = Arc::new(Sqlite::temporary(options).unwrap());
        let admin = keys::ensure_first(store.as_ref(), clock::System.now()).await.unwrap().unwrap();
        let gateway = Gateway::start(config, accounts, Arc::clone(&store) as Arc<dyn Store>, Arc::new(clock::System))
            .await
            .unwrap();
        Self { address: gateway.address, admin, store, gateway }
    }

    /// A key, in force at once or after the ring's next look.
    pub(crate) async fn key(&self, scopes: &[Scope], accounts: &[&str]) -> String {
        let accounts = accounts.iter().map(|name| (*name).to_owned()).collect();
        let (key, row) = keys::mint("test", scopes.to_vec(), accounts, clock::System.now()).unwrap();
        self.store.add_key(row).await.unwrap();
        key
    }

    /// Hands in a file and gives its id.
    pub(crate) async fn put_file(&self, name: &str, bytes: &[u8]) -> String {
        let answer = self.request("POST", &format!("/v1/media?name={name}")).body(bytes).send().await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Sends a message and waits for its end; gives what is known of it then.
    pub(crate) async fn settled(&self, body: &str) -> serde_json::Value {
        let answer = self.post("/v1/messages?wait=10s", body).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        self.get(&format!("/v1/messages/{}", answer.json()["id"].as_str().unwrap())).await.json()
    }

    /// A request with the admin key.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.address, method, path).bearer(&self.admin)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.request("POST", path).body(body).send().await
    }

    pub(crate) async fn stop(self) {
        self.gateway.stop().await;
    }
}

/// Asks again until `wanted` holds: what it waits for happens beside the request.
pub(crate) async fn until(mut ask: impl AsyncFnMut() -> Answer, wanted: impl Fn(&Answer) -> bool) -> Answer {
    for _ in 0..200 {
        let answer = ask().await;
        if wanted(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not happen within ten seconds");
}
