//! Members of a platform's own message that would say who gets it. In a `native` that is `to`'s to say: a channel that
//! ignored them would reach others than its caller believes.

use hongyan_core::{Content, Flaw, Unfit};
use serde_json::Value;

/// Names of such members on any of the platforms, in small letters and without underscores.
const AUDIENCE: [&str; 16] = [
    "touser",
    "toparty",
    "totag",
    "toall",
    "toalluser",
    "useridlist",
    "deptidlist",
    "userids",
    "receiveruserids",
    "receiverunionids",
    "receivermobiles",
    "chatid",
    "cid",
    "openconversationid",
    "targetopenconversationid",
    "robotcode",
];
/// Names of the member that says whose application sends.
const SENDER: &str = "agentid";

/// Refuses a `native` that names recipients, or another application than `agent_id`.
///
/// # Errors
/// [`Unfit`] naming the first such member.
pub(crate) fn check(content: &Content, agent_id: Option<i64>) -> Result<(), Unfit> {
    // What came by the platform's own path was read there.
    let Some(native) = content.native.as_ref().and_then(Value::as_object).filter(|_| content.given.is_none()) else {
        return Ok(());
    };
    for (name, value) in native {
        let plain = name.replace('_', "").to_ascii_lowercase();
        let why = if AUDIENCE.contains(&plain.as_str()) {
            (
                "would change who gets the message: recipients stand in to, such as {\"userid\": …}, {\"department\": …}, \
                 {\"chat\": …} or {\"all\": true}",
                "会改变收件人：收件人写在 to 中，如 {\"userid\": …}、{\"department\": …}、{\"chat\": …} 或 {\"all\": true}",
            )
        } else if plain == SENDER && !is_own(value, agent_id) {
            (
                "is another application than the account's: name its account in via",
                "不是该账号的应用：请在 via 中指定其账号",
            )
        } else {
            continue;
        };
        return Err(Unfit::new(format!("native.{name}"), Flaw::unfit(why)));
    }
    Ok(())
}

/// Whether a member names the account's own application, as a number or a text.
fn is_own(value: &Value, agent_id: Option<i64>) -> bool {
    let given = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    given.is_some() && given == agent_id
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(native: Value, agent_id: Option<i64>) -> Option<String> {
        let content = Content { native: Some(native), ..Content::default() };
        check(&content, agent_id).err().map(|unfit| unfit.field)
    }

    #[test]
    fn a_member_that_names_recipients_is_named() {
        for name in [
            "touser",
            "toparty",
            "totag",
            "to_all_user",
            "userid_list",
            "dept_id_list",
            "chatid",
            "openConversationId",
            "userIds",
            "robotCode",
            "ToUser",
        ] {
            let native = json!({"msgtype": "text", "text": {"content": "a"}, name: "@all"});
            assert_eq!(field(native, None), Some(format!("native.{name}")), "{name}");
        }
        assert_eq!(field(json!({"msgtype": "text", "text": {"content": "a", "touser": "@all"}}), None), None);
    }

    #[test]
    fn the_accounts_own_application_may_be_named() {
        assert_eq!(field(json!({"agentid": 7}), Some(7)), None);
        assert_eq!(field(json!({"agent_id": "7"}), Some(7)), None);
        assert_eq!(field(json!({"agentid": 8}), Some(7)), Some("native.agentid".into()));
        assert_eq!(field(json!({"agentid": 7}), None), Some("native.agentid".into()));
    }

    #[test]
    fn what_came_by_the_platforms_own_path_is_left_alone() {
        let native = Some(json!({"touser": "@all"}));
        let content = Content { native, given: Some(serde_json::Map::new()), ..Content::default() };
        assert!(check(&content, None).is_ok());
    }
}
