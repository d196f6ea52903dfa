//! A robot of one DingTalk group (自定义机器人) as a channel: whatever it says, the group reads; people among the
//! recipients are mentioned. It keeps no files, tells no receipts and takes nothing back.

use crate::{
    audience,
    factory::{ChannelFactory, OpenedChannel},
    published,
    refusal::invalid,
    render,
    robot::{Hook, RobotCaller},
    secret::SecretRef,
    table_view,
};
use async_trait::async_trait;
use hongyan_core::{
    Address, AddressKind, Bilingual, Call, Capabilities, Channel, Clock, Content, Dedup, Flaw, Format, Group, Health,
    Outcome, Resolution, Target, TargetResult, TokenHealth, Unfit, bilingual, clock::System,
};
use hongyan_dingtalk::{
    Credential, DingTalk, content,
    webhook::{
        ActionCard, At, Button, Feed, FeedCard, Link, MAX_BODY_BYTES, Markdown, Message, SendWebhook, Text, sign,
    },
};
use hongyan_endpoint::{Declared, Endpoint, ErrorCode, Fault, Invalid, RateScope, typed};
use hongyan_net::{Http, Options, Reply, Secret};
use hongyan_platform_client::{Client, Raw};
use hongyan_text::{Dialect, Form};
use serde::Deserialize;
use serde_json::Value;
use std::{borrow::Cow, time::Duration};

/// `channel = "dingtalk-robot"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingTalkRobotConfig {
    /// The webhook's token, or its whole address.
    pub access_token: SecretRef,
    /// The secret of a robot that wants its calls signed, `SEC…`.
    #[serde(default)]
    pub secret: Option<SecretRef>,
    /// Whether the robot's own path signs for whoever knows the token; otherwise callers sign themselves.
    #[serde(default)]
    pub sign_for_callers: bool,
    /// The word that the robot wants in every message, where it wants one.
    #[serde(default)]
    pub keyword: Option<String>,
    /// In place of the platform's own host, for the sandbox or a proxy.
    #[serde(default)]
    pub base_url: Option<String>,
}

impl ChannelFactory for DingTalkRobotConfig {
    fn open(&self, options: &Options) -> Result<OpenedChannel, Invalid> {
        DingTalkRobotChannel::open(self, options).map(OpenedChannel::robot)
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        [("access_token", &self.access_token)]
            .into_iter()
            .chain(self.secret.iter().map(|secret| ("secret", secret)))
            .collect()
    }

    fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    fn hook(&self) -> Option<(&'static str, &SecretRef)> {
        Some(("access_token", &self.access_token))
    }
}

/// What a call is called in an error.
const KIND: Bilingual = Bilingual::fixed("message of a DingTalk robot", "钉钉机器人消息");
/// People whom one message mentions.
const MOST_MENTIONS: usize = SendWebhook::SPEC.max_items("at.atUserIds").unwrap();
/// Room for a mention, in the text and in the list: a user id has at most 64 bytes.
const MENTION_BYTES: usize = 2 * (64 + 4);
/// For how long a `msgUuid` is trusted to swallow a repeat. How long it lives is not published.
const KEY_LIFE: Duration = Duration::from_secs(600);
/// Refusals of a message that is none, by a robot that is well: what [`Channel::probe`] hopes for.
const WELL: [&str; 4] = ["400105", "40035", "40008", "34004"];

/// The member of a message that holds its key against repeats.
const MSG_UUID: &str = "msgUuid";
/// Where a message's words stand, by its type.
const WORDS: [(&str, &str, Form); 2] = [("text", "content", Form::Text), ("markdown", "text", Form::Markdown)];

/// One group's robot.
pub struct DingTalkRobotChannel {
    client: Client<DingTalk>,
    access_token: Secret,
    secret: Option<Secret>,
    keyword: Option<String>,
    capabilities: Capabilities,
}

