//! One of the two platforms, as the official paths need it: its words for what we refuse, its envelope.

use data_encoding::HEXLOWER;
use hongyan_api::{Code, Problem};
use hongyan_dingtalk::{DingTalk, new_style};
use hongyan_endpoint::{Declared, Fault, Invalid, Platform, Sealed, Spec};
use hongyan_wecom::WeCom;
use serde_json::{Value, json};

/// Where DingTalk's old paths begin: there a path that is nobody's is answered as DingTalk does.
const OLD: [&str; 9] =
    ["/auth/", "/call_back/", "/chat/", "/department/", "/media/", "/message/", "/robot/", "/service/", "/user/"];

/// Which platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    DingTalk,
    WeCom,
}

impl Side {
    pub(crate) const EVERY: [Self; 2] = [Self::DingTalk, Self::WeCom];

    pub(crate) fn operations(self) -> Vec<&'static dyn Declared> {
        match self {
            Self::DingTalk => DingTalk::endpoints(),
            Self::WeCom => WeCom::endpoints(),
        }
    }

    /// A refusal with the platform's code and these words.
    pub(crate) fn refuse(self, code: &str, words: impl Into<String>) -> Fault {
        let known = match self {
            Self::DingTalk => DingTalk::known(code),
            Self::WeCom => WeCom::known(code),
        };
        Fault::refused(code, words, known)
    }

    /// The platform's refusal in an answer.
    pub(crate) fn open(self, spec: &Spec, status: u16, body: &[u8]) -> Result<(), Fault> {
        match self {
            Self::DingTalk => DingTalk::open(spec, status, body),
            Self::WeCom => WeCom::open(spec, status, body),
        }
    }

    /// The platform's envelope around a reply or a refusal, with an id of this request where it has one.
    pub(crate) fn seal(self, spec: &Spec, reply: Result<Value, &Fault>) -> Sealed {
        let mut sealed = match self {
            Self::DingTalk => DingTalk::seal(spec, reply),
            Self::WeCom => WeCom::seal(spec, reply),
        };
        if self == Self::DingTalk
            && let Ok(mut body) = serde_json::from_slice::<Value>(&sealed.body)
            && let Some(name) = ["request_id", "requestid"].into_iter().find(|name| body.get(*name).is_some())
        {
            body[name] = json!(request_id());
            sealed.body = body.to_string().into_bytes();
        }
        sealed
    }

    /// The platform is busy: ask again.
    pub(crate) fn busy(self, spec: &Spec) -> Fault {
        match self {
            Self::DingTalk if new_style(spec) => self.refuse("ServiceUnavailable", "系统繁忙"),
            Self::DingTalk => self.refuse("-1", "系统繁忙"),
            Self::WeCom => self.refuse("-1", "system busy"),
        }
    }

    /// The application may not do this: what a key without the scope hears.
    pub(crate) fn forbidden(self, spec: &Spec, scope: &str) -> Fault {
        let words = format!("the API key lacks the scope {scope} 该 API 密钥缺少 {scope} 权限");
        match self {
            Self::DingTalk if new_style(spec) => {
                self.refuse("Forbidden.AccessDenied.AccessTokenPermissionDenied", words)
            }
            Self::DingTalk => self.refuse("60011", words),
            Self::WeCom => self.refuse("48002", words),
        }
    }

    /// No token.
    pub(crate) fn token_missing(self, spec: &Spec) -> Fault {
        match self {
            Self::DingTalk if new_style(spec) => {
                self.refuse("AuthenticationFailed.MissingParameter", "缺少 x-acs-dingtalk-access-token")
            }
            Self::DingTalk if wrapped(spec) => self.refuse("40000", "access_token is blank"),
            Self::DingTalk => self.refuse("41001", "缺少access_token参数"),
            Self::WeCom => self.refuse("41001", "access_token missing"),
        }
    }

    /// A token that is none of ours, or no longer.
    pub(crate) fn token_refused(self, spec: &Spec, lapsed: bool) -> Fault {
        match (self, lapsed) {
            (Self::DingTalk, _) if new_style(spec) => self.refuse("InvalidAuthentication", "不合法的access_token"),
            // The gateway before /topapi does not tell a lapsed token from a wrong one; the old paths do.
            (Self::DingTalk, true) if !wrapped(spec) => self.refuse("42001", "access_token已过期"),
            (Self::DingTalk, _) => self.refuse("40014", "不合法的access_token"),
            (Self::WeCom, true) => self.refuse("42001", "access_token expired"),
            (Self::WeCom, false) => self.refuse("40014", "invalid access_token"),
        }
    }

    /// `GET` where `POST` is expected, or the other way.
    pub(crate) fn wrong_method(self, spec: &Spec) -> Fault {
        let post = spec.method != hongyan_endpoint::Method::GET;
        match self {
            Self::DingTalk if post => self.refuse("43002", "需要POST请求"),
            Self::DingTalk => self.refuse("43001", "需要GET请求"),
            Self::WeCom if post => self.refuse("40058", "POST expected, invalid Request Parameter"),
            Self::WeCom => self.refuse("43001", "require GET method"),
        }
    }

    /// A body or field that cannot be read.
    pub(crate) fn unreadable(self, spec: &Spec, invalid: &Invalid) -> Fault {
        match self {
            Self::DingTalk => hongyan_dingtalk::unreadable(spec, invalid),
            Self::WeCom => hongyan_wecom::unreadable(spec, invalid),
        }
    }

    /// A body that is larger than the platform takes.
    pub(crate) fn too_large(self, spec: &Spec) -> Fault {
        match self {
            Self::DingTalk if new_style(spec) => self.refuse("parameter.invalid", "the body is too large 请求体过大"),
            Self::DingTalk if spec.body == hongyan_endpoint::Body::Multipart => {
                self.refuse("45001", "多媒体文件大小超过限制")
            }
            Self::DingTalk => self.refuse("45002", "消息内容大小超过限制"),
            Self::WeCom if spec.body == hongyan_endpoint::Body::Multipart => {
                self.refuse("45001", "media size out of limit")
            }
            Self::WeCom => self.refuse("45002", "message content size out of limit"),
        }
    }

    /// What the gateway has against a message, in the platform's code.
    pub(crate) fn unfit(self, spec: &Spec, problem: &Problem) -> Fault {
        if problem.status >= 500 {
            return self.busy(spec);
        }
        if problem.code == Code::AccountForbidden.name() {
            return self.forbidden(spec, "send");
        }
        match self {
            Self::DingTalk => self.refuse("34014", format!("消息JSON不完整: {}", problem.detail)),
            Self::WeCom => self.refuse("40058", format!("{}, invalid Request Parameter", problem.detail)),
        }
    }

    /// Too many wrong logins of one caller: ask again later.
    pub(crate) fn too_often(self, spec: &Spec) -> Fault {
        match self {
            Self::DingTalk if new_style(spec) => {
                self.refuse("Forbidden.AccessDenied.QpsLimitForApi", "请求过于频繁,请稍后重试")
            }
            Self::DingTalk => self.refuse("90018", "请求过于频繁,请稍后重试"),
            Self::WeCom => self.refuse("45009", "api freq out of limit"),
        }
    }

    /// The platform's answer to a path of its own kind that is not declared; `None` for any other path.
    pub(crate) fn unknown(path: &str) -> Option<Sealed> {
        if path.starts_with("/cgi-bin/") {
            let headers = vec![("content-type", "text/plain".to_owned())];
            return Some(Sealed { status: 404, headers, body: b"404 page not found\n".to_vec() });
        }
        if path.starts_with("/v1.0/") || path.starts_with("/v2.0/") {
            let words = "Specified api is not found, please check your url and version.";
            let body = json!({"code": "InvalidAction.NotFound", "requestid": request_id(), "message": words});
            return Some(Sealed::json(404, &body));
        }
        let Some(name) = path.strip_prefix("/topapi/") else {
            let known = Self::DingTalk.refuse("404", "请求的URI地址不存在");
            let body = json!({"errcode": 404, "errmsg": known.message()});
            return OLD.iter().any(|family| path.starts_with(family)).then(|| Sealed::json(200, &body));
        };
        let name: String = name.chars().take(200).collect();
        let words = format!("不合法ApiName,ApiName = dingtalk.oapi.{}", name.replace('/', "."));
        let errmsg = format!("Invalid method[submsg={words}]");
        let body = json!({"errcode": 22, "sub_msg": words, "errmsg": errmsg, "request_id": request_id()});
        Some(Sealed::json(200, &body))
    }
}

/// Whether the path belongs to the gateway of DingTalk that wraps its refusals.
fn wrapped(spec: &Spec) -> bool {
    spec.path.starts_with("/topapi/")
}

/// Twelve characters that name one request; empty when the machine gives no random bytes.
fn request_id() -> String {
    let mut random = [0_u8; 6];
    if getrandom::fill(&mut random).is_err() {
        return String::new();
    }
    HEXLOWER.encode(&random)
}
