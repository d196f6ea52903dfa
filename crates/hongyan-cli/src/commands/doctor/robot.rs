//! A robot of a group, or a webhook: it has no token and no operations, so what its own address answers to a message
//! that is no message is all there is to ask.

use super::{cause::Cause, course::Course, network, platform};
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

/// A robot's guards have a cause each.
fn cause(fault: &Fault) -> Cause {
    let mut cause = Cause::of(fault);
    if let Some(guard) = fault.case() {
        cause.code = format!("robot.{guard}");
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_dingtalk::DingTalk;
    use hongyan_endpoint::PlatformServer;

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
            assert_eq!(cause(&DingTalk::refused("310000", words)).code, code, "{words}");
        }
        assert_eq!(cause(&DingTalk::refused("300005", "token is not exist")).code, "300005");
    }
}
