//! One program in C, compiled as C and as C++, against the shared and the static library, alone and under a tool that
//! sees every wrong step in memory.

use crate::{
    libraries, own,
    stage::{Folder, Stage, echo, text},
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// What a static library of Rust's wants beside itself.
const SYSTEM: [&str; 4] = ["-lpthread", "-ldl", "-lm", "-lutil"];

/// Compiles the program; a compiler that is missing is said.
fn compile(compiler: &str, flags: &[&str], link: &[String], folder: &Folder, name: &str) -> PathBuf {
    let program = folder.0.join(name);
    let language = if compiler.ends_with("++") { ["-x", "c++"] } else { ["-x", "c"] };
    let output = Command::new(compiler)
        .args(flags)
        .args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-DWITH_THREADS"])
        .arg("-I")
        .arg(own("include"))
        .args(language)
        .arg(own("tests/foreign/program.c"))
        .args(["-x", "none", "-o"])
        .arg(&program)
        .args(link)
        .args(SYSTEM)
        .output()
        .unwrap_or_else(|e| panic!("{compiler} does not run ({e}): on Debian, apt-get install gcc g++"));
    assert!(output.status.success(), "{compiler}: {}", String::from_utf8_lossy(&output.stderr));
    program
}

fn shared() -> Vec<String> {
    let folder = libraries().display().to_string();
    vec![format!("-L{folder}"), "-lhongyan".into(), format!("-Wl,-rpath,{folder}")]
}

/// Runs the program, or a tool that runs it, beside a server, a gateway and a mail server.
async fn run(mut command: Command, folder: &Folder) -> Output {
    let stage = Stage::open().await;
    let said = stage.sandbox.credentials();
    let authority = folder.file("ca.pem");
    std::fs::write(&authority, text(&said, "/smtp/ca_pem")).unwrap();
    let address = text(&said, "/smtp/address");
    let (host, port) = address.rsplit_once(':').unwrap();
    command.args([echo().as_str(), &stage.base, &stage.key, &stage.folder.file(""), host, port]);
    command.args([text(&said, "/smtp/username"), text(&said, "/smtp/password"), authority]);
    for name in ["HONGYAN_GATEWAY", "HONGYAN_KEY", "HONGYAN_KEY_FILE", "HONGYAN_LOCKED"] {
        command.env_remove(name);
    }
    fresh(&mut command);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    stage.close().await;
    output
}

/// Cargo's search path comes before a program's own and leads to libraries of an earlier build.
fn fresh(command: &mut Command) {
    command.env_remove("LD_LIBRARY_PATH");
}

fn well(output: &Output) {
    let (said, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("checks"), "{}: {said}\n{complaints}", output.status);
}

#[tokio::test]
async fn the_header_is_c99_and_the_library_does_what_it_says() {
    let folder = Folder::new();
    let program = compile("cc", &["-std=c99"], &shared(), &folder, "c99");
    well(&run(Command::new(program), &folder).await);
}

#[tokio::test]
async fn the_header_is_cpp_too() {
    let folder = Folder::new();
    let program = compile("c++", &["-std=c++11"], &shared(), &folder, "cpp");
    well(&run(Command::new(program), &folder).await);
}

#[tokio::test]
async fn the_static_library_stands_alone() {
    let folder = Folder::new();
    let link = [libraries().join("libhongyan.a").display().to_string()];
    let program = compile("cc", &["-std=c11"], &link, &folder, "alone");
    well(&run(Command::new(program), &folder).await);
}

#[tokio::test]
async fn no_step_in_memory_is_wrong() {
    let folder = Folder::new();
    if Command::new("valgrind").arg("--version").output().is_ok() {
        let program = compile("cc", &["-std=c99"], &shared(), &folder, "watched");
        let mut tool = Command::new("valgrind");
        tool.arg(format!("--suppressions={}", own("tests/foreign/valgrind.supp").display()));
        tool.args(["-q", "--error-exitcode=99", "--leak-check=full"]).arg(program);
        well(&run(tool, &folder).await);
    } else {
        eprintln!(
            "valgrind is not installed (on Debian: apt-get install valgrind): the address sanitizer in its place"
        );
        let program = compile("cc", &["-std=c99", "-fsanitize=address"], &shared(), &folder, "watched");
        well(&run(Command::new(program), &folder).await);
    }
}

/// The program of the manual, word for word.
#[tokio::test]
async fn the_manuals_example_compiles_and_runs() {
    let folder = Folder::new();
    let manual = std::fs::read_to_string(own("../../docs/c-abi.md")).unwrap();
    let example = manual.split("```c\n").nth(1).unwrap().split("```").next().unwrap();
    let source = folder.0.join("example.c");
    std::fs::write(&source, example).unwrap();
    let program: &Path = &folder.0.join("example");
    let output = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I"])
        .arg(own("include"))
        .arg(&source)
        .arg("-o")
        .arg(program)
        .args(shared())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stage = Stage::open().await;
    let mut command = Command::new(program);
    command.env("HONGYAN_GATEWAY", &stage.base).env("HONGYAN_KEY", &stage.key).current_dir(&folder.0);
    fresh(&mut command);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"id\""), "{output:?}");
    stage.close().await;
}
