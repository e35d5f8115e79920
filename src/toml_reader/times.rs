//! The dates and times of a table: all local, none in quotes.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use toml::Spanned;
use toml::de::DeValue;
use toml::value::Datetime;

use super::table_reader::{At, TableReader};

/// A local date, or a local date with a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A bare date.
    Date(NaiveDate),
    /// A date and a time of day, without offset.
    DateTime(NaiveDateTime),
}

/// What is expected where a time of day is required.
const DATE_AND_TIME: &str = "a local date and time such as 2026-01-02T10:00:00";

impl<'a> TableReader<'a> {
    /// A local date: `2026-05-22`, without quotes.
    pub fn date(&mut self, key: &'static str) -> Option<At<NaiveDate>> {
        let value = self.value(key)?;
        self.as_date(key, value)
    }

    /// A local date, or a local date with a time.
    pub fn moment(&mut self, key: &'static str) -> Option<At<Moment>> {
        let value = self.value(key)?;
        let expected = "a local date such as 2026-05-22, or with a time: 2026-05-22T10:00:00";
        self.as_moment(key, value, expected)
    }

    fn as_moment(
        &self,
        key: &'static str,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
    ) -> Option<At<Moment>> {
        let needs_time = expected == DATE_AND_TIME;
        let fits = |stamp: &Datetime| stamp.date.is_some() && (stamp.time.is_some() || !needs_time);
        let DeValue::Datetime(stamp) = value.get_ref() else {
            return self.no_time(key, value, fits, expected);
        };
        let moment = match (stamp.offset, naive_date(stamp), naive_time(stamp)) {
            (None, Some(date), None) if stamp.time.is_none() => Some(Moment::Date(date)),
            (None, Some(date), Some(time)) => Some(Moment::DateTime(date.and_time(time))),
            _ => None,
        };
        match moment {
            Some(moment) => Some(At { value: moment, span: value.span() }),
            None => self.no_time(key, value, fits, expected),
        }
    }

    /// A local date with a time of day that must be there: `2026-01-02T10:00:00`, no offset.
    pub fn date_time(&mut self, key: &'static str) -> Option<At<NaiveDateTime>> {
        let value = self.value(key)?;
        let moment = self.as_moment(key, value, DATE_AND_TIME)?;
        match moment.value {
            Moment::DateTime(value) => Some(At { value, span: moment.span }),
            Moment::Date(_) => {
                let message = format!("`{key}` lacks its time of day");
                self.problems().error_with_help("wrong-type", moment.span, message, DATE_AND_TIME.to_owned());
                None
            }
        }
    }

    /// A time of day: `10:00:00`, without quotes.
    pub fn time(&mut self, key: &'static str) -> Option<NaiveTime> {
        let value = self.value(key)?;
        let time = match value.get_ref() {
            DeValue::Datetime(stamp) if stamp.date.is_none() && stamp.offset.is_none() => naive_time(stamp),
            _ => None,
        };
        match time {
            Some(time) => Some(time),
            None => {
                let fits = |stamp: &Datetime| stamp.date.is_none();
                self.no_time(key, value, fits, "a time of day such as 10:00:00")
            }
        }
    }

    /// A list of local dates.
    pub fn dates(&mut self, key: &'static str) -> Option<Vec<At<NaiveDate>>> {
        self.list(key, |section, item| section.as_date(key, item))
    }

    /// A list of local dates, each with or without quotes.
    pub fn quotable_dates(&mut self, key: &'static str) -> Option<Vec<At<NaiveDate>>> {
        self.list(key, |section, item| {
            let DeValue::String(text) = item.get_ref() else { return section.as_date(key, item) };
            let date = quoted_date(text).map(|value| At { value, span: item.span() });
            if date.is_none() {
                let help = "a date such as 2026-05-22".to_owned();
                section.problems().error_with_help("invalid-date", item.span(), "this is not a date", help);
            }
            date
        })
    }

    fn as_date(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<At<NaiveDate>> {
        let date = match value.get_ref() {
            DeValue::Datetime(stamp) if stamp.time.is_none() => naive_date(stamp),
            _ => None,
        };
        match date {
            Some(date) => Some(At { value: date, span: value.span() }),
            None => {
                let fits = |stamp: &Datetime| stamp.date.is_some() && stamp.time.is_none();
                self.no_time(key, value, fits, "a date without quotes such as 2026-05-22")
            }
        }
    }

    /// Reports a value that is not a date or time, with its correct form if only the form is wrong and that `fits`.
    fn no_time<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        fits: impl Fn(&Datetime) -> bool,
        expected: &str,
    ) -> Option<T> {
        let help = match value.get_ref() {
            DeValue::String(text) => {
                let stamp = text.trim().parse::<Datetime>().ok();
                let stamp = stamp.filter(|stamp| stamp.offset.is_none() && fits(stamp));
                stamp.map(|stamp| format!("remove the quotes: {stamp}"))
            }
            DeValue::Datetime(stamp) => stamp.offset.filter(|_| fits(stamp)).map(|offset| {
                let local = Datetime { offset: None, ..*stamp };
                format!("leave out `{offset}`: times here are local, such as {local}")
            }),
            _ => None,
        };
        self.wrong_type_with_help(key, value, help.unwrap_or_else(|| format!("expected {expected}")))
    }
}

fn naive_date(stamp: &Datetime) -> Option<NaiveDate> {
    let date = stamp.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}

/// A date as TOML writes it; chrono alone would also take `2026-5-2`.
fn quoted_date(text: &str) -> Option<NaiveDate> {
    if text.len() == "2026-05-22".len() { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}

/// Times with fractions of a second are refused, never rounded.
fn naive_time(stamp: &Datetime) -> Option<NaiveTime> {
    let time = stamp.time?;
    match time.nanosecond {
        None | Some(0) => NaiveTime::from_hms_opt(
            u32::from(time.hour),
            u32::from(time.minute),
            u32::from(time.second.unwrap_or(0)),
        ),
        Some(_) => None,
    }
}
