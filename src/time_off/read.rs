//! The absences in a person's calendar.

use std::cell::RefCell;
use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::absence::{Absence, without};
use super::rules::{Decision, Person, Rules};
use super::summary::{PassedOver, Summary};
use crate::ics::{
    self, Bounds, BusyType, CalendarFile, Context, Event, Expansion, Outcome, Report, Span, Wanted,
};
use crate::rota::{Instant, Zone};
use crate::toml_reader::{self, Problems};

/// How many days all entries of a calendar may have in the past, meetings and all, for a look at which of them it has.
const MAX_PAST_DAYS: u64 = 1_000_000;

/// What is needed to read somebody's calendar.
pub struct Reader<'a> {
    /// What counts in the team.
    pub rules: &'a Rules,
    /// Whose calendar it is.
    pub person: Person<'a>,
    /// Their time zone: of their days, and of times without a zone.
    pub zone: &'a Zone,
    /// Gives the zone of an IANA name.
    pub named: &'a dyn Fn(&str) -> Option<Zone>,
    /// Recurrences are followed for twenty years from here.
    pub now: Instant,
    /// Entries that are over before this day are never an error.
    pub relevant_from: NaiveDate,
}

/// Somebody's time off by their calendar.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leave {
    /// One for each occurrence of each entry that counts, in the calendar's order; they may overlap.
    pub absences: Vec<Absence>,
    /// How many entries count, and how many do not.
    pub summary: Summary,
}

impl Reader<'_> {
    /// Reads the text of a calendar, as [`ics::decode`] gives it. Every defect goes to `problems`, which are to be
    /// those of this calendar alone; if one of them is an error, nothing is returned. An entry that does not count, or
    /// is over before `relevant_from`, is never an error.
    pub fn read(&self, text: &str, problems: &Problems) -> Option<Leave> {
        let report = Report::new(problems);
        let file = ics::read(text, &report)?;
        let context = Context {
            bounds: Bounds::at(self.now).relevant_from(self.relevant_from),
            named: self.named,
            own: self.zone,
        };
        let decisions = RefCell::new(Vec::with_capacity(file.events.len()));
        let wanted = |event: &Event<'_>| {
            let decision = self.rules.decide(event, &file, &self.person);
            let wanted = match &decision {
                Decision::PassedOver(_) => Wanted::No,
                Decision::Counts(wanted, _) => *wanted,
            };
            decisions.borrow_mut().push(decision);
            wanted
        };
        let expansion = ics::expand(&file, &wanted, &context, &report);
        let decisions = decisions.into_inner();
        let mut leave = Leave { absences: Vec::new(), summary: summary(&file, &decisions, &expansion) };
        leave.absences.extend(expansion.occurrences.iter().map(|occurrence| Absence::from(&occurrence.span)));
        let mut tentative = self.tentative(&decisions, &expansion);
        tentative.extend(self.free_busy(&file, &context, &report, &mut leave));
        warn_of_tentative(&tentative, &report);
        self.warn_of_free_days(&file, &decisions, &context, &report);
        if leave.absences.is_empty() {
            self.warn_of_nothing(&file, &leave.summary, text, &report);
        }
        (!report.has_errors()).then_some(leave)
    }

    /// What of `past`, which other rules found in earlier versions of the calendar, is in no entry of `text`. About the
    /// rest the present rules decide.
    pub fn rejudged(&self, past: &[Absence], text: &str) -> Vec<Absence> {
        let ignored = Problems::default();
        let report = Report::new(&ignored);
        let Some(file) = ics::read(text, &report) else { return past.to_vec() };
        let last = self.now.date_naive().succ_opt().unwrap_or_default();
        let bounds = Bounds { last, days: MAX_PAST_DAYS, ..Bounds::at(self.now) };
        let context = Context { bounds, named: self.named, own: self.zone };
        let expansion = ics::expand(&file, &|_: &Event<'_>| Wanted::All, &context, &report);
        let entries = expansion.occurrences.iter().map(|occurrence| Absence::from(&occurrence.span));
        let busy = ics::free_busy(&file, &|kind| kind != BusyType::Free, &context, &report);
        let busy = busy.iter().map(|time| Absence::from(&time.span));
        without(past, entries.chain(busy))
    }

    fn is_ahead(&self, span: &Span) -> bool {
        span.period(self.zone).is_some_and(|period| period.end() > self.now)
    }

    /// Where entries ahead that count say that they are tentative.
    fn tentative(&self, decisions: &[Decision], expansion: &Expansion) -> Vec<toml_reader::Span> {
        let mut places: Vec<_> = Vec::new();
        for occurrence in expansion.occurrences.iter().filter(|occurrence| self.is_ahead(&occurrence.span)) {
            if let Some(Decision::Counts(_, Some(place))) = decisions.get(occurrence.event)
                && places.last() != Some(place)
            {
                places.push(place.clone());
            }
        }
        places
    }

    /// Adds the free/busy times that count; gives the places of those ahead that are tentative.
    fn free_busy(
        &self,
        file: &CalendarFile<'_>,
        context: &Context<'_>,
        report: &Report<'_>,
        leave: &mut Leave,
    ) -> Vec<toml_reader::Span> {
        let passed_over = RefCell::new(0usize);
        let wanted = |kind: BusyType| {
            let counts = self.rules.counts(kind);
            if !counts && kind != BusyType::Free {
                *passed_over.borrow_mut() += 1;
            }
            counts
        };
        let found = ics::free_busy(file, &wanted, context, report);
        leave.summary.count += found.len();
        (0..passed_over.into_inner()).for_each(|_| leave.summary.pass_over(PassedOver::FreeBusy));
        leave.absences.extend(found.iter().map(|time| Absence::from(&time.span)));
        let tentative = found.into_iter().filter(|time| time.kind == BusyType::BusyTentative);
        tentative.filter(|time| self.is_ahead(&time.span)).map(|time| time.place).collect()
    }

    /// Warns of whole days ahead that are marked as free: programs do so by default, and most people never notice.
    fn warn_of_free_days(
        &self,
        file: &CalendarFile<'_>,
        decisions: &[Decision],
        context: &Context<'_>,
        report: &Report<'_>,
    ) {
        let is_free =
            |place: usize| matches!(decisions.get(place), Some(Decision::PassedOver(PassedOver::Free)));
        if !(0..file.events.len()).any(is_free) {
            return;
        }
        let place = RefCell::new(0..);
        let wanted = |_: &Event<'_>| {
            let place = place.borrow_mut().next().unwrap_or_default();
            if is_free(place) { Wanted::WholeDays } else { Wanted::No }
        };
        // What cannot be read does not count, so it is not an error.
        let ignored = Problems::default();
        let expansion = ics::expand(file, &wanted, context, &Report::new(&ignored));
        let ahead = expansion.occurrences.iter().filter(|occurrence| self.is_ahead(&occurrence.span));
        let mut events: Vec<usize> = ahead.map(|occurrence| occurrence.event).collect();
        events.dedup();
        let Some(first) = events.first().and_then(|place| file.events.get(*place)) else { return };
        let message = match events.len() {
            1 => "this whole day ahead is marked as free, so it does not count as time off".to_owned(),
            2 => "this whole day ahead and one more are marked as free, so they do not count as time off"
                .to_owned(),
            count => format!(
                "this whole day ahead and {} more are marked as free, so they do not count as time off",
                count - 1
            ),
        };
        let help = "mark leave as busy or out of office, or name it in `include` of [time_off_calendars]";
        report.warning("free-whole-days", first.span.clone(), message, help);
    }

    /// Warns of a calendar without time off: it is likely the wrong one, or read by the wrong rules.
    fn warn_of_nothing(&self, file: &CalendarFile<'_>, summary: &Summary, text: &str, report: &Report<'_>) {
        if report.has_errors() || file.events.is_empty() && file.free_busy.is_empty() {
            return;
        }
        let end = text.lines().next().map_or(0, str::len);
        if file.events.is_empty() {
            let message = "this calendar has free/busy times only, and none of them counts as time off";
            let help = "`count = \"busy\"` in [time_off_calendars] counts all times that are not free";
            report.warning("no-time-off", 0..end, message, help);
        } else if !self.person.only.is_empty() && summary.passed_over.contains_key(&PassedOver::OtherPeople) {
            let message = "no entry of this calendar that matches `time_off_only` counts as time off";
            let help = "`time_off_only` is matched against SUMMARY and CATEGORIES of each event";
            report.warning("no-time-off", 0..end, message, help);
        }
    }
}

