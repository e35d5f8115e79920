//! `/{team}/engineers/{id}`: one engineer: on call now or next, the shifts ahead, what concerns them, their pipelines.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{
    Absences, EngineerIdx, Instant, Occasion, Period, Pipeline, PlannedWeek, Row, Shift, week_at,
};
use crate::text::{clean, role_title};
use crate::web::pages::kit::agreement::{anchor, open, sentence, unknown_of, urgency};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::layout::Tab;
use crate::web::pages::kit::not_found::part;
use crate::web::pages::kit::occasion::{dates, on_call, state_tag, title};
use crate::web::pages::kit::on_call::{now_on_call, time, why};
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::team_page::{NoPage, team_page};
use crate::web::pages::kit::zone_field::zone_field;
use crate::web::state::State;

/// The number of shifts ahead that are shown; the calendar has all.
const MAX_SHIFTS: usize = 12;

/// The number of occasions ahead that are shown.
const MAX_OCCASIONS: usize = 12;

/// The number of absences ahead that are shown.
const MAX_ABSENCES: usize = 12;

/// The page.
pub(in crate::web) fn engineer(state: &State, request: &HttpRequest) -> HttpResponse {
    team_page(state, request, Tab::Other, |context| {
        let rota = context.team.team();
        let idx = rota.index_of(part(request, "id")).ok_or(NoPage::Missing)?;
        // Their own clock, unless the query names another.
        let (people, wall) = (context.people(), context.wall_or(&rota.engineer(idx).zone));
        let main = page(context.team, &people, idx, wall, &context.layout.team_root());
        Ok((people.text(idx).to_owned(), main))
    })
}

fn page(team: &TeamSnapshot, people: &People<'_>, idx: EngineerIdx, wall: Wall<'_>, root: &str) -> Markup {
    let rota = team.team();
    let shifts = shifts_ahead(team, idx, wall.now);
    let has_left = rota.engineer(idx).has_left(wall.now);
    html! {
        h1 { (people.badge(idx)) " " (people.plain(idx)) " " (now_on_call(team, idx, wall)) }
        p.lead { (next(team, &shifts, has_left, wall)) }
        p.actions {
            @if !has_left { a.button.main href={ (root) "subscribe?calendar=engineers/" (rota.engineer(idx).id) } { "Add these shifts to a calendar" } }
            a.button href={ (root) "coverage?engineer=" (rota.engineer(idx).id) } { "Holidays and time off" }
        }
        (concerns(team, people, idx, wall, root))
        (unknown_of(&team.coverage().unknown, idx, people))
        section aria-labelledby="shifts" {
            h2 #shifts { "Next shifts" }
            form.zone method="get" action=(rota.engineer(idx).id) { (zone_field(rota, Some(wall.zone))) button { "Show" } }
            @if shifts.is_empty() { p { "No shifts ahead." } }
            @else { (table(people, &shifts, wall)) }
        }
        (occasions(team, people, idx, wall))
        (absences(team, people, idx, wall))
        (pipelines(rota.pipelines.as_slice(), idx, root))
    }
}

/// Their shifts that are not over, with the weeks they lie in.
fn shifts_ahead(team: &TeamSnapshot, idx: EngineerIdx, now: Instant) -> Vec<(&PlannedWeek, &Shift)> {
    let weeks = team.near().weeks.iter();
    let shifts = weeks.flat_map(|planned| planned.shifts.iter().map(move |shift| (planned, shift)));
    let own = shifts.filter(|(_, shift)| shift.holder.engineer == idx && now < shift.period.end());
    own.take(MAX_SHIFTS).collect()
}

fn next(team: &TeamSnapshot, shifts: &[(&PlannedWeek, &Shift)], has_left: bool, wall: Wall<'_>) -> Markup {
    let none = if has_left { "No longer in the team." } else { "Not on call in the weeks ahead." };
    let Some((planned, shift)) = shifts.first() else { return html! { (none) } };
    let role = shift.role.as_str();
    let is_tentative = shift.holder.kind.is_tentative();
    let [now, next] = match (is_tentative, is_tentative && planned.is_uncovered(shift.period)) {
        (true, true) => ["On call, since nobody is free, as", "Next on call, since nobody is free, as"],
        (true, false) => ["Proposed as", "Next proposed as"],
        (false, _) => ["On call as", "Next on call as"],
    };
    html! {
        @if shift.period.contains(wall.now) {
            @let until = team.near().unchanged_until(&[shift.role], wall.now);
            (now) " " (role) @if let Some(until) = until { " until " (time(wall, until)) } "."
        } @else { (next) " " (role) " from " (time(wall, shift.period.start())) "." }
    }
}

