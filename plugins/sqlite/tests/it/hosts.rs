//! It loads where people load it, and refuses where it cannot live.

use crate::session::{Session, loadable, python, run_shell, shell};
use std::process::Command;

#[test]
fn the_shell_of_debian_loads_it_and_lives() {
    let (said, complaints) = run_shell(
        ":memory:",
        "SELECT hongyan_version();\nSELECT count(*) FROM pragma_function_list WHERE name LIKE 'hongyan_%';\n",
    );
    assert_eq!(complaints, "");
    assert!(said.starts_with(env!("CARGO_PKG_VERSION")), "{said}");
}

#[test]
fn it_loads_by_every_name_that_sqlite_derives() {
    let folder = crate::stage::Folder::new();
    for (file, entry) in [
        ("libhongyan_sqlite.so", ""),
        ("hongyan.so", ""),
        ("anything.so", "sqlite3_hongyan_init"),
        ("else.so", "sqlite3_hongyansqlite_init"),
    ] {
        let copy = folder.0.join(file);
        std::fs::copy(crate::session::library(), &copy).unwrap();
        let load = format!(".load {} {entry}", copy.display());
        let output = shell().args([":memory:", &load, "SELECT hongyan_version()"]).output().unwrap();
        assert!(output.status.success(), "{file} {entry}: {output:?}");
    }
}

#[test]
fn python_loads_it_again_and_again_and_from_threads() {
    let script = r#"
import sqlite3, sys, threading
def work():
    for _ in range(20):
        db = sqlite3.connect(":memory:")
        db.enable_load_extension(True)
        db.load_extension(sys.argv[1])
        message = '{"to":[{"userid":"zhangsan"}],"content":{"text":"x"}}'
        assert db.execute("SELECT hongyan_send(?, 'k')", (message,)).fetchall() == [("k",)]
        assert db.execute("SELECT hongyan_config('timeout_ms', 5)").fetchall() == [("5",)]
        db.close()
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print("well")
"#;
    let output = python().args(["-c", script, &loadable()]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "well\n", "{output:?}");
}

#[test]
fn a_forked_child_can_call_too() {
    let base = crate::stage::echo();
    let script = r#"
import json, os, sqlite3, sys
def connect():
    db = sqlite3.connect(":memory:")
    db.enable_load_extension(True)
    db.load_extension(sys.argv[1])
    db.execute("SELECT hongyan_config('dangerous_private_addresses', 'on')").fetchall()
    return db
def ask(db):
    (said,) = db.execute("SELECT http_get(?)", (sys.argv[2] + "/x",)).fetchone()
    return json.loads(said)["responseCode"]
db = connect()
assert ask(db) == 200
child = os.fork()
if child == 0:
    # The parent's connection is not to be used in a child, says SQLite; a new one is.
    os._exit(0 if ask(connect()) == 200 else 1)
assert os.waitpid(child, 0)[1] == 0
assert ask(db) == 200
print("well")
"#;
    let output = python().args(["-c", script, &loadable(), &base]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "well\n", "{output:?}");
}

#[test]
fn a_newer_sqlite_than_debians_is_a_host_too() {
    let debian = Session::open(":memory:").version.clone();
    println!("Python's host is {debian}, this one is {}", rusqlite::version());
    let db = rusqlite::Connection::open_in_memory().unwrap();
    // The library is ours, and nobody else uses this connection.
    load(&db);
    let key: String = db.query_row("SELECT hongyan_send(?1, 'k')", [crate::stage::message("x")], |r| r.get(0)).unwrap();
    assert_eq!(key, "k");
    let error = db.query_row("SELECT hongyan_send('{}')", [], |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("field to"), "{error}");
    let error = db.query_row("SELECT * FROM hongyan_ledger", [], |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("takes one argument"), "{error}");
}

#[expect(unsafe_code, reason = "rusqlite cannot know what a library does that it loads; this one is ours")]
fn load(db: &rusqlite::Connection) {
    // SAFETY: the extension under test, whose entry point keeps SQLite's contract.
    unsafe {
        db.load_extension_enable().unwrap();
        db.load_extension(loadable(), None::<&str>).unwrap();
    }
    db.load_extension_disable().unwrap();
}

#[test]
fn valgrind_finds_nothing_where_it_is_installed() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("NOT RUN: valgrind is not installed (on Debian: apt-get install valgrind)");
        return;
    }
    let script = format!(
        ".load {}\nSELECT hongyan_send('{{\"to\":[{{\"userid\":\"a\"}}],\"content\":{{\"text\":\"x\"}}}}', 'k');\n\
         SELECT hongyan_status('k');\nSELECT hongyan_send('{{');\nSELECT * FROM hongyan_ledger('k');\nSELECT http_get(1);\n\
         SELECT hongyan_config('gateway', 'http://127.0.0.1:1');\nSELECT http_get('http://127.0.0.1:1/');\n",
        loadable()
    );
    let folder = crate::stage::Folder::new();
    let file = folder.file("script.sql");
    std::fs::write(&file, script).unwrap();
    let program = shell().get_program().to_owned();
    // After an error the shell ends without closing its database: what is still in use then is no fault.
    let output = Command::new("valgrind")
        .args(["-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"])
        .arg(program)
        .args([":memory:", &format!(".read {file}")])
        .output()
        .unwrap();
    assert_ne!(output.status.code(), Some(99), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("waiting"), "{output:?}");
}
