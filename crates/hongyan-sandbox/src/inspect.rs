//! The inspection API under `/sandbox`: look at the world, move its clock, order trouble. JSON, no login.
//!
//! It is for whoever runs the sandbox; it never shows a token, and secrets only to this machine and by one path.

mod callback;
mod chats;
mod say;
mod setting;

use crate::{
    Hub, dingtalk,
    mail::Mailbox,
    route::enter,
    trouble::FaultRule,
    wecom,
    world::{
        World,
        company::{PersonId, Treatment},
        token::TokenStore,
    },
};
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{Platform, Sealed, pairs};
use hongyan_wecom::WeCom;
use http::Uri;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::HashMap, net::IpAddr};

/// Every call, for whoever asks what is here.
const CALLS: [(&str, &str); 32] = [
    ("GET /sandbox", "what is here, and counts"),
    ("GET /sandbox/credentials", "what `hongyan sandbox` prints first; for callers on this machine only"),
    ("GET /sandbox/company", "people, departments, tags"),
    ("GET /sandbox/people/{userid}", "one person and the rules about them"),
    (
        "POST /sandbox/people/{userid}",
        "rules: {\"dingtalk\": ok | invisible | failed | forbidden:CODE, \"wecom\": ok | invisible | unlicensed | silent}",
    ),
    ("GET /sandbox/phones/{userid}", "the messages as that person sees them"),
    ("POST /sandbox/phones/{userid}/read", "they read: {\"platform\"?, \"message\"?}"),
    (
        "POST /sandbox/phones/{userid}/say",
        "they write to the application: {\"platform\": wecom | dingtalk, \"text\" | \"image\" | \"location\" | \"event\" | …, \"group\"?}",
    ),
    (
        "POST /sandbox/phones/{userid}/click",
        "they press a card: {\"message\"?, \"key\"?}, on WeCom also {\"menu\"?, \"selected\"?: {question: [option]}}, on DingTalk {\"params\"?}",
    ),
    ("POST /sandbox/phones/{userid}/quit", "they leave a group of DingTalk: {\"chat\"}"),
    (
        "POST /sandbox/phones/{userid}/signin",
        "they sign in: {\"platform\"?: wecom | dingtalk, \"private\"?}; gives the page's code",
    ),
    ("GET /sandbox/callbacks", "who is told over HTTP or Stream, and how it went"),
    (
        "POST /sandbox/callbacks",
        "as the console: {\"platform\": wecom | dingtalk, \"url\", \"token\", \"encoding_aes_key\"}, or {\"platform\": dingtalk_robot, \"url\"}",
    ),
    ("DELETE /sandbox/callbacks?platform=", "tells nobody any more"),
    ("GET /sandbox/events?since=", "recent pushes with their outcome; since: a push's seq"),
    ("POST /sandbox/events", "an event by hand: {\"platform\": wecom | dingtalk, \"event\", \"members\"?}"),
    ("POST /sandbox/streams/disconnect", "tells Stream connections to leave: {\"reason\"?}"),
    ("GET /sandbox/mail", "what the mail server received"),
    ("DELETE /sandbox/mail", "forget mails, counters and mail trouble"),
    ("POST /sandbox/mail/trouble", "order mail trouble: {\"kind\", \"next\"?, …}"),
    ("POST /sandbox/mail/mailbox", "{\"address\", \"refuse\"?: reply code, \"text\"?}; without refuse: taken again"),
    ("GET /sandbox/calls?path=&since=", "recent calls with their outcome; since: a call's seq"),
    ("GET /sandbox/stats", "counters"),
    ("GET /sandbox/clock", "now"),
    ("POST /sandbox/clock", "move it: {\"advance_ms\"}"),
    ("GET /sandbox/faults", "the trouble in force"),
    (
        "POST /sandbox/faults",
        "order trouble: {\"match\", \"kind\", \"value\"?, \"count\"?, \"skip\"?, \"every\"?, \"after\"?, \"status\"?, \"retry_after\"?, \"wrapped\"?}, or a list of them",
    ),
    ("DELETE /sandbox/faults", "no more trouble"),
    ("POST /sandbox/tokens/revoke", "{\"platform\": dingtalk | wecom, \"how\": revoke | expire}"),
    ("GET /sandbox/settings", "limits, delays, trusted addresses"),
    (
        "POST /sandbox/settings",
        "{\"limits\": {\"calls\"?, \"people\"?}, \"delivery_delay_ms\", \"auto_read_ms\", \"dingtalk_trusted_ips\", \"wecom_trusted_ips\", \"wecom_app_enabled\", \"wecom_root_visible\", \"wecom_callback\", \"wecom_app_writes\", \"wecom_private_fields\", \"wecom_contacts_details\", \"wecom_seats\", \"dingtalk_group_templates\", \"dingtalk_card_templates\", \"dingtalk_json_in_forms\", \"strict_file_types\", \"wecom_push_tries\", \"push_repeats\"}: those given change",
    ),
    ("POST /sandbox/reset", "as at the start: same people, same credentials, the clock stays"),
];

