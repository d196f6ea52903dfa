//! What each channel has to be told, and where a person finds it.

use crate::lang::{self, Lang, told};
use serde_json::Value;

/// A value that an account needs.
pub(super) struct Field {
    key: &'static str,
    kind: Kind,
    /// Name and place, in English and Chinese.
    found: (&'static str, &'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text {
        /// Stands in the file until it is filled in.
        sample: &'static str,
    },
    Number,
    /// Kept in a file of its own, or in this variable.
    Secret {
        variable: &'static str,
    },
    /// Left out when there is none: as a comment.
    Optional {
        sample: &'static str,
    },
    OptionalSecret {
        variable: &'static str,
    },
}

/// A channel's account.
pub(super) struct Template {
    pub(super) channel: &'static str,
    /// What the account is called.
    pub(super) name: &'static str,
    does: (&'static str, &'static str),
    fields: &'static [Field],
}

const fn field(key: &'static str, kind: Kind, found: (&'static str, &'static str)) -> Field {
    Field { key, kind, found }
}

/// The channels, by name.
pub(crate) const CHANNELS: [&str; 6] = ["dingtalk", "wecom", "mail", "dingtalk-robot", "wecom-robot", "webhook"];

pub(super) const TEMPLATES: &[Template] = &[
    Template {
        channel: "dingtalk",
        name: "ding",
        does: ("DingTalk: work notifications of an application", "钉钉：应用的工作通知"),
        fields: &[
            field(
                "app_key",
                Kind::Text { sample: "dingsample" },
                (
                    "Client ID (AppKey): open-dev.dingtalk.com, the application, Credentials and basic information",
                    "Client ID(AppKey)：钉钉开放平台 open-dev.dingtalk.com，应用详情，凭证与基础信息",
                ),
            ),
            field(
                "app_secret",
                Kind::Secret { variable: "DING_SECRET" },
                ("Client Secret (AppSecret): on the same page", "Client Secret(AppSecret)：同一页面"),
            ),
            field("agent_id", Kind::Number, ("AgentId: on the same page", "AgentId: 同一页面")),
        ],
    },
    Template {
        channel: "wecom",
        name: "wecom",
        does: ("WeCom: messages of an application", "企业微信：应用消息"),
        fields: &[
            field(
                "corp_id",
                Kind::Text { sample: "wwsample" },
                (
                    "Corp ID: work.weixin.qq.com, My company, Company information, at the bottom",
                    "企业 ID: 企业微信管理后台 work.weixin.qq.com，我的企业，企业信息，页面底部",
                ),
            ),
            field(
                "secret",
                Kind::Secret { variable: "WECOM_SECRET" },
                (
                    "Secret: the same console, Applications, the application (it is sent to your phone)",
                    "Secret: 管理后台，应用管理，该应用详情（会发送到手机）",
                ),
            ),
            field("agent_id", Kind::Number, ("AgentId: on the same page", "AgentId: 同一页面")),
        ],
    },
    Template {
        channel: "mail",
        name: "mail",
        does: ("E-mail: a mailbox over SMTP", "邮件：通过 SMTP 的邮箱"),
        fields: &[
            field(
                "username",
                Kind::Text { sample: "robot@example.com" },
                ("Address of the mailbox, with which one logs in", "邮箱地址，即登录名"),
            ),
            field(
                "password",
                Kind::Secret { variable: "MAIL_PASSWORD" },
                (
                    "Authorization code (QQ, NetEase and others: mailbox settings, POP3/IMAP/SMTP), else the password",
                    "授权码（QQ、网易等：邮箱设置，POP3/IMAP/SMTP 服务），其他邮箱为密码",
                ),
            ),
            field(
                "host",
                Kind::Optional { sample: "smtp.example.com" },
                (
                    "Server; known for the usual providers (qq, 163, exmail, aliyun, gmail …), then leave it empty",
                    "服务器；常见服务商（qq、163、exmail、aliyun、gmail 等）已内置，可留空",
                ),
            ),
        ],
    },
    Template {
        channel: "dingtalk-robot",
        name: "ding-robot",
        does: ("DingTalk: a robot of one group", "钉钉：群自定义机器人"),
        fields: &[
            field(
                "access_token",
                Kind::Secret { variable: "DING_HOOK" },
                (
                    "Webhook address: the group, Settings, Bots, the custom robot",
                    "Webhook 地址：群设置，机器人，自定义机器人",
                ),
            ),
            field(
                "secret",
                Kind::OptionalSecret { variable: "DING_HOOK_SECRET" },
                ("Secret SEC…, when the robot wants signatures", "加签密钥 SEC…，未启用加签则留空"),
            ),
            field(
                "keyword",
                Kind::Optional { sample: "告警" },
                ("Keyword, when the robot wants one in every message", "自定义关键词，未启用则留空"),
            ),
        ],
    },
    Template {
        channel: "wecom-robot",
        name: "wecom-robot",
        does: ("WeCom: a robot of one group", "企业微信：群机器人"),
        fields: &[field(
            "key",
            Kind::Secret { variable: "WECOM_HOOK" },
            ("Webhook address: the group, the robot, its details", "Webhook 地址：群聊，群机器人，详情"),
        )],
    },
    Template {
        channel: "webhook",
        name: "hook",
        does: ("Webhook: JSON to an HTTPS address", "Webhook: 以 JSON POST 到 HTTPS 地址"),
        fields: &[
            field(
                "url",
                Kind::Secret { variable: "HOOK_URL" },
                ("Address of the receiver, https://…", "接收方地址，https://…"),
            ),
            field(
                "secret",
                Kind::OptionalSecret { variable: "HOOK_SECRET" },
                ("Secret that signs the calls, when the receiver checks them", "签名密钥，接收方不校验则留空"),
            ),
        ],
    },
];

impl Template {
    /// The channel's template.
    pub(super) fn of(channel: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.channel == channel)
    }

