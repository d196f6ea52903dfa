//! A robot of one WeCom group (消息推送) as a channel: whatever it says, the group reads; people among the recipients
//! are mentioned. Pictures travel in the call, other files are uploaded to the robot. There is no recall, no receipt
//! and no duplicate check.

use crate::{
    audience,
    factory::{ChannelFactory, OpenedChannel},
    operations::files_too,
    published,
    refusal::{self, invalid, refused, within},
    render,
    robot::{Hook, RobotCaller},
    secret::SecretRef,
    table_view,
    wecom::{
        body,
        files::{bad_file, file_until},
    },
};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use hongyan_core::{
    Address, AddressKind, Bilingual, Call, CallFile, Capabilities, Channel, Content, Dedup, FileUse, Flaw, Format,
    Group, Health, Outcome, Resolution, Table, Target, TargetResult, Time, TokenHealth, Unfit, Uploaded, Uploads,
};
use hongyan_endpoint::{Declared, Endpoint, ErrorCode, Fault, File, Invalid, RateScope};
use hongyan_net::{Http, Options, Reply, Secret};
use hongyan_platform_client::{Client, Raw};
use hongyan_text::Dialect;
use hongyan_wecom::{
    Credential, WeCom,
    content::{Content as Body, Image, Place, ROBOT_IMAGE_BYTES},
    md5,
    media::check_kind,
    webhook::{SendWebhook, UploadWebhookMedia},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// `channel = "wecom-robot"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeComRobotConfig {
    /// The webhook's key, or its whole address.
    pub key: SecretRef,
    /// In place of the platform's own host, for the sandbox or a proxy.
    #[serde(default)]
    pub base_url: Option<String>,
}

impl ChannelFactory for WeComRobotConfig {
    fn open(&self, options: &Options) -> Result<OpenedChannel, Invalid> {
        WeComRobotChannel::open(self, options).map(OpenedChannel::robot)
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        vec![("key", &self.key)]
    }

    fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    fn hook(&self) -> Option<(&'static str, &SecretRef)> {
        Some(("key", &self.key))
    }
}

/// What a call is called in an error.
const KIND: Bilingual = Bilingual::fixed("message of a WeCom robot", "企业微信机器人消息");
/// People whom one message mentions.
const MOST_MENTIONS: usize = 20;
/// Room for a mention in markdown, ` <@…>`: a user id has at most 64 bytes.
const MENTION_BYTES: usize = 64 + 4;
/// Refusals of a message that is none, by a robot that is well: what [`Channel::probe`] hopes for.
const WELL: [&str; 4] = ["40008", "40058", "93017", "44004"];

/// One group's robot.
pub struct WeComRobotChannel {
    client: Client<WeCom>,
    /// As `client`, for calls that carry files.
    files: Client<WeCom>,
    key: Secret,
    capabilities: Capabilities,
}

impl WeComRobotChannel {
    /// Reads the key and makes the channel.
    ///
    /// # Errors
    /// A sentence naming what is missing, never the key.
    pub fn open(config: &WeComRobotConfig, options: &Options) -> Result<Self, Invalid> {
        let hook = Hook::read(&config.key, "key")?;
        // The key is the credential: there is no application to log in to.
        let nobody = Credential { corp_id: String::new(), secret: Secret::new("") };
        let base = config.base_url.as_deref().or(hook.base.as_deref());
        let client = Client::new(Http::new(options.clone()), base, nobody);
        Ok(Self {
            files: client.over(files_too(options)),
            client,
            key: hook.credential,
            capabilities: Capabilities {
                channel: "wecom-robot",
                groups: vec![
                    Group::of(&[AddressKind::Userid, AddressKind::Mobile], MOST_MENTIONS),
                    Group::of(&[AddressKind::All], 1),
                ],
                looked_up: &[],
                formats: &[
                    Format::Text,
                    Format::Markdown,
                    Format::Image,
                    Format::File,
                    Format::Voice,
                    Format::Video,
                    Format::Link,
                    Format::Card,
                    Format::News,
                    Format::Table,
                    Format::Native,
                ],
                attachments: false,
                dedup: Dedup::None,
                receipts_for: None,
                recall_for: None,
                // One after the other: parallel ones arrive in any order.
                concurrency: 1,
                rates: published::rates(&SendWebhook::SPEC, RateScope::App),
            },
        })
    }

    async fn post(&self, request: &SendWebhook) -> Result<(), Fault> {
        self.client.call_with(request, &self.key).await.map(drop)
    }
}

