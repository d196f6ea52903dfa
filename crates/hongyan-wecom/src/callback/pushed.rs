//! What is in a callback: messages of members, and events.
//! <https://developer.work.weixin.qq.com/document/path/90239>, <https://developer.work.weixin.qq.com/document/path/90240>

use super::Element;

/// A message or an event, and from whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pushed {
    /// The company.
    pub to_user_name: String,
    /// The member; `sys` for events that nobody caused.
    pub from_user_name: String,
    /// Unix seconds.
    pub create_time: i64,
    /// What it is.
    pub message: Message,
    /// Of a message; events have none.
    pub msg_id: Option<String>,
    /// The application; missing where it is about the company's contacts.
    pub agent_id: Option<String>,
    /// Members that no field above names.
    pub rest: Vec<Element>,
}

/// By `MsgType`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// `text`.
    Text {
        /// What was written.
        content: String,
    },
    /// `image`.
    Image {
        /// Where the picture lies.
        pic_url: String,
        /// For `media/get`, three days.
        media_id: String,
    },
    /// `voice`.
    Voice {
        /// For `media/get`, three days.
        media_id: String,
        /// `amr`.
        format: String,
    },
    /// `video`.
    Video {
        /// For `media/get`, three days.
        media_id: String,
        /// The still's.
        thumb_media_id: String,
    },
    /// `location`.
    Location {
        /// Latitude, in degrees as text.
        x: String,
        /// Longitude, in degrees as text.
        y: String,
        /// Of the map.
        scale: String,
        /// The place in words.
        label: String,
    },
    /// `link`.
    Link {
        /// Its head.
        title: String,
        /// Its text.
        description: String,
        /// Where it goes.
        url: String,
        /// Its picture.
        pic_url: String,
    },
    /// `event`.
    Event(Event),
    /// Any other: its members are in [`Pushed::rest`].
    Other {
        /// As it came.
        msg_type: String,
    },
}

impl Default for Message {
    fn default() -> Self {
        Self::Other { msg_type: String::new() }
    }
}

/// By `Event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `subscribe`: a member may use the application now.
    Subscribe,
    /// `unsubscribe`: he may not any more.
    Unsubscribe,
    /// `enter_agent`: a member opened the application.
    EnterAgent,
    /// `LOCATION`: where a member is.
    Location {
        /// In degrees, as text.
        latitude: String,
        /// In degrees, as text.
        longitude: String,
        /// In metres, as text.
        precision: String,
    },
    /// `click`: on the menu.
    Click {
        /// The entry's.
        event_key: String,
    },
    /// `view`: a menu entry's page.
    View {
        /// Its address.
        event_key: String,
    },
    /// `batch_job_result`: an import is done.
    BatchJobResult {
        /// As the import gave it.
        job_id: String,
        /// `sync_user`, `replace_user`, `invite_user` or `replace_party`.
        job_type: String,
        /// 0 for success.
        err_code: String,
        /// For humans.
        err_msg: String,
    },
    /// `change_contact`: its members are in [`Pushed::rest`].
    ChangeContact {
        /// `create_user`, `update_user`, `delete_user`, `create_party`, `update_party`, `delete_party`, `update_tag`.
        change_type: String,
    },
    /// `template_card_event`: a card was answered.
    TemplateCard(CardClick),
    /// `template_card_menu_event`: a card's menu was used.
    TemplateCardMenu(CardClick),
    /// `inactive_alert`: the application will be closed for want of use.
    InactiveAlert,
    /// `close_inactive_agent`: it was closed.
    CloseInactiveAgent,
    /// `reopen_inactive_agent`: it is open again.
    ReopenInactiveAgent,
    /// Any other: its members are in [`Pushed::rest`].
    Other {
        /// As it came.
        event: String,
    },
}

/// An answer to a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CardClick {
    /// The button's or the menu entry's key.
    pub event_key: String,
    /// The card's.
    pub task_id: String,
    /// The card's.
    pub card_type: String,
    /// For `message/update_template_card`: once, within 72 hours.
    pub response_code: String,
    /// What was chosen.
    pub selected: Vec<Selected>,
}

/// The answer to one question of a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selected {
    /// The question's.
    pub question_key: String,
    /// The options'.
    pub option_ids: Vec<String>,
}

