//! Limits as the platform counts them: on loopback the sandbox refuses nothing for its rate.

use crate::stage::{Stage, text};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_never_counts_more_than_dingtalks_twenty_calls_in_a_second() {
    const MESSAGES: usize = 50;
    let mut stage = Stage::dark("").await;
    let said = stage.sandbox.credentials();
    let (base, agent) = (stage.sandbox.base(), said["dingtalk"]["agent_id"].clone());
    let account = format!(
        "[accounts.paced]\nchannel = \"dingtalk\"\nbase_url = \"{base}\"\napp_key = \"{key}\"\n\
         app_secret = {{ env = \"TEST_DING\" }}\nagent_id = {agent}\nreceipts_after_ms = 0\n",
        key = text(&said, "/dingtalk/app_key"),
    );
    stage.configure(|config| format!("{config}{account}"));
    stage.start();
    stage.tell("settings", &json!({"limits": {"calls": true, "people": false}})).await;
    let mut ids = Vec::new();
    for n in 0..MESSAGES {
        let message = json!({"to": [{"userid": "lisi"}], "via": ["paced"], "content": {"text": format!("第 {n} 条")}});
        ids.push(stage.send(&message).await);
    }
    for id in &ids {
        stage.until_state(id, "sent").await;
    }
    let calls = stage.inspect("calls?path=/topapi/message/corpconversation/asyncsend_v2").await;
    let calls = calls["calls"].as_array().unwrap();
    assert_eq!(calls.len(), MESSAGES, "each once");
    let refused: Vec<&Value> = calls.iter().filter(|call| call["code"] != "0").collect();
    assert!(refused.is_empty(), "throttled: {refused:?}");
    let mut times: Vec<i64> = calls.iter().map(|call| call["at_ms"].as_i64().unwrap()).collect();
    times.sort_unstable();
    for (at, first) in times.iter().enumerate() {
        let within = times[at..].iter().take_while(|time| **time - first < 1_000).count();
        assert!(within <= 20, "{within} within a second: {times:?}");
    }
}
