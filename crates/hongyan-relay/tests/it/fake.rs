//! A gateway that keeps messages in memory, knows keys, and has the troubles that a test orders.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use hongyan_client::Gateway;
use hongyan_net::Secret;
use hongyan_relay::{Create, DEFAULT_TABLE, OutboxTable};
use rusqlite::Connection;
use serde_json::{Value, json, value::RawValue};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

/// A folder under the target directory, removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("relay-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("shop.db")
    }

    /// The table, made in a database with this journal mode.
    pub(crate) fn table(&self, journal: &str) -> OutboxTable {
        let user = self.user();
        let mode: String = user.query_row(&format!("PRAGMA journal_mode = {journal}"), [], |row| row.get(0)).unwrap();
        assert_eq!(mode, journal);
        OutboxTable::open(&self.database(), DEFAULT_TABLE, Create::IfMissing).unwrap()
    }

    /// A connection of the user's own.
    pub(crate) fn user(&self) -> Connection {
        let user = Connection::open(self.database()).unwrap();
        user.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        user
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Trouble to order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Trouble {
    /// Every hand-over is answered so, and nothing taken.
    pub(crate) status: Option<(u16, &'static str)>,
    /// So many hand-overs are taken and then answered with a gateway time-out.
    pub(crate) lose_replies: u32,
    /// Batches with more messages are refused as too large.
    pub(crate) largest_batch: Option<usize>,
    /// What every message's look shows; else it is `sent` by mail.
    pub(crate) shows: Option<Value>,
    /// What every ledger shows.
    pub(crate) ledger: Option<Value>,
}

#[derive(Default)]
struct World {
    trouble: Trouble,
    /// Texts by key, in the order of their ids.
    messages: Vec<(String, String)>,
    by_key: HashMap<String, usize>,
    hand_overs: usize,
}

#[derive(Clone, Default)]
pub(crate) struct Fake(Arc<Mutex<World>>);

type Answer = (StatusCode, Json<Value>);

fn problem(status: u16, code: &str) -> Answer {
    let said = json!({"title": "the fake says no", "status": status, "code": code, "detail": "as ordered"});
    (StatusCode::from_u16(status).unwrap(), Json(said))
}

impl Fake {
    /// Starts one; gives it, a way to it, and its address.
    pub(crate) async fn start() -> (Self, Gateway) {
        let fake = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        fake.serve(listener);
        (fake, Gateway::new(&base, Secret::new("sample-key")))
    }

    /// Answers at a listener.
    pub(crate) fn serve(&self, listener: tokio::net::TcpListener) {
        let app = Router::new()
            .route("/v1/messages", post(single))
            .route("/v1/messages/batch", post(batch))
            .route("/v1/messages/{id}", get(look))
            .route("/v1/messages/{id}/recipients", get(ledger))
            .route("/v1/accounts", get(|| async { Json(json!({"accounts": [{"name": "mail"}]})) }))
            .route("/healthz", get(|| async { "ok" }))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    }

    pub(crate) fn order(&self, trouble: Trouble) {
        self.0.lock().unwrap().trouble = trouble;
    }

    /// The texts of its messages, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().messages.iter().map(|(_, text)| text.clone()).collect()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().messages.iter().map(|(key, _)| key.clone()).collect()
    }

    /// How often it was called with messages.
    pub(crate) fn hand_overs(&self) -> usize {
        self.0.lock().unwrap().hand_overs
    }

    fn take(&self, key: &str, text: &str) -> Result<(usize, bool), Answer> {
        let mut world = self.0.lock().unwrap();
        if text.contains("refuse me") {
            return Err(problem(422, "invalid_field"));
        }
        if let Some(place) = world.by_key.get(key).copied() {
            let same = world.messages[place].1 == text;
            return if same { Ok((place, true)) } else { Err(problem(409, "idempotency_conflict")) };
        }
        let place = world.messages.len();
        world.messages.push((key.to_owned(), text.to_owned()));
        world.by_key.insert(key.to_owned(), place);
        Ok((place, false))
    }

    /// What stands in the way of a call, before and after it is taken.
    fn hindered(&self, size: usize) -> (Option<Answer>, bool) {
        let mut world = self.0.lock().unwrap();
        world.hand_overs += 1;
        if let Some((status, code)) = world.trouble.status {
            return (Some(problem(status, code)), false);
        }
        if world.trouble.largest_batch.is_some_and(|largest| size > largest) {
            return (Some(problem(413, "too_large")), false);
        }
        let lost = world.trouble.lose_replies > 0;
        world.trouble.lose_replies = world.trouble.lose_replies.saturating_sub(1);
        (None, lost)
    }
}

async fn single(State(fake): State<Fake>, headers: HeaderMap, body: Bytes) -> Answer {
    let (hindrance, lost) = fake.hindered(1);
    if let Some(hindrance) = hindrance {
        return hindrance;
    }
    let key = headers["idempotency-key"].to_str().unwrap();
    match fake.take(key, std::str::from_utf8(&body).unwrap()) {
        _ if lost => problem(504, "platform_unknown"),
        Ok((place, _)) => (StatusCode::ACCEPTED, Json(json!({"id": format!("m{place}"), "state": "pending"}))),
        Err(problem) => problem,
    }
}

#[derive(serde::Deserialize)]
struct Batch<'a> {
    keys: Vec<String>,
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

async fn batch(State(fake): State<Fake>, body: Bytes) -> Answer {
    let batch: Batch<'_> = serde_json::from_slice(&body).unwrap();
    assert_eq!(batch.keys.len(), batch.messages.len());
    let (hindrance, lost) = fake.hindered(batch.keys.len());
    if let Some(hindrance) = hindrance {
        return hindrance;
    }
    let mut accepted = 0;
    let results: Vec<Value> = batch
        .keys
        .iter()
        .zip(&batch.messages)
        .map(|(key, message)| match fake.take(key, message.get()) {
            Ok((place, replay)) => {
                accepted += 1;
                json!({"id": format!("m{place}"), "state": (!replay).then_some("pending"), "replay": replay})
            }
            Err((_, Json(problem))) => json!({"problem": problem}),
        })
        .collect();
    if lost {
        return problem(504, "platform_unknown");
    }
    let status = if accepted == 0 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::ACCEPTED };
    (status, Json(json!({"accepted": accepted, "results": results})))
}

async fn look(State(fake): State<Fake>, Path(id): Path<String>) -> Response {
    let world = fake.0.lock().unwrap();
    let place: usize = id.trim_start_matches('m').parse().unwrap();
    if place >= world.messages.len() {
        return problem(404, "not_found").into_response();
    }
    let sent =
        || json!({"state": "sent", "recipients": {"sent": 1}, "deliveries": [{"account": "mail", "state": "sent"}]});
    Json(world.trouble.shows.clone().unwrap_or_else(sent)).into_response()
}

async fn ledger(State(fake): State<Fake>) -> Json<Value> {
    Json(fake.0.lock().unwrap().trouble.ledger.clone().unwrap_or_else(|| json!({"recipients": []})))
}
