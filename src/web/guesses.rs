//! Wrong keys, limited by whom they come from. Right ones never are: they are looked at first.
//!
//! Nobody can guess a key, limited or not. What this keeps small is what somebody who tries costs everybody else.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderName;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

/// A household or an office whose links were all renewed asks less.
const A_SECOND: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// So many at once before the limit is felt.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// Of how many addresses is remembered how much they asked. Beyond it they share one limit.
const MAX_ADDRESSES: usize = 10_000;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who has shown how many wrong keys lately.
#[derive(Debug)]
pub(super) struct Guesses {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    of_all_others: DefaultDirectRateLimiter,
    /// Forgetting those who have long been quiet looks at all of them, so it must not be what each guess costs.
    cleaning: DefaultDirectRateLimiter,
}

impl Default for Guesses {
    fn default() -> Self {
        let quota = Quota::per_second(A_SECOND).allow_burst(AT_ONCE);
        Guesses {
            by_address: RateLimiter::keyed(quota),
            of_all_others: RateLimiter::direct(quota),
            cleaning: RateLimiter::direct(Quota::per_second(NonZeroU32::MIN)),
        }
    }
}

impl Guesses {
    /// Counts a wrong key from `address`. Whether it is one too many.
    pub(super) fn too_many(&self, address: IpAddr) -> bool {
        if self.by_address.len() >= MAX_ADDRESSES {
            if self.cleaning.check().is_ok() {
                self.by_address.retain_recent();
            }
            if self.by_address.len() >= MAX_ADDRESSES {
                return self.of_all_others.check().is_err();
            }
        }
        self.by_address.check_key(&network(address)).is_err()
    }
}

/// Whoever has an IPv6 address has all that share its first half.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Where a request comes from: the other end of its connection, or where that one says, if it is a proxy of `trusted`.
pub(super) fn origin(head: &RequestHead, trusted: &[IpAddr]) -> Option<IpAddr> {
    let peer = head.peer_addr?.ip().to_canonical();
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    // Each proxy appends whom it was asked by, so the last that is no proxy of ours is the first that may be invented.
    let lines: Vec<&str> =
        head.headers.get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok()).collect();
    let named = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim);
    for name in named {
        match name.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if trusted.contains(&address) => {}
            Ok(address) => return Some(address),
            Err(_) => break,
        }
    }
    Some(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_address_has_a_limit_of_its_own_and_networks_are_one() {
        let guesses = Guesses::default();
        let tries = |address: &str| (0..2000).filter(|_| guesses.too_many(ip(address))).count();
        let refused = tries("192.0.2.1");
        assert!((900..=1000).contains(&refused), "{refused}");
        assert!(!guesses.too_many(ip("192.0.2.2")));
        assert!(tries("2001:db8::1") > 0 && guesses.too_many(ip("2001:db8::ffff")));
        assert!(!guesses.too_many(ip("2001:db8:0:1::1")));
    }

    #[test]
    fn many_addresses_share_a_limit_and_little_memory() {
        let guesses = Guesses::default();
        let address = |n: usize| IpAddr::V4(u32::try_from(n).unwrap().into());
        for n in 0..MAX_ADDRESSES {
            // All that it may at once, so that it is remembered for as long as the test takes.
            guesses.by_address.check_key_n(&address(n), AT_ONCE).unwrap().unwrap();
        }
        let refused = (0..2000).filter(|n| guesses.too_many(address(MAX_ADDRESSES + n))).count();
        assert!((500..=1000).contains(&refused), "{refused}");
        assert!(guesses.by_address.len() <= MAX_ADDRESSES);
    }

    #[test]
    fn a_forwarded_address_counts_from_trusted_proxies_alone() {
        let trusted = [ip("127.0.0.1"), ip("10.0.0.1")];
        for (peer, lines, expected) in [
            ("127.0.0.1:9", &["192.0.2.1"][..], "192.0.2.1"),
            ("127.0.0.1:9", &["6.6.6.6, 192.0.2.1"], "192.0.2.1"),
            ("127.0.0.1:9", &["6.6.6.6", "192.0.2.1, 10.0.0.1"], "192.0.2.1"),
            ("[::ffff:127.0.0.1]:9", &["192.0.2.1"], "192.0.2.1"),
            ("127.0.0.1:9", &["192.0.2.1, nonsense"], "127.0.0.1"),
            ("127.0.0.1:9", &[], "127.0.0.1"),
            ("192.0.2.7:9", &["192.0.2.1"], "192.0.2.7"),
        ] {
            let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
            for line in lines {
                request = request.append_header((FORWARDED_FOR, *line));
            }
            assert_eq!(origin(request.to_srv_request().head(), &trusted), Some(ip(expected)), "{lines:?}");
        }
        assert_eq!(origin(TestRequest::default().to_srv_request().head(), &trusted), None);
    }
}
