//! Ways from one view of the rota to others: back and forth, another view, fewer and more weeks, a date, another zone.

use chrono::NaiveDate;
use maud::{Markup, html};

use crate::rota::{Team, Zone};
use crate::web::pages::kit::query::zone_query;
use crate::web::pages::kit::zone_field::zone_field;
use crate::web::pages::team::view::{View, ViewKind, WEEKS};

/// The lengths offered; the query may name others.
const LENGTHS: [usize; 4] = [4, WEEKS, 26, 52];

/// What a reader chose of the rota.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Choice<'a> {
    pub(in crate::web) view: View,
    /// The zone, if not the team's.
    pub(in crate::web) zone: Option<&'a Zone>,
}

impl Choice<'_> {
    /// The relative link to the part of `kind` that has `from`, so many weeks; what is the default is left out.
    fn link(self, kind: ViewKind, from: NaiveDate, weeks: usize) -> String {
        let is_weeks = !kind.is_dated();
        let view = (kind != ViewKind::Weeks).then(|| format!("view={}", kind.as_str()));
        let is_current = from == self.view.current;
        let from = match kind {
            ViewKind::Month => Some(format!("month={}", from.format("%Y-%m"))),
            ViewKind::Year => Some(format!("year={}", from.format("%Y"))),
            ViewKind::Weeks | ViewKind::List => (!is_current).then(|| format!("from={from}")),
        };
        let from = from.filter(|_| !is_current);
        let weeks = (is_weeks && weeks != WEEKS).then(|| format!("weeks={weeks}"));
        let zone = self.zone.map(zone_query);
        let parts: Vec<String> = [view, from, weeks, zone].into_iter().flatten().collect();
        if parts.is_empty() { "./".to_owned() } else { format!("./?{}", parts.join("&")) }
    }

    /// The relative link to a month.
    pub(in crate::web) fn month(self, first: NaiveDate) -> String {
        let zone = self.zone.map(|zone| format!("&{}", zone_query(zone))).unwrap_or_default();
        format!("./?view=month&month={}{zone}", first.format("%Y-%m"))
    }

    fn of_kind(self, kind: ViewKind) -> String {
        self.link(kind, self.view.first, self.view.weeks)
    }
}

/// Steps, views, lengths, and a form with a date and a zone.
pub(in crate::web) fn toolbar(team: &Team, choice: Choice<'_>) -> Markup {
    let view = choice.view;
    html! {
        div.toolbar {
            (steps(choice, "Before and after"))
            nav.views aria-label="View" {
                @for kind in ViewKind::ALL {
                    a href=(choice.of_kind(kind)) aria-current=[(kind == view.kind).then_some("true")] { (kind.label()) }
                }
            }
            @if !view.kind.is_dated() {
                nav.lengths aria-label="Weeks shown" {
                    @for weeks in LENGTHS {
                        a href=(choice.link(view.kind, view.first, weeks)) aria-current=[(weeks == view.weeks).then_some("true")] {
                            (weeks) span.hidden { " weeks" }
                        }
                    }
                    span aria-hidden="true" { "weeks" }
                }
            }
            form.zone method="get" action="./" {
                @if view.kind != ViewKind::Weeks { input type="hidden" name="view" value=(view.kind.as_str()); }
                @if view.weeks != WEEKS { input type="hidden" name="weeks" value=(view.weeks); }
                span.field {
                    label for="from" { "Go to" }
                    input #from type="date" name="from" value=(view.first);
                }
                (zone_field(team, choice.zone))
                button { "Show" }
            }
        }
    }
}

/// Back, to today, and forth. A page that has them twice labels them differently.
pub(in crate::web) fn steps(choice: Choice<'_>, label: &str) -> Markup {
    let view = choice.view;
    let way = |to: NaiveDate| choice.link(view.kind, to, view.weeks);
    let today = match view.kind {
        ViewKind::Weeks | ViewKind::List => "This week",
        ViewKind::Month => "This month",
        ViewKind::Year => "This year",
    };
    html! {
        nav.steps aria-label=(label) {
            @match view.earlier {
                Some(date) => a.button rel="prev" href=(way(date)) { "← Earlier" },
                None => span.button.quiet aria-disabled="true" { "← Earlier" },
            }
            a.button href=(way(view.current)) { (today) }
            @match view.later {
                Some(date) => a.button rel="next" href=(way(date)) { "Later →" },
                None => span.button.quiet aria-disabled="true" { "Later →" },
            }
        }
    }
}
