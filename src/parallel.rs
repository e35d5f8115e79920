//! Work on many items, shared out among the processors.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What `work` makes of each of `items`, in their order.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    if items.len() < 2 * threads {
        return items.iter().map(work).collect();
    }
    let parts = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for (position, part) in items.chunks(items.len().div_ceil(threads)).enumerate() {
            let (parts, work) = (&parts, &work);
            let work_on_part = move || {
                let done: Vec<R> = part.iter().map(work).collect();
                parts.lock().unwrap_or_else(PoisonError::into_inner).insert(position, done);
            };
            // Where the system has no thread to spare, this one does the work.
            if thread::Builder::new().spawn_scoped(scope, work_on_part).is_err() {
                work_on_part();
            }
        }
    });
    parts.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items_however_many_there_are() {
        for count in [0, 1, 2, 7, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let expected: Vec<usize> = items.iter().map(|item| item * 3).collect();
            assert_eq!(map(&items, |item| item * 3), expected, "{count}");
        }
    }
}