fn table(people: &People<'_>, shifts: &[(&PlannedWeek, &Shift)], wall: Wall<'_>) -> Markup {
    html! {
        table.stack.shifts {
            thead { tr { th scope="col" { "When" } th scope="col" { "Role" } th scope="col" { "With" } th scope="col" { "Why" } } }
            tbody {
                @for (planned, shift) in shifts {
                    @let is_tried = shift.holder.kind.is_tentative();
                    @let is_uncovered = is_tried && planned.is_uncovered(shift.period);
                    tr {
                        td.when { (wall.span(shift.period)) }
                        td { (role_title(shift.role)) }
                        td { span.narrow { "with " } (with(people, planned, shift)) }
                        td {
                            @if is_uncovered { span.tag.late { "not covered" } " " } @else if is_tried { span.tag.warn { "to agree" } " " }
                            (why(people, &shift.holder, is_uncovered).unwrap_or_default())
                        }
                    }
                }
            }
        }
    }
}

/// Who holds the other role meanwhile.
fn with(people: &People<'_>, planned: &PlannedWeek, shift: &Shift) -> Markup {
    let mut indices: Vec<EngineerIdx> = Vec::new();
    for duty in planned.duties.iter().filter(|duty| duty.period.overlaps(shift.period)) {
        if let Some(holder) =
            duty.holder(shift.role.other()).filter(|holder| !indices.contains(&holder.engineer))
        {
            indices.push(holder.engineer);
        }
    }
    html! { @if indices.is_empty() { "no backup" } @else { (people.list(&indices)) } }
}

/// What is to be agreed in which they are away, cannot cover or are proposed.
fn concerns(
    team: &TeamSnapshot,
    people: &People<'_>,
    idx: EngineerIdx,
    wall: Wall<'_>,
    root: &str,
) -> Markup {
    // The secondary who cannot cover causes a conflict, and is neither away in its row nor proposed.
    let causes =
        |row: &Row| week_at(team.team(), row.period.start()).is_some_and(|week| week.pair.secondary == idx);
    let is_theirs =
        |row: &&Row| row.away == idx || row.primary == idx || row.secondary == Some(idx) || causes(row);
    let open: Vec<&Row> = open(team.coverage(), wall.now).into_iter().filter(is_theirs).collect();
    html! {
        @if !open.is_empty() {
            section.agree aria-labelledby="agree" {
                h2 #agree { "To agree" }
                ul {
                    @for row in open {
                        li { (urgency(row, wall)) " " a href={ (root) "coverage#" (anchor(row)) } { (wall.span(row.period)) } ": " (sentence(people, row)) }
                    }
                }
            }
        }
    }
}

/// The holidays and time off ahead in which they are away from duty, or on call while somebody else is.
fn occasions(team: &TeamSnapshot, people: &People<'_>, idx: EngineerIdx, wall: Wall<'_>) -> Markup {
    let is_theirs = |occasion: &&Occasion| {
        occasion.concerns(idx) && !occasion.is_unaffected() && !occasion.is_over(wall.now)
    };
    let theirs: Vec<&Occasion> = team.occasions().iter().filter(is_theirs).take(MAX_OCCASIONS).collect();
    html! {
        @if !theirs.is_empty() {
            section aria-labelledby="around" {
                h2 #around { "Holidays around these shifts" }
                ul.bare {
                    @for occasion in theirs {
                        li {
                            b { (dates(occasion, wall)) } " " (title(people, occasion)) " " (state_tag(occasion, wall))
                            " " (on_call(people, occasion, wall.zone))
                        }
                    }
                }
            }
        }
    }
}

/// Their own holidays and time off ahead, each unbroken absence as one.
fn absences(team: &TeamSnapshot, people: &People<'_>, idx: EngineerIdx, wall: Wall<'_>) -> Markup {
    let engineer = people.team().engineer(idx);
    let ahead = Period::new(wall.now, team.frame().window.end());
    let member = ahead.and_then(|ahead| engineer.member_within(ahead));
    let own = member.map(|member| (Absences::of(engineer, member), member));
    html! {
        @if let Some((own, member)) = own.filter(|(own, member)| !own.away(*member).is_empty()) {
            section aria-labelledby="away" {
                h2 #away { "Holidays and time off" }
                ul.bare {
                    @for period in own.away(member).iter().take(MAX_ABSENCES) {
                        li {
                            b { (wall.days_in(&engineer.zone, period).unwrap_or_else(|| wall.span(period))) }
                            " " (people.holidays().reasons(&own.names(period)))
                        }
                    }
                }
            }
        }
    }
}

fn pipelines(pipelines: &[Pipeline], idx: EngineerIdx, root: &str) -> Markup {
    let own =
        || pipelines.iter().filter(|pipeline| pipeline.primary == idx || pipeline.secondary == Some(idx));
    html! {
        @if own().next().is_some() {
            section aria-labelledby="pipelines" {
                h2 #pipelines { "Pipelines" }
                ul.bare {
                    @for pipeline in own() {
                        li {
                            a href={ (root) "pipelines#" (pipeline.id) } { (clean(&pipeline.name)) } ", "
                            @if pipeline.primary == idx { "primary owner" } @else { "secondary owner" }
                        }
                    }
                }
            }
        }
    }
}
