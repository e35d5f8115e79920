//! Free/busy times (`VFREEBUSY`, RFC 5545 3.6.4): all that some servers share of a calendar.

use super::bounds::Context;
use super::component::CalendarFile;
use super::event::{End, Fault, Times};
use super::line::Line;
use super::recur::Allowance;
use super::report::Report;
use super::shape::{Clocks, Span};
use super::time_zone::TimeZones;
use super::value::{self, PeriodEnd, Stamp};
use crate::toml_reader::{self, At};

/// The kind of a time, by `FBTYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusyType {
    /// Nothing is planned.
    Free,
    /// Something is; also where `FBTYPE` is missing or not known (RFC 5545 3.2.9).
    Busy,
    /// Something may be.
    BusyTentative,
    /// The person is away.
    BusyUnavailable,
}

/// One time of a `FREEBUSY` property.
#[derive(Debug, Clone)]
pub struct FreeBusy {
    /// Its kind.
    pub kind: BusyType,
    /// Its period.
    pub span: Span,
    /// Its position.
    pub place: toml_reader::Span,
}

/// The free/busy times of a file that are `wanted`. One that cannot be read is an error.
pub fn free_busy(
    file: &CalendarFile<'_>,
    wanted: &dyn Fn(BusyType) -> bool,
    context: &Context<'_>,
    report: &Report<'_>,
) -> Vec<FreeBusy> {
    let allowance = Allowance::default();
    let zones = TimeZones::new(file, context.named, context.own, context.bounds, &allowance);
    let (mut all, mut days) = (Vec::new(), 0);
    for component in &file.free_busy {
        let clocks = Clocks { zones: &zones, calendar: component.calendar };
        let lines =
            component.all("FREEBUSY").map(|line| (kind(line), line)).filter(|(kind, _)| wanted(*kind));
        for (kind, line) in lines {
            for (from, word, entry) in value::entries(line) {
                let place = line.within(from, word.len());
                let span = match entry.and_then(|entry| Some((entry.start, entry.end?))) {
                    Some(period) => span(period, &place, clocks),
                    None => Err(not_a_period(place.clone())),
                };
                match span.map(|span| span.and_then(|span| span.within(context.bounds))) {
                    Ok(Some(span)) => {
                        days += span.days();
                        all.push(FreeBusy { kind, span, place: place.clone() });
                    }
                    Ok(None) => {}
                    Err(fault) => report.error(fault.code, fault.span, fault.message, fault.help),
                }
                if days > context.bounds.days {
                    let help = format!("a calendar may have {} days", context.bounds.days);
                    report.error("too-many-days", place, "up to here the calendar has too many days", &help);
                    return all;
                }
            }
        }
    }
    all
}

fn kind(line: &Line<'_>) -> BusyType {
    match line.parameter("FBTYPE").map(str::to_ascii_uppercase).as_deref() {
        Some("FREE") => BusyType::Free,
        Some("BUSY-TENTATIVE") => BusyType::BusyTentative,
        Some("BUSY-UNAVAILABLE") => BusyType::BusyUnavailable,
        _ => BusyType::Busy,
    }
}

/// `None` for a period that takes no time.
fn span(
    (start, end): (Stamp, PeriodEnd),
    place: &toml_reader::Span,
    clocks: Clocks<'_>,
) -> Result<Option<Span>, Fault> {
    let start = At { value: start, span: place.clone() };
    let shaped = clocks.shaped(Times { start, end: At { value: End::from(end), span: place.clone() } })?;
    Ok(shaped.span(shaped.times.start.value.local()))
}

fn not_a_period(span: toml_reader::Span) -> Fault {
    let help = "such as 20260713T220000Z/20260714T220000Z, or with a length: 20260713T220000Z/PT24H";
    Fault { code: "bad-date", span, message: "this is not a period".to_owned(), help }
}
