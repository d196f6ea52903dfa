//! How careful the functions are: the safe profile, and the old plugin's laxities as switches, one by one.

use std::time::Duration;

/// What holds for all calls. [`Profile::safe`] is the default; every `dangerous_` switch gives up one of its
/// guarantees, and [`SWITCHES`] lists them for command lines and documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The limit of a call that names none, in milliseconds.
    pub timeout_ms: u64,
    /// For name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Of an answer's body.
    pub max_body_bytes: usize,
    /// The only authority to trust, as PEM, in place of the public ones: for servers of one's own, HTTP and mail.
    pub ca_pem: Option<String>,
    /// Addresses that are not of the public internet may be called: loopback, private networks, link-local.
    /// In [`SWITCHES`] it is `dangerous_private_addresses`.
    pub allow_private: bool,
    /// Any certificate is believed, so that whoever stands between reads and changes everything. For HTTP the
    /// host's name is still compared, as the plugin did; for mail nothing is.
    pub dangerous_accept_any_certificate: bool,
    /// A call without a time limit may last for ever.
    pub dangerous_no_time_limit: bool,
    /// STARTTLS is used where a mail server offers it, and else password and mail travel in the open: whoever
    /// stands between needs only strip the offer.
    pub dangerous_mail_in_clear_text: bool,
    /// Line breaks in headers, subjects and mail addresses pass, so that a value from outside adds headers.
    pub dangerous_line_breaks: bool,
    /// An answer of any size is read into memory.
    pub dangerous_unbounded_body: bool,
    /// Mails look as the plugin wrote them: the subject as raw UTF-8, no Date, no Message-ID, HTML alone.
    pub dangerous_raw_mail: bool,
    /// Params are put behind a `?` of their own even where the address has one already.
    pub dangerous_second_question_mark: bool,
    /// `httpDelete` forgets its params.
    pub dangerous_ignore_delete_params: bool,
    /// `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` of the environment count, so that whoever sets them
    /// decides where calls go.
    pub dangerous_environment_proxy: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Self::safe()
    }
}

impl Profile {
    /// TLS verified and required for mail, 30 s for a call and 10 s for its connection, bodies up to 16 MiB, no
    /// private addresses, no line breaks where they have no place, mails as the standards want them.
    #[must_use]
    pub const fn safe() -> Self {
        Self {
            timeout_ms: 30_000,
            connect_timeout: Duration::from_secs(10),
            max_body_bytes: 16 << 20,
            ca_pem: None,
            allow_private: false,
            dangerous_accept_any_certificate: false,
            dangerous_no_time_limit: false,
            dangerous_mail_in_clear_text: false,
            dangerous_line_breaks: false,
            dangerous_unbounded_body: false,
            dangerous_raw_mail: false,
            dangerous_second_question_mark: false,
            dangerous_ignore_delete_params: false,
            dangerous_environment_proxy: false,
        }
    }

    /// Every switch on: as lax as the old plugin was. For moving over, switch by switch.
    #[must_use]
    pub fn compatible() -> Self {
        let mut profile = Self::safe();
        for switch in SWITCHES {
            (switch.set)(&mut profile, true);
        }
        profile
    }

    /// Turns a switch on or off by its name; a hyphen is as good as an underscore. Whether there is one.
    pub fn set(&mut self, name: &str, on: bool) -> bool {
        let found = Switch::find(name);
        if let Some(switch) = found {
            (switch.set)(self, on);
        }
        found.is_some()
    }

    /// The switches that are on, in [`SWITCHES`]' order.
    pub fn dangers(&self) -> impl Iterator<Item = &'static Switch> {
        SWITCHES.iter().filter(|switch| (switch.get)(self))
    }
}

/// One laxity: its name and what it gives up.
#[derive(Debug)]
pub struct Switch {
    /// `dangerous_…`, the field's name.
    pub name: &'static str,
    /// What it gives up, in English.
    pub en: &'static str,
    /// What it gives up, in Chinese.
    pub zh: &'static str,
    /// Whether it is on.
    pub get: fn(&Profile) -> bool,
    /// Turns it on or off.
    pub set: fn(&mut Profile, bool),
}

impl Switch {
    /// The switch of that name; a hyphen is as good as an underscore.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        SWITCHES.iter().find(|switch| {
            switch.name.len() == name.len()
                && switch
                    .name
                    .bytes()
                    .zip(name.bytes())
                    .all(|(own, other)| own == other || (own == b'_' && other == b'-'))
        })
    }
}

