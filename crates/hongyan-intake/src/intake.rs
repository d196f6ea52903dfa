//! From a message as it was handed in to a message that is stored and on its way to its lanes. Everything wrong is said
//! before anything is stored; sending is the dispatcher's.

use crate::{
    files::{self, Files},
    keys::Caller,
    mails, reply,
    table_content::{self, Shows},
    template::Templates,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hongyan_api::{Code, Problem};
use hongyan_channel::Account;
use hongyan_core::{
    Accepted, Attachment, Bilingual, Channel, Clock, Content, Flaw, Format, IdSource, Idempotency, Ledger, Message,
    MessageId, NewDelivery, NewMessage, Plan, Templated, Time, Unfit, Wording, bilingual, plan,
};
use hongyan_dispatch::Dispatcher;
use hongyan_endpoint::File;
use prometheus_client::metrics::{counter::Counter, histogram::Histogram};
use serde::Deserialize;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// Entries of `to`.
const MAX_RECIPIENTS: usize = 10_000;
const MAX_LABELS: usize = 16;
const MAX_LABEL_KEY: usize = 64;
const MAX_LABEL_VALUE: usize = 256;
/// The route of messages that name none.
const DEFAULT_ROUTE: &str = "default";

/// A rule from a message to accounts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteConfig {
    /// The accounts, in order.
    pub via: Vec<String>,
}

/// Accepts messages: checks and plans them, keeps their files, stores them, wakes the lanes.
pub struct Intake {
    /// The accounts that messages can go through.
    pub accounts: BTreeMap<Arc<str>, Account>,
    /// `[routes.NAME]`.
    pub routes: BTreeMap<String, RouteConfig>,
    /// `[templates.NAME]`.
    pub templates: Templates,
    /// Files inside messages and beside them.
    pub files: Files,
    /// Where messages are stored.
    pub ledger: Arc<dyn Ledger>,
    /// Whose lanes are woken.
    pub dispatcher: Arc<Dispatcher>,
    /// Messages' ids.
    pub ids: IdSource,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Messages that were accepted.
    pub accepted: Counter,
    /// Seconds from a request's head to the answer that its message is stored.
    pub accept_seconds: Histogram,
}

/// A checked and planned message, not stored yet.
pub struct Checked {
    content: Content,
    /// What was inside the content and is to be kept beside it.
    file: Option<File>,
    /// The deliveries that it becomes.
    pub plan: Plan,
    /// What each part says, by account.
    wordings: BTreeMap<Arc<str>, Vec<Worded>>,
    labels: BTreeMap<String, String>,
    priority: hongyan_core::Priority,
    send_at: Option<Time>,
    expires_at: Option<Time>,
    at: Time,
}

/// What one part of an account's says.
enum Worded {
    /// The content as it stands.
    Whole,
    /// This.
    Own(Box<Content>),
    /// What the channel makes of the content when it is sent: all of a table's rows, which no setting cuts.
    Made(Shows),
}

impl Worded {
    fn of(part: Cow<'_, Content>, account: &Account) -> Self {
        match part {
            Cow::Borrowed(_) => Self::Whole,
            Cow::Owned(own) if own.table.is_some() && account.channel.table_rows() == usize::MAX => {
                Self::Made(Shows::data(&own))
            }
            Cow::Owned(own) => Self::Own(Box::new(own)),
        }
    }
}

fn wrong(field: impl Into<String>, detail: impl Into<Bilingual>) -> Problem {
    Problem::field(Code::InvalidField, field, detail)
}

impl Intake {
    /// Checks a message, fills its template and plans it. Stores nothing.
    ///
    /// # Errors
    /// [`Code::InvalidField`], [`Code::UnknownField`], [`Code::TooLarge`], [`Code::AccountForbidden`], naming the field where there is
    /// one; the store's, where a file was to be read.
    pub async fn check(&self, caller: &Caller, message: Message, now: Time) -> Result<Checked, Problem> {
        if message.content.given.is_some() {
            return Err(Problem::field(Code::UnknownField, "content.given", Flaw::Unknown.text()));
        }
        self.check_given(caller, message, now).await
    }

