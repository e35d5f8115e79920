//! Tables that read well at 80 columns: no lines, words wrapped within their column, wide characters counted as
//! wide. Not here: their content.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, TableStyle, Width};
use unicode_width::UnicodeWidthStr;

use crate::text::clean;

/// The width of a table in a file or a pipe.
const WIDTH: u16 = 80;

/// The longest word that no column is made narrower than.
const LONGEST_WORD: u16 = 24;

/// How a cell is emphasised on a terminal with colours. No meaning is in a colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it is.
    Plain,
    /// Of less interest.
    Faint,
    /// A heading.
    Strong,
    /// In order.
    Good,
    /// To be looked at.
    Open,
    /// To be looked at now.
    Urgent,
}

/// A table that rows are added to.
pub(super) struct Table {
    inner: comfy_table::Table,
    columns: Vec<Bounds>,
}

/// How narrow and how wide a column may be.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: u16,
    most: u16,
    /// Whether its lines are never wrapped.
    is_whole: bool,
}

impl Table {
    /// A table with these headings, as wide as the terminal within bounds; 80 columns without a terminal.
    pub(super) fn new(headings: &[&str]) -> Table {
        let inner = comfy_table::Table::new();
        let width = width(&inner);
        Table::with_width(inner, headings, width)
    }

    fn with_width(mut inner: comfy_table::Table, headings: &[&str], width: u16) -> Table {
        inner
            .load_style(TableStyle::new())
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width)
            .enforce_styling()
            .set_header(headings.iter().map(|heading| cell(heading, Tone::Strong)));
        inner.style_text_only();
        for column in inner.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let bounds = |heading: &&str| Bounds { least: widest(heading, ' '), most: width, is_whole: false };
        Table { inner, columns: headings.iter().map(bounds).collect() }
    }

    /// Limits the widths of the first columns.
    pub(super) fn at_most(mut self, widths: &[u16]) -> Table {
        for (column, width) in self.columns.iter_mut().zip(widths) {
            column.most = *width;
        }
        self
    }

    /// Keeps lines of the first `count` columns unwrapped, since wrapping would lose their indent.
    pub(super) fn whole(mut self, count: usize) -> Table {
        self.columns.iter_mut().take(count).for_each(|column| column.is_whole = true);
        self
    }

    /// Adds a row.
    pub(super) fn row<'c>(&mut self, cells: impl IntoIterator<Item = (&'c str, Tone)>) {
        let cells: Vec<_> = cells.into_iter().collect();
        for (column, (text, _)) in self.columns.iter_mut().zip(&cells) {
            column.least = column.least.max(widest(text, if column.is_whole { '\n' } else { ' ' }));
        }
        self.inner.add_row(cells.into_iter().map(|(text, tone)| cell(text, tone)));
    }

    /// The table as text with a final newline. Only words longer than [`LONGEST_WORD`] are broken.
    pub(super) fn text(mut self) -> String {
        const PADDING: u16 = 2;
        for (index, Bounds { least, most, is_whole }) in self.columns.into_iter().enumerate() {
            let least = if is_whole { least } else { least.min(LONGEST_WORD) } + PADDING;
            let [lower, upper] = [least, most.max(least)].map(Width::Fixed);
            if let Some(column) = self.inner.column_mut(index) {
                column.set_constraint(ColumnConstraint::Boundaries { lower, upper });
            }
        }
        let mut text = self.inner.trim_fmt();
        text.push('\n');
        text
    }
}

/// The widest part of `text` between `ends` and line breaks.
fn widest(text: &str, ends: char) -> u16 {
    let parts = text.split(['\n', ends]).map(UnicodeWidthStr::width);
    parts.max().and_then(|width| u16::try_from(width).ok()).unwrap_or(u16::MAX)
}

/// As wide as the terminal, within bounds.
fn width(table: &comfy_table::Table) -> u16 {
    table.width().map_or(WIDTH, |terminal| terminal.clamp(60, 120))
}

