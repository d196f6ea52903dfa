//! A robot of a group, or a webhook: it has no token and no operations, so what its own address answers to a message
//! that is no message is all there is to ask.

use super::{Course, cause::Cause, network, platform};
use hongyan_channel::{AccountConfig, ChannelConfig};
use hongyan_endpoint::Fault;

pub(super) async fn examine(course: &mut Course, name: &str, account: &AccountConfig) -> Option<()> {
    let opened = account.open(name).map_err(|invalid| Cause::configuration(&invalid));
    let base = match &account.channel {
        ChannelConfig::DingTalkRobot(_) => Some((account.base(), platform::base_of_webhook("dingtalk"))),
        ChannelConfig::WeComRobot(_) => Some((account.base(), platform::base_of_webhook("wecom"))),
        // Its address may be a secret as a whole; the channel says what is wrong with it.
        _ => None,
    };
    if let Some((given, own)) = base {
        network::examine(course, given.as_deref().unwrap_or(own), &account.http_options().unwrap_or_default()).await?;
    }
    let probed = match opened {
        Ok(opened) => opened.channel.probe().await.map_err(|fault| cause(&fault)),
        Err(cause) => Err(cause),
    };
    course.step(("answer", "应答"), probed.map(|()| String::new()))
}

/// A guard of a robot: our code, the marks of its words, what it means and what to do, in both languages.
type Guard = (&'static str, &'static [&'static str], (&'static str, &'static str), (&'static str, &'static str));

/// DingTalk has one code for four guards; its words tell them apart.
fn cause(fault: &Fault) -> Cause {
    const GUARDS: [Guard; 4] = [
        (
            "robot.keyword",
            &["keyword", "关键词"],
            ("the robot takes only messages that hold its keyword", "机器人只接收包含关键词的消息"),
            (
                "set keyword on the account to one of those in the robot's security settings",
                "请将账号的 keyword 设为机器人安全设置中的任一关键词",
            ),
        ),
        (
            "robot.clock",
            &["timestamp", "时间戳"],
            ("the robot refuses the time of the signature", "机器人拒绝签名的时间戳"),
            ("set the clock (NTP): it may be an hour off at most", "请校准时钟（NTP）：误差不得超过一小时"),
        ),
        (
            "robot.signature",
            &["sign", "签名"],
            ("the robot refuses the signature", "机器人拒绝签名"),
            (
                "copy the secret (SEC…) from the robot's security settings to secret on the account",
                "请将机器人安全设置中的加签密钥（SEC 开头）复制到账号的 secret",
            ),
        ),
        (
            "robot.address",
            &["whitelist", "白名单", "ip "],
            ("the robot does not trust the address that calls", "机器人不信任发起调用的 IP"),
            (
                "add the address in the words to the robot's security settings",
                "请将所述 IP 加入机器人安全设置的 IP 地址段",
            ),
        ),
    ];
    if fault.code() != "310000" {
        return Cause::of(fault);
    }
    let words = fault.message().to_lowercase();
    let guard = GUARDS.iter().find(|(_, marks, ..)| marks.iter().any(|mark| words.contains(mark)));
    guard.map_or_else(
        || Cause::of(fault),
        |(code, _, meaning, remedy)| Cause::ours(code, *meaning, *remedy).saying(fault.message()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_guard_of_a_robot_has_a_cause_of_its_own() {
        for (words, code) in [
            ("keywords not in content, more: [https://example.com]", "robot.keyword"),
            ("description:机器人发送签名不匹配;solution:请检查", "robot.signature"),
            ("sign not match", "robot.signature"),
            ("invalid timestamp", "robot.clock"),
            ("ip 10.0.0.7 not in whitelist", "robot.address"),
            ("something new", "310000"),
        ] {
            assert_eq!(cause(&Fault::refused("310000", words, None)).code, code, "{words}");
        }
        assert_eq!(cause(&Fault::refused("300005", "token is not exist", None)).code, "300005");
    }
}
