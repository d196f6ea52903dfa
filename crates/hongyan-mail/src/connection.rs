//! One SMTP connection: greeting, EHLO, STARTTLS, AUTH, and transactions one after another.
//!
//! It is our own, and not lettre's `AsyncSmtpConnection`, for what that one does not let through (0.11.23):
//! its read buffer survives `STARTTLS`, so bytes that somebody slipped in before the handshake are read as the
//! server's; a failure of its `message` does not tell whether the final dot had left, which decides between
//! *repeat* and *unknown*; it sends the body and the dot in two writes and cannot group commands (RFC 2920).
//!
//! Every wait is bounded. Pooling and the meaning for the caller are left to `pool` and `smtp`.

mod offers;
mod outcome;

pub(crate) use outcome::{Accepted, Failed, Unopened};

use crate::{
    MailerConfig, Tls,
    faults::{is_of_connection, own},
    reply::{Parsed, Reply, parse},
    tls::TlsSetup,
    wire,
};
use hongyan_endpoint::{About, Class, Fault};
use offers::Offers;
use outcome::{Replies, auth_refused, refused, sender_refused, unwelcome};
use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::{TcpStream, lookup_host},
    time::{Instant, timeout},
};

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Recipients named in one group before their replies are read: far below what either side's socket buffers hold.
const GROUP: usize = 100;

/// How a connection is opened.
pub(crate) struct Dial<'a> {
    pub(crate) config: &'a MailerConfig,
    pub(crate) setup: Option<&'a TlsSetup>,
    pub(crate) login: Option<(&'a str, &'a str)>,
    pub(crate) final_timeout: Duration,
}

/// An open connection, greeted, encrypted and logged in as configured.
pub(crate) struct Connection {
    stream: Box<dyn Duplex>,
    buffer: Vec<u8>,
    offers: Offers,
    timeout: Duration,
    final_timeout: Duration,
    all_or_nothing: bool,
    unannounced_eight_bit: bool,
    /// Transactions so far.
    pub(crate) served: usize,
    /// When it was last used.
    pub(crate) used: Instant,
    /// The last transaction ended half way: `RSET` goes before the next.
    stale: bool,
    /// It can serve no more.
    pub(crate) broken: bool,
    /// The server said 421: it closes.
    closing: bool,
}

impl Connection {
    /// Connects, greets, encrypts and logs in.
    pub(crate) async fn open(dial: &Dial<'_>) -> Result<Self, Unopened> {
        let mut this = Self::connect(dial).await.map_err(Unopened::at_once)?;
        this.welcome(&dial.config.hello).await.map_err(|fault| Unopened::of(fault, true))?;
        this.log_in(dial).await.map_err(Unopened::at_once)
    }

    /// A connection on which nothing has been said.
    async fn connect(dial: &Dial<'_>) -> Result<Self, Fault> {
        let config = dial.config;
        let tcp = bounded(config.timeout, connect(config)).await??;
        // Nagle against delayed acknowledgement costs some 40 ms per message.
        tcp.set_nodelay(true).map_err(|error| Fault::transport("net.connect", error.to_string()))?;
        let mut this = Self {
            stream: Box::new(tcp),
            buffer: Vec::with_capacity(1024),
            offers: Offers::default(),
            timeout: config.timeout,
            final_timeout: dial.final_timeout,
            all_or_nothing: config.all_or_nothing,
            unannounced_eight_bit: config.dangerous_unannounced_eight_bit,
            served: 0,
            used: Instant::now(),
            stale: false,
            broken: false,
            closing: false,
        };
        if config.tls == Tls::Implicit {
            this = this.encrypt(dial).await?;
        }
        Ok(this)
    }

    /// The greeting, and the answer to it.
    async fn welcome(&mut self, name: &str) -> Result<(), Fault> {
        let greeting = self.read().await?;
        if greeting.code != 220 {
            return Err(unwelcome(&greeting));
        }
        self.hello(name).await
    }

    /// TLS where it begins now, and the login.
    async fn log_in(mut self, dial: &Dial<'_>) -> Result<Self, Fault> {
        if dial.config.tls == Tls::Starttls {
            self = self.upgrade(dial).await?;
        }
        let anonymous = dial.config.login_optional && !self.offers.auth;
        if let Some((username, password)) = dial.login.filter(|_| !anonymous) {
            self.login(username, password).await?;
        }
        Ok(self)
    }

