//! Which occasions the coverage page shows.

use crate::rota::{EngineerIdx, Occasion, Row, RowStatus, Team};
use crate::web::pages::kit::query::{BadQuery, PageQuery};

/// Which occasions are shown.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::web) struct Filter {
    /// Those that concern this engineer.
    pub(in crate::web) engineer: Option<EngineerIdx>,
    /// Those that have a row of this status.
    pub(in crate::web) status: Option<RowStatus>,
}

impl Filter {
    /// What `query` asks for.
    pub(in crate::web) fn by(query: &PageQuery, team: &Team) -> Result<Filter, BadQuery> {
        let status = |text: &str| {
            let known = RowStatus::ALL.into_iter().find(|status| status.as_str() == text);
            known.ok_or_else(|| BadQuery::Status(text.chars().take(60).collect()))
        };
        Ok(Filter {
            engineer: query.engineer(team)?,
            status: query.value("status")?.map(status).transpose()?,
        })
    }

    /// Whether an occasion is shown; if so, it is shown whole, so that nothing open in it hides.
    pub(in crate::web) fn admits(self, occasion: &Occasion) -> bool {
        match (self.engineer, self.status) {
            (None, None) => true,
            (Some(idx), None) => occasion.concerns(idx) || occasion.unaffected.contains(&idx),
            (idx, Some(status)) => {
                let is_theirs = |row: &Row| idx.is_none_or(|idx| is_theirs(occasion, row, idx));
                occasion.rows.iter().any(|row| row.status == status && is_theirs(row))
            }
        }
    }

    /// Whether it leaves anything out.
    pub(in crate::web) fn is_any(self) -> bool {
        self.engineer.is_some() || self.status.is_some()
    }
}

/// Whether `idx` is away in a row, takes something over in it, or causes it: the secondary who cannot cover does.
fn is_theirs(occasion: &Occasion, row: &Row, idx: EngineerIdx) -> bool {
    let moved = !matches!(row.status, RowStatus::Unaffected | RowStatus::Working | RowStatus::NoBackup);
    row.away == idx
        || moved && (row.primary == idx || row.secondary == Some(idx))
        || row.status.is_open() && occasion.conflicting.contains(&idx)
}
