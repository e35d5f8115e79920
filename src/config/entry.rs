//! Entries of a team's file that are ready to paste.

use chrono::NaiveDate;

use crate::rota::{EngineerIdx, Instant, Rotation, Row, RowStatus, Team, Zone, unnamed_secondary, week_at};

/// The `[[rotation]]` of `team` that says `rotation`, with an empty line before it.
pub fn rotation_entry(team: &Team, rotation: &Rotation) -> String {
    let weeks = rotation.weeks.iter().map(|pair| {
        let [primary, secondary] = [pair.primary, pair.secondary].map(|idx| &team.engineer(idx).id);
        format!("  {{ primary = \"{primary}\", secondary = \"{secondary}\" }},\n")
    });
    let starts = rotation.starts.format("%Y-%m-%dT%H:%M:%S");
    format!("\n[[rotation]]\nstarts = {starts}\nweeks = [\n{}]\n", weeks.collect::<String>())
}

/// The `[[override]]` that records the proposal of an open `row` of `team` as agreed on `today`. It is a little longer than
/// the row if that begins or ends in an hour that occurs twice, of which a file can name only the first.
///
/// By R7 the week's secondary stays if an override names only a primary, so an entry without a proposed secondary says
/// what follows from that. If nobody is free, the entry names no primary, and pasted unchanged it is an error.
pub fn override_entry(team: &Team, row: &Row, today: NaiveDate) -> String {
    let id = |idx| team.engineer(idx).id.as_str();
    let time = |instant| toml_time(&team.zone, instant);
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
        format!("from = {}", time(period.start())),
        end_line(&team.zone, period.end()),
        primary,
        secondary,
        format!("agreed_on = {today}"),
        format!("reason = {}", toml_text(&row.reasons.join(", "))),
    ];
    lines.join("\n") + "\n"
}

/// The command that records that `who` takes the conflict of `row`: the same as the entry. `open` are all open rows,
/// since a date with several conflicts needs a time too.
pub fn agree_command(team: &Team, row: &Row, who: EngineerIdx, open: &[&Row]) -> String {
    let start = team.zone.local(row.period.start());
    let day = team.zone.day(start.date());
    let of_day = open.iter().filter(|other| day.is_some_and(|day| other.period.overlaps(day)));
    let at = if of_day.count() > 1 { format!(" --at {}", start.format("%H:%M")) } else { String::new() };
    format!("oncal agree {} {}{at} --team {}", start.date(), team.engineer(who).id, team.id)
}

/// The end of an override: `through`, its last day, where it ends at a midnight.
pub fn end_line(zone: &Zone, end: Instant) -> String {
    let date = zone.date(end);
    match date.pred_opt().filter(|_| zone.first_instant(date) == end) {
        Some(last) => format!("through = {last}"),
        None => format!("to = {}", toml_time(zone, end)),
    }
}

/// Team time as written in the file: a bare date is the first instant of its day.
fn toml_time(zone: &Zone, instant: Instant) -> String {
    let local = zone.local(instant);
    match zone.first_instant(local.date()) == instant {
        true => local.date().to_string(),
        false => local.format("%Y-%m-%dT%H:%M:%S").to_string(),
    }
}

/// A basic string of one line. JSON's escapes are valid in TOML, which requires one more character to be escaped.
pub(super) fn toml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
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
            assert_eq!(toml_time(&zone, instant.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_reason_is_a_string_of_toml_whatever_it_holds() {
        let hostile = "New Year's \"Day\" \\ \u{1f384}\u{7f}\n";
        let read: toml::Table = format!("reason = {}", toml_text(hostile)).parse().unwrap();
        assert_eq!(read["reason"].as_str(), Some(hostile));
    }
}