    /// As [`Self::check`], of a message that may have come by a platform's own path.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub async fn check_given(&self, caller: &Caller, message: Message, now: Time) -> Result<Checked, Problem> {
        let audience = message.audience().into_owned();
        if audience.len() > MAX_RECIPIENTS {
            return Err(wrong("to", Flaw::Count { count: audience.len(), min: 0, max: MAX_RECIPIENTS }.text()));
        }
        mails::check_to(&message.to)?;
        check_labels(&message.labels)?;
        check_times(&message, now)?;
        let (mut content, format, template) = self.fill(message.content)?;
        check_attachments(&content.attachments)?;
        let sheet = table_content::read(&self.files, caller, &mut content).await?;

        let (accounts, from_route) = self.route(&message.via, message.route.as_deref())?;
        let lookup = |name: &str| {
            let (name, account) = self.accounts.get_key_value(name)?;
            Some((name.as_ref(), account.channel.capabilities()))
        };
        let plan = plan(&audience, &accounts, format, !content.attachments.is_empty(), lookup).map_err(|error| {
            let field = if from_route && error.field == "via" { "route".to_owned() } else { error.field };
            wrong(field, error.message)
        })?;
        let involved: BTreeSet<&str> = plan.deliveries.iter().map(|delivery| delivery.account.as_str()).collect();
        caller.check_accounts(involved.iter().copied())?;
        let naming = |name: &str| self.accounts.get(name).and_then(|account| account.channel.naming());
        content.mail = mails::head(&plan, message.reply_to, naming)?;
        let mut file =
            self.files.take(caller, &mut content, involved.iter().filter_map(|name| self.accounts.get(*name))).await?;
        if let Some(sheet) = &sheet {
            table_content::trim(&mut content, sheet, involved.iter().filter_map(|name| self.accounts.get(*name)));
        }
        let mut counts = BTreeMap::new();
        let mut wordings = BTreeMap::new();
        let mut with_file = Vec::new();
        for account in involved.iter().filter_map(|name| self.accounts.get(*name)) {
            let said = |error: Unfit| {
                let field = match (&template, error.field.as_ref()) {
                    (Some(_), _) => "content.template".to_owned(),
                    (None, "") => "content".to_owned(),
                    (None, field) => format!("content.{field}"),
                };
                let part = template.as_ref().map_or(String::new(), |_| format!("{} ", error.field));
                let (name, Bilingual { en, zh }) = (&account.name, error.text());
                wrong(field, bilingual!("account {name}: {part}{en}"; "账号 {name}：{part}{zh}"))
                    .with_platform_code(error.code)
            };
            let parts = account.parts(&content, now).map_err(said)?;
            let deliveries = plan.deliveries.iter().filter(|delivery| *delivery.account == *account.name);
            for delivery in deliveries {
                if content.given.is_some() {
                    // The platform judges it.
                    continue;
                }
                if content.table.is_none() {
                    account.channel.check_for(&content, &delivery.recipients).map_err(said)?;
                    continue;
                }
                // A table is nothing to a platform before it is put into words.
                let check = |part: &Cow<'_, Content>| account.channel.check_for(part, &delivery.recipients);
                parts.iter().try_for_each(check).map_err(|error| said(error.at("table")))?;
            }
            if content.table.is_some() && parts.iter().any(|part| part.media().is_some()) {
                with_file.push(account);
            }
            counts.insert(Arc::clone(&account.name), u32::try_from(parts.len()).unwrap_or(u32::MAX));
            let worded = parts.into_iter().map(|part| Worded::of(part, account)).collect();
            wordings.insert(Arc::clone(&account.name), worded);
        }
        if let Some(sheet) = sheet {
            file = table_content::file(&self.files, &mut content, sheet, &with_file).await?;
        }
        let plan = plan.in_parts(|account| counts.get(account).copied().unwrap_or(1));
        Ok(Checked {
            content,
            file,
            plan,
            wordings,
            labels: message.labels,
            priority: message.priority,
            send_at: message.send_at,
            expires_at: message.expires_at,
            at: now,
        })
    }

    /// A checked message, ready to be stored; a file that was inside it is kept now.
    ///
    /// # Errors
    /// [`Code::NoRoom`], [`Code::Busy`] and the store's others.
    pub async fn ready(
        &self,
        mut message: Checked,
        id: MessageId,
        idempotency: Option<Idempotency>,
    ) -> Result<NewMessage, Problem> {
        if let Some(file) = message.file.take() {
            let accounts: BTreeSet<&String> = message.plan.deliveries.iter().map(|planned| &planned.account).collect();
            let accounts: Vec<String> = accounts.into_iter().cloned().collect();
            self.files.keep(&mut message.content, file, &accounts, message.at).await?;
        }
        let content = written(&message.content)?;
        let mut wordings = Vec::new();
        let mut placed: BTreeMap<&str, Vec<Wording>> = BTreeMap::new();
        for (account, parts) in &mut message.wordings {
            let of_account = placed.entry(account).or_default();
            for part in parts {
                of_account.push(match part {
                    Worded::Whole => Wording::Whole,
                    Worded::Made(_) => Wording::Made,
                    Worded::Own(own) => {
                        files::name_kept(own, &message.content);
                        wordings.push(written(own)?);
                        Wording::Own(u32::try_from(wordings.len() - 1).unwrap_or(u32::MAX))
                    }
                });
            }
        }
        let deliveries = message.plan.deliveries.into_iter().map(|planned| {
            let of_account = placed.get(planned.account.as_str());
            let at = planned.part.map_or(0, |part| part.number as usize - 1);
            let wording = of_account.and_then(|parts| parts.get(at)).copied().unwrap_or_default();
            NewDelivery { wording, ..planned }
        });
        let deliveries = deliveries.collect();
        Ok(NewMessage {
            id,
            at: message.at,
            content,
            labels: message.labels,
            priority: message.priority,
            send_at: message.send_at,
            expires_at: message.expires_at,
            idempotency,
            deliveries,
            wordings,
        })
    }

    /// Stores messages in one commit and wakes the lanes.
    ///
    /// # Errors
    /// The store's: [`Code::Busy`], [`Code::NoRoom`], [`Code::StoreUnavailable`], [`Code::StoreFailed`].
    pub async fn store(&self, messages: Vec<NewMessage>) -> Result<Vec<Accepted>, Problem> {
        let wake: BTreeSet<Arc<str>> = messages
            .iter()
            .flat_map(|message| &message.deliveries)
            .filter_map(|delivery| self.accounts.get_key_value(delivery.account.as_str()))
            .map(|(name, _)| Arc::clone(name))
            .collect();
        let accepted = self.ledger.accept(messages).await.map_err(reply::store)?;
        let mut new =
            accepted.iter().filter_map(|one| if let Accepted::New(id) = one { Some(id) } else { None }).peekable();
        if new.peek().is_some() {
            new.for_each(|id| tracing::debug!(%id, "accepted"));
            for account in wake {
                self.dispatcher.wake(&account);
            }
        }
        Ok(accepted)
    }

    /// Counts messages that were accepted together, and how long that took.
    pub fn count(&self, messages: u64, took: Duration) {
        self.accepted.inc_by(messages);
        self.accept_seconds.observe(took.as_secs_f64());
    }

    /// The content in one of its final forms, and the template that it came from.
    fn fill(&self, content: Content) -> Result<(Content, Format, Option<String>), Problem> {
        let at = |field: &str| if field.is_empty() { "content".to_owned() } else { format!("content.{field}") };
        let name = match content.form().map_err(|unfit| wrong(at(&unfit.field), unfit.text()))? {
            Templated::Ready(format) => return Ok((content, format, None)),
            Templated::Template(name) => name.to_owned(),
        };
        let filled = self.templates.fill(&name, content)?;
        match filled.form() {
            Ok(Templated::Ready(format)) => Ok((filled, format, Some(name))),
            Ok(Templated::Template(_)) => {
                Err(wrong("content.template", ("a template cannot give a template", "模板不能再给出模板")))
            }
            Err(unfit) => {
                let (field, Bilingual { en, zh }) = (&unfit.field, unfit.text());
                let why =
                    bilingual!("with this data the template's {field} {en}"; "用这些数据填充后，模板的 {field} {zh}");
                Err(wrong("content.data", why))
            }
        }
    }

    /// The accounts of the message or of its route, and whether a route gave them.
    fn route<'a>(&'a self, via: &'a [String], route: Option<&str>) -> Result<(Vec<&'a str>, bool), Problem> {
        let names = |list: &'a [String]| list.iter().map(String::as_str).collect();
        match (via.is_empty(), route) {
            (false, None) => Ok((names(via), false)),
            (false, Some(_)) => {
                Err(wrong("route", ("cannot stand beside via: give one of them", "不能与 via 同时出现：只给一个")))
            }
            (true, given) => match self.routes.get(given.unwrap_or(DEFAULT_ROUTE)) {
                Some(route) => Ok((names(&route.via), true)),
                None if given.is_none() => Ok((Vec::new(), false)),
                None => {
                    let name = given.unwrap_or_default();
                    Err(wrong("route", bilingual!("no route is called {name:?}"; "没有名为 {name:?} 的路由")))
                }
            },
        }
    }
}

