//! Entries of a team's file that are ready to paste.

use chrono::NaiveDate;

use super::edit::{Field, entry_line};
use crate::rota::{Instant, Rotation, Row, RowStatus, Team, Zone, unnamed_secondary, week_at};

/// The `[[rotation]]` of `team` that says `rotation`, with an empty line before it.
pub fn rotation_entry(team: &Team, rotation: &Rotation) -> String {
    let weeks = rotation.weeks.iter().map(|pair| {
        let [primary, secondary] = [pair.primary, pair.secondary].map(|idx| &team.engineer(idx).id);
        format!("  {{ primary = \"{primary}\", secondary = \"{secondary}\" }},\n")
    });
    let starts = rotation.starts.format("%Y-%m-%dT%H:%M:%S");
    format!("\n[[rotation]]\nstarts = {starts}\nweeks = [\n{}]\n", weeks.collect::<String>())
}

/// The `[[override]]` that records the proposal of an open `row` of `team` as agreed on `today`. It is a little longer
/// than the row if that begins or ends in an hour that occurs twice, of which a file can name only the first.
///
/// By R7 the week's secondary stays if an override names only a primary, so an entry without a proposed secondary says
/// what follows from that. If nobody is free, the entry names no primary, and pasted unchanged it is an error.
pub fn override_entry(team: &Team, row: &Row, today: NaiveDate) -> String {
    let id = |idx| team.engineer(idx).id.as_str();
    let period = team.zone.named_period(row.period);
    let primary = match row.status {
        RowStatus::Nobody => "primary = \"…\"   # nobody is free: find somebody".to_owned(),
        _ => format!("primary = \"{}\"", id(row.primary)),
    };
    let unnamed = || {
        let pair = week_at(team, row.period.start())?.pair;
        // The primary is away throughout: that is what the conflict is.
        let stays = match row.status {
            RowStatus::Nobody => Some(pair.secondary),
            _ => unnamed_secondary(pair, row.primary, true),
        };
        Some(match stays {
            Some(idx) => format!("left out: {} stays secondary but cannot cover", id(idx)),
            None => "left out: nobody is secondary".to_owned(),
        })
    };
    let secondary = row.secondary.map_or_else(
        || format!("#secondary = \"…\"   # {}", unnamed().unwrap_or_default()),
        |idx| format!("secondary = \"{}\"", id(idx)),
    );
    let lines = [
        "[[override]]".to_owned(),
        entry_line(&("from", time_field(&team.zone, period.start()))),
        entry_line(&end_field(&team.zone, period.end())),
        primary,
        secondary,
        format!("agreed_on = {today}"),
        entry_line(&("reason", Field::Text(row.reasons.join(", ")))),
    ];
    lines.join("\n") + "\n"
}

/// The end of an override: `through`, its last day, where it ends at a midnight.
pub fn end_field(zone: &Zone, end: Instant) -> (&'static str, Field) {
    match time_field(zone, end) {
        Field::Date(next) if let Some(last) = next.pred_opt() => ("through", Field::Date(last)),
        time => ("to", time),
    }
}

/// Team time as written in the file: a bare date is the first instant of its day.
pub fn time_field(zone: &Zone, instant: Instant) -> Field {
    let local = zone.local(instant);
    match zone.first_instant(local.date()) == instant {
        true => Field::Date(local.date()),
        false => Field::Time(local),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_a_bare_date_and_every_other_time_is_written_out() {
        let zone = Zone::bundled("America/New_York").unwrap();
        for (instant, expected) in [
            ("2026-12-25T05:00:00Z", "2026-12-25"),
            ("2026-12-24T23:00:00Z", "2026-12-24T18:00:00"),
            ("2026-07-01T04:00:00Z", "2026-07-01"),
        ] {
            let line = entry_line(&("from", time_field(&zone, instant.parse().unwrap())));
            assert_eq!(line, format!("from = {expected}"));
        }
    }

    #[test]
    fn a_reason_is_a_string_of_toml_whatever_it_holds() {
        let hostile = "New Year's \"Day\" \\ \u{1f384}\u{7f}\n";
        let read: toml::Table = entry_line(&("reason", Field::Text(hostile.to_owned()))).parse().unwrap();
        assert_eq!(read["reason"].as_str(), Some(hostile));
    }
}