/// The switches that an error names.
pub(crate) const ANY_CERTIFICATE: &str = "dangerous_accept_any_certificate";
pub(crate) const CLEAR_TEXT: &str = "dangerous_mail_in_clear_text";
pub(crate) const LINE_BREAKS: &str = "dangerous_line_breaks";
pub(crate) const UNBOUNDED_BODY: &str = "dangerous_unbounded_body";
pub(crate) const RAW_MAIL: &str = "dangerous_raw_mail";
pub(crate) const PRIVATE_ADDRESSES: &str = "dangerous_private_addresses";

macro_rules! switches {
    ($($name:ident = $field:ident, $en:literal, $zh:literal;)*) => {
        /// Every laxity of the old plugin, as a switch.
        pub static SWITCHES: &[Switch] = &[$(Switch {
            name: stringify!($name),
            en: $en,
            zh: $zh,
            get: |profile| profile.$field,
            set: |profile, on| profile.$field = on,
        },)*];
    };
}

switches! {
    dangerous_accept_any_certificate = dangerous_accept_any_certificate,
        "believes any certificate: whoever stands between reads and changes everything (for HTTP the host's name is still compared)",
        "接受任何证书：中间人可读取并篡改全部内容（HTTP 仍核对主机名）";
    dangerous_no_time_limit = dangerous_no_time_limit,
        "a call without a timeout may last for ever",
        "未设超时的调用可能永远等待";
    dangerous_mail_in_clear_text = dangerous_mail_in_clear_text,
        "sends password and mail in the open where a mail server offers no STARTTLS",
        "邮件服务器不提供 STARTTLS 时，密码和邮件以明文发送";
    dangerous_line_breaks = dangerous_line_breaks,
        "lets line breaks in headers, subjects and addresses add headers",
        "允许请求头、主题和地址中的换行，可被用来注入邮件头或请求头";
    dangerous_unbounded_body = dangerous_unbounded_body,
        "reads answers of any size into memory",
        "应答大小不设上限，全部读入内存";
    dangerous_raw_mail = dangerous_raw_mail,
        "writes mails as the plugin did: raw UTF-8 subject, no Date, no Message-ID, HTML alone",
        "邮件按旧插件格式：主题为未编码的 UTF-8，无 Date 与 Message-ID，仅 HTML";
    dangerous_second_question_mark = dangerous_second_question_mark,
        "puts params behind a second ? where the address has one already",
        "地址已含 ? 时仍追加第二个 ?";
    dangerous_private_addresses = allow_private,
        "calls loopback, private and link-local addresses too",
        "允许访问回环、内网和链路本地地址";
    dangerous_ignore_delete_params = dangerous_ignore_delete_params,
        "httpDelete forgets its params",
        "httpDelete 忽略参数";
    dangerous_environment_proxy = dangerous_environment_proxy,
        "lets http_proxy, https_proxy, all_proxy and no_proxy decide where calls go",
        "由环境变量 http_proxy 等决定请求的去向";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_is_in_the_documents_table() {
        let page = include_str!("../../../docs/functions.md");
        let rows: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("| `dangerous_")).collect();
        assert_eq!(rows.len(), SWITCHES.len());
        for (row, switch) in rows.iter().zip(SWITCHES) {
            assert!(
                row.starts_with(&format!("{}` |", &switch.name["dangerous_".len()..])),
                "{} in its order",
                switch.name
            );
        }
    }

    #[test]
    fn every_switch_can_be_turned_by_name_and_is_off_when_safe() {
        assert_eq!(Profile::safe().dangers().count(), 0);
        assert_eq!(Profile::compatible().dangers().count(), SWITCHES.len());
        for switch in SWITCHES {
            assert!(switch.name.starts_with("dangerous_") && !switch.en.is_empty() && !switch.zh.is_empty());
            let mut profile = Profile::safe();
            assert!(profile.set(&switch.name.replace('_', "-"), true));
            let on: Vec<_> = profile.dangers().map(|it| it.name).collect();
            assert_eq!(on, [switch.name]);
            assert!(profile.set(switch.name, false));
            assert_eq!(profile, Profile::safe());
        }
        assert!(!Profile::safe().set("dangerous_anything", true));
        for name in [ANY_CERTIFICATE, CLEAR_TEXT, LINE_BREAKS, UNBOUNDED_BODY, RAW_MAIL, PRIVATE_ADDRESSES] {
            assert!(Switch::find(name).is_some(), "{name}");
        }
    }
}
