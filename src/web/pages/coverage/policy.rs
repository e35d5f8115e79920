//! What holidays and time off do to duty in a team, in words: its own settings, so that nobody has to read the file.

use crate::text::count;
use maud::{Markup, html};

use crate::rota::{HolidayPolicy, RowStatus, SecondaryOnHoliday, TimeOffRule};
use crate::web::pages::kit::status::tag;

/// R4–R8 as `policy` has them.
pub(in crate::web) fn policy(policy: HolidayPolicy) -> Markup {
    let covers = policy.secondary_on_holiday == SecondaryOnHoliday::Covers;
    let moves = policy.time_off == TimeOffRule::Cover;
    let notice = match policy.notice_days {
        0 => "before the week starts".to_owned(),
        days => format!("{} before the week starts", count(days, "day", "days")),
    };
    html! {
        section.note aria-labelledby="policy" {
            h2 #policy { "How this team covers absences" }
            ul {
                li {
                    (tag(RowStatus::Covered)) " While the primary has a public holiday" @if moves { " or time off" }
                    ", the secondary is primary"
                    @if covers { ", also on a holiday that both have" }
                    ". "
                    @if !policy.backfill { "Nobody is secondary meanwhile." }
                }
                @if policy.backfill {
                    li { (tag(RowStatus::Backfilled)) " Somebody else stands in as secondary then, and while the secondary alone cannot cover." }
                }
                li { (tag(RowStatus::Working)) " Somebody is on call on a public holiday of their own." }
                @if !moves {
                    li { (tag(RowStatus::Reported)) " Time off of the primary does not change who is on call." }
                }
                li {
                    (tag(RowStatus::Proposed)) " If the secondary has time off " @if !covers { "or a public holiday " } "then, the team must agree who is primary, at the latest " (notice) ". Until it does, oncal proposes
                    somebody free before somebody on holiday, and of those the one with the lowest holiday load. It never
                    proposes somebody who has time off."
                }
                li {
                    (tag(RowStatus::Agreed)) " What the team agreed on is in its file as an " code { "[[override]]" }
                    ", and no rule changes it."
                }
                li {
                    (tag(RowStatus::NoBackup)) " While the secondary alone "
                    @if covers { "has time off" } @else { "is away" }
                    ", everybody keeps their role, and the primary has no backup."
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(policy: HolidayPolicy) -> String {
        super::policy(policy).into_string().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_setting_changes_what_is_reported() {
        let plain = HolidayPolicy::default();
        for (policy, expected) in [
            (
                plain,
                "a public holiday or time off, the secondary is primary, also on a holiday that both have.",
            ),
            (plain, "Nobody is secondary meanwhile."),
            (plain, "Holiday duty</span> Somebody is on call on a public holiday of their own."),
            (plain, "If the secondary has time off then, the team must agree"),
            (plain, "at the latest 14 days before the week starts."),
            (plain, "While the secondary alone has time off, everybody keeps their role"),
            (HolidayPolicy { notice_days: 1, ..plain }, "at the latest 1 day before the week starts."),
            (HolidayPolicy { notice_days: 0, ..plain }, "at the latest before the week starts."),
            (
                HolidayPolicy { backfill: true, ..plain },
                "Stand-in</span> Somebody else stands in as secondary then, and while the secondary alone cannot cover.",
            ),
            (
                HolidayPolicy { time_off: TimeOffRule::Report, ..plain },
                "While the primary has a public holiday, the secondary is primary",
            ),
            (
                HolidayPolicy { time_off: TimeOffRule::Report, ..plain },
                "Time off of the primary does not change who is on call.",
            ),
            (
                HolidayPolicy { secondary_on_holiday: SecondaryOnHoliday::Unavailable, ..plain },
                "or time off, the secondary is primary. Nobody",
            ),
            (
                HolidayPolicy { secondary_on_holiday: SecondaryOnHoliday::Unavailable, ..plain },
                "If the secondary has time off or a public holiday then, the team must agree",
            ),
            (
                HolidayPolicy { secondary_on_holiday: SecondaryOnHoliday::Unavailable, ..plain },
                "While the secondary alone is away, everybody keeps their role",
            ),
        ] {
            assert!(rendered(policy).contains(expected), "{expected}\n{}", rendered(policy));
        }
        assert!(!rendered(plain).contains("Reported") && !rendered(plain).contains("Stand-in"));
    }
}