impl Pushed {
    /// The same for a push and its repeats: the message's id, else from whom and when and what.
    #[must_use]
    pub fn repeat_key(&self) -> String {
        match &self.msg_id {
            Some(id) => id.clone(),
            None => {
                let (event, key) = match &self.message {
                    Message::Event(event) => (event.name(), event.key()),
                    _ => ("", ""),
                };
                format!("{}/{}/{event}/{key}", self.from_user_name, self.create_time)
            }
        }
    }

    pub(super) fn read(mut from: Element) -> Self {
        let to_user_name = from.take_text("ToUserName");
        let from_user_name = from.take_text("FromUserName");
        let create_time = from.take_text("CreateTime").trim().parse().unwrap_or_default();
        let msg_id = from.take("MsgId").map(|id| id.text);
        let agent_id = from.take("AgentID").map(|id| id.text);
        let message = Message::read(&mut from);
        Self { to_user_name, from_user_name, create_time, message, msg_id, agent_id, rest: from.children }
    }

    /// The document inside the envelope.
    #[must_use]
    pub fn to_element(&self) -> Element {
        let mut members = vec![
            Element::text("ToUserName", &*self.to_user_name),
            Element::text("FromUserName", &*self.from_user_name),
            Element::text("CreateTime", self.create_time.to_string()),
        ];
        self.message.write(&mut members);
        members.extend(self.rest.iter().cloned());
        members.extend(self.msg_id.as_ref().map(|id| Element::text("MsgId", &**id)));
        members.extend(self.agent_id.as_ref().map(|id| Element::text("AgentID", &**id)));
        Element::of("xml", members)
    }
}

impl Message {
    fn read(from: &mut Element) -> Self {
        let msg_type = from.take_text("MsgType");
        match msg_type.as_str() {
            "text" => Self::Text { content: from.take_text("Content") },
            "image" => Self::Image { pic_url: from.take_text("PicUrl"), media_id: from.take_text("MediaId") },
            "voice" => Self::Voice { media_id: from.take_text("MediaId"), format: from.take_text("Format") },
            "video" => {
                Self::Video { media_id: from.take_text("MediaId"), thumb_media_id: from.take_text("ThumbMediaId") }
            }
            "location" => Self::Location {
                x: from.take_text("Location_X"),
                y: from.take_text("Location_Y"),
                scale: from.take_text("Scale"),
                label: from.take_text("Label"),
            },
            "link" => Self::Link {
                title: from.take_text("Title"),
                description: from.take_text("Description"),
                url: from.take_text("Url"),
                pic_url: from.take_text("PicUrl"),
            },
            "event" => Self::Event(Event::read(from)),
            _ => Self::Other { msg_type },
        }
    }

    fn write(&self, to: &mut Vec<Element>) {
        let (msg_type, members): (&str, Vec<(&str, &String)>) = match self {
            Self::Text { content } => ("text", vec![("Content", content)]),
            Self::Image { pic_url, media_id } => ("image", vec![("PicUrl", pic_url), ("MediaId", media_id)]),
            Self::Voice { media_id, format } => ("voice", vec![("MediaId", media_id), ("Format", format)]),
            Self::Video { media_id, thumb_media_id } => {
                ("video", vec![("MediaId", media_id), ("ThumbMediaId", thumb_media_id)])
            }
            Self::Location { x, y, scale, label } => {
                ("location", vec![("Location_X", x), ("Location_Y", y), ("Scale", scale), ("Label", label)])
            }
            Self::Link { title, description, url, pic_url } => {
                ("link", vec![("Title", title), ("Description", description), ("Url", url), ("PicUrl", pic_url)])
            }
            Self::Event(event) => {
                to.push(Element::text("MsgType", "event"));
                return event.write(to);
            }
            Self::Other { msg_type } => (msg_type, Vec::new()),
        };
        to.push(Element::text("MsgType", msg_type));
        to.extend(members.into_iter().map(|(name, text)| Element::text(name, &**text)));
    }
}

