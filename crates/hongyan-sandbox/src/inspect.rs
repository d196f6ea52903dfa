//! The inspection API under `/sandbox`: look at the world, move its clock, order faults. JSON, no login.
//!
//! It is for whoever runs the sandbox; it never shows a token, and secrets only to this machine and by one path.

mod setting;

use crate::{
    control::{ControlAnswer, ControlCall, ControlResult, bad, person},
    faults::FaultRule,
    hub::Hub,
    mail::Mailbox,
    platforms::PLATFORMS,
    push,
    route::enter,
    world::{
        World,
        company::PersonRule,
        event::Destination,
        platform::{Members, SimulatedPlatform},
        token::TokenStore,
    },
};
use hongyan_endpoint::Sealed;

use http::Uri;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::IpAddr;

/// Every call, for whoever asks what is here.
const CALLS: [(&str, &str); 34] = [
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
    ("GET /sandbox/chats", "the groups of all platforms"),
    ("GET /sandbox/chats/{id}", "one group, by any of its ids, with what was said and who has read it"),
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
    ("DELETE /sandbox/mail", "forget mails, counters and mail faults"),
    ("POST /sandbox/mail/faults", "order mail faults: {\"kind\", \"next\"?, …}"),
    ("POST /sandbox/mail/mailbox", "{\"address\", \"refuse\"?: reply code, \"text\"?}; without refuse: taken again"),
    ("GET /sandbox/calls?path=&since=", "recent calls with their outcome; since: a call's seq"),
    ("GET /sandbox/stats", "counters"),
    ("GET /sandbox/clock", "now"),
    ("POST /sandbox/clock", "move it: {\"advance_ms\"}"),
    ("GET /sandbox/faults", "the faults in force"),
    (
        "POST /sandbox/faults",
        "order faults: {\"match\", \"kind\", \"value\"?, \"count\"?, \"skip\"?, \"every\"?, \"after\"?, \"status\"?, \"retry_after\"?, \"wrapped\"?}, or a list of them",
    ),
    ("DELETE /sandbox/faults", "no more faults"),
    ("POST /sandbox/tokens/revoke", "{\"platform\": dingtalk | wecom, \"how\": revoke | expire}"),
    ("GET /sandbox/settings", "limits, delays, trusted addresses"),
    (
        "POST /sandbox/settings",
        "{\"limits\": {\"calls\"?, \"people\"?}, \"delivery_delay_ms\", \"auto_read_ms\", \"dingtalk_trusted_ips\", \"wecom_trusted_ips\", \"wecom_app_enabled\", \"wecom_root_visible\", \"wecom_callback\", \"wecom_app_writes\", \"wecom_private_fields\", \"wecom_contacts_details\", \"wecom_seats\", \"dingtalk_group_templates\", \"dingtalk_card_templates\", \"dingtalk_json_in_forms\", \"strict_file_types\", \"wecom_push_tries\", \"push_repeats\"}: those given change",
    ),
    ("POST /sandbox/reset", "as at the start: same people, same credentials, the clock stays"),
];

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
    let call = ControlCall { method, path, query: uri.query().unwrap_or_default(), body, now: hub.clock.now_ms() };
    let of_platform = {
        let mut world = enter(&hub.world);
        PLATFORMS.iter().find_map(|platform| platform.control.answer(&mut world, &call))
    };
    let said = match of_platform {
        None => decide(hub, &call),
        Some(ControlAnswer::File(file)) => return file,
        Some(ControlAnswer::Result(said)) => said,
        Some(ControlAnswer::Ask(question, decide)) => {
            let asked = push::ask(hub, *question).await;
            decide(&mut enter(&hub.world), asked)
        }
    };
    // Who sets an address is shown all of them.
    let shows_callbacks = matches!((method, call.path.as_slice()), ("POST", ["callbacks"]));
    let said = if shows_callbacks { said.map(|_| callbacks(&mut enter(&hub.world))) } else { said };
    match said {
        Ok(value) => Sealed::json(200, &value),
        Err((status, words)) => Sealed::json(status, &json!({"error": words})),
    }
}

/// Who is told over HTTP, and over connections: no token, no key, nothing of an address that may hold one.
fn callbacks(world: &mut World) -> Value {
    let mut receivers = Vec::new();
    let mut all = Members::new();
    for platform in &PLATFORMS {
        for (destination, url, mut described) in platform.control.receivers(world) {
            let shown = url.split_once('?').map_or(url.as_str(), |(before, _)| before);
            described.insert("platform".into(), json!(destination));
            described.insert("url".into(), json!(shown));
            described.insert("waiting".into(), json!(world.events.waiting(destination)));
            described.insert("counts".into(), json!(world.events.counts(destination)));
            receivers.push(Value::Object(described));
        }
        all.extend(platform.control.describe(world).map(|(name, value)| (name.to_owned(), value)));
    }
    all.insert("callbacks".into(), Value::Array(receivers));
    Value::Object(all)
}

