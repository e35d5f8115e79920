//! Cuts and insertions in a text, all at positions in the original.

use crate::toml_reader::Span;

/// A replacement of a part of the original; an empty part is an insertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) at: Span,
    pub(super) text: String,
}

impl Splice {
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Splice {
        Splice { at: at..at, text: text.into() }
    }

    pub(super) fn replace(at: Span, text: impl Into<String>) -> Splice {
        Splice { at, text: text.into() }
    }

    pub(super) fn cut(at: Span) -> Splice {
        Splice { at, text: String::new() }
    }
}

/// `text` with all `splices` made; `None` where they overlap or lie outside of it.
pub(super) fn apply(text: &str, mut splices: Vec<Splice>) -> Option<String> {
    splices.sort_by_key(|splice| (splice.at.start, splice.at.end));
    let (mut made, mut done) = (String::with_capacity(text.len() + 256), 0);
    for Splice { at, text: new } in splices {
        made.push_str(text.get(done..at.start)?);
        made.push_str(&new);
        text.get(at.clone())?;
        done = at.end;
    }
    made.push_str(text.get(done..)?);
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_cut_stays_and_overlaps_are_refused() {
        let made =
            apply("abcdef", vec![Splice::cut(4..5), Splice::insert(1, "X"), Splice::replace(2..3, "Y")]);
        assert_eq!(made.as_deref(), Some("aXbYdf"));
        assert_eq!(apply("abc", vec![Splice::cut(0..2), Splice::cut(1..3)]), None);
        assert_eq!(apply("abc", vec![Splice::insert(4, "X")]), None);
        assert_eq!(apply("ü", vec![Splice::insert(1, "X")]), None, "never within a character");
    }
}
