//! The status bar of an OA notice that was sent: another word and colour on the phones that have it.

use super::{credentials::Credentials, notice};
use crate::{
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_dingtalk::{DingTalk, notice_extra::UpdateStatusBar, reply::Done};
use serde_json::json;

/// Receivers of a notice whose bar can be changed.
const MAX_RECEIVERS: usize = 5;

pub(super) fn update(world: &mut World, caller: &Caller, request: UpdateStatusBar) -> Result<Done, Refused> {
    let refused = |code: &str, words: &str| Err(refuse::<DingTalk>(code, words).into());
    if request.agent_id != world.memory.get::<Credentials>().agent_id {
        return refused("40056", "不合法的agentid");
    }
    let Some(sent) = notice::oa(world, caller.now, request.task_id) else {
        return refused("40035", "不合法的参数: 任务不存在、不是OA消息或已超过7天");
    };
    if request.status_value.is_empty() {
        return refused("40035", "缺少参数 status_value");
    }
    let coloured = |text: &String| {
        text.len() == 10 && text.starts_with("0x") && text[2..].bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if !request.status_bg.as_ref().is_none_or(coloured) {
        return refused("40035", "不合法的参数: status_bg 应为 0xFF 加六位十六进制");
    }
    if sent.people.len() > MAX_RECEIVERS {
        return refused("41052", "接收者过多,不能更新状态栏");
    }
    if sent.due > caller.now {
        return refused("41052", "消息尚未发送完成");
    }
    for person in sent.people {
        world.phones.amend(person, "dingtalk", &sent.id, |content| {
            content["oa"]["status_bar"]["status_value"] = json!(request.status_value);
            if let Some(colour) = &request.status_bg {
                content["oa"]["status_bar"]["status_bg"] = json!(colour);
            }
        });
    }
    Ok(Done {})
}