/// What a robot takes as it is, and what it takes otherwise: cards as markdown, films as files.
fn message(content: &Content, media_id: &str) -> (String, Map<String, Value>) {
    let mut plain = Cow::Borrowed(content);
    if let Some(card) = &content.card {
        let (title, markdown) = (content.title.clone(), Some(render::linked(card)));
        plain = Cow::Owned(Content { title, markdown, ..Content::default() });
    } else if content.video.is_some() {
        plain = Cow::Owned(Content { file: content.video.clone(), ..Content::default() });
    }
    body::message(&plain, media_id)
}

/// The picture itself, with its digest.
fn picture(file: &File) -> (String, Map<String, Value>) {
    let base64 = STANDARD.encode(&file.bytes);
    let body = Body::Image(Image { base64, md5: md5::hex(&file.bytes), ..Image::default() });
    (body.msgtype().to_owned(), body.to_map())
}

/// The platform's kind for a form's file.
fn upload_kind(form: Format) -> Result<&'static str, Unfit> {
    match form {
        Format::Image => Ok("image"),
        Format::Voice => Ok("voice"),
        // Films travel as files.
        Format::File | Format::Video => Ok("file"),
        _ => Err(Unfit::coded("40004", "", refusal::no_files(form))),
    }
}

/// Names the people among the recipients: in a text by lists, in markdown by user ids. Gives those who cannot be
/// mentioned: other kinds take none, and markdown knows neither mobile numbers nor everybody.
fn mention(msgtype: &str, object: &mut Map<String, Value>, targets: &[Target]) -> Vec<TargetResult> {
    let of = |kind: AddressKind| -> Vec<Cow<'_, str>> {
        targets.iter().filter(|t| t.address.kind == kind).map(Target::wire_id).collect()
    };
    let (mut userids, mobiles) = (of(AddressKind::Userid), of(AddressKind::Mobile));
    if targets.iter().any(|target| target.address.mentions_all()) && msgtype == "text" {
        userids.push("@all".into());
    }
    let Some(Value::Object(body)) = object.get_mut(msgtype) else { return render::unmentioned(targets, |_| false) };
    match msgtype {
        "text" => {
            for (name, ids) in [("mentioned_list", userids), ("mentioned_mobile_list", mobiles)] {
                if !ids.is_empty() {
                    let list = body.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(list) = list {
                        list.extend(ids.into_iter().map(Value::from));
                    }
                }
            }
            Vec::new()
        }
        "markdown" => {
            if !userids.is_empty()
                && let Some(Value::String(words)) = body.get_mut("content")
            {
                let names: Vec<String> = userids.iter().map(|id| format!("<@{id}>")).collect();
                words.push_str(&format!("\n{}", names.join(" ")));
            }
            render::unmentioned(targets, |address| address.kind == AddressKind::Userid)
        }
        _ => render::unmentioned(targets, |_| false),
    }
}

/// The parts of a table: what is shown as a real table, and beside it the same in the dialect that can mention people
/// (see [`mentioning`]); then the whole as a file.
fn table_parts(content: &Content, table: &Table, suffix: &str) -> Result<Vec<Cow<'static, Content>>, Unfit> {
    let limit = SendWebhook::SPEC.max_bytes("markdown.content").map(|limit| limit - MOST_MENTIONS * MENTION_BYTES);
    let style = (table_view::chat(Dialect::WeCom), true);
    let mut parts = table_view::parts(content, suffix, style, &KIND, limit, words_size)?;
    let written = |markdown: &str| render::titled(content.title.as_deref(), markdown, Dialect::WeComV2);
    let limit = SendWebhook::SPEC.max_bytes(&format!("{WIDE_KIND}.content"));
    let fits = |markdown: &str| limit.is_none_or(|limit| written(markdown).len() <= limit);
    if let (Some(shown), Some(first)) =
        (table_view::show(content, table, suffix, table_view::WIDE, true, fits), parts.first_mut())
    {
        first.to_mut().native = Some(json!({"msgtype": WIDE_KIND, WIDE_KIND: {"content": written(&shown.markdown)}}));
        if parts.len() == 1 && table.attach.wants_file(shown.complete) {
            parts.push(Cow::Owned(Content { file: Some(table_view::file_of(table)), ..Content::default() }));
        }
    }
    Ok(parts)
}

/// The kind of message with real tables, and without mentions.
const WIDE_KIND: &str = "markdown_v2";

/// What is said to these recipients: where both are at hand, a table goes in the dialect that can mention people when
/// people are to be mentioned.
fn mentioning<'a>(content: &'a Content, targets: &[Target]) -> Cow<'a, Content> {
    let people = targets.iter().any(|target| target.address.kind == AddressKind::Userid);
    if people && content.markdown.is_some() && content.native.is_some() {
        return Cow::Owned(Content { native: None, ..content.clone() });
    }
    Cow::Borrowed(content)
}

