//! What is wrong with an argument, in the words that people know from the plugin and that their scripts may compare
//! with, spelling included. Stated here once, for every host of the functions.

use std::fmt;

/// A wrong argument. Displays as the plugin's own sentence; [`ArgumentError::advice`] says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArgumentError {
    /// `url` is not a text.
    Url,
    /// `params` is neither a text nor a dictionary with texts as keys.
    Params,
    /// A dictionary holds an empty key or value.
    EmptyKeyOrValue,
    /// `timeout` is not a number from 0.
    Timeout,
    /// `headers` is neither a text nor a dictionary of texts.
    Headers,
    /// `headers` as a text is not `name:value`.
    HeaderLine,
    /// `config` is not a dictionary.
    Config,
    /// `config` has a key that is not a text.
    ConfigKey,
    /// `config`'s `proxy` is not a text.
    Proxy,
    /// `config`'s `proxy_username` is not a text.
    ProxyUsername,
    /// `config`'s `proxy_password` is not a text.
    ProxyPassword,
    /// Too few or too many arguments of an HTTP function.
    HttpCount,
    /// `userId` is not a text.
    UserId,
    /// `userId` is empty.
    EmptyUserId,
    /// `pwd` is not a text.
    Password,
    /// `recipient` is neither a text nor a vector of texts.
    Recipient,
    /// `subject` is not a text.
    Subject,
    /// `body` is not a text.
    Body,
    /// `msg` is not a text.
    Msg,
    /// Only one of `subject` and `body` is given.
    SubjectWithoutBody,
    /// Neither `subject` nor `msg` is given.
    NoContent,
    /// Both `subject` and `msg` are given.
    TwoContents,
    /// Too few or too many arguments of `sendEmail`.
    MailCount,
    /// `msg` has no `From:` line.
    MsgWithoutFrom,
    /// `msg` has no `To:` line.
    MsgWithoutTo,
    /// `msg`'s `From:` is another than `userId`.
    MsgFrom,
    /// `msg`'s `To:` lists others than `recipient`.
    MsgTo,
    /// Nobody knows the mail server of the sender's domain.
    UnknownDomain,
    /// `emailSmtpConfig`'s domain is not a text.
    EmailName,
    /// `emailSmtpConfig`'s domain is empty.
    EmptyEmailName,
    /// `emailSmtpConfig`'s host is not a text.
    Host,
    /// `emailSmtpConfig`'s host is empty.
    EmptyHost,
    /// `emailSmtpConfig`'s port is not a whole number from 1 to 65535.
    Port,
    /// Too few or too many arguments of `emailSmtpConfig`.
    SmtpConfigCount,
}

macro_rules! usage {
    ($sentence:literal) => {
        concat!("Usage: httpClient::sendEmail(userId, pwd, recipient, [subject], [body], [msg]). ", $sentence)
    };
}

macro_rules! plugin {
    ($sentence:literal) => {
        concat!("[PLUGIN:HTTPCLIENT]: ", $sentence)
    };
}

impl ArgumentError {
    /// Every one, in the functions' order.
    pub const ALL: [Self; 34] = [
        Self::Url,
        Self::Params,
        Self::EmptyKeyOrValue,
        Self::Timeout,
        Self::Headers,
        Self::HeaderLine,
        Self::Config,
        Self::ConfigKey,
        Self::Proxy,
        Self::ProxyUsername,
        Self::ProxyPassword,
        Self::HttpCount,
        Self::UserId,
        Self::EmptyUserId,
        Self::Password,
        Self::Recipient,
        Self::Subject,
        Self::Body,
        Self::Msg,
        Self::SubjectWithoutBody,
        Self::NoContent,
        Self::TwoContents,
        Self::MailCount,
        Self::MsgWithoutFrom,
        Self::MsgWithoutTo,
        Self::MsgFrom,
        Self::MsgTo,
        Self::UnknownDomain,
        Self::EmailName,
        Self::EmptyEmailName,
        Self::Host,
        Self::EmptyHost,
        Self::Port,
        Self::SmtpConfigCount,
    ];

