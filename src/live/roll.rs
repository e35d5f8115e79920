//! Keeps the snapshot in step with time: at each duty change the next one takes over, built ahead.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use crate::rota::Instant;

use super::snapshot::Snapshot;
use super::store::Store;

/// How long before a duty change its snapshot is built: time enough for thousands of teams.
const BUILT_AHEAD: TimeDelta = TimeDelta::seconds(30);

/// The clock may be set, and a machine may sleep: it is asked again at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);

/// Replaces the snapshot of `store` at each duty change of any team, for ever. `now` tells the time.
///
/// Must run on a tokio runtime with a timer; snapshots are built on its blocking threads.
pub async fn keep_rolling(store: Arc<Store>, now: impl Fn() -> Instant) {
    let mut ahead: Option<Snapshot> = None;
    loop {
        let (generation, change) = {
            let current = store.load();
            (current.generation(), current.valid_until())
        };
        let Some(change) = change else {
            tokio::time::sleep(LONGEST_SLEEP).await;
            continue;
        };
        let at = now();
        let is_built = ahead.as_ref().is_some_and(|next| next.generation() == generation + 1);
        if at >= change {
            take_over(&store, ahead.take(), at).await;
        } else if at >= change - BUILT_AHEAD && !is_built {
            ahead = built(&store, change).await;
        } else {
            let next = if is_built { change } else { change - BUILT_AHEAD };
            let left = (next - at).to_std().unwrap_or_default();
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
        }
    }
}

async fn built(store: &Arc<Store>, change: Instant) -> Option<Snapshot> {
    let current = Arc::clone(&store.load());
    tokio::task::spawn_blocking(move || current.rolled(change)).await.ok()
}

/// Puts `ahead` in service; where it is not the successor of what is in service, or is itself over at `at`, another.
async fn take_over(store: &Arc<Store>, ahead: Option<Snapshot>, at: Instant) {
    let store = Arc::clone(store);
    let swapped = tokio::task::spawn_blocking(move || {
        store.replace(|current| {
            let fits = |next: &Snapshot| {
                next.generation() == current.generation() + 1
                    && next.valid_until().is_some_and(|until| at < until)
            };
            Some(ahead.filter(fits).unwrap_or_else(|| current.rolled(at)))
        });
        store.load().generation()
    });
    match swapped.await {
        Ok(generation) => tracing::info!(generation, "rolled over to the next week"),
        Err(error) => {
            tracing::error!(%error, "the next week could not be built");
            tokio::time::sleep(LONGEST_SLEEP).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};
    use chrono::DateTime;
    use std::sync::atomic::{AtomicI64, Ordering};

    const CHANGE: &str = "2026-02-13T15:00:00Z";

    /// A clock that the test sets.
    #[derive(Clone)]
    struct Hands(Arc<AtomicI64>);

    impl Hands {
        fn at(text: &str) -> Hands {
            Hands(Arc::new(AtomicI64::new(at(text).timestamp_millis())))
        }

        fn now(&self) -> Instant {
            DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst)).unwrap()
        }

        fn set(&self, text: &str) {
            self.0.store(at(text).timestamp_millis(), Ordering::SeqCst);
        }
    }

    fn store(now: &str) -> Arc<Store> {
        Arc::new(Store::new(Snapshot::new(configuration("", &[("sample", TEAM)], at(now)), at(now))))
    }

    fn week(store: &Store) -> Instant {
        store.load().team("sample").unwrap().frame().week.start()
    }

    async fn until(is_so: impl Fn() -> bool) {
        let patience = async {
            while !is_so() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), patience).await.unwrap();
    }

    #[actix_web::test]
    async fn the_snapshot_rolls_at_the_duty_change_and_not_before() {
        let store = store("2026-02-10T12:00:00Z");
        let hands = Hands::at("2026-02-13T14:59:59.950Z");
        let clock = hands.clone();
        let rolling = actix_web::rt::spawn(keep_rolling(Arc::clone(&store), move || clock.now()));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!((store.load().generation(), week(&store)), (1, at("2026-02-06T15:00:00Z")));
        hands.set(CHANGE);
        until(|| store.load().generation() == 2).await;
        assert_eq!(week(&store), at(CHANGE));
        rolling.abort();
    }

    #[actix_web::test]
    async fn a_machine_that_slept_through_weeks_wakes_in_the_right_one() {
        let store = store("2026-02-10T12:00:00Z");
        let hands = Hands::at("2026-04-01T00:00:00Z");
        let rolling = actix_web::rt::spawn(keep_rolling(Arc::clone(&store), move || hands.now()));
        until(|| store.load().generation() > 1).await;
        assert_eq!(week(&store), at("2026-03-27T14:00:00Z"));
        assert_eq!(store.load().generation(), 2, "at once, not week by week");
        rolling.abort();
    }

    #[actix_web::test]
    async fn what_was_built_ahead_takes_over_as_it_is() {
        let store = store("2026-02-10T12:00:00Z");
        let ahead = built(&store, at(CHANGE)).await.unwrap();
        let team: *const _ = ahead.team("sample").unwrap();
        take_over(&store, Some(ahead), at("2026-02-13T15:00:01Z")).await;
        assert!(std::ptr::eq(team, store.load().team("sample").unwrap()));
    }

    #[actix_web::test]
    async fn what_was_built_ahead_of_another_snapshot_is_not_used() {
        let store = store("2026-02-10T12:00:00Z");
        let ahead = built(&store, at(CHANGE)).await.unwrap();
        store.replace(|current| Some(current.rolled(at("2026-02-11T00:00:00Z"))));
        take_over(&store, Some(ahead), at(CHANGE)).await;
        assert_eq!((store.load().generation(), week(&store)), (3, at(CHANGE)));
    }

    #[actix_web::test]
    async fn what_was_built_ahead_and_is_over_itself_is_not_used() {
        let store = store("2026-02-10T12:00:00Z");
        let ahead = built(&store, at(CHANGE)).await.unwrap();
        take_over(&store, Some(ahead), at("2026-02-21T00:00:00Z")).await;
        assert_eq!(week(&store), at("2026-02-20T15:00:00Z"));
    }
}