impl Checked {
    /// What the recipients of a planned call will read of it.
    pub fn shows(&self, channel: &dyn Channel, planned: &NewDelivery) -> Shows {
        let at = planned.part.map_or(0, |part| part.number as usize - 1);
        match self.wordings.get(planned.account.as_str()).and_then(|parts| parts.get(at)) {
            Some(Worded::Own(own)) => Shows::of(channel, own, &planned.recipients),
            Some(Worded::Made(shows)) => shows.clone(),
            Some(Worded::Whole) | None => Shows::of(channel, &self.content, &planned.recipients),
        }
    }
}

fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), Problem> {
    if labels.len() > MAX_LABELS {
        return Err(wrong("labels", Flaw::Count { count: labels.len(), min: 0, max: MAX_LABELS }.text()));
    }
    for (key, value) in labels {
        let control = |text: &str| text.chars().any(char::is_control);
        if key.is_empty() || key.len() > MAX_LABEL_KEY || control(key) {
            let why = bilingual!(
                "a key has 1 to {MAX_LABEL_KEY} bytes without control characters";
                "键须为 1 至 {MAX_LABEL_KEY} 字节，不含控制字符"
            );
            return Err(wrong("labels", why));
        }
        if value.len() > MAX_LABEL_VALUE || control(value) {
            return Err(wrong(
                format!("labels.{key}"),
                bilingual!(
                    "a value has at most {MAX_LABEL_VALUE} bytes without control characters";
                    "值最多 {MAX_LABEL_VALUE} 字节，不含控制字符"
                ),
            ));
        }
    }
    Ok(())
}