impl Event {
    /// As the platform spells it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::EnterAgent => "enter_agent",
            Self::Location { .. } => "LOCATION",
            Self::Click { .. } => "click",
            Self::View { .. } => "view",
            Self::BatchJobResult { .. } => "batch_job_result",
            Self::ChangeContact { .. } => "change_contact",
            Self::TemplateCard(_) => "template_card_event",
            Self::TemplateCardMenu(_) => "template_card_menu_event",
            Self::InactiveAlert => "inactive_alert",
            Self::CloseInactiveAgent => "close_inactive_agent",
            Self::ReopenInactiveAgent => "reopen_inactive_agent",
            Self::Other { event } => event,
        }
    }

    /// What tells two events of one second apart.
    fn key(&self) -> &str {
        match self {
            Self::Click { event_key } | Self::View { event_key } => event_key,
            Self::BatchJobResult { job_id, .. } => job_id,
            Self::ChangeContact { change_type } => change_type,
            Self::TemplateCard(click) | Self::TemplateCardMenu(click) => &click.response_code,
            _ => "",
        }
    }

    fn read(from: &mut Element) -> Self {
        let event = from.take_text("Event");
        match event.as_str() {
            "subscribe" => Self::Subscribe,
            "unsubscribe" => Self::Unsubscribe,
            "enter_agent" => Self::EnterAgent,
            "LOCATION" => Self::Location {
                latitude: from.take_text("Latitude"),
                longitude: from.take_text("Longitude"),
                precision: from.take_text("Precision"),
            },
            "click" => Self::Click { event_key: from.take_text("EventKey") },
            "view" => Self::View { event_key: from.take_text("EventKey") },
            "batch_job_result" => {
                let mut job = from.take("BatchJob").unwrap_or_default();
                Self::BatchJobResult {
                    job_id: job.take_text("JobId"),
                    job_type: job.take_text("JobType"),
                    err_code: job.take_text("ErrCode"),
                    err_msg: job.take_text("ErrMsg"),
                }
            }
            "change_contact" => Self::ChangeContact { change_type: from.take_text("ChangeType") },
            "template_card_event" => Self::TemplateCard(CardClick::read(from)),
            "template_card_menu_event" => Self::TemplateCardMenu(CardClick::read(from)),
            "inactive_alert" => Self::InactiveAlert,
            "close_inactive_agent" => Self::CloseInactiveAgent,
            "reopen_inactive_agent" => Self::ReopenInactiveAgent,
            _ => Self::Other { event },
        }
    }

    fn write(&self, to: &mut Vec<Element>) {
        to.push(Element::text("Event", self.name()));
        match self {
            Self::Location { latitude, longitude, precision } => {
                to.push(Element::text("Latitude", &**latitude));
                to.push(Element::text("Longitude", &**longitude));
                to.push(Element::text("Precision", &**precision));
            }
            Self::Click { event_key } | Self::View { event_key } => to.push(Element::text("EventKey", &**event_key)),
            Self::BatchJobResult { job_id, job_type, err_code, err_msg } => {
                let members = [("JobId", job_id), ("JobType", job_type), ("ErrCode", err_code), ("ErrMsg", err_msg)];
                let members = members.into_iter().map(|(name, text)| Element::text(name, &**text));
                to.push(Element::of("BatchJob", members.collect()));
            }
            Self::ChangeContact { change_type } => to.push(Element::text("ChangeType", &**change_type)),
            Self::TemplateCard(click) | Self::TemplateCardMenu(click) => click.write(to),
            _ => {}
        }
    }
}

impl CardClick {
    fn read(from: &mut Element) -> Self {
        let items = from.take("SelectedItems").unwrap_or_default().children.into_iter();
        let selected = items.filter(|item| item.name == "SelectedItem").map(|mut item| Selected {
            question_key: item.take_text("QuestionKey"),
            option_ids: item.take("OptionIds").unwrap_or_default().children.into_iter().map(|id| id.text).collect(),
        });
        let selected = selected.collect();
        Self {
            event_key: from.take_text("EventKey"),
            task_id: from.take_text("TaskId"),
            card_type: from.take_text("CardType"),
            response_code: from.take_text("ResponseCode"),
            selected,
        }
    }

    fn write(&self, to: &mut Vec<Element>) {
        let members = [
            ("EventKey", &self.event_key),
            ("TaskId", &self.task_id),
            ("CardType", &self.card_type),
            ("ResponseCode", &self.response_code),
        ];
        to.extend(members.into_iter().map(|(name, text)| Element::text(name, &**text)));
        if self.selected.is_empty() {
            return;
        }
        let items = self.selected.iter().map(|item| {
            let ids = item.option_ids.iter().map(|id| Element::text("OptionId", &**id)).collect();
            let members = vec![Element::text("QuestionKey", &*item.question_key), Element::of("OptionIds", ids)];
            Element::of("SelectedItem", members)
        });
        to.push(Element::of("SelectedItems", items.collect()));
    }
}