/// Tells nobody any more, or nobody on one way.
fn forget_callbacks(world: &mut World, name: Option<&str>) -> ControlResult {
    let named = |destination: &Destination| name.is_none_or(|name| name == destination.0);
    let mut any = false;
    for platform in &PLATFORMS {
        for destination in platform.control.destinations().iter().copied().filter(named) {
            any = true;
            platform.control.forget(world, destination);
            world.events.forget(destination);
            world.events.forget_counts(destination);
        }
    }
    if any { Ok(callbacks(world)) } else { Err(bad("platform: expected wecom, dingtalk or dingtalk_robot")) }
}

/// One group of any platform, by any of its ids.
fn chat(world: &mut World, id: &str, now: i64) -> ControlResult {
    world.settle(now);
    let id = percent_decode_str(id).decode_utf8_lossy();
    let found = PLATFORMS.iter().find_map(|platform| platform.control.chat(world, &id, now));
    found.ok_or_else(|| (404, format!("no group has the id {id:?}; GET /sandbox/chats lists them")))
}

fn since(call: &ControlCall<'_>, of: &str) -> Result<u64, (u16, String)> {
    match call.query("since").filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map_err(|_| bad(&format!("since: expected a {of}'s seq"))),
        None => Ok(0),
    }
}

fn decide(hub: &Hub, call: &ControlCall<'_>) -> ControlResult {
    let now = call.now;
    match (call.method, call.path.as_slice()) {
        ("GET", []) => Ok(overview(hub, now)),
        ("GET", ["callbacks"]) => Ok(callbacks(&mut enter(&hub.world))),
        ("DELETE", ["callbacks"]) => forget_callbacks(&mut enter(&hub.world), call.query("platform").as_deref()),
        ("GET", ["events"]) => Ok(enter(&hub.world).events.list(since(call, "push")?)),
        ("GET", ["chats"]) => {
            let world = enter(&hub.world);
            let chats: Vec<Value> = PLATFORMS.iter().flat_map(|platform| platform.control.chats(&world)).collect();
            Ok(json!({"chats": chats}))
        }
        ("GET", ["chats", id @ ..]) => chat(&mut enter(&hub.world), &id.join("/"), now),
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
        ("POST", ["people", userid]) => rule(hub, userid, call.parse()?),
        ("GET", ["phones", userid]) => {
            let mut world = enter(&hub.world);
            world.settle(now);
            let id = person(&world, userid)?;
            let owner = world.company.person(id);
            let messages: Vec<Value> = world.phones.of(id).map(|shown| shown.describe(now)).collect();
            Ok(json!({"userid": owner.userid, "name": owner.name, "messages": messages}))
        }
        ("POST", ["phones", userid, "read"]) => read(hub, userid, call.parse()?, now),
        ("GET", ["calls"]) => {
            let path = call.query("path").unwrap_or_default();
            Ok(enter(&hub.world).calls.list(&path, since(call, "call")?))
        }
        ("GET", ["stats"]) => Ok(stats(hub, now)),
        ("GET", ["clock"]) => Ok(json!({"now_ms": now})),
        ("POST", ["clock"]) => {
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields)]
            struct Move {
                advance_ms: u64,
            }
            let Move { advance_ms } = call.parse()?;
            let now = hub.clock.advance_ms(advance_ms);
            enter(&hub.world).settle(now);
            Ok(json!({"now_ms": now}))
        }
        ("GET", ["faults"]) => Ok(json!(hub.faults.rules())),
        ("POST", ["faults"]) => {
            #[derive(Deserialize)]
            #[serde(untagged)]
            enum Order {
                Many(Vec<Value>),
                One(Value),
            }
            let rules = match call.parse()? {
                Order::Many(rules) => rules,
                Order::One(rule) => vec![rule],
            };
            let rules: Result<Vec<FaultRule>, _> = rules.into_iter().map(serde_json::from_value).collect();
            for rule in rules.map_err(|error| bad(&error.to_string()))? {
                hub.faults.order(rule);
            }
            Ok(json!(hub.faults.rules()))
        }
        ("DELETE", ["faults"]) => {
            hub.faults.clear();
            Ok(json!([]))
        }
        ("POST", ["tokens", "revoke"]) => revoke(hub, call.parse()?),
        ("GET", ["settings"]) => Ok(Value::Object(setting::all(&enter(&hub.world)))),
        ("POST", ["settings"]) => setting::change(&mut enter(&hub.world), call.parse()?),
        ("GET", ["mail"]) => hub.mail.describe().ok_or_else(no_mail),
        ("DELETE", ["mail"]) => hub.mail.clear().map(|()| json!({})).ok_or_else(no_mail),
        ("POST", ["mail", "faults"]) => hub.mail.inject(call.parse()?).map(|()| json!({})).ok_or_else(no_mail),
        ("POST", ["mail", "mailbox"]) => {
            let mailbox: Mailbox = call.parse()?;
            // Other codes are no refusals, and a client would wait for more.
            if mailbox.refuse.is_some_and(|code| !(400..600).contains(&code)) {
                return Err(bad("refuse: expected a reply code from 400 to 599"));
            }
            hub.mail.order(&mailbox).map(|()| json!({})).ok_or_else(no_mail)
        }
        ("POST", ["reset"]) => {
            hub.reset().map_err(|error| (500, error.to_string()))?;
            Ok(overview(hub, hub.clock.now_ms()))
        }
        ("POST", ["phones", _, "say" | "signin"] | ["robots" | "events" | "callbacks"]) => {
            let names: Vec<&str> = enter(&hub.world).platforms.iter().map(|platform| platform.name()).collect();
            Err(bad(&format!("platform: expected {}", names.join(" or "))))
        }
        (method, path) => {
            Err((404, format!("no such call; GET /sandbox lists them: {method} /sandbox/{}", path.join("/"))))
        }
    }
}

