//! The weeks of a view, drawn as SVG: a strip a week, so that it reads alike on a phone and on a wide screen.
//!
//! Lengths along a strip are shares of its width and heights are pixels, so nothing is scaled and text keeps its size.
//! What can be seen only, the notes beside a strip and the table below say in words.

use maud::{Markup, html};

use crate::text::role_title;

use crate::rota::{Absences, PlannedWeek, Role, Schedule, ShiftKind};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::on_call;
use crate::web::pages::kit::people::{People, class};
use crate::web::pages::team::notes::notes;
use crate::web::pages::team::strip::{Bar, Share, Span, Strip};
use crate::web::pages::team::view::View;
use crate::web::pages::team::week_table;

/// Heights from the top of a strip, in pixels.
const PRIMARY: Lane = Lane { y: 20, height: 30, baseline: 20 };
const SECONDARY: Lane = Lane { y: 53, height: 22, baseline: 15 };
const ALONE: Lane = Lane { y: 20, height: 55, baseline: 20 };
const AWAY_Y: usize = 80;
const AWAY_STEP: usize = 7;

/// The narrowest strips on a phone and from the width on at which the style sheet has strips beside their dates.
const PHONE_PIXELS: i64 = 320;
const WIDE_PIXELS: i64 = 560;
const LETTER_PIXELS: i64 = 7;
const PADDING_PIXELS: i64 = 11;

struct Lane {
    y: usize,
    height: usize,
    baseline: usize,
}

/// What is drawn, and how it is read.
pub(in crate::web) struct Timeline<'a> {
    pub(in crate::web) people: &'a People<'a>,
    pub(in crate::web) schedule: &'a Schedule,
    pub(in crate::web) view: View,
    pub(in crate::web) wall: Wall<'a>,
}

impl Timeline<'_> {
    /// The strips, what their shapes mean, and the same as a table.
    pub(in crate::web) fn markup(&self) -> Markup {
        let (team, period) = (self.people.team(), self.view.period);
        let absences: Vec<Absences> =
            team.engineers.iter().map(|engineer| Absences::of(engineer, period)).collect();
        let weeks: Vec<_> =
            self.schedule.weeks.iter().filter(|planned| planned.week.period.overlaps(period)).collect();
        let strips: Vec<Strip<'_>> = weeks
            .iter()
            .map(|planned| Strip::of(team, planned, &absences, self.wall.zone, self.wall.now))
            .collect();
        let grids = grids(&strips);
        html! {
            (patterns())
            (self.legend())
            ol.weeks {
                @for (strip, grid) in strips.iter().zip(grids) {
                    li.week.now[strip.now.is_some()] {
                        h3 {
                            time datetime=(strip.planned.week.id) { (self.wall.day(strip.planned.week.period.start())) }
                            @if strip.now.is_some() { " " span.tag { "this week" } }
                        }
                        (self.strip(strip, grid))
                        (notes(self.people, self.schedule, strip, self.wall))
                    }
                }
            }
            (week_table::table(self.people, &weeks, self.wall))
        }
    }

    fn strip(&self, strip: &Strip<'_>, grid: Grid) -> Markup {
        let height = AWAY_Y + strip.lines() * AWAY_STEP;
        let pair = strip.planned.week.pair;
        let label = format!(
            "Week from {}: primary {}, secondary {}",
            self.wall.day(strip.planned.week.period.start()),
            self.people.text(pair.primary),
            self.people.text(pair.secondary)
        );
        html! {
            svg.strip role="img" aria-label=(label) height=(height) {
                @match grid {
                    Grid::Known(number) => use href={ "#g" (number) } {},
                    Grid::New(number) => g id={ "g" (number) } { (grid_lines(strip)) },
                }
                (self.dates(strip))
                @for bar in &strip.bars { (self.bar(bar, strip.planned)) }
                @for away in &strip.away {
                    rect.off x=(away.span.x) width=(away.span.width) y=(AWAY_Y + away.line * AWAY_STEP) height="4" rx="2" {
                        title { (self.people.list(&away.seats)) ": " (away.reason) ", " (self.wall.span(away.period)) }
                    }
                }
                @if let Some(now) = strip.now {
                    line.now x1=(now) x2=(now) y1="17" y2=(height) {}
                    circle.now cx=(now) cy="17" r="3.5" { title { "Now" } }
                }
            }
        }
    }

    fn dates(&self, strip: &Strip<'_>) -> Markup {
        let team = self.people.team();
        html! {
            g.days transform="translate(4 12)" {
                @for day in &strip.days {
                    @if day.span.width.of(PHONE_PIXELS) > 14 {
                        text.h[strip.is_holiday(day.date, team)] x=(day.span.x) {
                            @if day.span.width.of(WIDE_PIXELS) > 40 { tspan { (day.date.format("%a ")) } }
                            (day.date.format("%-d"))
                        }
                    }
                }
            }
        }
    }

    fn bar(&self, bar: &Bar<'_>, planned: &PlannedWeek) -> Markup {
        let (shift, holder) = (bar.shift, &bar.shift.holder);
        let lane = match (shift.role, bar.is_alone) {
            (Role::Primary, false) => PRIMARY,
            (Role::Secondary, false) => SECONDARY,
            (_, true) => ALONE,
        };
        let why = on_call::why(self.people, holder, planned.is_uncovered(shift.period));
        let why = why.map(|why| format!(", {why}")).unwrap_or_default();
        let mark = mark(holder.kind);
        let name = |text: &str| format!("{mark}{text}");
        let (full, short) =
            (name(self.people.text(holder.engineer)), name(self.people.initials(holder.engineer)));
        html! {
            svg.(class(holder.engineer)).try[holder.kind.is_tentative()] x=(bar.span.x) width=(bar.span.width) y=(lane.y) height=(lane.height) {
                title { (role_title(shift.role)) ": " (self.people.text(holder.engineer)) ", " (self.wall.span(shift.period)) (why) }
                rect width="100%" height="100%" rx="5" {}
                @if holder.kind.is_tentative() { rect.hatch width="100%" height="100%" rx="5" {} }
                @match fit(&full, &short, bar.span) {
                    Fit::Always => text x="8" y=(lane.baseline) { (full) },
                    Fit::Wide => {
                        text.l x="8" y=(lane.baseline) { (full) }
                        text.s x="6" y=(lane.baseline) { (short) }
                    }
                    Fit::Never => text x="6" y=(lane.baseline) { (short) },
                    Fit::Nothing => {},
                }
            }
        }
    }

    fn legend(&self) -> Markup {
        let team = self.people.team();
        html! {
            div.legend {
                ul aria-label="People" { @for seat in team.indices() { li { (self.people.person(seat)) } } }
                ul aria-label="Signs" {
                    li { (sample("cover", "")) "the secondary covers, alone" }
                    li { (sample("try", "?")) "proposed, to be agreed" }
                    li { (sample("full", "✓")) "agreed" }
                    li { (sample("full", "⇄")) "swapped" }
                    li { (sample("off", "")) "holiday or time off" }
                }
            }
        }
    }
}