/// The words of a text or markdown message, in bytes.
fn words_size(content: &Content) -> usize {
    let (msgtype, object) = message(content, "");
    object.get(&msgtype).and_then(|o| o.get("content")).and_then(Value::as_str).map_or(0, str::len)
}

#[async_trait]
impl Channel for WeComRobotChannel {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        audience::check(content, None)?;
        if let Some(image) = &content.image {
            if image.media_id.is_some() {
                let why = (
                    "a group's robot sends the picture itself: give media or base64 for media_id",
                    "群机器人直接发送图片：请用 media 或 base64 代替 media_id",
                );
                return Err(Unfit::new("image", Flaw::unfit(why)));
            }
            return Ok(vec![Cow::Borrowed(content)]);
        }
        if let Some(table) = &content.table {
            let parts = table_parts(content, table, suffix)?;
            for part in &parts {
                let (msgtype, object) = message(part, "MEDIA_ID");
                body::judge(content, &KIND, Place::Robot, &msgtype, &object)?;
            }
            return Ok(parts);
        }
        let (msgtype, _) = message(content, "");
        let limit = SendWebhook::SPEC.max_bytes(&format!("{msgtype}.content"));
        // Texts have lists for mentions; markdown has them in its words. The platform's own are the sender's.
        let room = if msgtype == "markdown" && content.native.is_none() { MOST_MENTIONS * MENTION_BYTES } else { 0 };
        let parts = render::parts(content, suffix, &KIND, limit.map(|limit| limit - room), words_size)?;
        for part in &parts {
            let (msgtype, object) = message(part, "MEDIA_ID");
            body::judge(part, &KIND, Place::Robot, &msgtype, &object)?;
        }
        Ok(parts)
    }

    fn given_in_parts<'a>(&self, content: &'a Content) -> Vec<Cow<'a, Content>> {
        let (msgtype, _) = message(content, "");
        let limit = SendWebhook::SPEC.max_bytes(&format!("{msgtype}.content"));
        render::given(content, &body::WORDS, limit, words_size)
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        Ok(vec![Resolution::Itself; addresses.len()])
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        let said = mentioning(call.content, call.targets);
        let (msgtype, mut content) = match call.file {
            Some(CallFile::Bytes(file)) => picture(file),
            Some(CallFile::Id(media_id)) => message(&said, media_id),
            None => message(&said, ""),
        };
        let exceptions = mention(&msgtype, &mut content, call.targets);
        let given = call.content.given.is_some();
        if !given {
            content.retain(|name, _| *name == msgtype);
        }
        let request = SendWebhook { msgtype, content };
        if !given && let Err(unfit) = request.check() {
            let words = format!("{} {}", unfit.field, unfit.text());
            return Outcome::failed(refused::<WeCom>(unfit.code, words));
        }
        match self.post(&request).await {
            // No id comes back.
            Ok(()) => Outcome::Taken { handle: None, exceptions },
            Err(fault) => Outcome::failed(fault),
        }
    }

    fn words(&self, part: &Content, to: &[Address]) -> Option<String> {
        let targets = render::planned(to);
        let (msgtype, mut object) = message(&mentioning(part, &targets), "");
        mention(&msgtype, &mut object, &targets);
        body::words(&msgtype, &object)
    }

    fn file_use(&self, form: Format) -> FileUse {
        if form == Format::Image { FileUse::Carry } else { FileUse::Upload }
    }

    fn check_file(&self, form: Format, file: &File) -> Result<(), Unfit> {
        let kind = upload_kind(form)?;
        let fits = check_kind(kind, file).map_err(|unfit| bad_file(file, kind, &unfit));
        if kind != "image" {
            return fits;
        }
        within(file, "image of a robot", ROBOT_IMAGE_BYTES, "40009")?;
        fits
    }

    /// Sends what is no message: a robot that is well says just that, and the group sees nothing.
    async fn probe(&self) -> Result<(), Fault> {
        match self.post(&SendWebhook { msgtype: "probe".into(), ..SendWebhook::default() }).await {
            Err(fault) if !WELL.contains(&fault.code()) => Err(fault),
            _ => Ok(()),
        }
    }

    fn uploads(&self) -> Option<&dyn Uploads> {
        Some(self)
    }

    fn health(&self) -> Health {
        Health { token: TokenHealth::NotUsed }
    }

    fn explain(&self, code: &str) -> Option<&'static ErrorCode> {
        published::explain::<WeCom>(code)
    }
}