/// An answer: status and body.
type Said = Result<Value, (u16, String)>;

/// Where the credentials are.
pub(crate) const CREDENTIALS: &str = "/sandbox/credentials";

/// The credentials, for a caller on this machine who came by a loopback name: a web page that was lent another name
/// for this address gets nothing.
pub(crate) fn credentials(hub: &Hub, ip: IpAddr, host: Option<&str>) -> Sealed {
    let authority = host.and_then(|host| host.parse::<http::uri::Authority>().ok());
    let near = authority.is_some_and(|authority| {
        let name = authority.host().trim_matches(['[', ']']);
        name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    });
    if ip.to_canonical().is_loopback() && near {
        Sealed::json(200, &hub.describe_credentials())
    } else {
        Sealed::json(403, &json!({"error": "credentials are for callers on the sandbox's own machine"}))
    }
}

/// Answers one inspection call.
pub(crate) async fn answer(hub: &Hub, method: &str, uri: &Uri, body: &[u8]) -> Sealed {
    let path: Vec<&str> = uri.path().split('/').filter(|part| !part.is_empty()).skip(1).collect();
    if let Some(file) = chats::file(hub, method, &path) {
        return file;
    }
    let said = match callback::decide(hub, method, uri, body).await {
        Some(said) => said,
        None => say::decide(hub, method, uri, body)
            .or_else(|| chats::decide(hub, method, &path, body, hub.clock.now_ms()))
            .unwrap_or_else(|| decide(hub, method, uri, body)),
    };
    match said {
        Ok(value) => Sealed::json(200, &value),
        Err((status, words)) => Sealed::json(status, &json!({"error": words})),
    }
}