/// Which name a bar has room for.
enum Fit {
    Always,
    Wide,
    Never,
    Nothing,
}

fn fit(full: &str, short: &str, span: Span) -> Fit {
    let needs = |text: &str| {
        i64::try_from(text.chars().count()).unwrap_or(i64::MAX / 16) * LETTER_PIXELS + PADDING_PIXELS
    };
    match (span.width.of(PHONE_PIXELS), span.width.of(WIDE_PIXELS)) {
        (phone, _) if phone >= needs(full) => Fit::Always,
        (_, wide) if wide >= needs(full) => Fit::Wide,
        (_, wide) if wide >= needs(short) => Fit::Never,
        _ => Fit::Nothing,
    }
}

/// What stands before a name that is not there by plain rotation.
fn mark(kind: ShiftKind) -> &'static str {
    match kind {
        ShiftKind::Rotation | ShiftKind::Cover | ShiftKind::Backfill => "",
        ShiftKind::Swap => "⇄ ",
        ShiftKind::Proposal => "? ",
        ShiftKind::Override => "✓ ",
    }
}

/// Where days begin and which are weekends: most strips share that, and it is written once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grid {
    New(usize),
    Known(usize),
}

fn grids(strips: &[Strip<'_>]) -> Vec<Grid> {
    let mut known: Vec<Vec<(Share, bool)>> = Vec::new();
    let grid = |strip: &Strip<'_>| {
        let days: Vec<_> = strip.days.iter().map(|day| (day.span.x, day.is_weekend())).collect();
        if let Some(number) = known.iter().position(|known| *known == days) {
            return Grid::Known(number);
        }
        known.push(days);
        Grid::New(known.len() - 1)
    };
    strips.iter().map(grid).collect()
}

fn grid_lines(strip: &Strip<'_>) -> Markup {
    html! {
        rect.track width="100%" y=(PRIMARY.y) height=(PRIMARY.height) rx="5" {}
        rect.track width="100%" y=(SECONDARY.y) height=(SECONDARY.height) rx="5" {}
        @for day in &strip.days {
            @if day.is_weekend() { rect.end x=(day.span.x) width=(day.span.width) height="100%" {} }
        }
        @for day in strip.days.iter().skip(1) {
            line.tick x1=(day.span.x) x2=(day.span.x) y1="2" y2="100%" {}
        }
    }
}

fn patterns() -> Markup {
    html! {
        svg.patterns width="0" height="0" aria-hidden="true" {
            pattern #hatch width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect.stripe width="4" height="8" {}
            }
        }
    }
}

fn sample(what: &str, mark: &str) -> Markup {
    html! {
        svg.sample.(what) width="28" height="18" aria-hidden="true" {
            @match what {
                "cover" => {
                    rect.gone width="10" height="11" rx="2" {}
                    rect width="10" y="12" height="6" rx="2" {}
                    rect x="10" width="10" height="18" rx="2" {}
                    rect.gone x="21" width="7" height="11" rx="2" {}
                    rect x="21" width="7" y="12" height="6" rx="2" {}
                }
                "off" => rect.off y="7" width="28" height="4" rx="2" {},
                _ => {
                    rect width="28" height="18" rx="4" {}
                    @if what == "try" { rect.hatch width="28" height="18" rx="4" {} }
                    text x="14" y="14" text-anchor="middle" { (mark) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_whole_short_or_not_at_all_by_its_room() {
        let span = |percent: i64| Span { x: Share::default(), width: Share::percent(percent) };
        assert!(matches!(fit("Data Engineer A", "A", span(100)), Fit::Always));
        assert!(matches!(fit("Data Engineer A", "A", span(30)), Fit::Wide));
        assert!(matches!(fit("Data Engineer A", "A", span(14)), Fit::Never));
        assert!(matches!(fit("Data Engineer A", "A", span(2)), Fit::Nothing));
    }
}