impl DingTalkRobotChannel {
    /// Reads the secrets and makes the channel.
    ///
    /// # Errors
    /// A sentence naming what is missing, never a secret.
    pub fn open(config: &DingTalkRobotConfig, options: &Options) -> Result<Self, Invalid> {
        let hook = Hook::read(&config.access_token, "access_token")?;
        let secret = config.secret.as_ref().map(|secret| secret.read_for("secret")).transpose()?;
        // The webhook is its own credential: there is no application to log in to.
        let nobody = Credential { app_key: String::new(), app_secret: Secret::new("") };
        let base = config.base_url.as_deref().or(hook.base.as_deref());
        Ok(Self {
            client: Client::new(Http::new(options.clone()), base, nobody),
            access_token: hook.credential,
            secret,
            keyword: config.keyword.clone().filter(|word| !word.is_empty()),
            capabilities: Capabilities {
                channel: "dingtalk-robot",
                groups: vec![
                    Group::of(&[AddressKind::Userid, AddressKind::Mobile], MOST_MENTIONS),
                    Group::of(&[AddressKind::All], 1),
                ],
                looked_up: &[],
                formats: &[
                    Format::Text,
                    Format::Markdown,
                    Format::Link,
                    Format::Card,
                    Format::News,
                    Format::Table,
                    Format::Native,
                ],
                attachments: false,
                dedup: Dedup::KeyedFor(KEY_LIFE),
                receipts_for: None,
                recall_for: None,
                // One after the other: parallel ones arrive in any order.
                concurrency: 1,
                rates: published::rates(&SendWebhook::SPEC, RateScope::App),
            },
        })
    }

    /// A request with the robot's credential. Signed when it is sent: a signature lives for an hour.
    fn signed(&self, message: Message, msg_uuid: Option<String>) -> SendWebhook {
        let timestamp = System.now().millis();
        SendWebhook {
            access_token: self.access_token.expose().to_owned(),
            timestamp: self.secret.as_ref().map(|_| timestamp.to_string()),
            sign: self.secret.as_ref().map(|secret| sign(secret.expose(), timestamp)),
            message,
            msg_uuid,
        }
    }

    async fn post(&self, message: Message, msg_uuid: Option<String>) -> Result<(), Fault> {
        self.client.call(&self.signed(message, msg_uuid)).await.map(drop)
    }

    /// As [`Self::post`], of a message that came by the platform's own path: with every member as it came. The key
    /// against repeats is the sender's own, where it gave one.
    async fn post_given(&self, native: &Value, msg_uuid: String) -> Result<(), Fault> {
        let mut body = native.clone();
        if body.get(MSG_UUID).is_none_or(Value::is_null) {
            body[MSG_UUID] = msg_uuid.into();
        }
        let mut wire = self.signed(Message::default(), None).encode().map_err(|e| invalid(e.to_string()))?;
        wire.body = body.to_string().into_bytes();
        self.client.call_written(&SendWebhook::SPEC, &wire, None).await
    }

    /// The robot refuses what lacks its keyword.
    fn check_keyword(&self, content: &Content, message: &Message) -> Result<(), Unfit> {
        let Some(keyword) = &self.keyword else { return Ok(()) };
        if words(message).any(|words| words.contains(keyword.as_str())) {
            return Ok(());
        }
        let why = bilingual!(
            "lacks the keyword {keyword:?}, without which the group's robot refuses it";
            "缺少关键词 {keyword:?}，群机器人会因此拒绝"
        );
        Err(Unfit::new(render::form(content), Flaw::Unfit(why)))
    }
}

/// What the message says, in all places.
fn words(message: &Message) -> impl Iterator<Item = &str> {
    let text = message.text.iter().map(|text| text.content.as_str());
    let markdown = message.markdown.iter().flat_map(|m| [m.title.as_str(), m.text.as_str()]);
    let link = message.link.iter().flat_map(|link| [link.title.as_str(), link.text.as_str()]);
    let card = message.action_card.iter().flat_map(|card| [card.title.as_str(), card.text.as_str()]);
    let feeds = message.feed_card.iter().flat_map(|feeds| feeds.links.iter().map(|link| link.title.as_str()));
    text.chain(markdown).chain(link).chain(card).chain(feeds)
}

fn rendered(markdown: &str) -> String {
    hongyan_text::render(markdown, Dialect::DingTalk)
}

