//! Copies that other servers stored, of calendars that they read for other people than this one does.
//!
//! A server that replaces a copy adds what had begun to the past of the readers that it knows. Servers that share a
//! database may have different files, so each adds it for those whom the other did not know.

use std::sync::Arc;

use super::judge::{InService, today, use_of};
use super::past::extended;
use crate::config::{CalendarUse, Found, History, KeptCalendar, KeptCalendars};

/// What the past of readers in the configuration in service lacks, for calendars of which `stored` has newer copies
/// than `before`: the digest and number of each, and the history that it should have.
pub(super) fn missing_past(
    before: &KeptCalendars,
    stored: &KeptCalendars,
    in_service: InService<'_>,
) -> Vec<(String, i64, String)> {
    let is_newer = |(digest, kept): &(&str, &Arc<KeptCalendar>)| {
        let mut old = before.iter().filter(|(known, _)| known == digest);
        old.any(|(_, old)| old.text.is_some() && old.number < kept.number)
    };
    let mut next = None;
    let mut missing = Vec::new();
    for (digest, kept) in stored.iter().filter(is_newer) {
        let (text_id, mut history) = (kept.text_id(), kept.history.clone());
        let configured = in_service.configuration.calendar_uses().map(|usage| (usage, true));
        let others = in_service.others.iter().map(|usage| (usage, false));
        let of_calendar = |(usage, _): &(&CalendarUse, bool)| usage.address.digest().as_str() == digest;
        for (old, is_configured) in configured.chain(others).filter(of_calendar) {
            let past = kept.history.get(&old.reader);
            if past.is_some_and(|past| past.extended_for == text_id) {
                continue;
            }
            let next = next.get_or_insert_with(|| (in_service.load)(Arc::new(stored.clone())));
            let new = match is_configured {
                true => next.as_ref().and_then(|next| use_of(next, &old.reader, &old.address)),
                // It stays in service as it is.
                false => Some(old),
            };
            let Some(new) = new.filter(|new| matches!(new.found, Found::Absences(..) | Found::Holidays(_)))
            else {
                continue;
            };
            let at = kept.fetched_at.unwrap_or_default();
            let today = today(in_service.configuration, &old.reader, at);
            let past = extended(old.rejudged.as_ref().or(past), &old.found, &new.found, (at, today));
            let judged_by = old.rules.clone();
            history.insert(old.reader.clone(), History { extended_for: text_id.clone(), judged_by, ..past });
        }
        if history != kept.history {
            let text = KeptCalendar { history, ..KeptCalendar::default() }.history_text();
            missing.push((digest.to_owned(), kept.number, text));
        }
    }
    missing
}
