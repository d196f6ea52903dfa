//! One connection's conversation (RFC 5321), as a state machine over lines.

use super::{
    Shared,
    faults::{SmtpFaultKind, matches, words},
    inbox::Mail,
    syntax::{decode, find, path, unstuff},
    with,
};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// A client that says nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(300);
/// The longest command line, in bytes; RFC 4954 allows 12,288 for a login.
const MAX_LINE: usize = 12_288;
/// Recipients in one transaction.
const MAX_RECIPIENTS: usize = 1000;

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

struct Envelope {
    from: String,
    to: Vec<String>,
    eight_bit: bool,
    limit: usize,
}

struct Session {
    shared: Arc<Shared>,
    stream: Box<dyn Duplex>,
    input: Vec<u8>,
    /// Replies wait here while the client has more to say, so that a group is answered in one write.
    output: Vec<u8>,
    greeted: bool,
    encrypted: bool,
    logged_in: bool,
    hides_starttls: bool,
    envelope: Option<Envelope>,
}

/// What comes after a command.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    Close,
}

/// Carries on a conversation to its end.
pub(super) async fn run(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    // Nagle against delayed acknowledgement would add 40 ms to each reply.
    stream.set_nodelay(true)?;
    let encrypted = shared.options.implicit_tls;
    let stream: Box<dyn Duplex> =
        if encrypted { Box::new(shared.tls.acceptor.accept(stream).await?) } else { Box::new(stream) };
    let mut session = Session {
        stream,
        input: Vec::with_capacity(4096),
        output: Vec::with_capacity(1024),
        greeted: false,
        encrypted,
        logged_in: false,
        hides_starttls: false,
        envelope: None,
        shared,
    };
    session.converse().await?;
    session.flush().await?;
    session.stream.shutdown().await
}

impl Session {
    async fn converse(&mut self) -> io::Result<()> {
        let delay = self.take_fault(|fault| match fault {
            SmtpFaultKind::DelayGreeting { ms } => Some(*ms),
            _ => None,
        });
        pause(delay).await;
        let refusal = self.take_fault(|fault| match fault {
            SmtpFaultKind::RefuseConnection { code, text } => Some((*code, text.clone())),
            _ => None,
        });
        if let Some((code, text)) = refusal {
            self.reply(code, &words(code, text));
            return Ok(());
        }
        self.hides_starttls = self.take_fault(|t| matches!(t, SmtpFaultKind::HideStarttls).then_some(())).is_some();
        self.reply(220, "sandbox.example ESMTP hongyan sandbox");
        while let Some(line) = self.line().await? {
            if self.obey(&line).await? == Next::Close {
                break;
            }
        }
        Ok(())
    }

    fn take_fault<T>(&self, pick: impl Fn(&SmtpFaultKind) -> Option<T>) -> Option<T> {
        with(&self.shared.faults, |faults| faults.take(pick))
    }

