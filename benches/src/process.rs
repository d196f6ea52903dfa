//! The processes under measurement, ended when dropped, and what the kernel says of them.

use anyhow::Context;
use axum::{Json, Router, http::StatusCode, routing::post, serve::ListenerExt};
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A child process; killed on drop.
pub(crate) struct Process {
    child: Child,
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts a program and reads its first line of standard output.
    pub(crate) fn start(program: &Path, args: &[&str], env: &[(&str, &str)]) -> anyhow::Result<(Self, String)> {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        for (name, value) in env {
            command.env(name, value);
        }
        let mut child = command.spawn().with_context(|| format!("{} does not start", program.display()))?;
        let output = child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        let mut reader = BufReader::new(output);
        reader.read_line(&mut line)?;
        // Whatever else it says is read and dropped, so that it never waits for us.
        std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        Ok((Self { child }, line))
    }

    /// User and system time so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit_once(')').context("no stat")?.1.split_whitespace().collect();
        let ticks: f64 = [11, 12].iter().filter_map(|i| fields.get(*i)?.parse::<f64>().ok()).sum();
        // The kernel's clock ticks are a hundredth of a second on every Linux that runs this.
        Ok(ticks / 100.0)
    }

    /// Memory in use (resident), in MiB.
    pub(crate) fn memory_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kib.context("no VmRSS")? / 1024.0)
    }
}

/// What accepts are compared with: the same JSON parsed, `202` answered, nothing kept.
pub(crate) async fn baseline_server() -> anyhow::Result<()> {
    #[derive(serde::Deserialize)]
    struct Message {
        to: Vec<serde_json::Value>,
        content: serde_json::Value,
    }
    let handler = async |Json(message): Json<Message>| {
        let id = format!("m{:013}", message.to.len() + usize::from(message.content.is_object()));
        (StatusCode::ACCEPTED, Json(serde_json::json!({"id": id, "state": "pending", "deliveries": []})))
    };
    let app = Router::new().route("/v1/messages", post(handler));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // Without it the comparison would flatter us.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await?;
    Ok(())
}

/// The address on a line such as `127.0.0.1:4711`.
pub(crate) fn address(line: &str) -> anyhow::Result<SocketAddr> {
    line.trim().parse().with_context(|| format!("not an address: {line:?}"))
}
