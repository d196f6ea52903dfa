//! The log's lines about messages: `info` and above for what somebody may have to look into, `debug` for the rest.

use crate::{
    TestGateway,
    rig::{HOUR, Platform, Rig, SECOND, START, gone, nothing},
};
use hongyan_core::{DeliveryState, Queue, Time};
use hongyan_endpoint::{Class, Fault};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, Mutex},
};
use tracing::{level_filters::LevelFilter, subscriber::DefaultGuard};

/// What this thread logs while it lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn start(level: LevelFilter) -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let builder = tracing_subscriber::fmt().json().with_max_level(level).with_writer(move || writer.clone());
        (log, tracing::subscriber::set_default(builder.finish()))
    }

    /// The lines of the dispatcher and of accepting.
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let own = |line: &Value| {
            let target = line["target"].as_str().unwrap();
            ["hongyan_gateway", "hongyan_intake", "hongyan_compat", "hongyan_dispatch"]
                .iter()
                .any(|name| target.starts_with(name))
        };
        lines.filter(own).collect()
    }

    /// The first line with this message; all with it have this level and exactly these fields.
    fn line(&self, level: &str, message: &str, fields: &[&str]) -> Value {
        let mut lines = self.lines();
        lines.retain(|line| line["fields"]["message"] == message);
        let expected: BTreeSet<&str> = fields.iter().copied().chain(["message"]).collect();
        for line in &lines {
            let got: BTreeSet<&str> = line["fields"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!((line["level"].as_str().unwrap(), got), (level, expected.clone()), "{message}");
        }
        let Some(first) = lines.first() else { panic!("no line says {message:?}: {:?}", self.lines()) };
        first.clone()
    }
}

async fn send_to_li_and_nobody(gateway: &TestGateway) -> Value {
    let body = json!({"to": [{"userid": "li"}, {"userid": "ghost"}], "via": ["ding"], "content": {"text": "a"}});
    let message = gateway.settled(&body.to_string()).await;
    assert_eq!(message["state"], "partial");
    message
}

#[tokio::test]
async fn a_message_leaves_debug_lines_on_its_way_and_an_info_line_for_whom_the_platform_refuses() {
    let (log, _guard) = Log::start(LevelFilter::DEBUG);
    let gateway = TestGateway::start().await;
    let message = send_to_li_and_nobody(&gateway).await;
    gateway.stop().await;

    let (id, delivery) = (&message["id"], &message["deliveries"][0]["id"]);
    assert_eq!(&log.line("DEBUG", "accepted", &["id"])["fields"]["id"], id);
    let attempted = ["account", "delivery", "class", "code", "error", "took_ms"];
    let attempted = log.line("DEBUG", "attempted", &attempted);
    assert_eq!((&attempted["fields"]["delivery"], &attempted["fields"]["class"]), (delivery, &json!("taken")));
    let refused = log.line("INFO", "recipients refused", &["account", "delivery", "recipients", "code", "error"]);
    let fields = &refused["fields"];
    assert_eq!((&fields["delivery"], &fields["recipients"]), (delivery, &json!(1)));
    assert_eq!((&fields["code"], &fields["error"]), (&json!("40035"), &json!("no such user")));
    let settled = log.line("DEBUG", "settled", &["account", "delivery", "state", "attempts"]);
    assert_eq!((&settled["fields"]["account"], &settled["fields"]["state"]), (&json!("ding"), &json!("sent")));

    let spans = [json!({"name": "message", "id": id}), json!({"name": "delivery", "account": "ding", "number": 1})];
    assert_eq!(settled["spans"], json!(spans));
}

#[tokio::test]
async fn where_debug_is_off_a_message_leaves_a_line_for_a_refusal_alone_and_makes_no_span() {
    let (log, _guard) = Log::start(LevelFilter::INFO);
    let gateway = TestGateway::start().await;
    send_to_li_and_nobody(&gateway).await;
    gateway.stop().await;
    let lines = log.lines();
    let said: Vec<&str> = lines.iter().map(|line| line["fields"]["message"].as_str().unwrap()).collect();
    assert_eq!(said, ["listening", "recipients refused", "stopped"]);
    assert!(lines.iter().all(|line| line.get("spans").is_none_or(|spans| *spans == json!([]))), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn rests_dead_letters_recovered_leases_and_refused_recalls_are_told() {
    let (log, _guard) = Log::start(LevelFilter::DEBUG);
    let rig = Rig::new();
    let (down, up) = (START + HOUR, START + HOUR * 2);
    let refused = || Fault::refused("81013", "user is invalid", None);
    let send = move |now: Time, number: usize| match number {
        0 => Some(refused()),
        _ => (down <= now && now < up).then(gone),
    };
    let mut platform = Platform { login: Some(nothing()), ..rig.platform(Box::new(send)) };
    platform.take_back = Box::new(|_, _| Some(Fault::refused("40059", "too late", None).with_class(Class::Permanent)));
    // Somebody's, who died over them.
    let orphan = rig.accept(2, |_| {}).await[1];
    let claims = rig.store.claim("ding", START + SECOND, START + SECOND * 2, 2).await.unwrap();
    assert_eq!(claims.len(), 2);
    let dead = rig.accept(1, |_| {}).await[0];
    tokio::time::sleep(SECOND * 5).await;
    let (_, dispatcher) = rig.start(platform, Vec::new());
    rig.until(DeliveryState::Failed, 1, HOUR).await;
    rig.until(DeliveryState::Sent, 2, HOUR).await;
    tokio::time::sleep(HOUR).await;
    rig.accept(1, |_| {}).await;
    dispatcher.wake("ding");
    rig.until(DeliveryState::Sent, 3, HOUR * 3).await;
    dispatcher.recall(orphan).await.unwrap();
    dispatcher.stop(SECOND).await;

    let lost = log.line("WARN", "interrupted calls are settled as unknown", &["account", "deliveries"]);
    assert_eq!(lost["fields"]["deliveries"], 2);
    let fields = ["account", "delivery", "state", "code", "error", "last", "attempts"];
    let letter = log.line("INFO", "dead letter", &fields);
    assert_eq!(letter["fields"]["delivery"], json!(rig.delivery(dead).await.id));
    assert_eq!((&letter["fields"]["state"], &letter["fields"]["code"]), (&json!("failed"), &json!("81013")));
    let rests = log.line("WARN", "the account rests", &["account", "class", "code", "error", "until"]);
    assert_eq!(rests["fields"]["code"], "net.connect");
    log.line("INFO", "the account rests on", &["account", "class", "code", "error", "since", "until"]);
    let works = log.line("INFO", "the account works again", &["account", "seconds"]);
    assert!((3_000..=7_200).contains(&works["fields"]["seconds"].as_u64().unwrap()), "{works}");
    let recall = log.line("INFO", "recall refused", &["account", "delivery", "code", "error"]);
    assert_eq!(recall["fields"]["code"], "40059");
}
