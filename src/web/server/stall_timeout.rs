//! Closes connections that make no progress.
//!
//! actix-web limits the time for the head of a connection's first request and the wait for the next one, and nothing
//! else: a client that sends one byte of a second head, or stops reading a response, would keep the connection, and
//! what it holds, for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How often a connection is checked.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The next request: the last one was answered, or there was none.
    Idle,
    /// The rest of a request, or its response.
    Request,
    /// The client to read the response.
    Response,
}

impl Wait {
    /// How many checks in a row may find the connection without progress.
    fn max_checks(self) -> u8 {
        match self {
            // Longer than actix-web waits for the next request, unless a part of it has arrived already.
            Wait::Idle => 16,
            Wait::Request | Wait::Response => 2,
        }
    }
}

/// A connection that ends, as a failure to read or write, ten to fifteen seconds after it stopped between the start of
/// a request and the end of its response: half a head, half a body, or a response that the client does not read on.
/// Each part of a response that the client reads starts that time again; systems pass a response on in parts of some
/// dozens of kilobytes. Otherwise it ends after eighty to eighty-five seconds in which nothing was answered.
#[derive(Debug)]
pub(super) struct StallTimeout<S> {
    stream: S,
    wait: Wait,
    /// Checks since it last made progress.
    checks: u8,
    next_check: Pin<Box<Sleep>>,
}

impl<S> StallTimeout<S> {
    pub(super) fn new(stream: S) -> StallTimeout<S> {
        StallTimeout { stream, wait: Wait::Idle, checks: 0, next_check: Box::pin(sleep(CHECK_EVERY)) }
    }

    /// Checks the connection when it is time; an error if it has not made progress for too long.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.next_check.as_mut().poll(context).is_ready() {
            self.next_check.as_mut().reset(Instant::now() + CHECK_EVERY);
            self.checks += 1;
            if self.checks > self.wait.max_checks() {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }

    fn progress(&mut self, wait: Wait) {
        self.wait = wait;
        self.checks = 0;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        match &read {
            // Each further byte of a request does not start its time again.
            Poll::Ready(Ok(())) if buffer.filled().len() > before && self.wait == Wait::Idle => {
                self.progress(Wait::Request);
            }
            Poll::Ready(_) => {}
            Poll::Pending => self.check(context)?,
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StallTimeout<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        match &written {
            Poll::Ready(_) => self.progress(Wait::Idle),
            Poll::Pending => {
                if self.wait != Wait::Response {
                    self.progress(Wait::Response);
                }
                self.check(context)?;
            }
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    const SECOND: Duration = Duration::from_secs(1);

    /// How many seconds pass until `stream` ends, 300 if it does not, with a client that does `step` each second.
    async fn lasts(mut stream: StallTimeout<DuplexStream>, mut step: impl AsyncFnMut(u64)) -> u64 {
        let serve = async move {
            let mut bytes = [0; 64];
            loop {
                match stream.read(&mut bytes).await {
                    Ok(0) | Err(_) => return,
                    // A request ends with a full stop.
                    Ok(length) if bytes[..length].contains(&b'.') => {
                        if stream.write_all(&[b'!'; 100]).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                }
            }
        };
        let since = Instant::now();
        let mut serve = std::pin::pin!(serve);
        for second in 0..300 {
            step(second).await;
            if tokio::time::timeout(SECOND, serve.as_mut()).await.is_ok() {
                break;
            }
        }
        since.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_closed_only_once_it_makes_no_progress() {
        for (named, request, is_dripped, ends) in [
            ("no request", "", false, 80..=87),
            ("half a request", "wh", false, 10..=17),
            ("a request that never ends", "w", true, 10..=17),
            ("a request, and half of another", "what.wh", false, 80..=87),
            ("one request after the other", "w.", true, 300..=300),
        ] {
            let (mut client, server) = duplex(1 << 16);
            let end = lasts(StallTimeout::new(server), async |second| {
                if second == 0 || is_dripped {
                    client.write_all(request.as_bytes()).await.unwrap();
                }
            });
            assert!(ends.contains(&end.await), "{named}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_slowly_gets_its_response_and_one_that_does_not_read_is_cut_off() {
        // The connection holds sixteen of the hundred bytes of a response.
        for (a_second, ends) in [(0, 10..=17), (1, 160..=175)] {
            let (mut client, server) = duplex(16);
            let mut taken = 0;
            let end = lasts(StallTimeout::new(server), async |second| {
                if second == 0 {
                    client.write_all(b"what.").await.unwrap();
                } else if taken < 100 {
                    taken += a_second;
                    client.read_exact(&mut [0; 1][..a_second]).await.unwrap();
                }
            });
            assert!(ends.contains(&end.await), "{a_second} a second");
            assert_eq!(taken, 100 * a_second);
        }
    }
}