/// The robot's message, without mentions.
fn message(content: &Content) -> Result<Message, Unfit> {
    if let Some(native) = &content.native {
        return typed(native.clone()).map_err(|invalid| {
            let why = bilingual!(
                "is not a message of a group's robot: {invalid}";
                "不是群机器人的消息：{invalid:#}"
            );
            Unfit::new("native", Flaw::Unfit(why))
        });
    }
    let title = content.title.clone().unwrap_or_default();
    let mut message = Message::default();
    if let Some(markdown) = &content.markdown {
        message.markdown = Some(Markdown { text: render::titled(Some(&title), markdown, Dialect::DingTalk), title });
    } else if let Some(news) = &content.news {
        let feed = |link: &hongyan_core::Link| {
            let pic_url = link.picture.clone().filter(|_| link.text.is_empty())?;
            Some(Feed { title: link.title.clone(), message_url: link.url.clone(), pic_url })
        };
        match news.iter().map(feed).collect() {
            Some(links) => message.feed_card = Some(FeedCard { links }),
            // The platform's own has no room for words, and wants pictures.
            None => {
                let first = news.first().map(|link| link.title.clone()).unwrap_or_default();
                let text = render::titled(Some(&title), &render::pages(news), Dialect::DingTalk);
                let title = if title.is_empty() { first } else { title };
                message.markdown = Some(Markdown { title, text });
            }
        }
    } else if let Some(link) = &content.link {
        let text = if link.text.is_empty() { &link.title } else { &link.text }.clone();
        let (title, message_url) = (link.title.clone(), link.url.clone());
        message.link = Some(Link { title, text, message_url, pic_url: link.picture.clone() });
    } else if let Some(card) = &content.card {
        let mut body = ActionCard { title, text: rendered(&card.markdown), ..ActionCard::default() };
        match card.buttons.as_slice() {
            [only] => {
                body.single_title = Some(only.title.clone());
                body.single_url = Some(only.url.clone());
            }
            several => {
                body.btn_orientation = Some(if several.len() == 2 { "1" } else { "0" }.into());
                let button = |b: &hongyan_core::Button| Button { title: b.title.clone(), action_url: b.url.clone() };
                body.btns = several.iter().map(button).collect();
            }
        }
        message.action_card = Some(body);
    } else {
        message.text = Some(Text { content: render::plain(content).into_owned() });
    }
    message.msgtype = match &message {
        Message { markdown: Some(_), .. } => "markdown",
        Message { link: Some(_), .. } => "link",
        Message { action_card: Some(_), .. } => "actionCard",
        Message { feed_card: Some(_), .. } => "feedCard",
        _ => "text",
    }
    .into();
    Ok(message)
}

/// Names the people among the recipients, in the list and in the words: a mention that is in the list alone is not
/// shown. Gives those who cannot be mentioned: links and news take none.
fn mention(message: &mut Message, targets: &[Target]) -> Vec<TargetResult> {
    let of = |kind: AddressKind| -> Vec<String> {
        targets.iter().filter(|t| t.address.kind == kind).map(|t| t.wire_id().into_owned()).collect()
    };
    let (mobiles, userids) = (of(AddressKind::Mobile), of(AddressKind::Userid));
    let everybody = targets.iter().any(|target| target.address.mentions_all());
    if mobiles.is_empty() && userids.is_empty() && !everybody {
        return Vec::new();
    }
    let names: Vec<String> = mobiles.iter().chain(&userids).map(|id| format!("@{id}")).collect();
    let line = if names.is_empty() { String::new() } else { format!("\n\n{}", names.join(" ")) };
    if let Some(text) = &mut message.text {
        text.content.push_str(line.strip_prefix('\n').unwrap_or_default());
    } else if let Some(markdown) = &mut message.markdown {
        markdown.text.push_str(&line);
    } else if let Some(card) = &mut message.action_card {
        card.text.push_str(&line);
    } else {
        return render::unmentioned(targets, |_| false);
    }
    let at = message.at.get_or_insert_with(At::default);
    at.at_mobiles.extend(mobiles);
    at.at_user_ids.extend(userids);
    if everybody {
        at.is_at_all = Some(true);
    }
    Vec::new()
}

