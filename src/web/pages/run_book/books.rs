//! A cache of rendered run books, so that a long one is rendered only for its first reader.
//!
//! Not here: how Markdown becomes HTML (`markdown`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::rota::{RunBook, RunBookId, Team, TeamId};
use crate::web::pages::run_book::markdown::{Rendered, render};

/// The maximum bytes of Markdown in the cache; beyond that the cache is emptied.
const MAX_BYTES: usize = 32_000_000;

/// The run books that somebody has read. The identity of the Markdown decides what is rendered: a reload of its file
/// gives another text, and reloads the names of the team's other run books too.
#[derive(Debug, Default)]
pub(in crate::web) struct Books(Mutex<BTreeMap<(TeamId, RunBookId), Arc<Book>>>);

#[derive(Debug)]
pub(in crate::web) struct Book {
    markdown: Arc<str>,
    rendered: OnceLock<Rendered>,
}

impl Books {
    /// `book` of `team`.
    pub(in crate::web) fn book(&self, team: &Team, book: &RunBook) -> Arc<Book> {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (team.id.clone(), book.id.clone());
        if let Some(known) = books.get(&key).filter(|known| Arc::ptr_eq(&known.markdown, &book.markdown)) {
            return Arc::clone(known);
        }
        // A book that only this cache holds is no longer in service.
        books.retain(|_, known| Arc::strong_count(&known.markdown) > 1);
        let bytes: usize = books.values().map(|known| known.markdown.len()).sum();
        if bytes + book.markdown.len() > MAX_BYTES {
            books.clear();
        }
        let new = Arc::new(Book { markdown: Arc::clone(&book.markdown), rendered: OnceLock::new() });
        books.insert(key, Arc::clone(&new));
        new
    }
}

impl Book {
    /// As HTML. Concurrent requests for the same book wait for the first one, but not for other books.
    pub(in crate::web) fn rendered(&self, team: &Team) -> &Rendered {
        let is_book = |name: &str| RunBookId::new(name).is_some_and(|id| team.run_books.contains_key(&id));
        self.rendered.get_or_init(|| render(&self.markdown, is_book))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Snapshot;

    fn book(id: &str, markdown: &str) -> RunBook {
        let id = RunBookId::new(id).unwrap();
        RunBook { id, title: "x".to_owned(), markdown: markdown.into() }
    }

    /// The one team of a configuration.
    fn team() -> Team {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let configuration = crate::config::load(std::path::Path::new("config"), now).unwrap();
        Snapshot::new(configuration, now).teams().next().unwrap().team().clone()
    }

    #[test]
    fn a_run_book_is_rendered_once_and_again_when_its_file_was_read_again() {
        let (books, team) = (Books::default(), team());
        let first = book("a", "## One\n");
        let shown = |book: &RunBook| books.book(&team, book);
        let html = |book: &RunBook| shown(book).rendered(&team).body.clone().into_string();
        assert!(html(&first).contains("One"));
        assert!(Arc::ptr_eq(&shown(&first), &shown(&first.clone())));
        assert!(shown(&first).rendered.get().is_some());
        let second = book("a", "## Two\n");
        assert!(html(&second).contains("Two"));
    }

    #[test]
    fn what_is_no_longer_served_or_exceeds_the_limit_is_forgotten() {
        let (books, team) = (Books::default(), team());
        let kept = || books.0.lock().unwrap().len();
        drop(books.book(&team, &book("a", "a")));
        let large = "x".repeat(MAX_BYTES / 2);
        let (b, c, d) = (book("b", &large), book("c", &large), book("d", "d"));
        books.book(&team, &b);
        assert_eq!(kept(), 1, "the first is gone");
        books.book(&team, &c);
        assert_eq!(kept(), 2);
        books.book(&team, &d);
        assert_eq!(kept(), 1, "all but the last are more than is kept");
    }
}