    /// The sentence, as the plugin says it; where the plugin has none, in its manner.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Url => "Url must be a string scalar",
            Self::Params => "Params must be a string scalar or a dictionary with STRING key",
            Self::EmptyKeyOrValue => "the key or value in dictionary can not be emtpy",
            Self::Timeout => "Timeout must be an nonnegative integer scalar",
            Self::Headers => "Headers must be a string or a dictionary with STRING-STRING key-value type",
            Self::HeaderLine => "If the parameter 'header' is a STRING, it must be in the format of XXX:XXX. ",
            Self::Config => "config must be a dictionary",
            Self::ConfigKey => "config must be a dictionary whose key type is string",
            Self::Proxy => "config proxy must be a string scalar",
            Self::ProxyUsername => "config proxy_username must be a string scalar",
            Self::ProxyPassword => "config proxy_password must be a string scalar",
            Self::HttpCount => "Usage: (url, [params], [timeout], [headers], [config])",
            Self::UserId => usage!("userId must be a string. "),
            Self::EmptyUserId => usage!("userId must be a non-empty string. "),
            Self::Password => usage!("pwd must be a string. "),
            Self::Recipient => usage!("recipient must be a string or a string vector. "),
            Self::Subject => usage!("subject must be a string. "),
            Self::Body => usage!("body must be a string. "),
            Self::Msg => usage!("msg must be a string. "),
            Self::SubjectWithoutBody => usage!("Subject and body must be set together. "),
            Self::NoContent => usage!("Set either subject or msg. At least one is required. "),
            Self::TwoContents => usage!("Set either subject or msg, not both. "),
            Self::MailCount => usage!("It takes 5 or 6 arguments. "),
            Self::MsgWithoutFrom => plugin!("The 'From:' field of msg is required. "),
            Self::MsgWithoutTo => plugin!("The 'To:' field of msg is required. "),
            Self::MsgFrom => plugin!("Sender email specified in the 'From:' field of msg must match userId. "),
            Self::MsgTo => plugin!("Receiver email specified in the 'To:' field of msg must match recipient. "),
            Self::UnknownDomain => {
                "Enter @126.com,@163.com,@yeah.net,@sohu.com,@dolphindb.com,@qq.com or config the email smtpServer"
            }
            Self::EmailName => "EmailName must be a string scalar",
            Self::EmptyEmailName => "EmailName can't be empty",
            Self::Host => "Host must be a string scalar",
            Self::EmptyHost => "Host can't be empty",
            Self::Port => "Post must be a int scalar",
            Self::SmtpConfigCount => "Usage: httpClient::emailSmtpConfig(domain, host, [port])",
        }
    }

    /// What to do, in English and in Chinese; empty where the sentence says it.
    #[must_use]
    pub const fn advice(self) -> (&'static str, &'static str) {
        match self {
            Self::EmptyKeyOrValue => {
                ("leave the entry out, or pass the whole query as one text", "请去掉该项，或将整个查询写成一个字符串")
            }
            Self::Timeout => ("give milliseconds, such as 1000", "请以毫秒为单位，例如 1000"),
            Self::HeaderLine => (
                "write 'Name:value' with no space before the colon, or pass a dictionary for several headers",
                "请写成 'Name:value'，冒号前不能有空格；多个请求头请用字典",
            ),
            Self::UnknownDomain => (
                "name the server first: emailSmtpConfig(domain, host, port)",
                "请先用 emailSmtpConfig(域名, 主机, 端口) 指定邮件服务器",
            ),
            Self::Port => ("the port is a whole number from 1 to 65535", "端口是 1 到 65535 的整数"),
            Self::MsgFrom | Self::MsgTo => (
                "the message's From: and To: lines name exactly userId and recipient, in the same order",
                "msg 中的 From: 与 To: 必须与 userId、recipient 完全一致且顺序相同",
            ),
            _ => ("", ""),
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for ArgumentError {}

#[cfg(test)]
mod tests {
    use super::ArgumentError;
    use std::collections::HashSet;

    #[test]
    fn every_sentence_is_its_own() {
        let texts: HashSet<_> = ArgumentError::ALL.iter().map(|error| error.text()).collect();
        assert_eq!(texts.len(), ArgumentError::ALL.len());
    }
}
