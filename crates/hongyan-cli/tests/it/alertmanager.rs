//! A client that is not ours: the alert manager of Prometheus, as Debian ships it, with its own WeChat (企业微信) and
//! mail receivers. Only hosts and credentials are configured.

use crate::stage::{Folder, Stage, text};
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Where the program is, unless it is on the path.
const VARIABLE: &str = "HONGYAN_TEST_ALERTMANAGER";

struct Alertmanager {
    child: Child,
    base: String,
    _folder: Folder,
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Host, port and login of a WeCom API.
struct WeCom {
    base: String,
    corp_id: String,
    secret: String,
}

impl Alertmanager {
    async fn start(stage: &Stage, wecom: &WeCom) -> Self {
        let folder = Folder::new();
        let said = stage.sandbox.credentials();
        let authority = folder.0.join("ca.pem");
        std::fs::write(&authority, text(&said, "/smtp/ca_pem")).unwrap();
        let config = folder.0.join("alertmanager.yml");
        let lines = [
            "route: {receiver: people, group_by: [alertname], group_wait: 1ms, group_interval: 1s, repeat_interval: 1h}".into(),
            "receivers:".into(),
            "- name: people".into(),
            "  wechat_configs:".into(),
            format!(
                "  - {{api_url: \"{}/cgi-bin/\", corp_id: \"{}\", api_secret: \"{}\", agent_id: \"{}\", to_user: \"zhangsan|ghost01\", \
                 message: '告警 {{{{ .CommonLabels.alertname }}}} {{{{ .Status }}}}', send_resolved: true}}",
                wecom.base, wecom.corp_id, wecom.secret, said["wecom"]["agent_id"]
            ),
            "  email_configs:".into(),
            format!(
                "  - {{to: lisi@example.com, from: \"{user}\", smarthost: \"{}\", auth_username: \"{user}\", auth_password: \"{}\", \
                 require_tls: true, tls_config: {{ca_file: \"{}\", server_name: localhost}}, \
                 headers: {{Subject: '磁盘告警 {{{{ .CommonLabels.alertname }}}}'}}}}",
                text(&said, "/smtp/address").replace("127.0.0.1", "localhost"),
                text(&said, "/smtp/password"),
                authority.display(),
                user = text(&said, "/smtp/username"),
            ),
        ];
        std::fs::write(&config, lines.join("\n")).unwrap();
        // The program does not say which port it found, so one is looked for beforehand.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let program = std::env::var(VARIABLE).unwrap_or_else(|_| "prometheus-alertmanager".into());
        let child = Command::new(&program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.0.display()))
            .args([&format!("--web.listen-address={address}"), "--cluster.listen-address=", "--log.level=error"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{program}: {e}; install Debian's prometheus-alertmanager or set {VARIABLE}"));
        let alertmanager = Self { child, base: format!("http://{address}"), _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while stage.http.get(&format!("{}/-/ready", alertmanager.base)).await.is_err() {
            assert!(Instant::now() < deadline, "{program} did not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        alertmanager
    }

    async fn fire(&self, stage: &Stage, name: &str) {
        let alerts = json!([{"labels": {"alertname": name, "host": "sample-01"}}]);
        let request =
            http::Request::post(format!("{}/api/v2/alerts", self.base)).header("content-type", "application/json");
        let reply = stage.http.send(request.body(alerts.to_string().into()).unwrap()).await.unwrap();
        assert_eq!(reply.status, 200, "{:?}", reply.body);
    }
}

async fn until_arrived(stage: &Stage, name: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let phone = stage.copies("zhangsan", "wecom", &format!("告警 {name} firing")).await;
        let mails = stage.inspect("mail").await;
        let mailed = mails["mails"]
            .as_array()
            .unwrap()
            .iter()
            .any(|mail| mail["to"].to_string().contains("lisi@example.com") && mail.to_string().contains(name));
        if phone == 1 && mailed {
            return;
        }
        assert!(Instant::now() < deadline, "on the phone: {phone}; by mail: {mailed}; {mails}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_reaches_a_phone_and_a_mailbox_of_the_sandbox() {
    let stage = Stage::dark("").await;
    let said = stage.sandbox.credentials();
    let wecom = WeCom {
        base: stage.sandbox.base(),
        corp_id: text(&said, "/wecom/corp_id"),
        secret: text(&said, "/wecom/secret"),
    };
    let alertmanager = Alertmanager::start(&stage, &wecom).await;
    alertmanager.fire(&stage, "DiskFull").await;
    until_arrived(&stage, "DiskFull").await;
}
#[tokio::test(flavor = "multi_thread")]
async fn an_alert_goes_through_the_gateway_and_into_its_ledger() {
    let stage = Stage::open("").await;
    let said = stage.sandbox.credentials();
    let wecom = WeCom {
        base: stage.base.clone(),
        corp_id: text(&said, "/wecom/corp_id"),
        secret: text(&said, "/wecom/secret"),
    };
    let alertmanager = Alertmanager::start(&stage, &wecom).await;
    alertmanager.fire(&stage, "DiskSlow").await;
    until_arrived(&stage, "DiskSlow").await;
    let (status, page) = stage.call("GET", "/v1/messages?account=wecom", None).await;
    assert_eq!(status, 200, "{page}");
    let id = page["messages"][0]["id"].as_str().unwrap_or_else(|| panic!("not in the ledger: {page}"));
    let states: Vec<(Value, Value)> = stage
        .until_state(id, "partial")
        .await
        .iter()
        .map(|row| (row["address"].clone(), row["state"].clone()))
        .collect();
    assert_eq!(
        states,
        [(json!({"userid": "zhangsan"}), json!("sent")), (json!({"userid": "ghost01"}), json!("refused"))]
    );
}
