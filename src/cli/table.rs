//! Tables that read well at 80 columns: no lines, words wrapped within their column, wide characters counted as
//! wide. Not here: their content.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, TableStyle, Width};
use unicode_width::UnicodeWidthStr;

use crate::text::clean;

/// The width of a table in a file or a pipe.
const WIDTH: u16 = 80;

/// The longest word that no column is made narrower than; marks after it do not count.
const LONGEST_WORD: u16 = 24;

/// The space after each column.
const PADDING: u16 = 2;

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
    width: u16,
}

/// How narrow and how wide a column may be.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: u16,
    /// The column grows beyond this only if all columns have their `most` and room is left.
    most: u16,
    /// The width at which nothing is wrapped.
    natural: u16,
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
            column.set_padding((0, PADDING));
        }
        let bounds = |heading: &&str| Bounds {
            least: widest_word(heading),
            most: width,
            natural: widest_line(heading),
            is_whole: false,
        };
        Table { inner, columns: headings.iter().map(bounds).collect(), width }
    }

    /// Limits the widths of the first columns while others have not enough.
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
            let natural = widest_line(text);
            column.natural = column.natural.max(natural);
            column.least = column.least.max(if column.is_whole { natural } else { widest_word(text) });
        }
        self.inner.add_row(cells.into_iter().map(|(text, tone)| cell(text, tone)));
    }

    /// The table as text with a final newline. Only words longer than [`LONGEST_WORD`] are broken.
    pub(super) fn text(mut self) -> String {
        for (index, width) in widths(&self.columns, self.width).into_iter().enumerate() {
            if let Some(column) = self.inner.column_mut(index) {
                let width = Width::Fixed(width.saturating_add(PADDING));
                column.set_constraint(ColumnConstraint::Absolute(width));
            }
        }
        let mut text = self.inner.trim_fmt();
        text.push('\n');
        text
    }
}

/// The widths of columns in a table of `width`: the narrowest grow first, up to what they may have, then as far as
/// their texts need.
fn widths(columns: &[Bounds], width: u16) -> Vec<u16> {
    let mut widths: Vec<u16> = columns.iter().map(|column| column.least).collect();
    let room = |widths: &[u16]| {
        widths.iter().map(|width| usize::from(*width + PADDING)).sum::<usize>() < usize::from(width)
    };
    for is_bounded in [true, false] {
        let wanted =
            |column: &Bounds| if is_bounded { column.natural.min(column.most) } else { column.natural };
        while room(&widths) {
            let growing = widths.iter_mut().zip(columns).filter(|(width, column)| **width < wanted(column));
            let Some((narrowest, _)) = growing.min_by_key(|(width, _)| **width) else { break };
            *narrowest += 1;
        }
    }
    widths
}

/// The width of the widest line of `text`.
fn widest_line(text: &str) -> u16 {
    text.split('\n').map(width_of).max().unwrap_or(0)
}

/// The width of the widest word of `text` that is not broken.
fn widest_word(text: &str) -> u16 {
    let unbroken =
        |word: &str| match width_of(word.trim_end_matches(|mark: char| mark.is_ascii_punctuation())) {
            ..=LONGEST_WORD => width_of(word),
            _ => LONGEST_WORD,
        };
    text.split(['\n', ' ']).map(unbroken).max().unwrap_or(0)
}

fn width_of(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX - PADDING).min(u16::MAX - PADDING)
}

/// As wide as the terminal.
fn width(table: &comfy_table::Table) -> u16 {
    table.width().map_or(WIDTH, |terminal| terminal.max(60))
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
    fn a_table_that_fits_wraps_nothing_and_a_wide_one_has_the_whole_terminal() {
        let name = "Maximiliane-Alexandra von Hohenzollern-Sigmaringen";
        let shown = |width| {
            let headings = ["WHO COULD TAKE IT", "ID", "LOAD"];
            let mut table = Table::with_width(comfy_table::Table::new(), &headings, width).at_most(&[20]);
            table.row([name, "max", "0 h"].map(|text| (text, Tone::Plain)));
            lines(table)
        };
        assert_eq!(shown(80).len(), 2, "{:#?}", shown(80));
        assert!(shown(80)[0].starts_with("WHO COULD TAKE IT "));
        let narrow = shown(40);
        assert!(
            narrow.len() > 2 && narrow.iter().any(|line| line.contains("Hohenzollern-Sigmaringen")),
            "{narrow:#?}"
        );
    }

    #[test]
    fn the_comma_after_a_word_does_not_break_it() {
        let mut table = Table::with_width(comfy_table::Table::new(), &["WHO", "NOTE"], 60);
        let who = "Alexandra von Hohenzollern-Sigmaringen, Jo";
        table.row([(who, Tone::Plain), (&*"word ".repeat(20), Tone::Plain)]);
        let shown = lines(table);
        assert!(shown.iter().any(|line| line.contains("Hohenzollern-Sigmaringen,")), "{shown:#?}");
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
