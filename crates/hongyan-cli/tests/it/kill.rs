//! `kill -9` at random moments under load: nothing accepted is lost, every repeat is known.

use crate::stage::Stage;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Kills over the test's life. Each life of the gateway is long enough to accept, send and settle something.
const KILLS: u32 = 100;
/// Posts under way at once.
const POSTERS: usize = 6;
/// The longest life of a gateway, in milliseconds.
const LIFE_MS: u64 = 250;

/// Ids of messages answered with `202`, by their words.
type Accepted = Arc<Mutex<HashMap<String, String>>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_kills_lose_nothing_and_hide_no_repeat() {
    let mut stage = Stage::open("").await;
    let accepted: Accepted = Arc::default();
    let next = Arc::new(AtomicU64::new(0));
    for kill in 0..KILLS {
        if kill > 0 {
            stage.start();
        }
        let over = Arc::new(AtomicBool::new(false));
        let posters: Vec<_> = (0..POSTERS)
            .map(|_| {
                tokio::spawn(post(
                    stage.base.clone(),
                    stage.key.clone(),
                    Arc::clone(&accepted),
                    Arc::clone(&next),
                    Arc::clone(&over),
                ))
            })
            .collect();
        // Any spread of moments will do; the address of the round's first post is as good a die as any.
        let moment = (next.load(Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % LIFE_MS;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        stage.kill();
        over.store(true, Ordering::Relaxed);
        for poster in posters {
            poster.await.unwrap();
        }
    }
    stage.start();
    let accepted = accepted.lock().unwrap().clone();
    assert!(accepted.len() > 500, "only {} messages were accepted: the test tests nothing", accepted.len());
    eprintln!("{KILLS} kills, {} messages accepted", accepted.len());

    let inbox = wait_until_settled(&stage, &accepted).await;
    let mut flagged = 0;
    for (words, id) in &accepted {
        let message = stage.message(id).await;
        assert!(message["content"]["text"] == words.as_str(), "another message under {id}: {message}");
        let ledger = stage.ledger(id).await;
        assert!(!ledger.is_empty(), "{id} has no recipients");
        for row in &ledger {
            assert!(matches!(row["state"].as_str(), Some("sent" | "unread" | "read")), "not in a true state: {row}");
        }
        let delivery = &message["deliveries"][0];
        let copies = match delivery["account"].as_str().unwrap() {
            "mail" => inbox.get(words.as_str()).copied().unwrap_or(0),
            account => {
                let platform = if account == "ding" { "dingtalk" } else { "wecom" };
                stage.copies(&person(words), platform, words).await
            }
        };
        assert!(copies >= 1, "{id} never arrived: {message}");
        if delivery["repeated"] == true {
            flagged += 1;
        } else {
            assert_eq!(copies, 1, "{id} arrived {copies} times and the ledger does not know: {message}");
        }
        if delivery["account"] != "mail" {
            assert_eq!(copies, 1, "the platform de-duplicates: {message}");
        }
    }
    eprintln!("{flagged} were interrupted and are flagged");
    assert_eq!(stage.inspect("stats").await["duplicates"], 0);
}

/// Whom the message with these words is for.
fn person(words: &str) -> String {
    let n: u64 = words.split(' ').nth(1).unwrap().parse().unwrap();
    format!("u{:03}", 1 + n % 100)
}

async fn post(base: String, key: String, accepted: Accepted, next: Arc<AtomicU64>, over: Arc<AtomicBool>) {
    let http = hongyan_net::Http::new(hongyan_net::Options { timeout: Duration::from_secs(5), ..Default::default() });
    while !over.load(Ordering::Relaxed) {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let words = format!("第 {n} 条");
        let account = ["ding", "wecom", "mail"][(n % 3) as usize];
        let person = person(&words);
        let to = if account == "mail" {
            json!({"email": format!("{person}@example.com")})
        } else {
            json!({"userid": person})
        };
        let message = json!({"to": [to], "via": [account], "content": {"text": words}});
        let request = http::Request::post(format!("{base}/v1/messages"))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(message.to_string().into())
            .unwrap();
        // No answer: it was not accepted, or nobody can say. Either is fine.
        if let Ok(reply) = http.send(request).await
            && reply.status == 202
        {
            let said: Value = serde_json::from_slice(&reply.body).unwrap();
            accepted.lock().unwrap().insert(words, said["id"].as_str().unwrap().to_owned());
        }
    }
}

/// Waits until no accepted message is under way, and gives how often each mail's words are in the inbox.
async fn wait_until_settled(stage: &Stage, accepted: &HashMap<String, String>) -> HashMap<String, usize> {
    let deadline = Instant::now() + Duration::from_secs(90);
    for id in accepted.values() {
        loop {
            let message = stage.message(id).await;
            if message["state"] == "sent" {
                break;
            }
            assert!(Instant::now() < deadline, "not settled in time: {message}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let mut copies = HashMap::new();
    for mail in stage.inspect("mail").await["mails"].as_array().unwrap() {
        *copies.entry(mail["subject"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    copies
}