fn check_times(message: &Message, now: Time) -> Result<(), Problem> {
    let Some(end) = message.expires_at else { return Ok(()) };
    if end <= now {
        return Err(wrong("expires_at", ("has passed", "已经过去")));
    }
    if message.send_at.is_some_and(|start| start >= end) {
        return Err(wrong("expires_at", ("is not after send_at", "不晚于 send_at")));
    }
    Ok(())
}

fn check_attachments(attachments: &[Attachment]) -> Result<(), Problem> {
    for (i, file) in attachments.iter().enumerate() {
        if file.name.trim().is_empty() || file.name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) {
            return Err(wrong(
                format!("content.attachments[{i}].name"),
                ("is empty, or holds a control character or a slash", "为空，或含有控制字符或斜杠"),
            ));
        }
        if file.media_type.as_deref().is_some_and(|t| !t.contains('/') || !t.is_ascii() || t.contains(char::is_control))
        {
            return Err(wrong(format!("content.attachments[{i}].media_type"), ("is not a media type", "不是媒体类型")));
        }
        if STANDARD.decode(&file.base64).is_err() {
            return Err(wrong(
                format!("content.attachments[{i}].base64"),
                ("is not standard base64 with padding", "不是带填充的标准 base64"),
            ));
        }
    }
    Ok(())
}

/// A content as it is stored.
fn written(content: &Content) -> Result<String, Problem> {
    serde_json::to_string(content).map_err(|error| {
        tracing::error!(%error, "a content cannot be written as JSON");
        Problem::bare(Code::Internal)
    })
}
