//! Tables that read well at 80 columns: no lines, words wrapped within their column, wide characters counted as
//! wide. Not here: what stands in them.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, TableStyle, Width};

use crate::feed::clean;

/// The width of a table in a file or a pipe.
const WIDTH: u16 = 80;

/// How a cell stands out on a terminal that shows colours. No meaning is in a colour alone.
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

/// A table in the making.
pub(super) struct Table {
    inner: comfy_table::Table,
}

impl Table {
    /// A table with these headings: 80 columns wide at most, on a terminal about as wide as that.
    pub(super) fn new(headings: &[&str]) -> Table {
        let mut inner = comfy_table::Table::new();
        let width = inner.width().map_or(WIDTH, |terminal| terminal.clamp(60, 120));
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
        Table { inner }
    }

    /// Lets columns be no wider than this, by their place.
    pub(super) fn at_most(mut self, widths: &[u16]) -> Table {
        for (index, width) in widths.iter().enumerate() {
            if let Some(column) = self.inner.column_mut(index) {
                column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(*width)));
            }
        }
        self
    }

    /// Adds a row.
    pub(super) fn row<'c>(&mut self, cells: impl IntoIterator<Item = (&'c str, Tone)>) {
        self.inner.add_row(cells.into_iter().map(|(text, tone)| cell(text, tone)));
    }

    /// The table, each line ended.
    pub(super) fn text(&self) -> String {
        let mut text = self.inner.trim_fmt();
        text.push('\n');
        text
    }
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

/// One line without whatever could move the cursor or change colours; its indent stays.
fn line(text: &str) -> String {
    let indent = text.len() - text.trim_start_matches(' ').len();
    format!("{:indent$}{}", "", clean(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    fn lines(table: &Table) -> Vec<String> {
        anstream::adapter::strip_str(&table.text()).to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn wide_characters_keep_the_columns_apart() {
        let mut table = Table::new(&["NAME", "NOTE"]);
        for name in ["Ada", "山田 太郎", "José 🎄", "e\u{301}a"] {
            table.row([(name, Tone::Plain), ("|", Tone::Good)]);
        }
        let at: Vec<usize> = lines(&table)[1..]
            .iter()
            .map(|line| UnicodeWidthStr::width(line.split('|').next().unwrap()))
            .collect();
        assert_eq!(at, [11; 4]);
    }

    #[test]
    fn long_texts_wrap_within_eighty_columns() {
        let mut table = Table::new(&["NAME", "WHY"]);
        table.row([("Somebody with a long name", Tone::Plain), (&*"word ".repeat(40), Tone::Plain)]);
        let lines = lines(&table);
        assert!(lines.len() > 3 && lines.iter().all(|line| line.width() <= 80), "{lines:#?}");
    }

    #[test]
    fn nothing_in_a_cell_reaches_the_terminal_as_a_command() {
        let mut table = Table::new(&["NAME"]);
        table.row([("\u{1b}[2Jgone\r\u{202e}x", Tone::Plain)]);
        assert_eq!(lines(&table)[1], "[2Jgone x");
    }
}