    /// STARTTLS, or whatever else is allowed.
    async fn upgrade(mut self, dial: &Dial<'_>) -> Result<Self, Fault> {
        let may_stay_open = dial.config.dangerous_opportunistic;
        if !self.offers.starttls {
            let missing = own("smtp.no_starttls", "STARTTLS is not among what the server offers");
            return if may_stay_open { Ok(self) } else { Err(missing) };
        }
        let reply = self.command("STARTTLS").await?;
        if reply.code != 220 {
            return if may_stay_open { Ok(self) } else { Err(unwelcome(&reply)) };
        }
        // What was said before the handshake may be anybody's (STARTTLS injection): bytes and offers are forgotten.
        self.buffer.clear();
        self.offers = Offers::default();
        self = self.encrypt(dial).await?;
        self.hello(&dial.config.hello).await?;
        Ok(self)
    }

    async fn encrypt(mut self, dial: &Dial<'_>) -> Result<Self, Fault> {
        let setup = dial.setup.ok_or_else(|| Fault::transport("request.invalid", "no TLS set up"))?;
        let handshake = setup.connector.connect(setup.name.clone(), self.stream);
        let stream = bounded(dial.config.timeout, handshake).await?;
        self.stream = Box::new(stream.map_err(|error| {
            let fault = hongyan_net::handshake_fault(&error);
            Fault::transport(fault.failure.code(), fault.message)
        })?);
        Ok(self)
    }

    async fn hello(&mut self, name: &str) -> Result<(), Fault> {
        let reply = self.command(&format!("EHLO {name}")).await?;
        if reply.is_ok() {
            self.offers = Offers::read(&reply);
            return Ok(());
        }
        if !matches!(reply.code, 500 | 502 | 504) {
            return Err(unwelcome(&reply));
        }
        // A server older than EHLO: it can do nothing but take mail.
        let reply = self.command(&format!("HELO {name}")).await?;
        self.offers = Offers::default();
        if reply.is_ok() { Ok(()) } else { Err(unwelcome(&reply)) }
    }

    /// PLAIN, then LOGIN: some Chinese servers list PLAIN, refuse it with 504 or 535 and take LOGIN.
    async fn login(&mut self, username: &str, password: &str) -> Result<(), Fault> {
        let (plain, login) = (self.offers.plain, self.offers.login);
        if !plain && !login {
            return Err(own("smtp.no_auth", "neither PLAIN nor LOGIN is among what the server offers"));
        }
        let mut reply = None;
        if plain {
            let secret = wire::plain(username, password);
            let mut answer = self.command(&format!("AUTH PLAIN {secret}")).await?;
            if answer.code == 334 {
                answer = self.command(&secret).await?;
            }
            if answer.code == 235 {
                return Ok(());
            }
            let elsewhere = login && matches!(answer.code, 504 | 535);
            reply = Some(answer);
            if !elsewhere {
                return Err(auth_refused(reply, password));
            }
        }
        if login {
            let mut answer = self.command("AUTH LOGIN").await?;
            for word in [username, password] {
                if answer.code == 334 {
                    answer = self.command(&wire::login(word)).await?;
                }
            }
            if answer.code == 235 {
                return Ok(());
            }
            reply = Some(answer);
        }
        Err(auth_refused(reply, password))
    }

    /// Whether the server has closed, or said something unasked (a 421 before closing): then it cannot be used.
    pub(crate) async fn has_gone(&mut self) -> bool {
        if !self.buffer.is_empty() {
            return true;
        }
        // One poll, by hand: a time-out of zero would wait for the timer's next tick, a millisecond for every mail.
        let mut byte = [0];
        poll_fn(|context| {
            let mut byte = ReadBuf::new(&mut byte);
            Poll::Ready(Pin::new(&mut self.stream).poll_read(context, &mut byte).is_ready())
        })
        .await
    }

    /// One transaction: `MAIL`, each recipient, `DATA`, the message. Indices are those of `recipients`.
    pub(crate) async fn transact(
        &mut self,
        from: &str,
        recipients: &[(usize, &str)],
        mime: &[u8],
    ) -> Result<Accepted, Failed> {
        self.served += 1;
        let mut refused = Vec::new();
        let mut heard = Replies::default();
        let outcome = self.deliver(from, recipients, mime, &mut refused, &mut heard).await;
        self.used = Instant::now();
        let spent =
            refused.iter().any(|(_, fault)| is_of_connection(fault)) || outcome.as_ref().is_err_and(is_of_connection);
        if spent {
            self.served = usize::MAX;
        }
        match outcome {
            Ok(reply) => Ok(Accepted { reply, refused }),
            Err(fault) => {
                let left = !heard.anything || heard.sender_refused || self.closing || is_of_connection(&fault);
                let elsewhere = left && fault.class() != Class::Ambiguous;
                // Whatever it was about, the server closes: so it would on the next mail.
                let fault = if self.closing { fault.with_about(About::Account) } else { fault };
                Err(Failed { fault, refused, elsewhere })
            }
        }
    }

