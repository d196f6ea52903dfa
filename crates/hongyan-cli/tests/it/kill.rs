//! `kill -9` at random moments under load: nothing accepted is lost, every repeat is known.
//!
//! For a soak, `HONGYAN_KILLS=1000 cargo nextest run -p hongyan-cli -E 'test(kill)'`: so many kills in each test.

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

/// As many kills as somebody asks for, else the usual number.
fn kills(usual: u32) -> u32 {
    std::env::var("HONGYAN_KILLS").map_or(usual, |text| text.parse().unwrap())
}

/// Posts under way at once.
const POSTERS: usize = 6;
/// The longest life of a gateway, in milliseconds.
const LIFE_MS: u64 = 250;

/// Ids of messages answered with `202`, by their words.
type Accepted = Arc<Mutex<HashMap<String, String>>>;

/// Whether a busy machine has let so little through that there is to be another life.
fn is_too_little(accepted: &Accepted, least: usize, kill: u32, kills: u32) -> bool {
    accepted.lock().unwrap().len() <= least && kill < kills * 4
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_kills_lose_nothing_and_hide_no_repeat() {
    let mut stage = Stage::open("").await;
    let accepted: Accepted = Arc::default();
    let next = Arc::new(AtomicU64::new(0));
    let kills = kills(KILLS);
    let mut kill = 0;
    while kill < kills || is_too_little(&accepted, 500, kill, kills) {
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
        kill += 1;
    }
    stage.start();
    let accepted = accepted.lock().unwrap().clone();
    assert!(accepted.len() > 500, "only {} messages were accepted: the test tests nothing", accepted.len());
    eprintln!("{kill} kills, {} messages accepted", accepted.len());

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

/// Kills under official sends and films.
const FEW_KILLS: u32 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn kills_under_official_sends_and_films_lose_nothing_that_was_answered() {
    let mut stage = Stage::open("[official]\nwait_ms = 60\n").await;
    let answered: Accepted = Arc::default();
    let next = Arc::new(AtomicU64::new(0));
    let kills = kills(FEW_KILLS);
    let mut kill = 0;
    while kill < kills || is_too_little(&answered, 30, kill, kills) {
        if kill > 0 {
            stage.start();
        }
        let over = Arc::new(AtomicBool::new(false));
        // Tokens end with the process.
        let (ding, wecom) = (stage.ding_token().await, stage.wecom_token().await);
        let said = stage.sandbox.credentials();
        let posters: Vec<_> = (0..POSTERS)
            .map(|_| {
                let caller = Foreign {
                    base: stage.base.clone(),
                    key: stage.key.clone(),
                    ding: (ding.clone(), said["dingtalk"]["agent_id"].clone()),
                    wecom: (wecom.clone(), said["wecom"]["agent_id"].clone()),
                };
                tokio::spawn(caller.post(Arc::clone(&answered), Arc::clone(&next), Arc::clone(&over)))
            })
            .collect();
        let moment = 50 + (next.load(Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % LIFE_MS;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        stage.kill();
        over.store(true, Ordering::Relaxed);
        for poster in posters {
            poster.await.unwrap();
        }
        kill += 1;
    }
    stage.start();
    let answered = answered.lock().unwrap().clone();
    assert!(answered.len() > 30, "only {} were answered: the test tests nothing", answered.len());
    let handed = answered.values().filter(|id| id.starts_with("hy") || id.parse::<i64>().is_ok_and(|id| id > 1 << 52));
    eprintln!("{kill} kills, {} answered, {} with an id of ours", answered.len(), handed.count());
    let deadline = Instant::now() + Duration::from_secs(60);
    let messages = loop {
        let messages = everything(&stage).await;
        if messages.iter().all(|message| message["state"] == "sent") {
            break messages;
        }
        let open: Vec<&Value> = messages.iter().filter(|message| message["state"] != "sent").collect();
        assert!(Instant::now() < deadline, "not settled in time: {open:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(messages.len() >= answered.len(), "the ledger has {} of {}", messages.len(), answered.len());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut phones = HashMap::new();
    for (words, id) in &answered {
        let platform = if words.starts_with("钉") { "dingtalk" } else { "wecom" };
        let who = (person(words), platform);
        if !phones.contains_key(&who) {
            phones.insert(who.clone(), stage.phone(&who.0, platform).await);
        }
        let copies = phones[&who].iter().filter(|shown| shown.to_string().contains(&format!("{words}\""))).count();
        assert!(copies >= 1, "{words} was answered with {id} and never arrived");
        let repeated = messages.iter().any(|message| {
            message.to_string().contains(&format!("{words}\"")) && message["deliveries"][0]["repeated"] == true
        });
        assert!(copies == 1 || repeated, "{words} arrived {copies} times and the ledger does not know");
    }
}

/// Every message in full.
async fn everything(stage: &Stage) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let (status, page) = stage.call("GET", &format!("/v1/messages?limit=100{cursor}"), None).await;
        assert_eq!(status, 200, "{page}");
        for row in page["messages"].as_array().unwrap() {
            all.push(stage.message(row["id"].as_str().unwrap()).await);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Tokens and keys of a caller of the official paths.
struct Foreign {
    base: String,
    key: String,
    ding: (String, Value),
    wecom: (String, Value),
}

impl Foreign {
    async fn post(self, answered: Accepted, next: Arc<AtomicU64>, over: Arc<AtomicBool>) {
        let options = hongyan_net::Options { timeout: Duration::from_secs(5), ..Default::default() };
        let http = hongyan_net::Http::new(options);
        while !over.load(Ordering::Relaxed) {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let words = format!("{} {n} 条", ["钉", "企", "影"][(n % 3) as usize]);
            let person = person(&words);
            let (path, message) = match n % 3 {
                0 => (
                    format!("/topapi/message/corpconversation/asyncsend_v2?access_token={}", self.ding.0),
                    json!({"agent_id": self.ding.1, "userid_list": person,
                        "msg": {"msgtype": "text", "text": {"content": words}}}),
                ),
                1 => (
                    format!("/cgi-bin/message/send?access_token={}", self.wecom.0),
                    json!({"touser": person, "msgtype": "text", "agentid": self.wecom.1, "text": {"content": words}}),
                ),
                _ => (
                    "/v1/messages".to_owned(),
                    // AAAAIGZ0eXBpc29t: the head of a film; a few of them, so that uploads are shared and are not.
                    json!({"to": [{"userid": person}], "via": ["wecom"], "content": {"title": words,
                        "video": {"name": format!("{}.mp4", n % 7), "base64": "AAAAIGZ0eXBpc29tLWZpbG0="}}}),
                ),
            };
            let request = http::Request::post(format!("{}{path}", self.base))
                .header("authorization", format!("Bearer {}", self.key))
                .header("content-type", "application/json")
                .body(message.to_string().into())
                .unwrap();
            let Ok(reply) = http.send(request).await else { continue };
            let said: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            let id = ["task_id", "msgid", "id"].iter().find_map(|name| said.get(*name));
            if let Some(id) = id.filter(|_| reply.status == 202 || said["errcode"] == 0) {
                let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
                answered.lock().unwrap().insert(words, id);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_under_robots_chats_and_webhooks_lose_nothing_and_hide_no_repeat() {
    let receiver = Receiver::start().await;
    let mut stage = Stage::complete(&format!(
        "[accounts.hook]\nchannel = \"webhook\"\nurl = \"{}\"\nallow_private = true\nfirst_retry_ms = 40\n\
         longest_retry_ms = 400\n",
        receiver.url
    ))
    .await;
    let chats = [crate::chats::create(&stage, "ding").await, crate::chats::create(&stage, "wecom").await];
    let accepted: Accepted = Arc::default();
    let next = Arc::new(AtomicU64::new(0));
    let kills = kills(FEW_KILLS);
    let mut kill = 0;
    while kill < kills || is_too_little(&accepted, 50, kill, kills) {
        if kill > 0 {
            stage.start();
        }
        let over = Arc::new(AtomicBool::new(false));
        let posters: Vec<_> = (0..POSTERS)
            .map(|_| {
                let (base, key) = (stage.base.clone(), stage.key.clone());
                let (accepted, next, over) = (Arc::clone(&accepted), Arc::clone(&next), Arc::clone(&over));
                tokio::spawn(post_to_groups(base, key, chats.clone(), accepted, next, over))
            })
            .collect();
        let moment = 50 + (next.load(Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % LIFE_MS;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        stage.kill();
        over.store(true, Ordering::Relaxed);
        for poster in posters {
            poster.await.unwrap();
        }
        kill += 1;
    }
    stage.start();
    let accepted = accepted.lock().unwrap().clone();
    assert!(accepted.len() > 50, "only {} were accepted: the test tests nothing", accepted.len());
    wait_until_settled(&stage, &accepted).await;
    let phones = HashMap::from([
        ("dingtalk", stage.phone("zhangsan", "dingtalk").await),
        ("wecom", stage.phone("zhangsan", "wecom").await),
    ]);
    let mut flagged = 0;
    for (words, id) in &accepted {
        let message = stage.message(id).await;
        let (account, platform, _) = group(number(words));
        let copies = match platform {
            "hook" => receiver.copies(words),
            platform => phones[platform].iter().filter(|shown| shown.to_string().contains(words)).count(),
        };
        assert!(copies >= 1, "{words}, {id}, never arrived by {account}: {message}");
        let repeated = message["deliveries"][0]["repeated"] == true;
        flagged += usize::from(repeated);
        assert!(copies == 1 || repeated, "{words} arrived {copies} times and the ledger does not know: {message}");
        if account == "dingbot" {
            assert_eq!(copies, 1, "its key tells the platform of a repeat: {message}");
        }
        for row in stage.ledger(id).await {
            assert!(matches!(row["state"].as_str(), Some("sent" | "unread" | "read")), "not in a true state: {row}");
            let said = matches!(row["reason"]["code"].as_str(), Some("maybe_twice" | "deduplicated"));
            assert_eq!(said, repeated, "a repeat says what it is: {row}");
        }
    }
    eprintln!("{kill} kills, {} messages accepted, {flagged} were interrupted and are flagged", accepted.len());
}

/// Account, where to look for it, and the word that begins its messages.
fn group(n: u64) -> (&'static str, &'static str, &'static str) {
    [
        ("dingbot", "dingtalk", "甲"),
        ("wecombot", "wecom", "乙"),
        ("ding", "dingtalk", "丙"),
        ("wecom", "wecom", "丁"),
        ("hook", "hook", "戊"),
    ][(n % 5) as usize]
}

fn number(words: &str) -> u64 {
    words.split(' ').nth(1).unwrap().parse().unwrap()
}

async fn post_to_groups(
    base: String,
    key: String,
    chats: [String; 2],
    accepted: Accepted,
    next: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
) {
    let http = hongyan_net::Http::new(hongyan_net::Options { timeout: Duration::from_secs(5), ..Default::default() });
    while !over.load(Ordering::Relaxed) {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let (account, _, word) = group(n);
        let to = match account {
            "ding" => json!({"chat": chats[0]}),
            "wecom" => json!({"chat": chats[1]}),
            "hook" => json!({"userid": "zhangsan"}),
            _ => json!({"all": true}),
        };
        let words = format!("{word} {n} 条");
        let message = json!({"to": [to], "via": [account], "content": {"text": words}});
        let request = http::Request::post(format!("{base}/v1/messages"))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(message.to_string().into())
            .unwrap();
        if let Ok(reply) = http.send(request).await {
            assert!(reply.status == 202 || reply.status == 503, "{words}: {} {:?}", reply.status, reply.body);
            if reply.status == 202 {
                let said: Value = serde_json::from_slice(&reply.body).unwrap();
                accepted.lock().unwrap().insert(words, said["id"].as_str().unwrap().to_owned());
            }
        }
    }
}

/// Whoever a webhook calls; takes everything.
struct Receiver {
    url: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let bodies: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&bodies);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    // A caller that was killed in mid-call leaves half of one.
                    let _ = serve(stream, &kept).await;
                });
            }
        });
        Self { url, bodies }
    }

    fn copies(&self, words: &str) -> usize {
        self.bodies.lock().unwrap().iter().filter(|body| body.contains(words)).count()
    }
}

async fn serve(stream: tokio::net::TcpStream, kept: &Mutex<Vec<String>>) -> std::io::Result<()> {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::io::BufStream::new(stream);
    loop {
        let mut length = 0;
        let mut line = String::new();
        while {
            line.clear();
            stream.read_line(&mut line).await? > 2
        } {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        if line.is_empty() {
            return Ok(());
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        kept.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
        stream.flush().await?;
    }
}
