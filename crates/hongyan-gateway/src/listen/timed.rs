//! A stream that gives up on a reader who does not read.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// Ends with an error when what is written is not taken: within each `limit` at least a byte per millisecond of it.
pub(super) struct Timed<T> {
    stream: T,
    limit: Duration,
    /// Runs while somebody waits to write.
    until: Option<Pin<Box<Sleep>>>,
    /// Bytes taken since it runs.
    taken: u128,
}

impl<T> Timed<T> {
    pub(super) fn new(stream: T, limit: Duration) -> Self {
        Self { stream, limit, until: None, taken: 0 }
    }

    fn judged(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                if self.until.is_some() {
                    self.taken += bytes as u128;
                    if self.taken >= self.limit.as_millis() {
                        self.rest();
                    }
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                let limit = self.limit;
                let until = self.until.get_or_insert_with(|| Box::pin(sleep(limit)));
                match until.as_mut().poll(cx) {
                    Poll::Ready(()) => {
                        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read the answer")))
                    }
                    Poll::Pending => Poll::Pending,
                }
            }
            failed => failed,
        }
    }

    fn rest(&mut self) {
        self.until = None;
        self.taken = 0;
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Timed<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Timed<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.judged(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, pieces);
        this.judged(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        if flushed.is_ready() {
            // All that there was is taken.
            this.rest();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_never_reads_is_given_up() {
        let (ours, _theirs) = duplex(1_000);
        let error = Timed::new(ours, LIMIT).write_all(&[0; 100_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_a_crumb_now_and_then_is_given_up_too() {
        let (ours, mut theirs) = duplex(1_000);
        let reader = tokio::spawn(async move {
            let mut crumb = [0; 10];
            while theirs.read_exact(&mut crumb).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let written = Timed::new(ours, LIMIT).write_all(&[0; 100_000]).await;
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        reader.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_waited_for() {
        let (ours, mut theirs) = duplex(1_000);
        let reader = tokio::spawn(async move {
            let mut all = Vec::new();
            let mut piece = [0; 1_000];
            while let Ok(length @ 1..) = theirs.read(&mut piece).await {
                all.extend_from_slice(&piece[..length]);
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            all.len()
        });
        let mut stream = Timed::new(ours, LIMIT);
        for _ in 0..3 {
            stream.write_all(&[0; 100_000]).await.unwrap();
            stream.flush().await.unwrap();
            // A pause between two answers is nobody's slowness.
            tokio::time::sleep(LIMIT * 2).await;
        }
        drop(stream);
        assert_eq!(reader.await.unwrap(), 300_000);
    }
}