    fn reply(&mut self, code: u16, text: &str) {
        self.output.extend_from_slice(format!("{code} {text}\r\n").as_bytes());
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Reads more; `false` at the end.
    async fn fill(&mut self) -> io::Result<bool> {
        self.flush().await?;
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.input)).await;
        Ok(read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? > 0)
    }

    /// The next line without its CRLF. A line that is too long or ends otherwise is answered here.
    async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                match line.strip_suffix(b"\r\n").map(std::str::from_utf8) {
                    Some(Ok(text)) if !text.contains('\r') => return Ok(Some(text.to_owned())),
                    _ => self.reply(500, "5.5.2 a line ends with CRLF and holds no other CR or LF"),
                }
                continue;
            }
            if self.input.len() > MAX_LINE {
                self.reply(500, "5.5.6 line too long");
                return Ok(None);
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    async fn obey(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello(rest, true),
            "HELO" => self.hello(rest, false),
            "STARTTLS" => return self.starttls(rest).await,
            "AUTH" => self.auth(rest).await?,
            "MAIL" => self.mail(rest),
            "RCPT" => self.rcpt(rest),
            "DATA" => return self.data().await,
            "RSET" => {
                self.envelope = None;
                self.reply(250, "2.0.0 forgotten");
            }
            "NOOP" => self.reply(250, "2.0.0 ok"),
            "VRFY" => self.reply(252, "2.5.0 send and see"),
            "HELP" => self.reply(214, "2.0.0 RFC 5321"),
            "QUIT" => {
                self.reply(221, "2.0.0 bye");
                return Ok(Next::Close);
            }
            _ => self.reply(500, "5.5.1 unknown command"),
        }
        Ok(Next::Go)
    }

    fn offers_starttls(&self) -> bool {
        self.shared.options.offer_starttls && !self.encrypted && !self.hides_starttls
    }

    fn wants_tls(&self) -> bool {
        self.shared.options.require_starttls && !self.encrypted
    }

    fn hello(&mut self, name: &str, extended: bool) {
        if name.trim().is_empty() {
            return self.reply(501, "5.5.4 who are you?");
        }
        let refusal = self.take_fault(|fault| match fault {
            SmtpFaultKind::RefuseHello { code, text } => Some((*code, text.clone())),
            _ => None,
        });
        if let Some((code, text)) = refusal {
            return self.reply(code, &text.unwrap_or_else(|| "5.7.1 this host is not welcome".into()));
        }
        self.greeted = true;
        self.envelope = None;
        if !extended {
            return self.reply(250, "sandbox.example");
        }
        let mut lines = vec!["sandbox.example".to_owned()];
        if self.shared.options.offer_pipelining {
            lines.push("PIPELINING".into());
        }
        lines.push(format!("SIZE {}", self.shared.options.max_bytes));
        lines.push("8BITMIME".into());
        lines.push("ENHANCEDSTATUSCODES".into());
        if self.offers_starttls() {
            lines.push("STARTTLS".into());
        }
        if !self.wants_tls() {
            lines.push("AUTH PLAIN LOGIN".into());
        }
        let last = lines.len() - 1;
        for (at, line) in lines.iter().enumerate() {
            let mark = if at == last { ' ' } else { '-' };
            self.output.extend_from_slice(format!("250{mark}{line}\r\n").as_bytes());
        }
    }

    async fn starttls(&mut self, rest: &str) -> io::Result<Next> {
        if !self.offers_starttls() || !rest.is_empty() {
            self.reply(if self.encrypted { 503 } else { 502 }, "5.5.1 not now");
            return Ok(Next::Go);
        }
        self.reply(220, "2.0.0 go ahead");
        if self.take_fault(|fault| matches!(fault, SmtpFaultKind::InjectBeforeTls).then_some(())).is_some() {
            self.reply(250, "slipped in");
        }
        self.flush().await?;
        // What the client said before the handshake may be anybody's.
        self.input.clear();
        let plain = std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        self.stream = Box::new(self.shared.tls.acceptor.accept(plain).await?);
        self.encrypted = true;
        self.greeted = false;
        self.logged_in = false;
        self.envelope = None;
        Ok(Next::Go)
    }

    async fn auth(&mut self, rest: &str) -> io::Result<()> {
        if self.wants_tls() {
            self.reply(538, "5.7.11 encryption required");
            return Ok(());
        }
        if !self.greeted || self.logged_in || self.envelope.is_some() {
            self.reply(503, "5.5.1 not now");
            return Ok(());
        }
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => self.auth_plain(initial).await?,
            "LOGIN" => self.auth_login(initial).await?,
            _ => {
                self.reply(504, "5.5.4 PLAIN or LOGIN");
                return Ok(());
            }
        };
        let Some((username, password)) = given else {
            self.reply(501, "5.5.2 cannot decode");
            return Ok(());
        };
        let refusal = self.take_fault(|fault| match fault {
            SmtpFaultKind::RefuseLogin { code, text } => Some((*code, text.clone())),
            _ => None,
        });
        let options = &self.shared.options;
        let good = username == options.username && password == options.password;
        if refusal.is_none() && good {
            self.logged_in = true;
            with(&self.shared.inbox, |inbox| inbox.totals.logins += 1);
            self.reply(235, "2.7.0 welcome");
        } else {
            with(&self.shared.inbox, |inbox| inbox.totals.logins_refused += 1);
            let (code, text) = refusal.unwrap_or((535, None));
            self.reply(code, &words(code, text));
        }
        Ok(())
    }

    async fn ask(&mut self, challenge: &str) -> io::Result<Option<String>> {
        self.reply(334, challenge);
        let answer = self.line().await?.unwrap_or_default();
        Ok(decode(&answer))
    }

    async fn auth_plain(&mut self, initial: &str) -> io::Result<Option<(String, String)>> {
        let answer = if initial.is_empty() { self.ask("").await? } else { decode(initial) };
        Ok(answer.and_then(|answer| {
            let mut parts = answer.split('\0').skip(1).map(str::to_owned);
            Some((parts.next()?, parts.next()?))
        }))
    }

    async fn auth_login(&mut self, initial: &str) -> io::Result<Option<(String, String)>> {
        let username = if initial.is_empty() { self.ask("VXNlcm5hbWU6").await? } else { decode(initial) };
        let Some(username) = username else { return Ok(None) };
        Ok(self.ask("UGFzc3dvcmQ6").await?.map(|password| (username, password)))
    }

    fn mail(&mut self, rest: &str) {
        let options = &self.shared.options;
        if self.wants_tls() {
            return self.reply(530, "5.7.0 Must issue a STARTTLS command first");
        }
        if !self.greeted || self.envelope.is_some() {
            return self.reply(503, "5.5.1 not now");
        }
        if options.require_auth && !self.logged_in {
            return self.reply(530, "5.7.0 Authentication required");
        }
        let Some((from, parameters)) = path(rest, "FROM:") else {
            return self.reply(501, "5.5.4 MAIL FROM:<address>");
        };
        let mut eight_bit = false;
        for parameter in parameters.split_ascii_whitespace() {
            match parameter.to_ascii_uppercase().split_once('=') {
                Some(("SIZE", size)) => match size.parse::<usize>() {
                    Ok(size) if size > options.max_bytes => return self.reply(552, "5.3.4 message too large"),
                    Ok(_) => {}
                    Err(_) => return self.reply(501, "5.5.4 SIZE is a number"),
                },
                Some(("BODY", "8BITMIME")) => eight_bit = true,
                // Who first handed the mail in (RFC 4954 §5) is nothing to a sandbox.
                Some(("BODY", "7BIT") | ("AUTH", _)) => {}
                _ => return self.reply(555, "5.5.4 unknown parameter"),
            }
        }
        if let Some(code) = options.sender_rule
            && !from.eq_ignore_ascii_case(&options.username)
        {
            return self.reply(code, &words(code, None));
        }
        let refusal = self.take_fault(|fault| match fault {
            SmtpFaultKind::RefuseMail { code, text } => Some((*code, text.clone())),
            _ => None,
        });
        if let Some((code, text)) = refusal {
            return self.reply(code, &words(code, text));
        }
        let limit = self.take_fault(|fault| match fault {
            SmtpFaultKind::TooManyRecipients { limit } => Some(*limit),
            _ => None,
        });
        let limit = limit.unwrap_or(MAX_RECIPIENTS);
        self.envelope = Some(Envelope { from: from.to_owned(), to: Vec::new(), eight_bit, limit });
        self.reply(250, "2.1.0 sender ok");
    }

    fn rcpt(&mut self, rest: &str) {
        let Some(envelope) = &self.envelope else {
            return self.reply(503, "5.5.1 MAIL first");
        };
        let Some((to, "")) = path(rest, "TO:").filter(|(to, _)| to.contains('@')) else {
            return self.reply(501, "5.5.4 RCPT TO:<address>");
        };
        let refusal = if envelope.to.len() >= envelope.limit {
            Some((452, "4.5.3 too many recipients".to_owned()))
        } else {
            let rule = with(&self.shared.rules, |rules| rules.find(to));
            let once = || {
                self.take_fault(|fault| match fault {
                    SmtpFaultKind::RefuseRecipient { address, code, text } if matches(address, to) => {
                        Some((*code, words(*code, text.clone())))
                    }
                    _ => None,
                })
            };
            let grey = || {
                with(&self.shared.faults, |faults| faults.holds_back(to))
                    .then(|| (450, "4.7.1 greylisted, come back later".to_owned()))
            };
            rule.or_else(once).or_else(grey)
        };
        if let Some((code, text)) = refusal {
            with(&self.shared.inbox, |inbox| inbox.totals.recipients_refused += 1);
            return self.reply(code, &text);
        }
        let to = to.to_owned();
        if let Some(envelope) = &mut self.envelope {
            envelope.to.push(to);
        }
        self.reply(250, "2.1.5 recipient ok");
    }

    async fn data(&mut self) -> io::Result<Next> {
        let Some(envelope) = self.envelope.take_if(|envelope| !envelope.to.is_empty()) else {
            let text = if self.envelope.is_some() { "5.5.1 no valid recipients" } else { "5.5.1 MAIL first" };
            self.reply(if self.envelope.is_some() { 554 } else { 503 }, text);
            return Ok(Next::Go);
        };
        self.reply(354, "end with CRLF . CRLF");
        if self.take_fault(|fault| matches!(fault, SmtpFaultKind::CloseAtData).then_some(())).is_some() {
            return Ok(Next::Close);
        }
        let max = self.shared.options.max_bytes;
        let Some(raw) = self.content(max).await? else { return Ok(Next::Close) };
        let checked = match raw {
            None => Err((552, "5.3.4 message too large".to_owned())),
            Some(raw) => self
                .check_bits(&raw, envelope.eight_bit)
                .and_then(|()| unstuff(&raw).map_err(|text| (554, text.to_owned()))),
        };
        let data = match checked {
            Ok(data) => data,
            Err((code, text)) => {
                self.reply(code, &text);
                return Ok(Next::Go);
            }
        };
        let refusal = self.take_fault(|fault| match fault {
            SmtpFaultKind::RefuseContent { code, text } => Some((*code, text.clone())),
            _ => None,
        });
        if let Some((code, text)) = refusal {
            self.reply(code, &words(code, text));
            return Ok(Next::Go);
        }
        if self.take_fault(|fault| matches!(fault, SmtpFaultKind::DropBeforeEffect).then_some(())).is_some() {
            return Ok(Next::Close);
        }
        let mail = Mail::new(envelope.from, envelope.to, data, (self.shared.options.clock)());
        let number = with(&self.shared.inbox, |inbox| inbox.push(mail));
        if self.take_fault(|fault| matches!(fault, SmtpFaultKind::DropAfterEffect).then_some(())).is_some() {
            return Ok(Next::Close);
        }
        let slow = self.take_fault(|fault| match fault {
            SmtpFaultKind::SlowReply { ms } => Some(*ms),
            _ => None,
        });
        pause(slow).await;
        self.reply(250, &format!("2.0.0 kept as {number}"));
        Ok(Next::Go)
    }

    /// Content outside ASCII is taken without `BODY=8BITMIME` too, as Postfix and aiosmtpd take it: so write Python's
    /// own library, curl and others. A server that minds is a trouble on demand.
    fn check_bits(&self, raw: &[u8], declared: bool) -> Result<(), (u16, String)> {
        if declared || raw.is_ascii() {
            return Ok(());
        }
        let refusal = self.take_fault(|fault| match fault {
            SmtpFaultKind::RefuseEightBit { code, text } => Some((*code, text.clone())),
            _ => None,
        });
        refusal.map_or(Ok(()), |(code, text)| {
            Err((code, text.unwrap_or_else(|| "5.6.1 8-bit content without BODY=8BITMIME".into())))
        })
    }

    /// The content up to its terminator, dots still stuffed: `Some(None)` when larger than `max`, `None` when the client
    /// went away before the end.
    async fn content(&mut self, max: usize) -> io::Result<Option<Option<Vec<u8>>>> {
        const END: &[u8] = b"\r\n.\r\n";
        let mut too_large = false;
        // The line before the content ended with CRLF: an empty message is the dot alone.
        let mut scanned = 0;
        loop {
            if scanned == 0 && !too_large && self.input.starts_with(b".\r\n") {
                self.input.drain(..3);
                return Ok(Some(Some(Vec::new())));
            }
            if let Some(at) = find(&self.input[scanned..], END) {
                let mut content: Vec<u8> = self.input.drain(..scanned + at + END.len()).collect();
                content.truncate(content.len() - 3);
                too_large |= content.len() > max;
                return Ok(Some((!too_large).then_some(content)));
            }
            if self.input.len() > max + END.len() {
                too_large = true;
                let tail = self.input.len() - END.len();
                self.input.drain(..tail);
            }
            // A terminator may begin in what is here and end in what comes; the head is looked at anew while short.
            scanned =
                if self.input.len() < END.len() && !too_large { 0 } else { self.input.len().saturating_sub(END.len()) };
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }
}

/// Waits where a trouble says so; a sleep of zero would still wait for the timer's next tick.
async fn pause(ms: Option<u64>) {
    if let Some(ms) = ms {
        sleep(Duration::from_millis(ms)).await;
    }
}
