//! `pipelines`: what a team is on call for, who owns it, and what to do when it breaks.

use serde::Serialize;
use utoipa::ToSchema;

use super::id;
use crate::rota::{self, Team};

/// What one team owns.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pipelines {
    /// The team's id.
    pub team: String,
    /// In file order.
    pub pipelines: Vec<Pipeline>,
    /// By id; also those that no pipeline names.
    pub run_books: Vec<RunBook>,
}

/// One pipeline and its owners, who may be others than those on call.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pipeline {
    /// The id as in the file.
    pub pipeline: String,
    /// Its display name.
    pub name: String,
    /// The field it belongs to.
    pub area: Option<String>,
    /// The first owner.
    pub primary: String,
    /// The second owner.
    pub secondary: Option<String>,
    /// Whether its figures are reported to investors.
    pub investor_reported: bool,
    /// The id of its run book, or the `https` address of one that is kept elsewhere.
    pub run_book: Option<String>,
}

/// One run book.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunBook {
    /// Its id: the page is `/{team}/run-books/{id}`.
    pub run_book: String,
    /// Its first heading.
    pub title: String,
}

impl Pipelines {
    /// Those of `team`.
    pub fn new(team: &Team) -> Pipelines {
        let books = team.run_books.values();
        Pipelines {
            team: team.id.to_string(),
            pipelines: team.pipelines.iter().map(|pipeline| Pipeline::new(team, pipeline)).collect(),
            run_books: books
                .map(|book| RunBook { run_book: book.id.to_string(), title: book.title.clone() })
                .collect(),
        }
    }
}

impl Pipeline {
    fn new(team: &Team, pipeline: &rota::Pipeline) -> Pipeline {
        Pipeline {
            pipeline: pipeline.id.to_string(),
            name: pipeline.name.clone(),
            area: pipeline.area.clone(),
            primary: id(team, pipeline.primary),
            secondary: pipeline.secondary.map(|idx| id(team, idx)),
            investor_reported: pipeline.investor_reported,
            run_book: pipeline.run_book.as_ref().map(|at| match at {
                rota::RunBookRef::File(id) => id.to_string(),
                rota::RunBookRef::Address(address) => address.to_string(),
            }),
        }
    }
}