#[async_trait]
impl Channel for DingTalkRobotChannel {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        audience::check(content, None)?;
        message(content)?;
        let limit = MAX_BODY_BYTES - MOST_MENTIONS * MENTION_BYTES;
        // A message that cannot be made was told above.
        let size = |content: &Content| {
            message(content).ok().and_then(|m| serde_json::to_vec(&m).ok()).map_or(usize::MAX, |body| body.len())
        };
        let parts = if content.table.is_some() {
            // It takes no files.
            table_view::parts(content, suffix, (table_view::chat(Dialect::DingTalk), false), &KIND, Some(limit), size)?
        } else {
            render::parts(content, suffix, &KIND, Some(limit), size)?
        };
        for part in &parts {
            let message = message(part)?;
            content::robot(&message).map_err(|unfit| render::unfit::<DingTalk>(content, &KIND, unfit))?;
            self.check_keyword(content, &message)?;
        }
        Ok(parts)
    }

    fn given_in_parts<'a>(&self, content: &'a Content) -> Vec<Cow<'a, Content>> {
        let size = |content: &Content| content.native.as_ref().map_or(0, |native| native.to_string().len());
        let mut parts = render::given(content, &WORDS, Some(MAX_BODY_BYTES), size);
        if parts.len() > 1 {
            // Under one key all but the first would be repeats.
            for part in &mut parts {
                if let Some(Value::Object(native)) = &mut part.to_mut().native {
                    native.remove(MSG_UUID);
                }
            }
        }
        parts
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        Ok(vec![Resolution::Itself; addresses.len()])
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        if let (Some(_), Some(native @ Value::Object(_))) = (&call.content.given, &call.content.native) {
            return match self.post_given(native, call.id.to_string()).await {
                Ok(()) => Outcome::Taken { handle: None, exceptions: Vec::new() },
                Err(fault) => Outcome::failed(fault),
            };
        }
        let mut message = match message(call.content) {
            Ok(message) => message,
            Err(unfit) => return Outcome::failed(invalid(format!("content.{} {}", unfit.field, unfit.text()))),
        };
        let exceptions = mention(&mut message, call.targets);
        // The same key at every attempt of this delivery, and at no other's.
        match self.post(message, Some(call.id.to_string())).await {
            Ok(()) => Outcome::Taken { handle: None, exceptions },
            Err(fault) => Outcome::failed(fault),
        }
    }

    fn words(&self, part: &Content, to: &[Address]) -> Option<String> {
        let mut message = message(part).ok()?;
        mention(&mut message, &render::planned(to));
        let lines: Vec<&str> = match &message {
            Message { markdown: Some(markdown), .. } => vec![&markdown.text],
            message => words(message).collect(),
        };
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Sends what is no message: a robot that is well says just that, and the group sees nothing.
    async fn probe(&self) -> Result<(), Fault> {
        let content = self.keyword.clone().unwrap_or_else(|| "probe".into());
        let message = Message { msgtype: "probe".into(), text: Some(Text { content }), ..Message::default() };
        match self.post(message, None).await {
            Err(fault) if !WELL.contains(&fault.code()) => Err(fault),
            _ => Ok(()),
        }
    }

    fn health(&self) -> Health {
        Health { token: TokenHealth::NotUsed }
    }

    fn explain(&self, code: &str) -> Option<&'static ErrorCode> {
        published::explain::<DingTalk>(code)
    }
}

