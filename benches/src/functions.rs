//! `functions`: httpGet and httpPost on one kept connection, against libcurl and Python's requests, in one run and
//! against one local server that is a process of its own.

use anyhow::{Context, Result, bail};
use hongyan_functions::{Blocking, Functions, HttpCall, HttpMethod, Params, Profile};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// What the bench is told.
#[derive(Debug, clap::Args)]
pub(crate) struct FunctionsArgs {
    /// Rounds; medians are reported.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds per measurement.
    #[arg(long, default_value_t = 0.5)]
    seconds: f64,
    /// A Python that has requests; left out where it has not.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// The shared library of libcurl to link, as the linker's -l: takes it.
    #[arg(long, default_value = "libcurl.so.4")]
    libcurl: String,
}

/// What a post carries: about what a message to a chat is.
const BODY: &str = r#"{"touser":"zhangsan","agentid":1000002,"msgtype":"text","text":{"content":"disk almost full"}}"#;
/// What every call is answered: about what a token's answer is.
const ANSWER: &str = "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json; charset=UTF-8\r\n\
    Content-Length: 73\r\n\r\n{\"errcode\":0,\"errmsg\":\"ok\",\"access_token\":\"0000000000\",\"expires_in\":7200}";

/// One measurement: calls per second and the median of one call.
#[derive(Clone, Copy)]
struct Measured {
    per_second: f64,
    median: Duration,
}

/// Who is measured.
enum Contender<'a> {
    Hongyan,
    Libcurl { program: &'a Path, how: &'static str },
    Requests { python: &'a Path, script: &'a Path },
}

impl Contender<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Hongyan => "hongyan",
            Self::Libcurl { how: "kept", .. } => "libcurl, handle kept",
            Self::Libcurl { .. } => "libcurl, a handle per call (as the plugin)",
            Self::Requests { .. } => "Python requests.Session",
        }
    }

    fn measure(&self, url: &str, method: &str, seconds: f64) -> Result<Measured> {
        let mut command = match self {
            Self::Hongyan => return ours(url, method, seconds),
            Self::Libcurl { program, .. } => Command::new(program),
            Self::Requests { python, script } => {
                let mut command = Command::new(python);
                command.arg(script);
                command
            }
        };
        let how = if let Self::Libcurl { how, .. } = self { how } else { "kept" };
        let said = command.args([url, method, &seconds.to_string(), how, BODY]).output()?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [calls, nanos, median] = numbers[..] else { bail!("{} failed", self.name()) };
        Ok(Measured { per_second: calls / nanos * 1e9, median: Duration::from_nanos(median as u64) })
    }
}

fn ours(url: &str, method: &str, seconds: f64) -> Result<Measured> {
    let functions = Blocking::new(Functions::new(Profile { allow_private: true, ..Profile::safe() }));
    let mut call = HttpCall::new(HttpMethod::Get, url);
    if method == "post" {
        call.method = HttpMethod::Post;
        call.params = Params::Text(BODY.into());
    }
    let mut spans = Vec::with_capacity(1 << 16);
    let (begun, span) = (Instant::now(), Duration::from_secs_f64(seconds));
    let mut at = begun;
    while at.duration_since(begun) < span {
        functions.http(&call)?;
        let then = Instant::now();
        spans.push(then.duration_since(at));
        at = then;
    }
    let per_second = spans.len() as f64 / begun.elapsed().as_secs_f64();
    spans.sort_unstable();
    Ok(Measured { per_second, median: spans[spans.len() / 2] })
}

/// Runs it and prints a markdown table.
pub(crate) fn run(args: &FunctionsArgs) -> Result<()> {
    let (_server, url) = start_server()?;
    let folder = std::env::temp_dir().join(format!("hongyan-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let program = compile(&folder, &args.libcurl);
    if let Err(why) = &program {
        eprintln!("without libcurl: {why:#}");
    }
    let script = folder.join("requests.py");
    std::fs::write(&script, include_str!("requests.py"))?;
    let found = Command::new(&args.python).args(["-c", "import requests"]).stderr(Stdio::null()).status();
    let has_requests = found.is_ok_and(|status| status.success());
    if !has_requests {
        eprintln!("without requests: {} cannot import it; see --python", args.python.display());
    }
    let mut contenders = vec![Contender::Hongyan];
    if let Ok(program) = &program {
        contenders.extend(["kept", "anew"].map(|how| Contender::Libcurl { program, how }));
    }
    if has_requests {
        contenders.push(Contender::Requests { python: &args.python, script: &script });
    }
    println!("| call | by | calls/s | ratio | median of a call, µs |\n| --- | --- | --- | --- | --- |");
    for method in ["get", "post"] {
        let mut all = vec![Vec::new(); contenders.len()];
        for _ in 0..args.rounds {
            // In turn, so that a busy moment hits all alike.
            for (contender, measured) in contenders.iter().zip(&mut all) {
                measured.push(contender.measure(&url, method, args.seconds)?);
            }
        }
        let ours = median(&all[0]).per_second;
        for (contender, measured) in contenders.iter().zip(&all) {
            let Measured { per_second, median } = median(measured);
            println!(
                "| http{}{} | {} | {per_second:.0} | {:.2} | {:.1} |",
                method[..1].to_uppercase(),
                &method[1..],
                contender.name(),
                ours / per_second,
                median.as_secs_f64() * 1e6
            );
        }
    }
    println!("\nratio: hongyan's calls per second over the contender's.");
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn median(measured: &[Measured]) -> Measured {
    let mut sorted = measured.to_vec();
    sorted.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    sorted[sorted.len() / 2]
}

fn compile(folder: &Path, library: &str) -> Result<PathBuf> {
    let (source, program) = (folder.join("libcurl.c"), folder.join("libcurl"));
    std::fs::write(&source, include_str!("libcurl.c"))?;
    let status = Command::new("cc")
        .arg("-O2")
        .arg(&source)
        .arg(format!("-l:{library}"))
        .arg("-o")
        .arg(&program)
        .status()
        .context("cc")?;
    if !status.success() {
        bail!("cc could not link {library}; see --libcurl");
    }
    Ok(program)
}

/// A child process, which ends with this.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_server() -> Result<(Server, String)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("functions-server")
        .stdout(Stdio::piped())
        .spawn()
        .context("the bench's own server")?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
    Ok((Server(child), format!("http://127.0.0.1:{}/cgi-bin/message/send", line.trim())))
}

/// Plays the server: every request gets [`ANSWER`], a thread for each connection.
pub(crate) fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let stream = stream?;
        // Whoever hangs up ends its thread, and nothing else.
        thread::spawn(move || answer(stream));
    }
    Ok(())
}

fn answer(mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        let whole = end.map(|end| end + length(&bytes[..end]));
        if let Some(whole) = whole.filter(|whole| bytes.len() >= *whole) {
            bytes.drain(..whole);
            stream.write_all(ANSWER.as_bytes())?;
            continue;
        }
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            taken => bytes.extend_from_slice(&piece[..taken]),
        }
    }
}

fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let value = head.split_once("content-length:").and_then(|(_, rest)| rest.split("\r\n").next());
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}