fn decide(hub: &Hub, method: &str, uri: &Uri, body: &[u8]) -> Said {
    let path: Vec<&str> = uri.path().split('/').filter(|part| !part.is_empty()).skip(1).collect();
    let query: HashMap<String, String> = pairs(uri.query().unwrap_or_default()).collect();
    let now = hub.clock.now_ms();
    match (method, path.as_slice()) {
        ("GET", []) => Ok(overview(hub, now)),
        ("GET", ["company"]) => {
            let world = enter(&hub.world);
            let company = &world.company;
            Ok({
                let people: Vec<_> = company.people().map(|(_, person)| person).collect();
                json!({"people": people, "departments": company.departments(), "tags": company.tags})
            })
        }
        ("GET", ["people", userid]) => {
            let world = enter(&hub.world);
            let id = person(&world, userid)?;
            Ok(json!(world.company.person(id)))
        }
        ("POST", ["people", userid]) => rule(hub, userid, parse(body)?),
        ("GET", ["phones", userid]) => {
            let mut world = enter(&hub.world);
            world.settle(now);
            let id = person(&world, userid)?;
            let owner = world.company.person(id);
            let messages: Vec<Value> = world.phones.of(id).map(|shown| shown.describe(now)).collect();
            Ok(json!({"userid": owner.userid, "name": owner.name, "messages": messages}))
        }
        ("POST", ["phones", userid, "read"]) => read(hub, userid, parse(body)?, now),
        ("POST", ["phones", userid, "signin"]) => {
            let SignIn { platform, private } = parse(body)?;
            let mut world = enter(&hub.world);
            let id = person(&world, userid)?;
            let code = match platform.as_str() {
                "wecom" => wecom::sign_in(&mut world, now, id, private),
                "dingtalk" => dingtalk::login::sign_in(&mut world, now, id),
                _ => return Err(bad("platform: expected wecom or dingtalk")),
            };
            code.map(|code| json!({"code": code})).ok_or_else(|| (500, "no random bytes".into()))
        }
        ("GET", ["calls"]) => {
            let since = match query.get("since").filter(|text| !text.is_empty()) {
                Some(text) => text.parse().map_err(|_| bad("since: expected a call's seq"))?,
                None => 0,
            };
            Ok(enter(&hub.world).calls.list(query.get("path").map_or("", String::as_str), since))
        }
        ("GET", ["stats"]) => Ok(stats(hub, now)),
        ("GET", ["clock"]) => Ok(json!({"now_ms": now})),
        ("POST", ["clock"]) => {
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields)]
            struct Move {
                advance_ms: u64,
            }
            let Move { advance_ms } = parse(body)?;
            let now = hub.clock.advance_ms(advance_ms);
            enter(&hub.world).settle(now);
            Ok(json!({"now_ms": now}))
        }
        ("GET", ["faults"]) => Ok(json!(hub.trouble.rules())),
        ("POST", ["faults"]) => {
            #[derive(Deserialize)]
            #[serde(untagged)]
            enum Order {
                Many(Vec<Value>),
                One(Value),
            }
            let rules = match parse(body)? {
                Order::Many(rules) => rules,
                Order::One(rule) => vec![rule],
            };
            let rules: Result<Vec<FaultRule>, _> = rules.into_iter().map(serde_json::from_value).collect();
            for rule in rules.map_err(|error| bad(&error.to_string()))? {
                hub.trouble.order(rule);
            }
            Ok(json!(hub.trouble.rules()))
        }
        ("DELETE", ["faults"]) => {
            hub.trouble.clear();
            Ok(json!([]))
        }
        ("POST", ["tokens", "revoke"]) => revoke(hub, parse(body)?),
        ("GET", ["settings"]) => Ok(json!(enter(&hub.world).settings)),
        ("POST", ["settings"]) => setting::change(hub, parse(body)?),
        ("GET", ["mail"]) => hub.mail.describe().ok_or_else(no_mail),
        ("DELETE", ["mail"]) => hub.mail.clear().map(|()| json!({})).ok_or_else(no_mail),
        ("POST", ["mail", "trouble"]) => hub.mail.trouble(parse(body)?).map(|()| json!({})).ok_or_else(no_mail),
        ("POST", ["mail", "mailbox"]) => {
            let mailbox: Mailbox = parse(body)?;
            // Other codes are no refusals, and a client would wait for more.
            if mailbox.refuse.is_some_and(|code| !(400..600).contains(&code)) {
                return Err(bad("refuse: expected a reply code from 400 to 599"));
            }
            hub.mail.order(&mailbox).map(|()| json!({})).ok_or_else(no_mail)
        }
        ("POST", ["reset"]) => {
            hub.reset();
            Ok(overview(hub, hub.clock.now_ms()))
        }
        _ => Err((404, format!("no such call; GET /sandbox lists them: {method} {}", uri.path()))),
    }
}

fn no_mail() -> (u16, String) {
    (404, "no mail server was started".into())
}

fn bad(words: &str) -> (u16, String) {
    (400, words.to_owned())
}

