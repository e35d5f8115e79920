//! Pairs, swaps and overrides in a team file.

use chrono::NaiveDate;

use super::values::{date, moment, reason, required_moment};
use crate::toml_reader::{At, Moment, Span, TableReader};

#[derive(Debug)]
pub(in crate::config) struct PairTable {
    pub(in crate::config) primary: Option<At<String>>,
    pub(in crate::config) secondary: Option<At<String>>,
}

#[derive(Debug)]
pub(in crate::config) struct SwapTable {
    pub(in crate::config) week: Option<At<NaiveDate>>,
    pub(in crate::config) pair: PairTable,
    pub(in crate::config) reason: Option<String>,
}

#[derive(Debug)]
pub(in crate::config) struct OverrideTable {
    pub(in crate::config) span: Span,
    pub(in crate::config) from: Option<At<Moment>>,
    pub(in crate::config) end: Option<OverrideEnd>,
    pub(in crate::config) primary: Option<At<String>>,
    pub(in crate::config) secondary: Option<At<String>>,
    pub(in crate::config) agreed_on: Option<At<NaiveDate>>,
    /// Whether `agreed_on` is there, even with a value that is wrong.
    pub(in crate::config) has_agreed_on: bool,
    pub(in crate::config) reason: Option<String>,
}

/// The end of an override, as written in the file.
#[derive(Debug)]
pub(in crate::config) enum OverrideEnd {
    /// `to`: the first moment after it; a bare date is that day's beginning.
    To(At<Moment>),
    /// `through`: its last date.
    Through(At<NaiveDate>),
}

impl PairTable {
    pub(super) fn read(table: &mut TableReader<'_>) -> PairTable {
        PairTable {
            primary: table.required_text("primary", "a"),
            secondary: table.required_text("secondary", "b"),
        }
    }
}

impl SwapTable {
    pub(super) fn read(mut table: TableReader<'_>) -> SwapTable {
        table.require("week", "week = 2026-05-22");
        let week = date(&mut table, "week");
        let pair = PairTable::read(&mut table);
        let reason = reason(&mut table);
        table.finish();
        SwapTable { week, pair, reason }
    }
}

impl OverrideTable {
    pub(super) fn read(mut table: TableReader<'_>) -> OverrideTable {
        table.find_other_name("from", &OTHER_STARTS);
        table.find_other_name("primary", &OTHER_PRIMARIES);
        table.find_slip("agreed_on");
        table.find_other_name("agreed_on", &OTHER_AGREEMENTS);
        let entry = OverrideTable {
            span: table.span(),
            from: required_moment(&mut table, "from", "2026-12-24T18:00:00"),
            end: override_end(&mut table),
            primary: table.required_text("primary", "a"),
            secondary: table.text("secondary"),
            has_agreed_on: table.has("agreed_on"),
            agreed_on: date(&mut table, "agreed_on"),
            reason: reason(&mut table),
        };
        table.finish();
        entry
    }
}

/// What people call the start.
pub(super) const OTHER_STARTS: [&str; 6] = ["start", "starts", "begin", "begins", "since", "start_date"];

const OTHER_PRIMARIES: [&str; 5] = ["engineer", "who", "person", "on_call", "oncall"];

const OTHER_AGREEMENTS: [&str; 4] = ["agreed", "agreed_at", "agreed_date", "agreement"];

/// What people call the end.
pub(super) const OTHER_ENDS: [&str; 6] = ["until", "till", "thru", "end", "ends", "end_date"];

/// Exactly one of `to` and `through`; both or none is an error.
fn override_end(table: &mut TableReader<'_>) -> Option<OverrideEnd> {
    let (to, through) = (table.has("to"), table.has("through"));
    if to && through {
        let message = "`to` and `through` both say when this override ends";
        let help = "keep one: `through` is the last day, `to` the first moment after it";
        let span = table.span_of("through");
        table.problems().error_with_help("two-ends", span, message, help.to_owned());
        table.moment("to");
        table.moment("through");
        return None;
    }
    if !to && !through {
        table.find_slip("through");
        match OTHER_ENDS.into_iter().find(|key| table.has(key)) {
            Some(key) => {
                let help =
                    "write `through` with the last day, or `to` with the first moment after the override";
                table.refuse(key, "unknown-key", &format!("`override` has no key `{key}`"), help);
            }
            None if !table.has("through") => {
                let message = "`override` lacks its end";
                let help = "add the last day, such as `through = 2026-12-25`, or a time, such as `to = 2026-12-26T09:00:00`";
                table.problems().error_with_help("missing-key", table.span(), message, help.to_owned());
            }
            None => {}
        }
    }
    let end = moment(table, "to").map(OverrideEnd::To);
    let Some(At { value, span }) = moment(table, "through") else { return end };
    match value {
        Moment::Date(date) => Some(OverrideEnd::Through(At { value: date, span })),
        Moment::DateTime(time) => {
            let message = "`through` is the last day, without a time";
            let help = format!("write `to = {}`", time.format("%Y-%m-%dT%H:%M:%S"));
            table.problems().error_with_help("wrong-type", span, message, help);
            None
        }
    }
}
