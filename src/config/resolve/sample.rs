//! A team file for unit tests: engineers a to d in New York, weeks a–b, b–c, c–a from Friday 2026-01-02 10:00.

use chrono::TimeDelta;

use crate::config::resolve::{self, Context};
use crate::config::run_books::RunBooks;
use crate::config::schema::TeamTable;
use crate::config::time_off::TimeOffFiles;
use crate::config::zones::Zones;
use crate::holidays::Library;
use crate::rota::{Instant, Period, Team, TeamId};
use crate::toml_reader::{self, Problem, Problems};

/// Additional keys of engineers of the sample, by id, and what comes after the rotation.
#[derive(Default)]
pub(super) struct Sample {
    pub(super) engineers: Vec<(&'static str, &'static str)>,
    pub(super) rest: &'static str,
}

impl Sample {
    pub(super) fn new(engineers: &[(&'static str, &'static str)], rest: &'static str) -> Sample {
        Sample { engineers: engineers.to_vec(), rest }
    }

    fn text(&self) -> String {
        let mut text =
            "name = \"Sample\"\ntime_zone = \"America/New_York\"\nholidays = [\"us-federal\"]\n".to_owned();
        for id in ["a", "b", "c", "d"] {
            text += &format!("[[engineer]]\nid = \"{id}\"\nname = \"Engineer {id}\"\n");
            for (_, more) in self.engineers.iter().filter(|(of, _)| *of == id) {
                text += &format!("{more}\n");
            }
        }
        text += "[[rotation]]\nstarts = 2026-01-02T10:00:00\nweeks = [\n";
        text += "{ primary = \"a\", secondary = \"b\" }, { primary = \"b\", secondary = \"c\" },\n";
        text + "{ primary = \"c\", secondary = \"a\" }]\n" + self.rest
    }

    pub(super) fn resolve(&self) -> (Option<Team>, Vec<Problem>) {
        let problems = Problems::default();
        let zones = Zones::bundled();
        let library = Library::new([]);
        let now: Instant = "2026-06-01T12:00:00Z".parse().unwrap();
        let (run_books, time_off) = (RunBooks::default(), TimeOffFiles::default());
        let window = Period::new(now, now + TimeDelta::weeks(52));
        let context = Context {
            zones: &zones,
            library: &library,
            now,
            window,
            run_books: &run_books,
            time_off: &time_off,
        };
        let table = toml_reader::read(&self.text(), &problems, TeamTable::read).unwrap();
        let id = TeamId::new("sample").unwrap();
        let team = resolve::team(&id, &table, &context, &problems);
        (team, problems.into_sorted())
    }

    /// The codes of all problems in order of their places.
    pub(super) fn codes(&self) -> Vec<&'static str> {
        self.resolve().1.iter().map(|problem| problem.code).collect()
    }

    /// The team, which must have no problems.
    #[track_caller]
    pub(super) fn team(&self) -> Team {
        let (team, problems) = self.resolve();
        assert_eq!(problems, [], "nothing wrong");
        team.unwrap()
    }
}
