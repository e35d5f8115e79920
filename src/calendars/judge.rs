//! Whether a new copy of a calendar can be used, and what is kept of the old one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::job::Wanted;
use super::past::extended;
use crate::config::{
    CalendarReader, CalendarUse, Configuration, Found, History, KeptCalendar, KeptCalendars,
};
use crate::fetch::Address;
use crate::rota::Instant;

/// Loads the configuration as it would be with other copies; `None` if it cannot be read.
pub type LoadWith<'l> = dyn Fn(Arc<KeptCalendars>) -> Option<Configuration> + 'l;

/// What is in service, with which a new copy is compared.
#[derive(Clone, Copy)]
pub struct InService<'c> {
    /// The configuration that was loaded last.
    pub configuration: &'c Configuration,
    /// What teams read that are in service as they were before their files had errors.
    pub others: &'c [CalendarUse],
    /// Loads the configuration as it would be with other copies; `None` if it cannot be read.
    pub load: &'c LoadWith<'c>,
}

/// What to do with a new copy.
#[derive(Debug)]
pub(super) enum Judgement {
    /// It is used, with this past.
    Good(BTreeMap<CalendarReader, History>),
    /// It has an error of this code.
    Unreadable(&'static str),
    /// Not known yet: what reads it is not loaded, or not with the stored copy.
    Later,
}

/// How `configuration` has `reader` read the calendar at `address`.
pub(super) fn use_of<'c>(
    configuration: &'c Configuration,
    reader: &CalendarReader,
    address: &Address,
) -> Option<&'c CalendarUse> {
    configuration.calendar_uses().find(|usage| usage.reads(reader, address))
}

/// The latest date that it is at `now` for anybody who has the holidays that `reader` reads; UTC's for time off, and
/// where nobody has them.
pub(super) fn today(configuration: &Configuration, reader: &CalendarReader, now: Instant) -> NaiveDate {
    let utc = now.date_naive();
    let CalendarReader::Holidays(base) = reader else { return utc };
    let library = &configuration.library;
    let ids: BTreeSet<&str> = library.ids().into_iter().filter(|id| library.rests_on(id, base)).collect();
    let engineers = configuration.teams.values().flat_map(|team| &team.team.engineers);
    let concerned =
        engineers.filter(|engineer| engineer.calendars.iter().any(|calendar| ids.contains(calendar.id())));
    concerned.map(|engineer| engineer.zone.date(now)).max().unwrap_or(utc)
}

/// Judges `text` as the next copy at `now`.
pub(super) fn judge(
    wanted: &Wanted,
    text: &Arc<str>,
    kept: &KeptCalendars,
    in_service: InService<'_>,
    now: Instant,
) -> Judgement {
    let before = kept.get(&wanted.address).map(|kept| KeptCalendar::clone(kept)).unwrap_or_default();
    let candidate =
        KeptCalendar { number: before.number + 1, text: Some(Arc::clone(text)), ..before.clone() };
    let text_id = candidate.text_id();
    let mut all = kept.clone();
    all.insert(&wanted.digest, candidate);
    let Some(next) = (in_service.load)(Arc::new(all)) else { return Judgement::Later };
    let of_reader = |configuration: &Configuration, reader: &CalendarReader| {
        use_of(configuration, reader, &wanted.address).cloned()
    };
    // Other servers add to the past of those whom they alone know.
    let others = before.history.iter().filter(|(reader, _)| wanted.is_read_elsewhere_by(reader));
    let mut history: BTreeMap<CalendarReader, History> =
        others.map(|(reader, past)| (reader.clone(), past.clone())).collect();
    let (mut is_read, nothing) = (false, Found::Nothing);
    for reader in &wanted.readers {
        let today = today(in_service.configuration, reader, now);
        let Some(new) = of_reader(&next, reader) else {
            // Its file has errors. Other readers of the same calendar do not wait for it.
            let past = before.history.get(reader);
            let old = in_service.others.iter().find(|usage| usage.reads(reader, &wanted.address));
            let past = match old {
                Some(old) => {
                    let past = old.rejudged.as_ref().or(past);
                    let past = extended(past, &old.found, &old.found, (now, today));
                    Some(History { extended_for: text_id.clone(), judged_by: old.rules.clone(), ..past })
                }
                None => past.cloned(),
            };
            history.extend(past.map(|past| (reader.clone(), past)));
            continue;
        };
        is_read = true;
        let old = of_reader(in_service.configuration, reader);
        match new.found {
            Found::Unreadable(code) => return Judgement::Unreadable(code),
            Found::Nothing => return Judgement::Later,
            Found::Absences(..) | Found::Holidays(_) => {}
        }
        if before.text.is_some() && old.as_ref().is_none_or(|old| !old.is_current(kept)) {
            return Judgement::Later;
        }
        // By the rules in service, whose decisions about the old copy stay.
        let judged_by = old.as_ref().unwrap_or(&new).rules.clone();
        let rejudged = old.as_ref().and_then(|old| old.rejudged.as_ref());
        let found = old.as_ref().map_or(&nothing, |old| &old.found);
        let past = rejudged.or(before.history.get(reader));
        let past = extended(past, found, &new.found, (now, today));
        history.insert(reader.clone(), History { extended_for: text_id.clone(), judged_by, ..past });
    }
    if is_read { Judgement::Good(history) } else { Judgement::Later }
}
