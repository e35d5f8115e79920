//! One figure of several people as bars beside each other, with their average.

use maud::{Markup, html};

use crate::rota::EngineerIdx;
use crate::web::pages::kit::people::{People, class};

/// The length of the longest bar, in units of the drawing.
const LENGTH: i64 = 1000;

/// What one person has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Bar {
    /// Who.
    pub(in crate::web) seat: EngineerIdx,
    /// How much; never negative.
    pub(in crate::web) value: i64,
    /// The same for people.
    pub(in crate::web) said: String,
}

/// The bars, each beside its number, which says all that the drawing does.
pub(in crate::web) fn bars(people: &People<'_>, bars: &[Bar]) -> Markup {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    let sum: i64 = bars.iter().map(|bar| bar.value).sum();
    let count = i64::try_from(bars.len()).unwrap_or(1).max(1);
    let average = scaled(sum / count, most);
    html! {
        ul.bars {
            @for bar in bars {
                li {
                    (people.person(bar.seat))
                    b.amount { (bar.said) }
                    svg.bar viewBox={ "0 0 " (LENGTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
                        rect.track width=(LENGTH) height="10" {}
                        rect class=(class(bar.seat)) width=(scaled(bar.value, most)) height="10" {}
                        @if most > 0 { line x1=(average) x2=(average) y1="0" y2="10" vector-effect="non-scaling-stroke" {} }
                    }
                }
            }
        }
    }
}

fn scaled(value: i64, most: i64) -> i64 {
    if most > 0 { value * LENGTH / most } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_whole_and_nothing_is_no_bar() {
        assert_eq!((scaled(7, 7), scaled(3, 6), scaled(0, 6), scaled(0, 0)), (1000, 500, 0, 0));
    }
}
