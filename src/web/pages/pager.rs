//! Ways from one view of the rota to others: back and forth, fewer and more weeks, another zone.

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use chrono::NaiveDate;

use super::asked::zones;
use super::view::{View, WEEKS};
use crate::rota::{Team, Zone};

/// The lengths offered; any other may be asked for by the query.
const LENGTHS: [usize; 4] = [4, WEEKS, 26, 52];

/// Steps, lengths and zones.
pub(super) fn pager(team: &Team, view: View, zone: Option<&Zone>) -> Markup {
    html! {
        div.pager {
            (steps(view, zone, "Weeks before and after"))
            nav.lengths aria-label="Weeks shown" {
                @for weeks in LENGTHS {
                    a href=(query(view.first, weeks, view, zone)) aria-current=[(weeks == view.weeks).then_some("true")] { (length(weeks)) }
                }
            }
            form.zone method="get" action="./" {
                @if view.first != view.current { input type="hidden" name="from" value=(view.first); }
                @if view.weeks != WEEKS { input type="hidden" name="weeks" value=(view.weeks); }
                label for="zone" { "Times of" }
                select #zone name="zone" {
                    @let own = zones(team);
                    @for known in &own {
                        option value=(known.name()) selected[zone.unwrap_or(&team.zone).name() == known.name()] { (spoken(known)) }
                    }
                    @if let Some(zone) = zone.filter(|zone| own.iter().all(|own| own.name() != zone.name())) {
                        option value=(zone.name()) selected { (spoken(zone)) }
                    }
                }
                button { "Show" }
            }
        }
    }
}

/// Back, to the current week, and forth. A page that has them twice labels them differently.
pub(super) fn steps(view: View, zone: Option<&Zone>, label: &str) -> Markup {
    let way = |to: NaiveDate| query(to, view.weeks, view, zone);
    html! {
        nav.steps aria-label=(label) {
            @match view.earlier {
                Some(date) => a.button rel="prev" href=(way(date)) { "← Earlier" },
                None => span.button.quiet aria-disabled="true" { "← Earlier" },
            }
            a.button href=(way(view.current)) { "This week" }
            @match view.later {
                Some(date) => a.button rel="next" href=(way(date)) { "Later →" },
                None => span.button.quiet aria-disabled="true" { "Later →" },
            }
        }
    }
}

/// The relative link to a view; what goes without saying is left out.
fn query(from: NaiveDate, weeks: usize, view: View, zone: Option<&Zone>) -> String {
    let from = (from != view.current).then(|| format!("from={from}"));
    let weeks = (weeks != WEEKS).then(|| format!("weeks={weeks}"));
    let zone = zone.map(|zone| format!("zone={}", utf8_percent_encode(zone.name(), NON_ALPHANUMERIC)));
    let parts: Vec<String> = [from, weeks, zone].into_iter().flatten().collect();
    if parts.is_empty() { "./".to_owned() } else { format!("./?{}", parts.join("&")) }
}

fn spoken(zone: &Zone) -> String {
    zone.name().replace('_', " ")
}

fn length(weeks: usize) -> String {
    match weeks {
        26 => "Half a year".to_owned(),
        52 => "A year".to_owned(),
        _ => format!("{weeks} weeks"),
    }
}
