//! The pipelines of a team: owners and run books.
//!
//! Not here: the reading of run books (`run_books`).

use super::engineers::{Roster, differ};
use super::{Context, names};
use crate::config::schema::PipelineTable;
use crate::rota::{EngineerIdx, Instant, Pipeline, PipelineId};
use crate::toml_reader::{At, Problem, Problems};

/// The pipelines in file order, without those that have errors.
pub(super) fn pipelines(
    tables: &[PipelineTable],
    roster: &Roster,
    context: &Context<'_>,
    problems: &Problems,
) -> Vec<Pipeline> {
    names::duplicates("a pipeline", tables.iter().filter_map(|table| table.id.as_ref()), problems);
    tables.iter().filter_map(|table| pipeline(table, roster, context, problems)).collect()
}

fn pipeline(
    table: &PipelineTable,
    roster: &Roster,
    context: &Context<'_>,
    problems: &Problems,
) -> Option<Pipeline> {
    let id = names::id("a pipeline", table.id.as_ref(), problems);
    let name = names::name(table.name.as_ref(), problems);
    let area = table.area.as_ref().and_then(|area| names::name(Some(area), problems));
    let owner = |at: &At<String>| {
        let seat = roster.index_of(at, problems)?;
        warn_of_departure(seat, at, roster, context.now, problems);
        Some(seat)
    };
    let primary = table.primary.as_ref().and_then(owner);
    let secondary = table.secondary.as_ref().map(owner);
    let run_book = table.run_book.as_ref().map(|at| context.run_books.named(at, problems));
    if table.investor_reported && table.run_book.is_none() {
        let span = table.id.as_ref().map_or_else(|| table.span.clone(), |at| at.span.clone());
        warn(
            "no-run-book",
            span,
            "this pipeline is reported to investors and has no run book".to_owned(),
            "write one and name it: `run_book = \"….md\"`",
            problems,
        );
    }
    if let Some(at) = table.run_book.as_ref().filter(|_| table.investor_reported)
        && context.run_books.is_empty(&at.value)
    {
        warn(
            "empty-run-book",
            at.span.clone(),
            "this pipeline is reported to investors and its run book is empty".to_owned(),
            "write what to do when it fails",
            problems,
        );
    }
    let (primary, secondary) = (primary?, secondary.map_or(Some(None), |owner| owner.map(Some))?);
    differ(primary, secondary, table.secondary.as_ref(), problems).then_some(())?;
    Some(Pipeline {
        id: PipelineId::new(&id?.value)?,
        name: name?,
        area,
        primary,
        secondary,
        investor_reported: table.investor_reported,
        run_book: run_book.map_or(Some(None), |book| book.map(Some))?,
    })
}

fn warn_of_departure(seat: EngineerIdx, at: &At<String>, roster: &Roster, now: Instant, problems: &Problems) {
    let Some(engineer) = roster.engineer(seat) else { return };
    if let Some(left) = engineer.left.filter(|left| engineer.zone.first_instant(*left) <= now) {
        let message = format!("`{}` owns this pipeline and left on {left}", at.value);
        warn("owner-left", at.span.clone(), message, "name somebody of the team", problems);
    }
}

fn warn(
    code: &'static str,
    span: crate::toml_reader::Span,
    message: String,
    help: &str,
    problems: &Problems,
) {
    problems.push(Problem::warning(code, message).at(&span).help(help));
}
