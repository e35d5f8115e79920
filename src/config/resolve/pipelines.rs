//! The pipelines of a team: owners and run books.
//!
//! Not here: reading run books (`run_books`).

use super::context::Context;
use super::engineers::{Roster, differ};
use super::names;
use crate::config::base_url::BaseUrl;
use crate::config::schema::PipelineTable;
use crate::rota::{EngineerIdx, Instant, Pipeline, PipelineId, RunBookRef};
use crate::toml_reader::{At, Problems};

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
        let idx = roster.index_of(at, problems)?;
        warn_of_departure(idx, at, roster, context.now, problems);
        Some(idx)
    };
    let primary = table.primary.as_ref().and_then(owner);
    let secondary = table.secondary.as_ref().map(owner);
    let run_book = table.run_book.as_ref().map(|at| run_book(at, context, problems));
    if table.investor_reported && table.run_book.is_none() {
        let span = table.id.as_ref().map_or(&table.span, |at| &at.span);
        problems.warning_with_help(
            "no-run-book",
            span,
            "this pipeline is reported to investors and has no run book",
            "write one and name it: `run_book = \"….md\"`",
        );
    }
    if let Some(at) = table.run_book.as_ref().filter(|_| table.investor_reported)
        && context.run_books.is_empty(&at.value)
    {
        problems.warning_with_help(
            "empty-run-book",
            &at.span,
            "this pipeline is reported to investors and its run book is empty",
            "write what to do when it fails",
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

/// A file of the team, or an `https` address.
fn run_book(at: &At<String>, context: &Context<'_>, problems: &Problems) -> Option<RunBookRef> {
    if !at.value.contains("://") {
        return context.run_books.named(at, problems).map(RunBookRef::File);
    }
    if let Err((message, help)) = public_address(&at.value) {
        problems.error_with_help("invalid-url", at.span.clone(), message, help.to_owned());
        return None;
    }
    Some(RunBookRef::Address(at.value.as_str().into()))
}

/// Checks that `address` can be opened as a link and contains no password: everybody who reads the page sees it.
fn public_address(address: &str) -> Result<(), (&'static str, &'static str)> {
    const MAX_BYTES: usize = 2000;
    let example = "such as \"https://wiki.example.org/run-books/profit\", or the name of a file";
    let rest = address
        .strip_prefix("https://")
        .ok_or(("the address of a run book starts with `https://`", example))?;
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if host.contains('@') {
        let help = "delete what is before `@`; whoever opens it is then asked for a password";
        return Err(("the address of a run book must not contain a user name or password", help));
    }
    if BaseUrl::parse(&format!("https://{host}")).is_err() {
        return Err(("the address of this run book has no valid host", example));
    }
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"\\^`{|}".contains(c);
    if address.len() > MAX_BYTES || !path.chars().all(is_plain) {
        let help = "copy it from the address bar of a browser; spaces are written `%20`";
        return Err((
            "the address of this run book has characters that are invalid in a link, or is too long",
            help,
        ));
    }
    Ok(())
}

fn warn_of_departure(idx: EngineerIdx, at: &At<String>, roster: &Roster, now: Instant, problems: &Problems) {
    let Some(engineer) = roster.engineer(idx) else { return };
    if let Some(left) = engineer.left.filter(|_| engineer.has_left(now)) {
        let message = format!("`{}` owns this pipeline and left on {left}", at.value);
        problems.warning_with_help("owner-left", &at.span, message, "name somebody of the team");
    }
}

#[cfg(test)]
mod tests {
    use super::public_address;

    #[test]
    fn a_run_book_elsewhere_is_a_public_https_address() {
        for fits in ["https://wiki.example.org/a", "https://h/?q=1#x", "https://h:8443", "https://h/ü"] {
            assert_eq!(public_address(fits), Ok(()), "{fits}");
        }
        for unfit in [
            "http://wiki.example.org/a",
            "https://",
            "https://u:p@h/a",
            "https://h/a b",
            "https://h/\"",
            "ftp://h",
        ] {
            assert!(public_address(unfit).is_err(), "{unfit}");
        }
        assert!(public_address(&format!("https://h/{}", "x".repeat(2000))).is_err());
    }
}
