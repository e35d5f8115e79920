//! Lists of names in the log.

/// How many names a log line lists at most.
const MAX_NAMED: usize = 10;

/// The first of `ids`, and how many more there are.
pub(super) fn names(ids: &[&str]) -> String {
    let (first, rest) = ids.split_at(ids.len().min(MAX_NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("{}{more}", first.join(", "))
}
