//! Random team files: blocks and lists, comments, line ends, leave and conflicts.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

/// How a random file is laid out.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) crlf: bool,
    inline_overrides: bool,
    inline_swaps: bool,
    inline_engineers: bool,
    multiline: bool,
    /// Whether inline tables in lists of several lines also take several lines.
    multiline_tables: bool,
    trailing_comma: bool,
    comments: bool,
    pub(super) leave: Leave,
    /// Whether Bob and Dan live in zones of their own.
    zones: bool,
    final_newline: bool,
    overrides: Vec<(u64, u64, usize, bool)>,
    swaps: Vec<(u64, usize, usize, bool)>,
}

/// Who is away, and how that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    Nobody,
    Bob,
    BobOverLines,
    /// Cy and Dan, who have the week of 4 June 2027 by rotation: a conflict, unless an override or a swap is in its
    /// way.
    Conflict,
    /// The same, and no override and no swap.
    OpenConflict,
}

pub(super) fn layouts() -> impl Strategy<Value = Layout> {
    let flags = prop::array::uniform10(any::<bool>());
    let overrides = prop::collection::vec((0u64..12, 1u64..5, 0usize..4, any::<bool>()), 0..4);
    let swaps = prop::collection::vec((2u64..12, 0usize..4, 1usize..4, any::<bool>()), 0..3);
    let leave = prop::sample::select(vec![Leave::Nobody, Leave::Bob, Leave::BobOverLines]);
    (flags, leave, overrides, swaps).prop_map(|(flags, leave, overrides, swaps)| Layout {
        crlf: flags[0],
        inline_overrides: flags[1],
        inline_swaps: flags[2],
        inline_engineers: flags[3],
        multiline: flags[4],
        trailing_comma: flags[5],
        comments: flags[6],
        multiline_tables: flags[9],
        leave,
        zones: flags[8],
        final_newline: flags[7],
        overrides,
        swaps,
    })
}

pub(super) const IDS: [&str; 4] = ["ann", "bob", "cy", "dan"];

pub(super) fn first_friday() -> NaiveDate {
    "2027-05-07".parse().unwrap()
}

impl Layout {
    pub(super) fn with(self, leave: Leave) -> Layout {
        Layout { leave, ..self }
    }

    fn list(&self, key: &str, is_inline: bool, entries: &[Vec<String>]) -> [String; 2] {
        let note = |text: &str| if self.comments { format!(" # {text}") } else { String::new() };
        if entries.is_empty() {
            let empty = if is_inline && self.multiline {
                format!("{key} = [{}\n]\n", note("none yet"))
            } else {
                String::new()
            };
            return [empty, String::new()];
        }
        if !is_inline {
            let block = |lines: &Vec<String>| {
                let lines: Vec<String> =
                    lines.iter().map(|line| format!("{line}{}\n", note("why"))).collect();
                format!(
                    "{}[[{key}]]{}\n{}\n",
                    if self.comments { "# about it\n" } else { "" },
                    note("[[x]]"),
                    lines.concat()
                )
            };
            return [String::new(), entries.iter().map(block).collect()];
        }
        let last = if self.trailing_comma { "," } else { "" };
        let table = |lines: &Vec<String>| match self.multiline && self.multiline_tables {
            true => {
                let count = lines.len();
                let comma = |n| if n + 1 < count { "," } else { last };
                let lines = lines.iter().enumerate();
                let lines = lines.map(|(n, line)| format!("    {line}{}{}\n", comma(n), note("why, {x}")));
                format!("{{\n{}  }}", lines.collect::<String>())
            }
            false => format!("{{ {} }}", lines.join(", ")),
        };
        let items: Vec<String> = entries.iter().map(table).collect();
        let list = if self.multiline {
            let count = items.len();
            let lines = items.iter().enumerate().map(|(n, item)| {
                let comma = if n + 1 < count { "," } else { last };
                format!("  {item}{comma}{}\n", note("item, [x]"))
            });
            format!("[\n{}]", lines.collect::<String>())
        } else {
            format!("[{}{last}]", items.join(", "))
        };
        [format!("{key} = {list}{}\n", note("all")), String::new()]
    }