    async fn deliver(
        &mut self,
        from: &str,
        recipients: &[(usize, &str)],
        mime: &[u8],
        refusals: &mut Vec<(usize, Fault)>,
        heard: &mut Replies,
    ) -> Result<Reply, Fault> {
        let eight_bit = !mime.is_ascii();
        if eight_bit && !self.offers.eight_bit && !self.unannounced_eight_bit {
            heard.anything = true;
            return Err(Fault::transport("request.invalid", "the mail is not ASCII and the server lacks 8BITMIME"));
        }
        if let Some(limit) = self.offers.max_size.filter(|limit| mime.len() > *limit) {
            heard.anything = true;
            return Err(own("5.3.4", format!("{} bytes; the server takes {limit}", mime.len())));
        }
        let mut head = format!("MAIL FROM:<{from}>");
        if self.offers.max_size.is_some() {
            head.push_str(&format!(" SIZE={}", mime.len()));
        }
        if eight_bit && self.offers.eight_bit {
            head.push_str(" BODY=8BITMIME");
        }
        head.push_str("\r\n");

        let reset = std::mem::replace(&mut self.stale, true);
        let mut answers = self.envelope(reset, head, recipients, heard).await?.into_iter();
        if reset {
            answers.next();
        }
        let mail = answers.next().filter(|reply| !reply.is_ok());
        let data = answers.next_back();
        let open = data.as_ref().is_some_and(|reply| reply.code == 354);
        for ((index, _), reply) in recipients.iter().zip(answers) {
            if !reply.is_ok() {
                refusals.push((*index, refused(&reply)));
            }
        }
        if refusals.len() == recipients.len() || mail.is_some() || (self.all_or_nothing && !refusals.is_empty()) {
            // DATA may have been granted all the same: an empty message then ends it, without effect.
            if open {
                self.write(b".\r\n").await?;
                self.read().await?;
            }
            if let Some(mail) = mail {
                // What the recipients were answered only repeats that there is no sender.
                refusals.clear();
                let (fault, of_account) = sender_refused(&mail);
                heard.sender_refused = of_account;
                return Err(fault);
            }
            let first = refusals.first().map(|(_, fault)| fault.clone());
            return Err(first.unwrap_or_else(|| own("smtp.protocol", "no reply per recipient")));
        }
        match data {
            Some(_) if open => self.content(mime).await,
            Some(reply) => Err(refused(&reply)),
            None => Err(own("smtp.protocol", "no reply to DATA")),
        }
    }

    /// Sends `RSET` if asked, `MAIL`, the `RCPT`s and `DATA`, grouped where the server allows, and returns all replies
    /// in that order. Ends early, without the later replies, only on a server that takes one command at a time.
    async fn envelope(
        &mut self,
        reset: bool,
        mail: String,
        recipients: &[(usize, &str)],
        heard: &mut Replies,
    ) -> Result<Vec<Reply>, Fault> {
        let mut commands = Vec::with_capacity(recipients.len() + 3);
        if reset {
            commands.push("RSET\r\n".to_owned());
        }
        commands.push(mail);
        commands.extend(recipients.iter().map(|(_, address)| format!("RCPT TO:<{address}>\r\n")));
        let mut replies = Vec::with_capacity(commands.len() + 1);
        // Where one refusal ends it, DATA waits for every reply: once granted, it could not be taken back for those
        // who were accepted.
        if self.offers.pipelining && !self.all_or_nothing {
            commands.push("DATA\r\n".to_owned());
            for group in commands.chunks(GROUP) {
                self.write(group.concat().as_bytes()).await?;
                for _ in group {
                    replies.push(self.read_answer(heard).await?);
                }
            }
            return Ok(replies);
        }
        let mail_at = usize::from(reset);
        for (at, command) in commands.iter().enumerate() {
            self.write(command.as_bytes()).await?;
            let reply = self.read_answer(heard).await?;
            let no_sender = at == mail_at && !reply.is_ok();
            replies.push(reply);
            if no_sender {
                // A place for DATA's reply, which the caller takes from the end.
                replies.extend(replies.last().cloned());
                return Ok(replies);
            }
        }
        let mut answers = replies[mail_at + 1..].iter();
        let taken = if self.all_or_nothing { answers.all(Reply::is_ok) } else { answers.any(Reply::is_ok) };
        if taken {
            replies.push(self.command("DATA").await?);
        } else {
            replies.extend(replies.last().cloned());
        }
        Ok(replies)
    }

