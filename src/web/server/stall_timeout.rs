//! Connections that get nowhere end.
//!
//! actix-web bounds the head of a connection's first request and the wait for the next one, and nothing else: who sends
//! one byte of a second head, or takes no more of an answer, would keep a connection, and what it holds, for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How often a connection is looked at. It ends at the first look after as many as it may stay where it was.
const EVERY: Duration = Duration::from_secs(5);

/// Whom a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Nobody: it was answered, or has not asked.
    Quiet,
    /// It has begun to ask, and what it has sent so far has no answer.
    Asking,
    /// It does not take what it is sent.
    Taking,
}

impl Wait {
    /// So many looks may find it where it was.
    fn looks(self) -> u8 {
        match self {
            // Longer than actix-web lets it wait for its next request, unless a part of that has come already.
            Wait::Quiet => 16,
            Wait::Asking | Wait::Taking => 2,
        }
    }
}

/// A connection that ends, as a failure to read or write, ten to fifteen seconds after it stopped between a question
/// and the end of its answer: half a head, half a body, an answer of which no more is taken. Whatever part of an answer
/// is taken begins these anew; a system passes it on by dozens of kilobytes. Otherwise it ends after eighty to
/// eighty-five seconds in which nothing was answered.
#[derive(Debug)]
pub(in crate::web) struct StallTimeout<S> {
    stream: S,
    wait: Wait,
    /// Looks since it last moved.
    looks: u8,
    next_look: Pin<Box<Sleep>>,
}

impl<S> StallTimeout<S> {
    pub(in crate::web) fn new(stream: S) -> StallTimeout<S> {
        StallTimeout { stream, wait: Wait::Quiet, looks: 0, next_look: Box::pin(sleep(EVERY)) }
    }

    /// Looks, when it is time; an error if the connection has not moved for too long.
    fn look(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.next_look.as_mut().poll(context).is_ready() {
            self.next_look.as_mut().reset(Instant::now() + EVERY);
            self.looks += 1;
            if self.looks > self.wait.looks() {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }

    fn moved(&mut self, wait: Wait) {
        self.wait = wait;
        self.looks = 0;
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
            // Each byte more of a question does not begin its time anew.
            Poll::Ready(Ok(())) if buffer.filled().len() > before && self.wait == Wait::Quiet => {
                self.moved(Wait::Asking);
            }
            Poll::Ready(_) => {}
            Poll::Pending => self.look(context)?,
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
            Poll::Ready(_) => self.moved(Wait::Quiet),
            Poll::Pending => {
                if self.wait != Wait::Taking {
                    self.moved(Wait::Taking);
                }
                self.look(context)?;
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
                    // A question ends with a full stop.
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
    async fn a_connection_ends_once_it_gets_nowhere_and_only_then() {
        for (named, question, is_dripped, ends) in [
            ("nothing is asked", "", false, 80..=87),
            ("half a question", "wh", false, 10..=17),
            ("a question that never ends", "w", true, 10..=17),
            ("a question, and half of another", "what.wh", false, 80..=87),
            ("one question after the other", "w.", true, 300..=300),
        ] {
            let (mut client, server) = duplex(1 << 16);
            let end = lasts(StallTimeout::new(server), async |second| {
                if second == 0 || is_dripped {
                    client.write_all(question.as_bytes()).await.unwrap();
                }
            });
            assert!(ends.contains(&end.await), "{named}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_an_answer_slowly_gets_it_and_whoever_takes_none_does_not() {
        // Of the hundred bytes of an answer the connection holds sixteen.
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