/// The body as JSON; none counts as an empty object.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, (u16, String)> {
    let body = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| bad(&error.to_string()))
}

fn person(world: &World, userid: &str) -> Result<PersonId, (u16, String)> {
    world
        .company
        .find(userid)
        .ok_or_else(|| (404, format!("nobody is called {userid:?}; GET /sandbox/company lists them")))
}

fn overview(hub: &Hub, now: i64) -> Value {
    let mut operations: Vec<String> = hub
        .routes
        .all()
        .map(|route| {
            format!("{} {} ({} {})", route.spec.method.as_str(), route.spec.path, route.platform, route.spec.name)
        })
        .collect();
    operations.sort_unstable();
    let mut world = enter(&hub.world);
    world.settle(now);
    json!({
        "what": "hongyan's sandbox of DingTalk, WeCom and a mail server",
        "now_ms": now,
        "people": world.company.size(),
        "departments": world.company.departments().len(),
        "tags": world.company.tags.len(),
        "tasks": world.dingtalk.notices.tasks(),
        "messages": world.wecom.messages.sent(),
        "operations": operations,
        "inspection": CALLS.iter().chain(&chats::CALLS).map(|(call, does)| json!({"call": call, "does": does})).collect::<Vec<_>>(),
    })
}

fn stats(hub: &Hub, now: i64) -> Value {
    let mut world = enter(&hub.world);
    world.settle(now);
    let mut stats = json!(world.tally);
    stats["tokens"] = json!({"dingtalk": world.dingtalk.token.issued(), "wecom": world.wecom.token.issued()});
    stats
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    dingtalk: Option<Treatment>,
    wecom: Option<Treatment>,
}

fn rule(hub: &Hub, userid: &str, rule: Rule) -> Said {
    let wrong = |platform: &str, treatment: &Treatment| {
        bad(&format!("{platform}: {} is not something it does", String::from(treatment.clone())))
    };
    if let Some(treatment @ (Treatment::Unlicensed | Treatment::Silent)) = &rule.dingtalk {
        return Err(wrong("dingtalk", treatment));
    }
    if let Some(treatment @ (Treatment::Failed | Treatment::Forbidden(_))) = &rule.wecom {
        return Err(wrong("wecom", treatment));
    }
    let mut world = enter(&hub.world);
    let id = person(&world, userid)?;
    let person = world.company.person_mut(id);
    if let Some(treatment) = rule.dingtalk {
        person.dingtalk = treatment;
    }
    if let Some(treatment) = rule.wecom {
        person.wecom = treatment;
    }
    Ok(json!(person))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    platform: Option<String>,
    message: Option<u64>,
}

fn read(hub: &Hub, userid: &str, reading: Reading, now: i64) -> Said {
    let mut world = enter(&hub.world);
    world.settle(now);
    let id = person(&world, userid)?;
    let read = world.phones.read(id, reading.platform.as_deref(), reading.message, now);
    for (platform, source) in &read {
        // WeCom tells nobody who has read what.
        if *platform == "dingtalk" {
            dingtalk::read(&mut world, id, source, now);
        }
    }
    Ok(json!({"read": read.len()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    #[serde(default = "on_wecom")]
    platform: String,
    #[serde(default)]
    private: bool,
}

fn on_wecom() -> String {
    WeCom::NAME.into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    platform: String,
    #[serde(default)]
    how: How,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum How {
    #[default]
    Revoke,
    Expire,
}

fn revoke(hub: &Hub, order: Revocation) -> Said {
    if !matches!(order.platform.as_str(), DingTalk::NAME | WeCom::NAME) {
        return Err(bad("platform: expected dingtalk or wecom"));
    }
    let how = match order.how {
        How::Revoke => TokenStore::revoke,
        How::Expire => TokenStore::expire,
    };
    enter(&hub.world).tokens(&order.platform).for_each(how);
    Ok(json!({}))
}
