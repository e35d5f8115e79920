//! One figure of several people as its difference from their average: bars to either side of a centre line.

use maud::{Markup, html};

use crate::rota::EngineerIdx;
use crate::web::pages::kit::people::{People, class};

/// The width of the drawing, in units of its own; its centre is the average.
const WIDTH: i64 = 1000;

/// What one person has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Bar {
    /// The engineer.
    pub(in crate::web) idx: EngineerIdx,
    /// How much; never negative.
    pub(in crate::web) value: i64,
    /// The same for people.
    pub(in crate::web) text: String,
}

/// The bars, each beside its number and its difference from the average, which say all that the drawing does.
/// `difference` words a difference that is not zero, without its sign.
pub(in crate::web) fn bars(people: &People<'_>, bars: &[Bar], difference: fn(i64) -> String) -> Markup {
    let average = average(bars);
    let most = bars.iter().map(|bar| (bar.value - average).abs()).max().unwrap_or(0);
    html! {
        ul.bars {
            @for bar in bars {
                @let over = bar.value - average;
                @let length = scaled(over.abs(), most);
                li {
                    (people.person(bar.idx))
                    span.amount { b { (bar.text) } " " small { (signed(over, difference)) } }
                    svg.bar viewBox={ "0 0 " (WIDTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
                        rect.track width=(WIDTH) height="10" {}
                        rect class=(class(bar.idx)) x=(if over < 0 { WIDTH / 2 - length } else { WIDTH / 2 }) width=(length) height="10" {}
                        line x1=(WIDTH / 2) x2=(WIDTH / 2) y1="0" y2="10" vector-effect="non-scaling-stroke" {}
                    }
                }
            }
        }
    }
}

/// The average, rounded.
pub(in crate::web) fn average(bars: &[Bar]) -> i64 {
    let sum: i64 = bars.iter().map(|bar| bar.value).sum();
    let count = i64::try_from(bars.len()).unwrap_or(1).max(1);
    (sum + count / 2) / count
}

fn signed(over: i64, difference: fn(i64) -> String) -> String {
    let text = difference(over.abs());
    match over {
        // What rounds to nothing is the average too.
        _ if text == difference(0) => "average".to_owned(),
        1.. => format!("+{text}"),
        _ => format!("−{text}"),
    }
}

/// The length of a bar of `value`, where the longest is half the drawing.
fn scaled(value: i64, most: i64) -> i64 {
    if most > 0 { value * (WIDTH / 2) / most } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_reaches_the_edge_and_the_average_is_no_bar() {
        assert_eq!((scaled(7, 7), scaled(3, 6), scaled(0, 6), scaled(0, 0)), (500, 250, 0, 0));
        let bar = |value| Bar { idx: EngineerIdx(0), value, text: String::new() };
        assert_eq!(average(&[bar(1), bar(2), bar(6)]), 3);
        assert_eq!(average(&[]), 0);
        let texts = [-2, 0, 3].map(|over| signed(over, |value| format!("{value} w")));
        assert_eq!(texts, ["−2 w", "average", "+3 w"]);
        let rounded = [-4, 4, 5].map(|over| signed(over, |value| format!("{} w", (value + 5) / 10)));
        assert_eq!(rounded, ["average", "average", "+1 w"]);
    }
}