/// A repeating entry is one, together with its changed instances of which the same is said.
fn summary(file: &CalendarFile<'_>, decisions: &[Decision], expansion: &Expansion) -> Summary {
    let mut summary = Summary::default();
    let said = file.events.iter().zip(decisions).zip(&expansion.outcomes);
    let said = said.filter_map(|((event, decision), outcome)| Some((event, verdict(decision, *outcome)?)));
    let (instances, masters): (Vec<_>, Vec<_>) = said.partition(|(event, _)| event.is_instance());
    let mut known = BTreeSet::new();
    for (event, verdict) in masters.into_iter().chain(instances) {
        let is_new = event.uid().is_none_or(|uid| known.insert((uid, verdict)));
        match verdict {
            _ if event.is_instance() && !is_new => {}
            Ok(()) => summary.count += 1,
            Err(reason) => summary.pass_over(reason),
        }
    }
    summary
}

/// Whether an entry counts, otherwise why not; `None` if nothing is said of it.
fn verdict(decision: &Decision, outcome: Outcome) -> Option<Result<(), PassedOver>> {
    match (decision, outcome) {
        (_, Outcome::Superseded) => None,
        (Decision::PassedOver(reason), _) => Some(Err(*reason)),
        (Decision::Counts(..), Outcome::TooShort) => Some(Err(PassedOver::Short)),
        (Decision::Counts(..), Outcome::Taken) => Some(Ok(())),
        // It was cancelled with its series.
        (Decision::Counts(..), Outcome::NotWanted) => Some(Err(PassedOver::Cancelled)),
        (Decision::Counts(..), Outcome::Nothing) => None,
    }
}

/// Warns of tentative leave. It counts: a rota that treats it as certain errs on the safe side.
fn warn_of_tentative(places: &[toml_reader::Span], report: &Report<'_>) {
    let Some(first) = places.first() else { return };
    let message = match places.len() {
        1 => "this absence is tentative but counts".to_owned(),
        2 => "this absence is tentative but counts, and so does one more".to_owned(),
        count => format!("this absence is tentative but counts, and so do {} more", count - 1),
    };
    let help = "confirm it in the calendar, or delete it there";
    report.warning("tentative-time-off", first.clone(), message, help);
}
