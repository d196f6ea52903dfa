//! A disk that is full for a while, under the real program: what is under way ends, and nothing is acknowledged meanwhile.

use crate::{
    stage::{HONGYAN, Stage},
    store::{message, send, until_ready},
};
use serde_json::json;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// The size of the disk. It holds the store, with some room.
const SIZE: &str = "size=4m";

/// Mounts a disk of its own at the first argument and runs the others there. The machine's disks are not touched.
const ON_OWN_DISK: &str = r#"mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@""#;

fn in_own_namespace(mut unshare: Command, folder: &Path) -> Command {
    unshare.args(["-Urm", "sh", "-c", ON_OWN_DISK, "sh", SIZE]).arg(folder);
    unshare
}

/// Starts the gateway with its store in a folder `disk`.
fn start(stage: &mut Stage, command: impl FnOnce(&Stage, &Path) -> Command) -> (u32, PathBuf) {
    let disk = stage.folder.0.join("disk");
    std::fs::create_dir(&disk).unwrap();
    stage.configure(|text| text.replace("/hongyan.db", "/disk/hongyan.db"));
    let mut command = command(stage, &disk);
    command.args([HONGYAN, "serve", "--json"]);
    (stage.start_by(command), disk)
}

/// Calls are under way when `fill` ends the room on the disk, and have ended when `free` gives it back.
async fn fill_and_free(stage: &Stage, fill: impl FnOnce(), free: impl FnOnce()) {
    let before = stage.send(&message("ding", "之前")).await;
    stage.until_state(&before, "sent").await;
    stage.order_fault("latency_ms=1500:/topapi/message:3");
    stage.order_fault("latency_ms=1500:/cgi-bin/message:3");
    let mut sent = Vec::new();
    for account in ["ding", "wecom"] {
        for n in 0..3 {
            let words = format!("{account} 满 {n}");
            sent.push((stage.send(&message(account, &words)).await, account, words));
        }
    }
    for (id, ..) in &sent {
        stage.until(id, "under way", |message| message["deliveries"][0]["state"] == "sending").await;
    }
    fill();
    until_ready(stage, 503).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    for _ in 0..5 {
        assert_eq!(send(stage).await, (503, Some("1".into()), json!("store_unavailable")));
    }
    for (id, account, words) in &sent {
        let platform = if *account == "ding" { "dingtalk" } else { "wecom" };
        assert_eq!(stage.copies("zhangsan", platform, words).await, 1, "{words}: the call has ended");
        let state = stage.message(id).await["deliveries"][0]["state"].clone();
        assert_eq!(state, "sending", "{words}: its outcome could not be written down");
    }
    free();
    for (id, account, words) in &sent {
        stage.until_state(id, "sent").await;
        assert_eq!(stage.message(id).await["deliveries"][0]["repeated"], false, "{words}");
        let platform = if *account == "ding" { "dingtalk" } else { "wecom" };
        assert_eq!(stage.copies("zhangsan", platform, words).await, 1, "{words}");
    }
    until_ready(stage, 200).await;
    assert_eq!(send(stage).await.0, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_was_full_for_a_while_leaves_nothing_under_way_and_nothing_sent_twice() {
    let mut stage = Stage::dark("").await;
    let probe = in_own_namespace(Command::new("unshare"), &stage.folder.0).arg("true").stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        eprintln!("this machine gives no user a mount of their own: only the limit on files is tested");
        return;
    }
    let (process, disk) = start(&mut stage, |stage, disk| in_own_namespace(stage.command_of("unshare"), disk));
    // The folder as the gateway sees it.
    let inside = Path::new("/proc").join(process.to_string()).join("root").join(disk.strip_prefix("/").unwrap());
    let filler = inside.join("filler");
    let fill = || {
        let mut file = std::fs::File::create(&filler).unwrap();
        while file.write_all(&[7; 4_096]).is_ok() {}
    };
    fill_and_free(&stage, fill, || std::fs::remove_file(&filler).unwrap()).await;
    assert!(!disk.join("hongyan.db").exists(), "it was on a disk of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_the_size_of_files_is_as_a_full_disk() {
    let mut stage = Stage::dark("").await;
    // Without the signal, a write beyond the limit is an error.
    let ignoring = |stage: &Stage, _: &Path| {
        let mut shell = stage.command_of("sh");
        shell.args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"]);
        shell
    };
    let (process, disk) = start(&mut stage, ignoring);
    let limit = |bytes: &str| {
        let process = process.to_string();
        let limited = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={bytes}:")]).status();
        assert!(limited.unwrap().success());
    };
    let fill = || limit(&std::fs::metadata(disk.join("hongyan.db-wal")).unwrap().len().to_string());
    fill_and_free(&stage, fill, || limit("unlimited")).await;
}
