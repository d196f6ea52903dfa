//! Stream: a ticket, a socket, frames and their answers, spoken by a WebSocket client that is not ours.

use crate::raw::Raw;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message},
};

const ROBOT: &str = "/v1.0/im/bot/messages/get";

type Socket = WebSocketStream<TcpStream>;

async fn open(raw: &Raw, subscriptions: Value) -> Value {
    let d = &raw.credentials["dingtalk"];
    let body = json!({"clientId": d["app_key"], "clientSecret": d["app_secret"], "subscriptions": subscriptions});
    raw.post("/v1.0/gateway/connections/open", body).await
}

async fn enter(raw: &Raw, ticket: &str) -> Result<Socket, u16> {
    let url = format!("ws://{}/connect?ticket={ticket}", raw.sandbox.address());
    let tcp = TcpStream::connect(raw.sandbox.address()).await.unwrap();
    match client_async(url, tcp).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

async fn connect(raw: &Raw, subscriptions: Value) -> Socket {
    let opened = open(raw, subscriptions).await;
    assert_eq!(opened["endpoint"], "ws://sandbox/connect", "as the caller found us: {opened}");
    enter(raw, opened["ticket"].as_str().unwrap()).await.unwrap()
}

async fn all(raw: &Raw) -> Socket {
    connect(raw, json!([{"type": "EVENT", "topic": "*"}, {"type": "CALLBACK", "topic": ROBOT}])).await
}

async fn frame(socket: &mut Socket) -> Value {
    let message = timeout(Duration::from_secs(10), socket.next()).await.expect("a frame").unwrap().unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

async fn nothing(socket: &mut Socket) {
    let heard = timeout(Duration::from_millis(300), socket.next()).await;
    assert!(heard.is_err(), "{heard:?}");
}

async fn ack(socket: &mut Socket, frame: &Value, code: u16, data: Value) {
    let id = &frame["headers"]["messageId"];
    let ack = json!({
        "code": code, "headers": {"messageId": id, "contentType": "application/json"}, "message": "OK",
        "data": data.to_string(),
    });
    socket.send(Message::text(ack.to_string())).await.unwrap();
}

async fn happens(raw: &Raw) -> Value {
    let event = json!({"platform": "dingtalk", "event": "user_add_org", "members": {"UserId": ["u1"]}});
    raw.post("/sandbox/events", event).await["told"].clone()
}

/// The counts of what goes over Stream, once one of them is so.
async fn counted(raw: &Raw, name: &str, expected: u64) {
    for _ in 0..200 {
        if raw.get("/sandbox/callbacks").await["stream"]["counts"][name] == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{name} never came to {expected}: {}", raw.get("/sandbox/callbacks").await)
}

#[tokio::test]
async fn a_ticket_opens_one_connection_within_ninety_seconds() {
    let raw = Raw::start().await;
    let wrong = json!({"clientId": "dingsandboxapp", "clientSecret": "wrong", "subscriptions": []});
    let refused = raw.call("POST", "/v1.0/gateway/connections/open", &wrong).await;
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("invalidClientIdOrSecret")));
    let opened = open(&raw, json!([])).await;
    let ticket = opened["ticket"].as_str().unwrap();
    assert!(enter(&raw, ticket).await.is_ok());
    assert_eq!(enter(&raw, ticket).await.unwrap_err(), 401);
    let late = open(&raw, json!([])).await;
    raw.advance(90_000).await;
    assert_eq!(enter(&raw, late["ticket"].as_str().unwrap()).await.unwrap_err(), 401);
    assert_eq!(enter(&raw, "never-given").await.unwrap_err(), 401);
    let plain = raw.call("GET", "/connect?ticket=x", &Value::Null).await;
    assert_eq!(plain.status, 426);
}

#[tokio::test]
async fn an_event_comes_until_it_is_taken() {
    let raw = Raw::start().await;
    assert_eq!(happens(&raw).await, json!([]), "nobody asked for events yet");
    let mut socket = all(&raw).await;
    assert_eq!(happens(&raw).await, json!(["stream"]));
    let first = frame(&mut socket).await;
    assert_eq!((&first["specVersion"], &first["type"]), (&json!("1.0"), &json!("EVENT")));
    let headers = &first["headers"];
    assert_eq!((&headers["topic"], &headers["eventType"]), (&json!("*"), &json!("user_add_org")));
    assert_eq!(headers["eventCorpId"], "dingsandboxcorp");
    assert!(headers.as_object().unwrap().values().all(Value::is_string), "{headers}");
    let data: Value = serde_json::from_str(first["data"].as_str().unwrap()).unwrap();
    assert_eq!(data["userId"], json!(["u1"]));
    assert!(data["timeStamp"].is_string());

    ack(&mut socket, &first, 200, json!({"status": "LATER", "message": "busy"})).await;
    counted(&raw, "refused", 1).await;
    nothing(&mut socket).await;
    raw.advance(10_000).await;
    let second = frame(&mut socket).await;
    assert_eq!(second["headers"]["eventId"], first["headers"]["eventId"]);
    // No answer at all within three seconds.
    raw.advance(3_000).await;
    counted(&raw, "refused", 2).await;
    raw.advance(30_000).await;
    let third = frame(&mut socket).await;
    ack(&mut socket, &third, 200, json!({"status": "SUCCESS", "message": "success"})).await;
    counted(&raw, "delivered", 1).await;
}

#[tokio::test]
async fn events_wait_for_a_connection_that_comes_back() {
    let raw = Raw::start().await;
    let mut socket = all(&raw).await;
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    assert_eq!(happens(&raw).await, json!(["stream"]));
    let mut socket = all(&raw).await;
    let event = frame(&mut socket).await;
    ack(&mut socket, &event, 200, json!({"status": "SUCCESS"})).await;
    counted(&raw, "delivered", 1).await;
}

#[tokio::test]
async fn what_is_said_to_the_robot_comes_once_more_after_a_minute_without_an_answer() {
    let raw = Raw::start().await;
    let say = json!({"platform": "dingtalk", "text": "hello"});
    let unheard = raw.post("/sandbox/phones/zhangsan/say", say.clone()).await;
    assert_eq!(unheard["told"], json!([]));
    let mut socket = all(&raw).await;
    let said = raw.post("/sandbox/phones/zhangsan/say", say.clone()).await;
    assert_eq!(said["told"], json!(["stream"]));
    let first = frame(&mut socket).await;
    assert_eq!((&first["type"], &first["headers"]["topic"]), (&json!("CALLBACK"), &json!(ROBOT)));
    let message: Value = serde_json::from_str(first["data"].as_str().unwrap()).unwrap();
    assert_eq!((&message["msgId"], &message["text"]["content"]), (&said["msgid"], &json!("hello")));
    raw.advance(3_000).await;
    counted(&raw, "refused", 1).await;
    raw.advance(57_000).await;
    // A minute has passed on this connection, too: a ping comes before or after.
    let mut second = frame(&mut socket).await;
    let mut ping = frame(&mut socket).await;
    if second["type"] == "SYSTEM" {
        std::mem::swap(&mut second, &mut ping);
    }
    assert_eq!(ping["headers"]["topic"], "ping");
    assert_eq!(second["headers"]["messageId"], first["headers"]["messageId"]);
    ack(&mut socket, &second, 200, json!({"response": null})).await;
    counted(&raw, "delivered", 1).await;
    let webhook = message["sessionWebhook"].as_str().unwrap().strip_prefix("http://sandbox").unwrap();
    let answer = json!({"msgtype": "text", "text": {"content": "echo"}});
    assert_eq!(raw.post(webhook, answer).await["errcode"], 0);
    assert_eq!(raw.phone("zhangsan").await[0]["content"]["text"]["content"], "echo");
    let code_500 = raw.post("/sandbox/phones/zhangsan/say", say).await;
    assert_eq!(code_500["told"], json!(["stream"]));
    let third = frame(&mut socket).await;
    ack(&mut socket, &third, 500, json!({})).await;
    counted(&raw, "refused", 2).await;
}

#[tokio::test]
async fn a_connection_is_pinged_and_told_to_leave_before_it_is_closed() {
    let raw = Raw::start().await;
    let mut socket = all(&raw).await;
    raw.advance(60_000).await;
    let ping = frame(&mut socket).await;
    assert_eq!((&ping["type"], &ping["headers"]["topic"]), (&json!("SYSTEM"), &json!("ping")));
    let opaque: Value = serde_json::from_str(ping["data"].as_str().unwrap()).unwrap();
    assert!(opaque["opaque"].is_string());
    ack(&mut socket, &ping, 200, opaque).await;
    let told = raw.post("/sandbox/streams/disconnect", json!({})).await;
    assert_eq!(told["told"], 1);
    let parting = frame(&mut socket).await;
    assert_eq!(parting["headers"]["topic"], "disconnect");
    assert_eq!(parting["data"], r#"{"reason":"persistent connection is timeout"}"#);
    happens(&raw).await;
    nothing(&mut socket).await;
    raw.advance(10_000).await;
    let end = timeout(Duration::from_secs(10), socket.next()).await.unwrap();
    assert!(matches!(end, Some(Ok(Message::Close(_)))), "{end:?}");
    // What happened meanwhile is for the next one; a reset leaves nobody.
    let mut next = all(&raw).await;
    assert_eq!(frame(&mut next).await["type"], "EVENT");
    raw.post("/sandbox/reset", json!({})).await;
    let end = timeout(Duration::from_secs(10), next.next()).await.unwrap();
    assert!(matches!(end, Some(Ok(Message::Close(_)))), "{end:?}");
    assert_eq!(raw.get("/sandbox/callbacks").await["stream"]["connections"], json!([]));
}

#[tokio::test]
async fn stopping_closes_every_connection() {
    let raw = Raw::start().await;
    let mut socket = all(&raw).await;
    raw.sandbox.stop().await;
    assert!(timeout(Duration::from_secs(10), socket.next()).await.unwrap().is_none_or(|end| end.is_err()));
}
