//! Ways from one view of the rota to others: back and forth, fewer and more weeks, another zone, other reminders.

use maud::{Markup, html};

use chrono::NaiveDate;

use crate::feed::Alarm;
use crate::rota::{Team, Zone};
use crate::web::pages::kit::query::zone_query;
use crate::web::pages::kit::zone_field::zone_field;
use crate::web::pages::team::view::{View, WEEKS};

/// The lengths offered; any other may be asked for by the query.
const LENGTHS: [usize; 4] = [4, WEEKS, 26, 52];

/// The reminders offered; any other may be asked for by the query.
const REMINDERS: [Option<Alarm>; 4] = [None, Some(Alarm::M15), Some(Alarm::H1), Some(Alarm::D1)];

/// What a reader chose of the rota.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Choice<'a> {
    pub(in crate::web) view: View,
    /// Whose clock, if not the team's.
    pub(in crate::web) zone: Option<&'a Zone>,
    /// How long before a shift calendars remind of it.
    pub(in crate::web) alarm: Option<Alarm>,
}

impl Choice<'_> {
    /// The relative link to it from another date on, so many weeks; what goes without saying is left out.
    fn link(self, from: NaiveDate, weeks: usize) -> String {
        let from = (from != self.view.current).then(|| format!("from={from}"));
        let weeks = (weeks != WEEKS).then(|| format!("weeks={weeks}"));
        let zone = self.zone.map(zone_query);
        let alarm = self.alarm.map(|alarm| format!("alarm={alarm}"));
        let parts: Vec<String> = [from, weeks, zone, alarm].into_iter().flatten().collect();
        if parts.is_empty() { "./".to_owned() } else { format!("./?{}", parts.join("&")) }
    }
}

/// Steps, lengths and zones.
pub(in crate::web) fn pager(team: &Team, choice: Choice<'_>) -> Markup {
    let view = choice.view;
    html! {
        div.pager {
            (steps(choice, "Weeks before and after"))
            nav.lengths aria-label="Weeks shown" {
                @for weeks in LENGTHS {
                    a href=(choice.link(view.first, weeks)) aria-current=[(weeks == view.weeks).then_some("true")] { (length(weeks)) }
                }
            }
            form.zone method="get" action="./" {
                @if view.first != view.current { input type="hidden" name="from" value=(view.first); }
                @if view.weeks != WEEKS { input type="hidden" name="weeks" value=(view.weeks); }
                @if let Some(alarm) = choice.alarm { input type="hidden" name="alarm" value=(alarm); }
                (zone_field(team, choice.zone))
                button { "Show" }
            }
        }
    }
}

/// The same view with each reminder, where its addresses are.
pub(in crate::web) fn reminders(choice: Choice<'_>) -> Markup {
    let asked = Some(choice.alarm).filter(|alarm| !REMINDERS.contains(alarm));
    html! {
        nav.lengths.reminders aria-labelledby="reminders" {
            span #reminders { "Reminder before each shift:" }
            @for alarm in REMINDERS.into_iter().chain(asked) {
                @let way = Choice { alarm, ..choice }.link(choice.view.first, choice.view.weeks);
                a href={ (way) "#subscribe" } aria-current=[(alarm == choice.alarm).then_some("true")] { (before(alarm)) }
            }
        }
    }
}

fn before(alarm: Option<Alarm>) -> &'static str {
    match alarm {
        None => "none",
        Some(Alarm::M5) => "5 minutes",
        Some(Alarm::M10) => "10 minutes",
        Some(Alarm::M15) => "15 minutes",
        Some(Alarm::M30) => "30 minutes",
        Some(Alarm::H1) => "1 hour",
        Some(Alarm::H2) => "2 hours",
        Some(Alarm::D1) => "1 day",
    }
}

/// Back, to the current week, and forth. A page that has them twice labels them differently.
pub(in crate::web) fn steps(choice: Choice<'_>, label: &str) -> Markup {
    let view = choice.view;
    let way = |to: NaiveDate| choice.link(to, view.weeks);
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

fn length(weeks: usize) -> String {
    match weeks {
        26 => "Half a year".to_owned(),
        52 => "A year".to_owned(),
        _ => format!("{weeks} weeks"),
    }
}
