//! The language of `years`: in which years a rule holds.

use thiserror::Error;

/// The years in which a rule holds; all of them by default.
///
/// ```
/// use oncal::holidays::Years;
///
/// let lustra = Years::parse("2020..2035/5").unwrap();
/// assert!(lustra.contains(2035) && !lustra.contains(2034) && !lustra.contains(2040));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Years {
    first: Option<i32>,
    last: Option<i32>,
    step: Option<i32>,
}

/// Why a text names no years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum YearsError {
    /// Neither a year nor a range of years.
    #[error("this is neither a year nor a range of years")]
    Form,
    /// The range ends before it starts.
    #[error("the years end before they start")]
    Inverted,
    /// A step in a range without a first year to count from.
    #[error("a step has no year to count from")]
    NoOrigin,
}

impl YearsError {
    /// What to write instead.
    pub fn help(self) -> &'static str {
        match self {
            YearsError::Form => {
                "such as \"2024\", \"1978..\", \"..2029\", \"2020..2035\" or, every fifth year, \"2020..2035/5\""
            }
            YearsError::Inverted => "the earlier year comes first",
            YearsError::NoOrigin => "name the first year, as in \"2020..2035/5\"",
        }
    }
}

impl Years {
    /// Reads `2024`, `1978..`, `..2029`, `2020..2035`, the ranges including both their ends, and with a first
    /// year also a step: `2020..2035/5`.
    ///
    /// # Errors
    ///
    /// What is wrong with the whole text.
    pub fn parse(text: &str) -> Result<Years, YearsError> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => {
                (range, Some(number(step).filter(|step| *step > 0).ok_or(YearsError::Form)?))
            }
            None => (text, None),
        };
        let Some((first, last)) = range.split_once("..") else {
            let year = year(range).ok_or(YearsError::Form)?;
            let alone = Years { first: Some(year), last: Some(year), step: None };
            return if step.is_none() { Ok(alone) } else { Err(YearsError::Form) };
        };
        let bound = |text: &str| {
            if text.is_empty() { Ok(None) } else { year(text).map(Some).ok_or(YearsError::Form) }
        };
        match (bound(first)?, bound(last)?) {
            (None, None) => Err(YearsError::Form),
            (Some(first), Some(last)) if last < first => Err(YearsError::Inverted),
            (None, Some(_)) if step.is_some() => Err(YearsError::NoOrigin),
            (first, last) => Ok(Years { first, last, step }),
        }
    }

    /// Whether `year` is one of them.
    pub fn contains(&self, year: i32) -> bool {
        let steps_on = |first: i32| self.step.is_none_or(|step| (year - first).rem_euclid(step) == 0);
        self.first.is_none_or(|first| first <= year && steps_on(first))
            && self.last.is_none_or(|last| year <= last)
    }
}

/// A year of four digits, so that a slip such as `202` or `20222` is seen.
fn year(text: &str) -> Option<i32> {
    number(text).filter(|_| text.len() == 4)
}

fn number(text: &str) -> Option<i32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