fn no_mail() -> (u16, String) {
    (404, "no mail server was started".into())
}

/// Every call, the platforms' own behind the others.
fn calls() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    CALLS.iter().chain(PLATFORMS.iter().flat_map(|platform| platform.control.calls()))
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
    let mut all = json!({
        "what": "hongyan's sandbox of DingTalk, WeCom and a mail server",
        "now_ms": now,
        "people": world.company.size(),
        "departments": world.company.departments().len(),
        "tags": world.company.tags.len(),
        "operations": operations,
        "inspection": calls().map(|(call, does)| json!({"call": call, "does": does})).collect::<Vec<_>>(),
    });
    for platform in world.platforms {
        let (name, count) = platform.overview(&world);
        all[name] = json!(count);
    }
    all
}

fn stats(hub: &Hub, now: i64) -> Value {
    let mut world = enter(&hub.world);
    world.settle(now);
    let mut stats = json!(world.tally);
    let issued = |platform: &&dyn SimulatedPlatform| (platform.name().to_owned(), json!(platform.issued(&world)));
    stats["tokens"] = Value::Object(world.platforms.iter().map(issued).collect());
    stats
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    dingtalk: Option<PersonRule>,
    wecom: Option<PersonRule>,
}

fn rule(hub: &Hub, userid: &str, rule: Rule) -> ControlResult {
    let wrong = |platform: &str, treatment: &PersonRule| {
        bad(&format!("{platform}: {} is not something it does", String::from(treatment.clone())))
    };
    if let Some(treatment @ (PersonRule::Unlicensed | PersonRule::Silent)) = &rule.dingtalk {
        return Err(wrong("dingtalk", treatment));
    }
    if let Some(treatment @ (PersonRule::Failed | PersonRule::Forbidden(_))) = &rule.wecom {
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

fn read(hub: &Hub, userid: &str, reading: Reading, now: i64) -> ControlResult {
    let mut world = enter(&hub.world);
    world.settle(now);
    let id = person(&world, userid)?;
    let read = world.phones.read(id, reading.platform.as_deref(), reading.message, now);
    for (platform, source) in &read {
        if let Some(platform) = world.platform(platform) {
            platform.on_read(&mut world, id, source, now);
        }
    }
    Ok(json!({"read": read.len()}))
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

fn revoke(hub: &Hub, order: Revocation) -> ControlResult {
    let end = match order.how {
        How::Revoke => TokenStore::revoke,
        How::Expire => TokenStore::expire,
    };
    let mut world = enter(&hub.world);
    let platform = world.platform(&order.platform).ok_or_else(|| bad("platform: expected dingtalk or wecom"))?;
    platform.tokens(&mut world).into_iter().for_each(end);
    Ok(json!({}))
}