#[async_trait]
impl RobotCaller for DingTalkRobotChannel {
    async fn forward(&self, operation: &dyn Declared, call: &Raw) -> Result<Reply, Fault> {
        let signed = self.signed(Message::default(), None).encode().map_err(|e| invalid(e.to_string()))?;
        let target = signed.target();
        let own = target.split_once('?').map_or("", |(_, query)| query);
        let query = if call.query.is_empty() { own.to_owned() } else { format!("{own}&{}", call.query) };
        let call = Raw { query, ..call.clone() };
        self.client.forward_with(operation, &call, &self.access_token).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn content(text: &str) -> Content {
        serde_json::from_str(text).unwrap()
    }

    fn target(kind: AddressKind, value: &str) -> Target {
        Target { index: 0, address: Address::new(kind, value), resolved: None }
    }

    fn written(text: &str, targets: &[Target]) -> Value {
        let mut message = message(&content(text)).unwrap();
        mention(&mut message, targets);
        content::robot(&message).unwrap();
        serde_json::to_value(message).unwrap()
    }

    #[test]
    fn people_are_mentioned_in_the_list_and_in_the_words() {
        let people = [target(AddressKind::Userid, "li"), target(AddressKind::Mobile, "13900000001")];
        assert_eq!(
            written(r#"{"text":"disk full"}"#, &people),
            json!({"msgtype": "text", "text": {"content": "disk full\n@13900000001 @li"},
                "at": {"atMobiles": ["13900000001"], "atUserIds": ["li"]}})
        );
        let everybody = [target(AddressKind::All, "")];
        let markdown = json!({"title": "t", "text": "### t\n\na"});
        assert_eq!(
            written(r#"{"title":"t","markdown":"a"}"#, &everybody),
            json!({"msgtype": "markdown", "markdown": markdown})
        );
        let mentioned = [target(AddressKind::All, Address::MENTIONED)];
        assert_eq!(
            written(r#"{"title":"t","markdown":"a"}"#, &mentioned),
            json!({"msgtype": "markdown", "markdown": markdown, "at": {"isAtAll": true}})
        );
        let abroad = [target(AddressKind::Mobile, "+86 13900000001")];
        assert_eq!(written(r#"{"text":"a"}"#, &abroad)["text"]["content"], "a\n@13900000001");
    }

    #[test]
    fn whom_a_kind_cannot_mention_is_told() {
        let people = [
            target(AddressKind::Userid, "li"),
            Target { index: 1, ..target(AddressKind::All, Address::MENTIONED) },
            Target { index: 2, ..target(AddressKind::All, "") },
        ];
        let missed = |text: &str| {
            let mut message = message(&content(text)).unwrap();
            let missed = mention(&mut message, &people);
            missed.into_iter().map(|one| (one.index, one.state.name(), one.reason.unwrap().code)).collect::<Vec<_>>()
        };
        let link = r#"{"link":{"title":"t","url":"https://a.example"}}"#;
        let told = |index| (index, "sent", "not_mentioned".to_owned());
        assert_eq!(missed(link), [told(0), told(1)], "who was not to be mentioned is not");
        assert_eq!(missed(r#"{"text":"a"}"#), []);
    }

    #[test]
    fn news_with_words_are_markdown_and_pictures_alone_a_feed() {
        let feed =
            written(r#"{"news":[{"title":"a","url":"https://a.example","picture":"https://a.example/p"}]}"#, &[]);
        assert_eq!(feed["feedCard"]["links"][0]["picURL"], "https://a.example/p");
        let words = written(r#"{"news":[{"title":"a","text":"b","url":"https://a.example"}]}"#, &[]);
        assert_eq!(words["markdown"]["text"], "**[a](https://a.example)**\n\nb");
    }

    fn robot(keyword: &str) -> DingTalkRobotChannel {
        let config = json!({"access_token": "canary", "secret": "SECcanary", "keyword": keyword});
        DingTalkRobotChannel::open(&serde_json::from_value(config).unwrap(), &Options::default()).unwrap()
    }

    #[test]
    fn the_keyword_is_looked_for_and_named() {
        let robot = robot("告警");
        assert!(robot.parts(&content(r#"{"text":"[告警] disk"}"#), "").is_ok());
        let unfit = robot.parts(&content(r#"{"text":"disk"}"#), "").unwrap_err();
        assert!(unfit.field == "text" && unfit.text().en.contains("告警"), "{unfit:?}");
        let native = content(r#"{"native":{"msgtype":"text","text":{"content":""}}}"#);
        assert_eq!(robot.parts(&native, "").unwrap_err().field, "native.text.content");
    }
}
