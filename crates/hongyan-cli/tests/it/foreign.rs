//! Through the gateway to a mail server that is not ours.

#[path = "../../../hongyan-mail/tests/foreign/server.rs"]
pub(crate) mod server;

use crate::stage::{Stage, summary};
use serde_json::json;
use server::{Foreign, LOGIN, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn passing_refusals_are_retried_lasting_ones_are_not_and_chinese_survives() {
    let mut foreign = Foreign::start("gateway").await;
    let authority = std::env::temp_dir().join(format!("hongyan-foreign-ca-{}.pem", std::process::id()));
    std::fs::write(&authority, &foreign.ca_pem).unwrap();
    let account = format!(
        "[accounts.foreign]\nchannel = \"mail\"\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\nusername = \"{LOGIN}\"\n\
         password = \"{PASSWORD}\"\nfirst_retry_ms = 40\nrate = {{ max = 0, per_ms = 1 }}\n",
        foreign.port,
        authority.display()
    );
    let stage = Stage::open(&account).await;
    let to: Vec<_> = ["li", "gone", "busy451"].iter().map(|n| json!({"email": format!("{n}@example.com")})).collect();
    let content = json!({
        "title": "磁盘将满:机房甲", "html": "<p>剩余 <b>5%</b></p>", "text": "剩余 5%",
        "attachments": [{"name": "运行报告(最终稿).txt", "base64": "5q2j5paH"}],
    });
    let id = stage.send(&json!({"to": to, "via": ["foreign"], "content": content})).await;
    let ledger = stage.until_state(&id, "partial").await;
    assert_eq!(
        summary(&ledger),
        [
            "foreign busy451@example.com sent -",
            "foreign gone@example.com refused 5.1.1",
            "foreign li@example.com sent -"
        ]
    );
    let (first, second) = (foreign.hear().await, foreign.hear().await);
    assert_eq!((&first["to"], &second["to"]), (&json!(["li@example.com"]), &json!(["busy451@example.com"])));
    assert_eq!(first["message_id"], second["message_id"], "a repeat keeps its Message-ID");
    assert_eq!((&first["subject"], &first["tls"], &first["login"]), (&content["title"], &json!(true), &json!(LOGIN)));
    assert_eq!(first["attachments"][0]["name"], "运行报告(最终稿).txt");

    // The server says 421 and hangs up: everybody is put off, and served later.
    let to = json!([{"email": "busy421@example.com"}, {"email": "wang@example.com"}]);
    let id = stage.send(&json!({"to": to, "via": ["foreign"], "content": {"text": "稍后再试"}})).await;
    let ledger = stage.until_state(&id, "sent").await;
    assert!(ledger.iter().all(|row| row["state"] == "sent"), "{ledger:?}");
    std::fs::remove_file(authority).unwrap();
}
