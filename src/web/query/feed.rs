//! The query of a feed. Unknown parameters are ignored: calendar programs append their own.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::feed::NoSuchAlarm;
use crate::web::feeds::variant::Variant;

/// Why a query cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::web) enum BadQuery {
    #[error(transparent)]
    Alarm(#[from] NoSuchAlarm),
    #[error("download must be 1 or left out")]
    Download,
    #[error("{0} is given twice")]
    Twice(&'static str),
}

/// Reads the part of an address after `?`.
pub(in crate::web) fn variant(query: &str) -> Result<Variant, BadQuery> {
    let (mut alarm, mut download) = (None, None);
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match &*decoded(key) {
            "alarm" => once(&mut alarm, "alarm", decoded(value).parse()?)?,
            "download" if value != "1" => return Err(BadQuery::Download),
            "download" => once(&mut download, "download", ())?,
            _ => {}
        }
    }
    Ok(Variant { download: download.is_some(), alarm })
}

fn once<T>(place: &mut Option<T>, key: &'static str, value: T) -> Result<(), BadQuery> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(BadQuery::Twice(key)),
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Alarm;

    #[test]
    fn known_parameters_take_known_values_once_and_others_are_ignored() {
        let alarm = |alarm| Ok(Variant { download: false, alarm: Some(alarm) });
        for (query, expected) in [
            ("", Ok(Variant::default())),
            ("download=1", Ok(Variant { download: true, alarm: None })),
            ("alarm=15m", alarm(Alarm::M15)),
            ("alarm=1%64", alarm(Alarm::D1)),
            ("%61larm=1d", alarm(Alarm::D1)),
            ("_=1723&alarm=2h&nocache=1&nocache=2&x", alarm(Alarm::H2)),
            ("download=1&alarm=5m", Ok(Variant { download: true, alarm: Some(Alarm::M5) })),
            ("Alarm=banana&=&&download2=no", Ok(Variant::default())),
            ("alarm=banana", Err(BadQuery::Alarm(NoSuchAlarm))),
            ("alarm=", Err(BadQuery::Alarm(NoSuchAlarm))),
            ("alarm", Err(BadQuery::Alarm(NoSuchAlarm))),
            ("alarm=%ff", Err(BadQuery::Alarm(NoSuchAlarm))),
            ("alarm=5m&alarm=5m", Err(BadQuery::Twice("alarm"))),
            ("download=1&download=1", Err(BadQuery::Twice("download"))),
            ("download=yes", Err(BadQuery::Download)),
            ("download", Err(BadQuery::Download)),
        ] {
            assert_eq!(variant(query), expected, "{query}");
        }
    }
}