    /// What it is for, in the language that was chosen.
    pub(super) fn does(&self) -> &'static str {
        pick(self.does)
    }

    /// An answer for every field, asked for again while a number is none.
    pub(super) fn answers(
        &self,
        mut ask: impl FnMut(&str, bool) -> anyhow::Result<String>,
    ) -> anyhow::Result<Vec<String>> {
        let mut answers = Vec::new();
        for field in self.fields {
            let secret = matches!(field.kind, Kind::Secret { .. } | Kind::OptionalSecret { .. });
            let mut question = format!("{}\n  {} > ", pick(field.found), field.key);
            loop {
                let answer = ask(&question, secret)?;
                if field.kind != Kind::Number || answer.is_empty() || answer.parse::<i64>().is_ok() {
                    answers.push(answer);
                    break;
                }
                question = told!("a number, please\n  {0} > " ; "请输入数字\n  {0} > ", field.key);
            }
        }
        Ok(answers)
    }

    /// The account's section; secrets that were given go into `secrets`, as file name and content.
    pub(super) fn written(&self, name: &str, answers: &[String], secrets: &mut Vec<(String, String)>) -> String {
        let (en, zh) = self.does;
        let mut text = format!("\n# {en}. {zh}。\n[accounts.{name}]\nchannel = \"{}\"\n", self.channel);
        for (field, answer) in self.fields.iter().zip(answers) {
            let (en, zh) = field.found;
            text.push_str(&format!("# {en}. {zh}。\n"));
            let key = field.key;
            let line = match field.kind {
                Kind::Text { sample } if answer.is_empty() => format!("{key} = {}  # fill in 待填", quoted(sample)),
                Kind::Number if answer.is_empty() => format!("{key} = 0  # fill in 待填"),
                Kind::Number => format!("{key} = {answer}"),
                Kind::Secret { variable } if answer.is_empty() => format!("{key} = {{ env = \"{variable}\" }}"),
                Kind::OptionalSecret { variable } if answer.is_empty() => {
                    format!("# {key} = {{ env = \"{variable}\" }}")
                }
                Kind::Optional { sample } if answer.is_empty() => format!("# {key} = {}", quoted(sample)),
                Kind::Text { .. } | Kind::Optional { .. } => format!("{key} = {}", quoted(answer)),
                Kind::Secret { .. } | Kind::OptionalSecret { .. } => {
                    let taken = secrets.iter().any(|(file, _)| *file == format!("{name}.secret"));
                    let file = if taken { format!("{name}.{key}") } else { format!("{name}.secret") };
                    let line = format!("{key} = {{ file = {} }}", quoted(&file));
                    secrets.push((file, format!("{answer}\n")));
                    line
                }
            };
            text.push_str(&line);
            text.push('\n');
        }
        // Before it is known where the mailbox is, nothing can be opened.
        if self.channel == "mail" && answers.iter().all(String::is_empty) {
            text.push_str("provider = \"qq\"  # or host, as above 或改用上面的 host\n");
        }
        text
    }
}

/// How a configuration begins.
pub(super) fn head() -> String {
    "# hongyan's configuration. Every key with its meaning and default: hongyan config default\n\
     # 鸿雁的配置文件。全部配置项及默认值见：hongyan config default\n\n\
     [server]\n\
     # Where to listen: on this machine alone. 监听地址，仅限本机。\n\
     listen = \"127.0.0.1:7300\"\n\n\
     [store]\n\
     # Messages and their ledger, in a file beside this one. 消息与台账，存放在本文件旁。\n\
     url = \"sqlite:hongyan.db\"\n"
        .into()
}

/// The default route.
pub(super) fn route(accounts: &[&String]) -> String {
    let names: Vec<String> = accounts.iter().map(|name| quoted(name)).collect();
    format!(
        "\n# The accounts of messages that name none. 未指明账号的消息经由这些账号。\n[routes.default]\nvia = [{}]\n",
        names.join(", ")
    )
}

fn pick((en, zh): (&'static str, &'static str)) -> &'static str {
    match lang::chosen() {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

/// A TOML string: JSON's quoting is within what TOML takes.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channels_are_those_of_the_templates_and_of_the_configuration() {
        let names: Vec<&str> = TEMPLATES.iter().map(|template| template.channel).collect();
        assert_eq!(names, CHANNELS);
        let mut known = hongyan_channel::CHANNELS;
        let mut own = CHANNELS;
        known.sort_unstable();
        own.sort_unstable();
        assert_eq!(own, known);
    }
}