/// Sentences, each on a line of its own with its indent, wrapped at the width of a table.
pub(super) fn folded(text: &str) -> String {
    let width = usize::from(width(&comfy_table::Table::new()));
    let mut out = String::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        out.push_str(&" ".repeat(indent));
        let mut used = indent;
        for (place, word) in line.trim_start_matches(' ').split(' ').enumerate() {
            if place > 0 && used + 1 + word.width() > width {
                used = indent + 3;
                out.push_str(&format!("\n{}", " ".repeat(used)));
            } else if place > 0 {
                used += 1;
                out.push(' ');
            }
            out.push_str(word);
            used += word.width();
        }
        out.push('\n');
    }
    out
}

fn cell(text: &str, tone: Tone) -> Cell {
    let cell = Cell::new(text.split('\n').map(line).collect::<Vec<_>>().join("\n"));
    match tone {
        Tone::Plain => cell,
        Tone::Faint => cell.add_attribute(Attribute::Dim),
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Good => cell.fg(Color::Green),
        Tone::Open => cell.fg(Color::Yellow),
        Tone::Urgent => cell.fg(Color::Red).add_attribute(Attribute::Bold),
    }
}

/// One line without characters that could move the cursor or change colours; its indent stays.
fn line(text: &str) -> String {
    let indent = text.len() - text.trim_start_matches(' ').len();
    format!("{:indent$}{}", "", clean(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    fn lines(table: Table) -> Vec<String> {
        anstream::adapter::strip_str(&table.text()).to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn wide_characters_keep_the_columns_apart() {
        let mut table = Table::new(&["NAME", "NOTE"]);
        for name in ["Ada", "山田 太郎", "José 🎄", "e\u{301}a"] {
            table.row([(name, Tone::Plain), ("|", Tone::Good)]);
        }
        let at: Vec<usize> = lines(table)[1..]
            .iter()
            .map(|line| UnicodeWidthStr::width(line.split('|').next().unwrap()))
            .collect();
        assert_eq!(at, [11; 4]);
    }

    #[test]
    fn long_texts_wrap_within_eighty_columns() {
        let mut table = Table::new(&["NAME", "WHY"]);
        table.row([("Somebody with a long name", Tone::Plain), (&*"word ".repeat(40), Tone::Plain)]);
        let lines = lines(table);
        assert!(lines.len() > 3 && lines.iter().all(|line| line.width() <= 80), "{lines:#?}");
    }

    #[test]
    fn nothing_in_a_cell_reaches_the_terminal_as_a_command() {
        let mut table = Table::new(&["NAME"]);
        table.row([("\u{1b}[2Jgone\r\u{202e}x", Tone::Plain)]);
        assert_eq!(lines(table)[1], "[2Jgone x");
    }

    #[test]
    fn a_narrow_table_breaks_no_word_and_keeps_its_indents() {
        let headings = ["FROM", "PRIMARY", "SECONDARY", "NOTES"];
        let mut table = Table::with_width(comfy_table::Table::new(), &headings, 60).whole(1);
        let note = "covers for Data Engineer B (Thanksgiving Day); handover Fri 4 Dec 10:00–10:30";
        for from in ["Fri 27 Nov 2026 10:00", "  Sat 28 Nov 00:00"] {
            let cells = [from, "Data Engineer A", "Data Engineer B (secondary)", note];
            table.row(cells.map(|text| (text, Tone::Plain)));
        }
        let shown = lines(table);
        assert!(shown[0].contains("SECONDARY"), "{shown:#?}");
        assert!(shown.iter().any(|line| line.contains("(secondary)")), "{shown:#?}");
        assert!(shown.iter().any(|line| line.starts_with("  Sat 28 Nov 00:00 ")), "{shown:#?}");
        assert!(shown.iter().all(|line| line.width() <= 60), "{shown:#?}");
    }

    #[test]
    fn sentences_are_folded_below_their_beginning() {
        let long = format!("  1. {}\n\nshort\n", "word ".repeat(30).trim_end());
        let shown = folded(&long);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].starts_with("  1. word") && lines[1].starts_with("     word"), "{shown}");
        assert!(lines.iter().all(|line| line.width() <= 80), "{shown}");
        assert_eq!(lines[lines.len() - 2..], ["", "short"]);
    }
}
