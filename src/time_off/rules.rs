//! Which entries of a calendar count as time off. The first rule that applies decides.

use super::summary::PassedOver;
use crate::ics::{Answer, BusyStatus, BusyType, CalendarFile, Event, Patterns, Wanted};
use crate::toml_reader::Span;

/// The `PRODID` of oncal's own feeds.
const OWN_PRODUCT: &str = "-//oncal//";

/// What is between the team and the time in the UIDs of oncal's own events.
const OWN_KINDS: [&str; 9] = [
    "primary",
    "secondary",
    "handover",
    "deadline",
    "holiday",
    "occasion",
    "time-off",
    "holidays-unknown",
    "leave-unknown",
];

/// `[time_off_calendars]` of a team.
#[derive(Debug, Default)]
pub struct Rules {
    /// Which kind of entries counts.
    pub count: Count,
    /// Entries that count even if they are free or short.
    pub include: Patterns,
    /// Entries that never count.
    pub exclude: Patterns,
}

/// Which kind of entries counts, where no pattern decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Count {
    /// Whole days, out of office, and what covers a whole local day.
    #[default]
    Days,
    /// Everything that is not free.
    Busy,
}

/// Whose calendar it is.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// `time_off_only`: of a calendar of several people, the entries that are theirs; all if there is none.
    pub only: &'a Patterns,
    /// Their mail address, as invitations have it.
    pub email: Option<&'a str>,
    /// What follows `@` in the UIDs of the team's own feeds.
    pub uid_domain: &'a str,
}

/// What the rules decide about an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    PassedOver(PassedOver),
    /// Where it is marked as tentative, if it is.
    Counts(Wanted, Option<Span>),
}

impl Rules {
    /// All that decides about the entries of a calendar of `person`.
    pub fn decisive(&self, person: &Person<'_>) -> String {
        let patterns = [&self.include, &self.exclude, person.only].map(Patterns::texts);
        let email = person.email.map(str::to_lowercase);
        format!("{:?} {patterns:?} {email:?} {:?}", self.count, person.uid_domain)
    }

    /// Applies the rules to an event of a calendar of `person`.
    pub(super) fn decide(&self, event: &Event<'_>, file: &CalendarFile<'_>, person: &Person<'_>) -> Decision {
        let answer = person.email.and_then(|email| event.answer_of(email));
        if event.is_cancelled() {
            return Decision::PassedOver(PassedOver::Cancelled);
        }
        if matches!(answer, Some((Answer::Declined, _))) {
            return Decision::PassedOver(PassedOver::Declined);
        }
        if is_own(event, file, person.uid_domain) {
            return Decision::PassedOver(PassedOver::OnCall);
        }
        let texts = event.title_and_categories();
        if self.exclude.matches(&texts) {
            return Decision::PassedOver(PassedOver::Excluded);
        }
        if !person.only.is_empty() && !person.only.matches(&texts) {
            return Decision::PassedOver(PassedOver::OtherPeople);
        }
        let unanswered = answer.filter(|(answer, _)| *answer == Answer::Open).map(|(_, span)| span);
        let tentative = event.tentative().or(unanswered);
        if self.include.matches(&texts) {
            return Decision::Counts(Wanted::All, tentative);
        }
        match event.busy_status() {
            BusyStatus::Free => Decision::PassedOver(PassedOver::Free),
            BusyStatus::WorkingElsewhere => Decision::PassedOver(PassedOver::WorkingElsewhere),
            BusyStatus::OutOfOffice => Decision::Counts(Wanted::All, tentative),
            BusyStatus::Tentative | BusyStatus::Busy => match self.count {
                Count::Days => Decision::Counts(Wanted::CoversADay, tentative),
                Count::Busy => Decision::Counts(Wanted::All, tentative),
            },
        }
    }

    /// Whether free/busy times of that kind count.
    pub(super) fn counts(&self, kind: BusyType) -> bool {
        match kind {
            BusyType::Free => false,
            BusyType::BusyUnavailable => true,
            BusyType::Busy | BusyType::BusyTentative => self.count == Count::Busy,
        }
    }
}

/// Whether oncal wrote the event: being on call is not time off, and must not change who is on call. Programs that
/// fetch a feed and pass it on have a PRODID of their own, but keep the UIDs.
fn is_own(event: &Event<'_>, file: &CalendarFile<'_>, uid_domain: &str) -> bool {
    let product = file.calendars.get(event.calendar).and_then(|calendar| calendar.product.as_deref());
    if product.is_some_and(|product| product.starts_with(OWN_PRODUCT)) {
        return true;
    }
    let slot = event.uid().and_then(|uid| uid.rsplit_once('@')).filter(|(_, domain)| *domain == uid_domain);
    let Some((slot, _)) = slot else { return false };
    let mut parts = slot.split('.');
    parts.next().is_some_and(|team| !team.is_empty())
        && parts.next().is_some_and(|kind| OWN_KINDS.contains(&kind))
        && parts.next().is_some()
}