#[async_trait]
impl Uploads for WeComRobotChannel {
    async fn upload(&self, form: Format, file: &File, now: Time) -> Result<Uploaded, Fault> {
        let unfit = |unfit: Unfit| refusal::unfit::<WeCom>(&unfit);
        self.check_file(form, file).map_err(unfit)?;
        let kind = upload_kind(form).map_err(unfit)?;
        if kind == "image" {
            let words = format!("a picture travels in the call, of at most {ROBOT_IMAGE_BYTES} bytes");
            return Err(invalid(words));
        }
        let request = UploadWebhookMedia { kind: kind.into(), media: file.clone() };
        let uploaded = self.client.call_with(&request, &self.key).await?;
        Ok(Uploaded { id: uploaded.media_id, until: file_until(now) })
    }
}

#[async_trait]
impl RobotCaller for WeComRobotChannel {
    async fn forward(&self, operation: &dyn Declared, call: &Raw) -> Result<Reply, Fault> {
        self.files.forward_with(operation, call, &self.key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn target(kind: AddressKind, value: &str) -> Target {
        Target { index: 0, address: Address::new(kind, value), resolved: None }
    }

    fn written(text: &str, targets: &[Target]) -> Value {
        let content: Content = serde_json::from_str(text).unwrap();
        let (msgtype, mut object) = message(&content, "M");
        mention(&msgtype, &mut object, targets);
        hongyan_wecom::content::check(Place::Robot, &msgtype, &object).unwrap();
        object.into()
    }

    #[test]
    fn people_are_mentioned_as_each_kind_can() {
        let people = [target(AddressKind::Userid, "li"), target(AddressKind::Mobile, "13900000001")];
        let text = written(r#"{"text":"a"}"#, &people);
        let lists = json!({"content": "a", "mentioned_list": ["li"], "mentioned_mobile_list": ["13900000001"]});
        assert_eq!(text, json!({ "text": lists }));
        let markdown = written(r#"{"title":"t","markdown":"a"}"#, &people);
        assert_eq!(markdown, json!({"markdown": {"content": "# t\na\n<@li>"}}));
        assert_eq!(written(r#"{"text":"a"}"#, &[target(AddressKind::All, "")]), json!({"text": {"content": "a"}}));
        let everybody = [target(AddressKind::All, Address::MENTIONED)];
        let text = json!({"content": "a", "mentioned_list": ["@all"]});
        assert_eq!(written(r#"{"text":"a"}"#, &everybody), json!({ "text": text }));
        let abroad = [target(AddressKind::Mobile, "+86-13900000001")];
        assert_eq!(written(r#"{"text":"a"}"#, &abroad)["text"]["mentioned_mobile_list"], json!(["13900000001"]));
    }

    #[test]
    fn whom_a_kind_cannot_mention_is_told() {
        let people = [
            target(AddressKind::Userid, "li"),
            Target { index: 1, ..target(AddressKind::Mobile, "13900000001") },
            Target { index: 2, ..target(AddressKind::All, Address::MENTIONED) },
            Target { index: 3, ..target(AddressKind::All, "") },
        ];
        for (text, missed) in [
            (r#"{"text":"a"}"#, &[][..]),
            (r#"{"title":"t","markdown":"a"}"#, &[1, 2]),
            (r#"{"news":[{"title":"t","url":"https://a.example"}]}"#, &[0, 1, 2]),
            (r#"{"native":{"msgtype":"markdown_v2","markdown_v2":{"content":"a"}}}"#, &[0, 1, 2]),
            (r#"{"file":{"media":"f"}}"#, &[0, 1, 2]),
        ] {
            let content: Content = serde_json::from_str(text).unwrap();
            let (msgtype, mut object) = message(&content, "M");
            let told = mention(&msgtype, &mut object, &people);
            assert!(told.iter().all(|one| one.reason.as_ref().unwrap().code == "not_mentioned"));
            assert_eq!(told.iter().map(|one| one.index).collect::<Vec<_>>(), missed, "{text}");
        }
    }

    #[test]
    fn what_a_robot_has_no_kind_for_becomes_its_nearest() {
        let card = r#"{"title":"t","card":{"markdown":"**a**","buttons":[{"title":"ok","url":"https://a.example"}]}}"#;
        let card = written(card, &[]);
        assert_eq!(card["markdown"]["content"], "# t\n**a**\n\n[ok](https://a.example)");
        assert_eq!(written(r#"{"video":{"media":"f"}}"#, &[])["file"]["media_id"], "M");
    }

    #[test]
    fn a_picture_travels_with_its_digest() {
        let (msgtype, object) = picture(&File { bytes: b"\x89PNG\r\n\x1a\n".to_vec(), ..File::default() });
        assert_eq!((msgtype.as_str(), &object["image"]["base64"]), ("image", &json!("iVBORw0KGgo=")));
        assert_eq!(object["image"]["md5"], "e9dd2797018cad79186e03e8c5aec8dc");
    }
}