    pub(super) fn text(&self) -> String {
        let day = |days: u64| first_friday() + Days::new(days);
        // Overrides that do not overlap: each starts after the last.
        let mut at = 1;
        let is_free = self.leave == Leave::OpenConflict;
        let overrides: Vec<Vec<String>> = self
            .overrides
            .iter()
            .filter(|_| !is_free)
            .map(|(gap, length, who, through)| {
                let (from, to) = (at + gap, at + gap + length);
                at = to + 1;
                let end = if *through {
                    format!("through = {}", day(to - 1))
                } else {
                    format!("to = {}T06:30:00", day(to))
                };
                vec![
                    format!("from = {}", day(from)),
                    end,
                    format!("primary = \"{}\"", IDS[*who]),
                    "reason = \"a, b # c\"".to_owned(),
                ]
            })
            .collect();
        let mut seen = Vec::new();
        let swaps: Vec<Vec<String>> = self
            .swaps
            .iter()
            .filter(|(week, ..)| {
                !is_free && !seen.contains(week) && {
                    seen.push(*week);
                    true
                }
            })
            .map(|(week, one, other, has_reason)| {
                let (one, other) = (IDS[*one], IDS[(one + other) % 4]);
                let mut lines = vec![
                    format!("week = {}", day(7 * week)),
                    format!("primary = \"{one}\""),
                    format!("secondary = \"{other}\""),
                ];
                lines.extend(has_reason.then(|| "reason = \"a, b # c\"".to_owned()));
                lines
            })
            .collect();
        let [override_key, override_blocks] = self.list("override", self.inline_overrides, &overrides);
        let [swap_key, swap_blocks] = self.list("swap", self.inline_swaps, &swaps);
        let leave = |id: &str| match (self.leave, id) {
            (Leave::Bob, "bob") => "time_off = [{ from = 2027-06-05, to = 2027-06-06 }]".to_owned(),
            (Leave::BobOverLines, "bob") => {
                "time_off = [\n  { from = 2027-06-05, to = 2027-06-06 }, # trip\n]".to_owned()
            }
            (Leave::Conflict | Leave::OpenConflict, "cy") => {
                "time_off = [{ from = 2027-06-05, to = 2027-06-06 }]".to_owned()
            }
            (Leave::Conflict | Leave::OpenConflict, "dan") => {
                "time_off = [{ from = 2027-06-06, to = 2027-06-06, reason = \"x\" }]".to_owned()
            }
            _ => String::new(),
        };
        let zone = |id: &str| match id {
            "bob" if self.zones => Some("time_zone = \"Asia/Kolkata\""),
            "dan" if self.zones => Some("time_zone = \"Pacific/Honolulu\""),
            _ => None,
        };
        let [engineer_key, engineer_blocks] = if self.inline_engineers {
            let inline = |id: &&str| {
                let leave = leave(id);
                let leave = if leave.is_empty() { leave } else { format!(", {leave}") };
                let zone = zone(id).map(|zone| format!(", {zone}")).unwrap_or_default();
                format!("  {{ id = \"{id}\", name = \"The {id}\"{zone}{leave} }},\n")
            };
            [format!("engineer = [\n{}]\n", IDS.iter().map(inline).collect::<String>()), String::new()]
        } else {
            let block = |id: &&str| {
                let zone = zone(id).map(|zone| format!("{zone}\n")).unwrap_or_default();
                format!("[[engineer]]\nid = \"{id}\"\nname = \"The {id}\"\n{zone}{}\n", leave(id))
            };
            [String::new(), IDS.iter().map(block).collect()]
        };
        let comment = if self.comments { "# Odd. [[override]]\n#[[swap]]\n\n" } else { "" };
        let weeks: String = (0..4)
            .map(|n| format!("{{ primary = \"{}\", secondary = \"{}\" }}, ", IDS[n], IDS[(n + 1) % 4]))
            .collect();
        let text = format!(
            "{comment}name = \"T\"\ntime_zone = \"America/New_York\"\nholidays = [\"us-federal\"]\n{override_key}{swap_key}{engineer_key}\n\
             {engineer_blocks}{override_blocks}[[rotation]]\nstarts = 2027-01-01T10:00:00\nweeks = [{weeks}]\n\n{swap_blocks}[handover]\nday = \"friday\""
        );
        let text = if self.final_newline { text + "\n" } else { text };
        if self.crlf { text.replace('\n', "\r\n") } else { text }
    }
}
