//! Sends large bodies in slices.
//!
//! The connection copies each part of a body into its write buffer. A buffer of more than 128 KiB is one that the
//! allocator requests from the system, and returns to it, for each response.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

/// Just under 128 KiB, with room for the head of the response.
const SLICE_BYTES: usize = 127 * 1024;

/// `bytes` as a response body.
pub(in crate::web) fn body(bytes: Bytes) -> BoxBody {
    match bytes.len() {
        ..=SLICE_BYTES => BoxBody::new(bytes),
        _ => BoxBody::new(Slices { rest: bytes }),
    }
}

struct Slices {
    rest: Bytes,
}

impl MessageBody for Slices {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.rest.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.rest.len().min(SLICE_BYTES);
        let slice = self.rest.split_to(length);
        Poll::Ready((!slice.is_empty()).then_some(Ok(slice)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;
    use std::future::poll_fn;

    #[actix_web::test]
    async fn slices_join_to_the_whole_and_none_is_too_large() {
        for length in [0, 1, SLICE_BYTES, SLICE_BYTES + 1, 3 * SLICE_BYTES, 3 * SLICE_BYTES + 7] {
            let whole: Bytes = (0..length).map(|n| (n % 251) as u8).collect();
            let mut sliced = Box::pin(body(whole.clone()));
            assert_eq!(sliced.size(), BodySize::Sized(length as u64));
            let mut joined = Vec::new();
            while let Some(slice) = poll_fn(|cx| sliced.as_mut().poll_next(cx)).await {
                let slice = slice.unwrap();
                assert!(slice.len() <= SLICE_BYTES);
                joined.extend_from_slice(&slice);
            }
            assert_eq!(joined, whole);
            assert_eq!(to_bytes(body(whole.clone())).await.unwrap(), whole);
        }
    }
}