    /// The message itself. Before the last byte is handed over, a failure has no effect; after, it is unknown.
    async fn content(&mut self, mime: &[u8]) -> Result<Reply, Fault> {
        if let Err(fault) = self.write(&wire::stuff(mime)).await {
            // A server that gives up on a message half way often says why before it closes.
            let why = timeout(Duration::from_secs(1), self.read()).await;
            return Err(match why {
                Ok(Ok(reply)) if reply.code >= 400 => refused(&reply),
                _ => fault,
            });
        }
        let reply = match timeout(self.final_timeout, self.read_unbounded()).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(fault)) => return Err(fault.with_class(Class::Ambiguous)),
            Err(_) => {
                self.broken = true;
                let message = format!("no reply to the message within {:?}", self.final_timeout);
                return Err(Fault::transport("net.timeout", message).with_class(Class::Ambiguous));
            }
        };
        self.stale = false;
        if reply.is_ok() {
            return Ok(reply);
        }
        if reply.code < 400 {
            self.broken = true;
            return Err(own("smtp.protocol", format!("{} after the message", reply.code)).with_class(Class::Ambiguous));
        }
        Err(refused(&reply))
    }

    /// Says goodbye and waits for the answer, a second at most.
    pub(crate) async fn quit(mut self) {
        let _ = timeout(Duration::from_secs(1), async {
            self.stream.write_all(b"QUIT\r\n").await?;
            self.stream.flush().await?;
            let _ = self.read_unbounded().await;
            self.stream.shutdown().await
        })
        .await;
    }

    async fn command(&mut self, line: &str) -> Result<Reply, Fault> {
        self.write(format!("{line}\r\n").as_bytes()).await?;
        self.read().await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let written = timeout(self.timeout, async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        });
        let failed = match written.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => lost(&error),
            Err(_) => Fault::transport("net.timeout", format!("nothing taken within {:?}", self.timeout)),
        };
        self.broken = true;
        Err(failed)
    }

    async fn read_answer(&mut self, heard: &mut Replies) -> Result<Reply, Fault> {
        let reply = self.read().await;
        heard.anything |= !matches!(&reply, Err(fault) if fault.code() == "net.lost");
        // The server closes behind a 421, so the other commands of the group stay without a reply.
        reply.and_then(|reply| if reply.code == 421 { Err(refused(&reply)) } else { Ok(reply) })
    }

    async fn read(&mut self) -> Result<Reply, Fault> {
        let limit = self.timeout;
        if let Ok(reply) = timeout(limit, self.read_unbounded()).await {
            return reply;
        }
        self.broken = true;
        Err(Fault::transport("net.timeout", format!("no reply within {limit:?}")))
    }

    async fn read_unbounded(&mut self) -> Result<Reply, Fault> {
        loop {
            match parse(&self.buffer) {
                Parsed::Whole(mut reply, taken) => {
                    for line in &mut reply.lines {
                        *line = hongyan_net::clean(line).into_owned();
                    }
                    self.buffer.drain(..taken);
                    // After 421 the server closes.
                    self.closing |= reply.code == 421;
                    self.broken |= self.closing;
                    return Ok(reply);
                }
                Parsed::Broken(why) => {
                    self.broken = true;
                    return Err(own("smtp.protocol", why));
                }
                Parsed::Partial => {}
            }
            let failed = match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) => lost(&io::Error::from(io::ErrorKind::UnexpectedEof)),
                Ok(_) => continue,
                Err(error) => lost(&error),
            };
            self.broken = true;
            return Err(failed);
        }
    }
}

/// TCP to the first address that answers.
async fn connect(config: &MailerConfig) -> Result<TcpStream, Fault> {
    let unreached = |error: io::Error| Fault::transport("net.connect", error.to_string());
    if !config.refuse_private {
        return TcpStream::connect((config.host.as_str(), config.port)).await.map_err(unreached);
    }
    let found = lookup_host((config.host.as_str(), config.port)).await.map_err(unreached)?;
    let public: Vec<_> = found.filter(|address| hongyan_net::is_public(address.ip())).collect();
    if public.is_empty() {
        return Err(Fault::transport("net.private", "the mail server's address is not of the public internet"));
    }
    TcpStream::connect(public.as_slice()).await.map_err(unreached)
}

fn lost(error: &io::Error) -> Fault {
    Fault::transport("net.lost", error.to_string())
}

async fn bounded<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Fault> {
    timeout(limit, work).await.map_err(|_| Fault::transport("net.timeout", format!("no connection within {limit:?}")))
}
