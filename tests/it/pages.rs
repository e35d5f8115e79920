//! The pages for people, through the production application with a fixed clock.

use std::collections::{BTreeSet, VecDeque};
use std::fs;

use crate::support::application::{Response, responses};
use crate::support::files::around_rotation;
use oncal::config;
use oncal::live::Snapshot;
use oncal::rota::Instant;

const NOW: &str = "2026-11-20T12:00:00Z";

const TEAM: &str = around_rotation!(
    r#"
name = "Data & <i>\"pipelines\"</i>"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [
  { id = "a", name = "Ann <script>alert(1)</script>" }, { id = "b", name = "Bob \"'\u202Ex\u200F" },
  { id = "c", name = "Cy", time_off = [{ from = 2026-12-24, to = 2026-12-26, reason = "private" }] },
  { id = "d", name = "مهندس", time_zone = "Europe/London", holidays = ["gb-eng"] },
  { id = "e", name = "Eve", holidays = [] },
]
"#,
    r#"[handover]
day = "friday"
time = 10:00:00
minutes = 30
if_away = "earlier"
[holiday_policy]
secondary_on_holiday = "unavailable"
[[swap]]
week = 2026-12-04
primary = "d"
secondary = "b"
reason = "<b>conference</b>"
[[pipeline]]
id = "growth"
name = "Daily growth for <experiments>"
area = "Growth"
primary = "b"
secondary = "c"
[[pipeline]]
id = "profit"
name = "Profit"
area = "Profit"
primary = "d"
secondary = "a"
investor_reported = true
run_book = "profit.md"
"#
);

/// The plan's rotation: C's week begins on a holiday and hands over to D on it.
const PLAN: &str = around_rotation!(
    r#"
name = "Plan"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [{ id = "a", name = "A" }, { id = "b", name = "B" }, { id = "c", name = "C" }, { id = "d", name = "D" }]
"#,
    ""
);

const BOOK: &str = "# Profit\n\n## Look <first>\n\nSee <script>x</script> [bad](javascript:x) [growth](growth.md)\n\n\
                    | a |\n|--:|\n| 1 |\n\n- [ ] step\n";

/// The responses to GETs of `targets`, each with this If-None-Match, from a server whose team file is `team`.
fn responses_of(team: &str, now: &str, targets: &[(&str, &str)]) -> Vec<Response> {
    responses_of_all(&[("data".to_owned(), team.to_owned())], now, targets)
}

/// The same of a server with several teams, each with its id.
fn responses_of_all(teams: &[(String, String)], now: &str, targets: &[(&str, &str)]) -> Vec<Response> {
    requested(teams, now, targets, "identity")
}

/// The same with this Accept-Encoding.
fn requested(
    teams: &[(String, String)],
    now: &str,
    targets: &[(&str, &str)],
    encoding: &str,
) -> Vec<Response> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["teams", "runbooks/data"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("oncal.toml"), "").unwrap();
    for (id, team) in teams {
        fs::write(folder.path().join(format!("teams/{id}.toml")), team).unwrap();
    }
    fs::write(folder.path().join("teams/lost.toml"), "name = 1 # private remark\n").unwrap();
    for book in ["profit", "growth"] {
        fs::write(folder.path().join(format!("runbooks/data/{book}.md")), BOOK).unwrap();
    }
    let now: Instant = now.parse().unwrap();
    let configuration = config::load(folder.path(), now).unwrap();
    assert_eq!(configuration.teams.len(), teams.len(), "{:?}", configuration.diagnostics);
    drop(folder);
    let headers = [("host", "127.0.0.1:8080"), ("accept-encoding", encoding)];
    responses(Snapshot::new(configuration, now), now, targets, &headers)
}

fn get(target: &str) -> Response {
    responses_of(TEAM, NOW, &[(target, "")]).remove(0)
}

const ALL: [&str; 19] = [
    "/",
    "/data/",
    "/data/?weeks=52",
    "/data/coverage",
    "/data/pipelines",
    "/data/run-books/profit",
    "/data/fairness",
    "/data/fairness?years=1",
    "/data/fairness?years=0",
    "/data/changes",
    "/data/subscribers",
    "/data/subscribe",
    "/data/engineers/d",
    "/data/?view=month&month=2026-12",
    "/data/?view=year",
    "/data/?view=list",
    "/lost/",
    "/data/run-books/none",
    "/data/?from=soon",
];

#[test]
fn a_first_time_visitor_finds_who_is_on_call_and_what_comes_next() {
    let page = get("/data/");
    page.has("until <time datetime=\"2026-11-20T15:00:00Z\">Fri 20 Nov 10:00 EST</time>")
        .has("Next duty change")
        .has("Handover meeting Fri 20 Nov 10:00–10:30 EST")
        .has("<time datetime=\"2026-11-20\">20 – 27 Nov</time>")
        .has("Thanksgiving Day")
        .has("title=\"Primary: \u{2068}Bob &quot;'x")
        .has("⇄ <bdi>مهندس</bdi>")
        .has("instead of Ann ")
        .has("(swap: &lt;b&gt;conference&lt;/b&gt;)");
    let (now, agree) = (page.body.find("On call now").unwrap(), page.body.find(" to agree within").unwrap());
    assert!(now < agree, "who is on call comes first");
}

#[test]
fn a_secondary_who_is_away_is_no_backup_wherever_the_page_says_who_is_on_call() {
    let team = TEAM.replace(
        "time_off = [{ from = 2026-12-24",
        "time_off = [{ from = 2026-11-14T09:00:00, to = 2026-11-14T17:30:00 }, { from = 2026-12-24",
    );
    for (now, is_away) in
        [("2026-11-14T13:59:59Z", false), ("2026-11-14T15:00:00Z", true), ("2026-11-14T22:30:00Z", false)]
    {
        let pages = responses_of(&team, now, &[("/data/", ""), ("/", ""), ("/data/run-books/profit", "")]);
        for page in pages {
            let warning = "Away</span> until Sat 14 Nov 17:30 EST: no backup";
            assert_eq!(page.body.contains(warning), is_away, "{now}: {}", page.body);
        }
    }
}

/// On 24 December Cy, the primary, is on leave and Eve is proposed, whom nobody stands behind; nobody agreed.
#[test]
fn whoever_is_only_proposed_is_shown_so_wherever_a_page_says_who_is_on_call() {
    let team = TEAM.replace("area = \"Profit\"\nprimary = \"d\"", "area = \"Profit\"\nprimary = \"e\"");
    let now = "2026-12-24T12:00:00Z";
    let targets = ["/", "/data/", "/data/run-books/profit", "/data/engineers/e", "/data/pipelines"];
    let [index, rota, book, person, pipelines] =
        responses_of(&team, now, &targets.map(|target| (target, "")))
            .try_into()
            .unwrap_or_else(|_| panic!("five pages"));
    let proposed = "<span class=\"tag warn\">Proposed</span>";
    for page in [&index, &book] {
        page.has(proposed).has("until ").lacks("on call</span>");
    }
    rota.has("<span class=\"tag warn\">Not agreed</span> proposed instead of ");
    book.has(", primary <span class=\"tag warn\">Proposed</span>").has("Secondary: nobody");
    person.has("proposed as primary</span>").has("Proposed as primary until ");
    pipelines.has("proposed as primary</span>").lacks(" on call</span>");
    let six = ["a", "b", "c", "d", "e", "f"].map(|id| (id.to_owned(), team.replace("run_book", "#run_book")));
    let table = responses_of_all(&six, now, &[("/", "")]).remove(0);
    assert_eq!(table.body.matches(proposed).count(), 6, "{}", table.body);
}

#[test]
fn until_is_when_what_was_agreed_ends_also_where_the_same_person_goes_on() {
    let rich = include_str!("../browser/rich/rich.toml");
    let teams = [("rich".to_owned(), rich.to_owned())];
    let shown = |now: &str| responses_of_all(&teams, now, &[("/rich/", ""), ("/rich/engineers/max", "")]);
    let [rota, max] = shown("2026-12-07T12:00:00Z").try_into().unwrap_or_else(|_| panic!("two pages"));
    rota.has(">Fri 11 Dec 10:00 EST</time>")
        .has(", then <span class=\"tag warn\">Proposed</span> <a class=\"who\" href=\"engineers/max\">");
    max.has("On call as primary until <time datetime=\"2026-12-11T15:00:00Z\">");
}

#[test]
fn somebody_who_left_is_marked_and_offered_nothing_to_subscribe_to() {
    let team = TEAM.replace(
        "{ id = \"e\", name = \"Eve\"",
        "{ id = \"f\", name = \"Fay\", left = 2026-11-07 }, { id = \"e\", name = \"Eve\"",
    );
    let team = team.replace("area = \"Profit\"\nprimary = \"d\"", "area = \"Profit\"\nprimary = \"f\"");
    let targets = ["/data/engineers/f", "/data/pipelines", "/data/run-books/profit", "/data/subscribe"];
    let pages = responses_of(&team, NOW, &targets.map(|target| (target, "")));
    for page in &pages[..3] {
        page.has("<span class=\"tag plain\">left on Sat 7 Nov</span>");
    }
    pages[0].has("No longer in the team.").lacks("Add these shifts to a calendar");
    pages[3].has("engineers/e").lacks("engineers/f");
}

#[test]
fn the_on_call_card_says_who_is_next() {
    let page = responses_of(TEAM, "2026-11-25T22:00:00Z", &[("/data/", "")]).remove(0);
    page.has(", then <a class=\"who\" href=\"engineers/d\"><bdi>مهندس</bdi></a> (Thanksgiving Day), alone")
        .has(", then nobody");
}

#[test]
fn at_a_duty_change_inside_a_holiday_the_next_holder_is_named_first() {
    // In the week from 25 December Cy is primary, whose holiday it is; the secondary covers it alone.
    let page = responses_of(PLAN, "2026-12-25T12:00:00Z", &[("/data/", "")]).remove(0);
    let next = page.body.split("Next duty change").nth(1).unwrap().split("Handover meeting").next().unwrap();
    let (covering, usual) = (next.find("<bdi>A</bdi>").unwrap(), next.find("<bdi>D</bdi>").unwrap());
    assert!(covering < usual && next.contains("takes over (covers Christmas Day for D), alone"), "{next}");
    assert!(next.contains("; from Sat 26 Dec 00:00 EST "), "{next}");
}

#[test]
fn a_name_from_right_to_left_is_isolated_within_a_sentence() {
    get("/data/").has("title=\"Primary: \u{2068}مهندس\u{2069}, ");
    get("/data/coverage").has("<span class=\"hidden\"> for \u{2068}مهندس\u{2069}").lacks("for مهندس");
}

#[test]
fn what_is_to_be_agreed_soon_has_its_own_urgency_and_what_is_later_is_counted() {
    let page = get("/data/");
    page.has(" to agree within six weeks</h2>").has("Agree by Fri ").has("href=\"coverage#c2026");
    let index = get("/");
    let soon = page.body.split(" to agree within six weeks</h2>").next().unwrap();
    let soon = soon.rsplit('>').next().unwrap();
    index.has(&format!(">{soon} to agree within six weeks</span>"));
}

#[test]
fn time_off_is_shown_and_its_reason_is_not() {
    for target in ["/data/?from=2026-12-18", "/data/coverage", "/data/engineers/c"] {
        let page = get(target);
        assert!(page.body.to_lowercase().contains("time off"), "{target}");
        page.lacks("private");
    }
}

#[test]
fn a_proposal_is_dashed_and_named_as_one() {
    let page = get("/data/?from=2026-11-20&weeks=8");
    page.has(" try\">").has(" is proposed").has("Agree by ").has(" to agree by ");
    get("/data/?view=list&from=2026-12-18").has("to agree</span> proposed instead of");
}

#[test]
fn a_missing_backup_is_plain_text_during_a_cover_and_a_warning_during_an_absence() {
    let page = get("/data/");
    page.has("<li class=\"none a").has("title=\"No backup, Thu 26 Nov");
    let away = TEAM.replace(
        "time_off = [{ from = 2026-12-24",
        "time_off = [{ from = 2026-11-14T09:00:00, to = 2026-11-14T17:30:00 }, { from = 2026-12-24",
    );
    let page = responses_of(&away, "2026-11-14T12:00:00Z", &[("/data/", "")]).remove(0);
    page.has("<li class=\"gone a").has("No backup: Cy is away (time off), Sat 14 Nov 09:00–17:30 EST");
    page.has("<span class=\"tag warn\">no backup Sat 14 Nov</span>");
}

#[test]
fn a_swap_does_not_concern_somebody_it_leaves_in_place() {
    // The swap gives the week to D instead of A; B is its secondary by the rotation, too.
    let page = get("/data/?from=2026-12-04&weeks=1");
    page.has("⇄ <bdi>مهندس</bdi>").has("<bdi>Bob ");
    assert_eq!(page.body.matches("⇄ <bdi>").count(), 1);
}

#[test]
fn a_month_a_year_and_a_list_show_the_rota_too() {
    let month = get("/data/?view=month&month=2026-12");
    month.has("December 2026").has("<time datetime=\"2026-11-30\">30</time>").has("datetime=\"2027-01-03\"");
    month.lacks("datetime=\"2027-01-04\"").has(">Christmas Day").has("./?view=month&amp;month=2027-01");
    let year = get("/data/?view=year&year=2027");
    assert_eq!(year.body.matches("<table class=\"small-month\">").count(), 12);
    year.has("./?view=month&amp;month=2027-02").has("<caption>");
    get("/data/?view=list")
        .has("<table class=\"stack shifts\">")
        .has("Fri 13 Nov 10:00 – Fri 20 Nov 10:00 EST");
    let berlin = get("/data/?view=month&month=2026-12&zone=Europe%2FBerlin");
    berlin.has("Fri 4 Dec 16:00").lacks(" EST");
}

#[test]
fn weeks_and_zones_are_as_requested() {
    let page = get("/data/?from=2026-12-18&weeks=2&zone=Asia/Kolkata");
    page.has("datetime=\"2026-12-18\"")
        .has("datetime=\"2026-12-25\"")
        .lacks("datetime=\"2027-01-01\"")
        .has("20:30 IST")
        .has("<option value=\"Asia/Kolkata\" selected>")
        .has("./?from=2026-12-04&amp;weeks=2&amp;zone=Asia%2FKolkata")
        .has("./?from=2027-01-01&amp;weeks=2&amp;zone=Asia%2FKolkata");
    get("/data/?from=2030-06-01&weeks=1").has("31 May – 7 Jun 2030");
    get("/data/?from=2020-06-01").has("datetime=\"2026-01-02\"").has("aria-disabled=\"true\"");
}

#[test]
fn what_cannot_be_shown_is_refused_with_what_can() {
    for (target, expected) in [
        ("/data/?from=tomorrow", "“tomorrow” is not a date"),
        ("/data/?from=2026-02-30", "such as 2026-12-25"),
        ("/data/?weeks=0", "Weeks must be from 1 to 104"),
        ("/data/?weeks=105", "Weeks must be from 1 to 104"),
        ("/data/?weeks=4&weeks=5", "Weeks is given twice"),
        ("/data/?from=2200-01-01", "The rota is shown up to 2036-11-20"),
        ("/data/?zone=Europe/Lodnon", "did you mean <code>Europe/London</code>?</p>"),
        ("/data/?zone=%3Cscript%3E", "“&lt;script&gt;” is not a time zone"),
        ("/data/fairness?years=11", "Years must be from 1 to 10, not “11”"),
        ("/data/fairness?years=some", "Years must be from 1 to 10"),
        ("/data/coverage?engineer=z", "Nobody in this team has the id “z”"),
        ("/data/coverage?status=fine", "“fine” is not a status"),
        ("/data/coverage?person=z", "Nobody in this team has the id “z”"),
        ("/data/coverage?person=a&engineer=a", "Engineer is given twice"),
        ("/data/coverage?zone=Europe/Xx", "“Europe/Xx” is not a time zone"),
        ("/data/pipelines?zone=Europe/Xx", "“Europe/Xx” is not a time zone"),
        ("/data/run-books/profit?zone=Europe/Xx", "“Europe/Xx” is not a time zone"),
        ("/data/fairness?zone=Europe/Xx", "“Europe/Xx” is not a time zone"),
        ("/data/changes?zone=Europe/Xx", "“Europe/Xx” is not a time zone"),
        ("/data/subscribers?zone=Europe/Xx", "“Europe/Xx” is not a time zone"),
        ("/data/subscribe?alarm=3h", "“3h” is not a reminder"),
        ("/data/subscribe?calendar=x", "This team has no calendar “x”"),
        ("/data/?view=day", "view is weeks, month, year or list"),
        ("/data/?view=month&month=soon", "such as 2026-12"),
        ("/data/?view=year&year=x", "“x” is not a year"),
        ("/data/engineers/a?zone=Europe/Xx", "“Europe/Xx” is not a time zone"),
    ] {
        let page = get(target);
        page.has(expected).has("Show the page without it");
        assert_eq!(page.code, 400, "{target}");
    }
}

#[test]
fn coverage_is_filtered_by_person_and_status() {
    get("/data/coverage").has("November 2026").has("class=\"no-backup\"").has("class=\"unaffected\"");
    let covered = get("/data/coverage?status=covered").body;
    let lines: Vec<&str> = covered.split("<tr><td class=\"when\">").skip(1).collect();
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line.contains("<li class=\"covered\">")),
        "{covered}"
    );
    let of_ann = get("/data/coverage?engineer=a");
    assert_eq!(get("/data/coverage?person=a").body, of_ann.body);
    of_ann.has("Show all").has("<option value=\"a\" selected>");
    get("/data/coverage?engineer=&status=").has("class=\"unaffected\"");
    get("/data/coverage").has("<bdi>Eve</bdi></a> are not known: no calendar is given.");
}

#[test]
fn a_filter_never_says_settled_while_something_open_is_only_left_out() {
    let settled = "Nothing needs the team’s agreement";
    let open = get("/data/coverage").body.matches("<section class=\"conflict\"").count();
    assert!(open > 2);
    let of_eve = get("/data/coverage?engineer=e&status=unaffected");
    of_eve.has("There are no absences like that").lacks(settled).has("since the filter leaves them out.");
    of_eve.has(&format!("{open} to agree</span> Not shown"));
    for status in
        ["no-backup", "working", "covered", "agreed", "reported", "nobody", "unaffected", "proposed"]
    {
        let page = get(&format!("/data/coverage?status={status}"));
        let shown = page.body.matches("<section class=\"conflict\"").count();
        page.lacks(settled);
        match (shown, open - shown) {
            (_, 0) => page.lacks("Not shown"),
            (0, hidden) => page.has(&format!("{hidden} to agree</span> Not shown")),
            (_, hidden) => page.has(&format!("{hidden} more to agree</span> Not shown")),
        };
    }
    let agreed = TEAM
        .replace("secondary_on_holiday = \"unavailable\"", "")
        .replace("time_off = [{ from = 2026-12-24", "time_off = [{ from = 2025-12-24")
        .replace("to = 2026-12-26", "to = 2025-12-26");
    for query in ["", "?engineer=e", "?status=nobody"] {
        responses_of(&agreed, NOW, &[(&format!("/data/coverage{query}"), "")])[0].has(settled);
    }
}

#[test]
fn a_conflict_is_not_hidden_from_the_secondary_who_causes_it() {
    // At Christmas Cy is primary and away; D is secondary and cannot cover.
    let of_d = get("/data/coverage?engineer=d&status=proposed");
    of_d.has("<section class=\"conflict\" id=\"c20261224T0500\">").has("Cy</bdi></a> is primary and away");
    get("/data/coverage?engineer=d").has("id=\"c20261224T0500\"");
    get("/data/engineers/d").has("../coverage#c20261224T0500");
}

#[test]
fn a_conflict_names_its_candidates_with_their_figures_and_what_records_each() {
    let page = get("/data/coverage");
    page.has("Who could take it, best first").has("<td>free</td>").has("Holiday load now");
    let table = page.body.split("<table class=\"stack candidates\">").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    let candidates = table.matches("<th scope=\"row\">").count();
    assert!(candidates > 1);
    for expected in ["<summary>Entry<span class=\"hidden\"> for ", "[[override]]", "<code>oncal agree 2026-"]
    {
        assert_eq!(table.matches(expected).count(), candidates, "{expected}\n{table}");
    }
    assert_eq!(table.matches(" --team data</code>").count(), candidates);
    // On 25 December there are two conflicts: one since the day before, and one from the duty change on.
    page.has("<code>oncal agree 2026-12-24 e --team data</code>");
    page.has("<code>oncal agree 2026-12-25 e --at 10:00 --team data</code>");
}

#[test]
fn where_nobody_can_take_a_conflict_the_page_does_not_offer_who_could() {
    let all_away = TEAM
        .replace("id = \"a\",", "id = \"a\", time_off = [{ from = 2026-12-24, to = 2026-12-26 }],")
        .replace("id = \"b\",", "id = \"b\", time_off = [{ from = 2026-12-24, to = 2026-12-26 }],")
        .replace("id = \"d\",", "id = \"d\", time_off = [{ from = 2026-12-24, to = 2026-12-26 }],")
        .replace("{ id = \"e\", name = \"Eve\", holidays = [] },", "");
    let page = responses_of(&all_away, NOW, &[("/data/coverage?status=nobody", "")]).remove(0);
    page.has("Nobody in the team is free then.").has("nobody is free: find somebody").has(">What to do</a>");
    page.has("Not covered, agree by ");
    let christmas = page.body.split("id=\"o20261225\"").nth(1).unwrap().split("</article>").next().unwrap();
    assert!(!christmas.contains("Who could take it"), "{christmas}");
}

#[test]
fn a_holiday_is_one_line_with_who_is_on_call_through_it_and_all_of_it_folds_out() {
    let page = get("/data/coverage");
    let christmas = page.body.split("<tr").filter(|line| line.contains("<th scope=\"row\">Christmas Day"));
    let christmas: Vec<&str> = christmas.collect();
    assert_eq!(christmas.len(), 1, "{christmas:?}");
    for part in [
        "Christmas Day + 1",
        "Fri 25 – Sat 26 Dec",
        "<div class=\"mini\" aria-hidden=\"true\">",
        "Agree by Fri 4 Dec",
        "<summary>Hour by hour</summary>",
        "Fri 25 Dec 00:00–10:00 EST",
        "Fri 25 Dec 10:00 – Sat 26 Dec 00:00 EST",
    ] {
        assert!(christmas[0].contains(part), "{part}: {}", christmas[0]);
    }
    page.has(">No backup</span>").has("of people who are not on duty then");
    let name = |id: &str, name: &str| {
        format!("<a class=\"who\" href=\"engineers/{id}\"><bdi>{name}</bdi></a> (no backup)")
    };
    let in_turn = format!("{} until 10:00, then {}", name("d", "D"), name("a", "A"));
    responses_of(PLAN, NOW, &[("/data/coverage", "")])[0].has(&in_turn);
    let covers = TEAM.replace("\"unavailable\"", "\"covers\"");
    responses_of(&covers, NOW, &[("/data/coverage", "")])[0].has(">Holiday duty</span> <a class=\"who\"");
    let all_away = TEAM.replace("{ id = \"e\", name = \"Eve\", holidays = [] },", "");
    responses_of(&all_away, NOW, &[("/data/coverage", "")])[0]
        .has(">Volunteer needed</span>")
        .has(" as primary, if the team agrees");
}

#[test]
fn what_needs_somebody_comes_first_by_deadline_and_each_conflict_once() {
    let page = get("/data/coverage");
    let agree = page.body.split("<h2 id=\"ahead\">").next().unwrap();
    let deadlines: Vec<&str> = agree.split("<article class=\"card occasion").skip(1).collect();
    assert!(deadlines.len() > 2);
    let firsts: Vec<&str> =
        deadlines.iter().map(|card| card.split("id=\"o").nth(1).unwrap().get(..8).unwrap()).collect();
    assert!(firsts.is_sorted(), "{firsts:?}");
    let anchors: Vec<&str> = page
        .body
        .split("<section class=\"conflict\" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(anchors.iter().collect::<BTreeSet<_>>().len(), anchors.len(), "{anchors:?}");
    for anchor in anchors {
        page.has(&format!("href=\"#{anchor}\""));
    }
    let link = page.body.split("<a href=\"#o").nth(1).unwrap().split('"').next().unwrap();
    page.has(&format!("id=\"o{link}\">"));
}

#[test]
fn holidays_have_their_english_names_and_say_which_language_is_which() {
    let team = TEAM
        .replace("holidays = [\"gb-eng\"]", "holidays = [\"jp\"]")
        .replace("{ id = \"c\", name = \"Cy\"", "{ id = \"c\", name = \"Cy\", holidays = [\"de\"]");
    let new_year = "<span lang=\"ja\">元日</span> / New Year's Day";
    let second = "<span lang=\"de\">2. Weihnachtstag</span> / Second Day of Christmas";
    let pages = [
        ("/data/coverage", second),
        ("/data/engineers/d", new_year),
        ("/data/?from=2026-12-25", second),
        ("/data/?view=month&month=2027-04", "<span lang=\"ja\">昭和の日</span> / Shōwa Day"),
    ];
    for (target, expected) in pages {
        responses_of(&team, NOW, &[(target, "")])[0].has(expected);
    }
    responses_of(&team, NOW, &[("/data/coverage.ics", "")])[0].lacks("Second Day of Christmas");
}

#[test]
fn the_coverage_page_explains_the_teams_rule_and_once_what_load_counts() {
    let page = get("/data/coverage");
    page.has("How this team covers absences").has("If the secondary has time off or a public holiday then");
    assert!(page.body.matches("class=\"stack candidates\"").count() > 1);
    assert_eq!(page.body.matches("Holiday load counts").count(), 1);
    let report = TEAM.replace("secondary_on_holiday", "time_off = \"report\"\nsecondary_on_holiday");
    responses_of(&report, NOW, &[("/data/coverage", "")])[0]
        .has("Time off of the primary does not change who is on call.");
}

#[test]
fn a_zone_applies_to_the_whole_rota_and_is_kept_on_links_to_other_pages() {
    let berlin = "zone=Europe%2FBerlin";
    let page = get(&format!("/data/?{berlin}&from=2026-12-18"));
    page.has(" CET").lacks(" EST").lacks(" GMT").has(&format!("href=\"./coverage?{berlin}\""));
    get(&format!("/data/?{berlin}"))
        .has("Thu 26 Nov (Thu 26 Nov 06:00 – Fri 27 Nov 06:00 CET) <b>Thanksgiving Day</b>")
        .has(&format!("<a href=\"coverage?{berlin}#c"))
        .has(&format!("href=\"engineers/d?{berlin}\""));
    for target in ["/data/changes", "/data/pipelines", "/data/run-books/profit", "/data/subscribers"] {
        get(&format!("{target}?{berlin}"))
            .has(&format!("/coverage?{berlin}\""))
            .has(&format!("/?{berlin}\""));
    }
    get(&format!("/data/fairness?{berlin}")).has(&format!("href=\"fairness?years=10&amp;{berlin}\""));
    get("/data/pipelines").lacks("zone=");
}

#[test]
fn a_zone_applies_to_all_of_the_coverage() {
    let berlin = "zone=Europe%2FBerlin";
    get(&format!("/data/coverage?{berlin}")).has(" CET").lacks(" EST").lacks(" GMT");
    get(&format!("/data/coverage?{berlin}&status=covered"))
        .has(&format!("<a href=\"coverage?{berlin}\">Show all"));
    get("/data/coverage").lacks("zone=");
}

#[test]
fn the_subscribe_page_asks_whose_shifts_and_offers_every_calendar_program() {
    let page = get("/data/subscribe?calendar=engineers/a&alarm=1h");
    page.has("data/engineers/a.ics?alarm=1h</code>")
        .has("href=\"webcal://127.0.0.1:8080/data/engineers/a.ics?alarm=1h\"")
        .has("href=\"engineers/a.ics?download=1&amp;alarm=1h\"")
        .has("<a href=\"subscribe?calendar=engineers/a&amp;alarm=1h#which\" aria-current=\"true\">1 hour</a>")
        .has("href=\"subscribe?calendar=secondary&amp;alarm=1h#which\"")
        .has("By hand")
        .has("8 to 24 hours");
    get("/data/subscribe")
        .has("data/team.ics</code>")
        .has("aria-current=\"true\">none</a>")
        .lacks("ics?alarm");
    get("/data/subscribe?alarm=2h").has("aria-current=\"true\">2 hours</a>");
    get("/data/subscribe?calendar=coverage&alarm=1h").has("data/coverage.ics</code>").lacks("1 hour</a>");
    get("/data/").has("href=\"./subscribe\">Add to my calendar</a>");
}

#[test]
fn calendars_on_the_internet_cannot_fetch_from_a_server_on_one_machine() {
    let page = get("/data/subscribe");
    assert_eq!(page.body.matches("Not possible here</span>").count(), 3);
    page.lacks("calendar.google.com/calendar/r").lacks("addfromweb").has("Add to Apple Calendar");
}

#[test]
fn every_name_leads_to_a_page_with_what_concerns_that_person() {
    let page = get("/data/engineers/d");
    page.has("<bdi>مهندس</bdi>")
        .has("Next on call as ")
        .has("Next shifts")
        .has("Add these shifts to a calendar");
    page.has("GMT")
        .has("subscribe?calendar=engineers/d")
        .has("href=\"../pipelines#profit\"")
        .has("primary owner");
    page.has("Holidays and time off</h2>").has("Christmas Day");
    get("/data/engineers/e").has("Next proposed as ").has("are not known: no calendar is given");
    get("/data/engineers/c").has("To agree</h2>");
    let missing = get("/data/engineers/nobody");
    assert_eq!(missing.code, 404);
    missing.has("There is no such page").has("aria-label=\"Pages of this team\"");
}

#[test]
fn the_index_is_a_table_from_six_teams_on_with_the_most_urgent_first_and_a_search() {
    let team = |name: &str| PLAN.replace("name = \"Plan\"", &format!("name = \"{name}\""));
    let names = ["Zeta", "Eta", "Theta", "Iota", "Kappa"];
    let mut teams: Vec<(String, String)> = names.map(|name| (name.to_lowercase(), team(name))).into();
    teams.push(("data".to_owned(), TEAM.to_owned()));
    let index = |query: &str| responses_of_all(&teams, NOW, &[(&format!("/{query}"), "")]).remove(0);
    let page = index("");
    page.has("<table class=\"stack index\">").has("role=\"search\"").has("not served</span> its file has ");
    page.has("nothing to agree within six weeks");
    let place = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("{text}\n{}", page.body));
    assert!(place("pipelines") < place(">Eta<") && place(">Eta<") < place(">Zeta<"));
    let found = index("?q=th%C3%A9ta");
    found.has("No team or person has that name or id.");
    index("?q=theta").has(">Theta<").lacks(">Iota<").has("1 team ");
    index("?q=mohandes").has("No team or person");
    index("?q=%D9%85%D9%87%D9%86%D8%AF%D8%B3").has("pipelines").lacks(">Theta<");
}

#[test]
fn the_entry_to_paste_settles_the_conflict_with_whoever_is_chosen() {
    let before = get("/data/coverage");
    let conflicts: Vec<&str> = before.body.split("<section class=\"conflict\"").skip(1).collect();
    assert!(conflicts.len() > 2, "{}", before.body);
    for place in [0, 1] {
        let mut team = TEAM.to_owned();
        for conflict in &conflicts {
            let entries: Vec<&str> = conflict.split("<pre tabindex=\"0\"><code>[[").skip(1).collect();
            let text = entries[place.min(entries.len() - 1)].split("</code>").next().unwrap();
            team.push_str(
                &format!("[[{text}")
                    .replace("&quot;", "\"")
                    .replace("&amp;", "&")
                    .replace("&lt;", "<")
                    .replace("&gt;", ">"),
            );
        }
        let after = responses_of(&team, NOW, &[("/data/coverage", "")]).remove(0);
        after.has("Nothing needs the team’s agreement").has("agreed on 20 Nov 2026").lacks("<summary>Entry");
    }
}

#[test]
fn pipelines_show_their_owners_and_who_of_them_is_on_call() {
    get("/data/pipelines")
        .has("Daily growth for &lt;experiments&gt;")
        .has("reported to investors")
        .has("primary on call")
        .has("href=\"run-books/profit\"")
        .has("Owns no pipeline");
}

#[test]
fn fairness_has_bars_streaks_and_the_rotations_that_end_them() {
    let page = get("/data/fairness?years=6");
    page.has("in 2026–2031").has("preserveAspectRatio=\"none\"").has(" weeks</small>").has("+");
    page.has("</bdi></a></b> is primary on <b>Christmas Day</b> in 20");
    let entries = page
        .body
        .split("data-copy=\"the rotations\"><pre tabindex=\"0\"><code>")
        .nth(1)
        .unwrap()
        .split("</code>")
        .next()
        .unwrap();
    let fixed = format!("{TEAM}{}", entries.replace("&quot;", "\""));
    let after = responses_of(&fixed, NOW, &[("/data/fairness?years=6", "")]).remove(0);
    let count = |page: &Response| page.body.matches(" is primary on <b>").count();
    assert!(count(&after) < count(&page), "{}", after.body);
    get("/data/fairness?years=2").has("Streaks need at least 3 years").lacks("data-copy");
}

#[test]
fn a_run_book_is_a_page_with_who_can_help_and_no_markup_of_its_own() {
    get("/data/run-books/profit")
        .has("<h1>Profit</h1>")
        .has("On call now")
        .has("<h2>Owners</h2>")
        .has("<h2 id=\"look-first\">Look &lt;first&gt;</h2>")
        .has("&lt;script&gt;x&lt;/script&gt; bad <a href=\"growth\"")
        .has("<td class=\"right\">1</td>")
        .lacks("javascript:");
}

#[test]
fn broken_configuration_is_reported_plainly_and_never_quoted() {
    for (target, code) in [("/", 200), ("/lost/", 503), ("/lost/coverage", 503), ("/lost/pipelines", 503)] {
        let page = get(target);
        page.has("teams/lost.toml:1:").has("<code>name</code>").lacks("`").lacks("private remark");
        assert_eq!(page.code, code, "{target}");
    }
}

#[test]
fn names_are_text_and_pages_have_no_style_or_script_of_their_own() {
    for page in responses_of(TEAM, NOW, &ALL.map(|target| (target, ""))) {
        for forbidden in
            ["<script>", "<i>", "<b>conference", "style=", "<style", " onclick=", "\"javascript:", "\u{202E}"]
        {
            page.lacks(forbidden);
        }
        assert!(
            page.header("content-security-policy").starts_with("default-src 'none'")
                && !page.header("content-security-policy").contains("unsafe")
        );
    }
}

#[test]
fn a_page_that_has_not_changed_is_not_sent_again() {
    let first = responses_of(TEAM, NOW, &ALL.map(|target| (target, "")));
    let targets: Vec<(&str, &str)> =
        ALL.into_iter().zip(first.iter().map(|page| page.header("etag"))).collect();
    for (page, again) in first.iter().zip(responses_of(TEAM, NOW, &targets)) {
        if page.code == 200 {
            assert_eq!((again.code, again.body.as_str()), (304, ""));
        } else {
            assert_eq!((page.header("etag"), again.code), ("", page.code), "an error has no tag");
        }
    }
    let later = responses_of(TEAM, "2026-11-20T15:00:00Z", &targets);
    assert_eq!(later[1].code, 200, "duty has changed");
}

#[test]
fn a_rich_team_is_less_than_ten_kilobytes_compressed() {
    let rich = include_str!("../browser/rich/rich.toml").to_owned();
    let targets =
        ["/rich/", "/rich/?from=2026-12-18", "/rich/?view=month", "/rich/?view=year", "/rich/?view=list"];
    let pages = requested(&[("rich".to_owned(), rich)], NOW, &targets.map(|target| (target, "")), "br");
    for (page, target) in pages.iter().zip(targets) {
        assert!(page.code == 200 && (1_000..10_240).contains(&page.size), "{target}: {} bytes", page.size);
    }
}

#[test]
fn a_year_is_a_small_page() {
    let page = get("/data/?weeks=52");
    assert!(page.body.len() < 220_000, "{}", page.body.len());
    assert_eq!(page.body.matches("<li class=\"week").count(), 52);
}

/// The links of a page that lead to this server, resolved against its path.
fn links(path: &str, body: &str) -> Vec<String> {
    let base = format!("http://h{path}");
    let attributes = ["href=\"", "src=\""].into_iter().flat_map(|start| body.split(start).skip(1));
    let links = attributes.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
    links
        .filter(|link| !link.starts_with('#') && !link.contains(':'))
        .map(|link| resolved(&base, &link))
        .collect()
}

fn resolved(base: &str, link: &str) -> String {
    let path = base.strip_prefix("http://h").unwrap().split('?').next().unwrap();
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    let (way, query) = link.split_at(link.find(['?', '#']).unwrap_or(link.len()));
    let mut parts = way.split('/').peekable();
    while let Some(part) = parts.next() {
        match part {
            "." => {}
            ".." => drop(folders.pop()),
            part => {
                folders.push(part);
                continue;
            }
        }
        if parts.peek().is_none() {
            folders.push("");
        }
    }
    let query = query.split('#').next().unwrap();
    format!("{}{query}", folders.join("/"))
}

#[test]
fn every_link_from_the_first_page_on_leads_somewhere() {
    let (mut seen, mut ahead) = (BTreeSet::new(), VecDeque::from([("/".to_owned(), 0)]));
    let mut batch: Vec<(String, usize)> = Vec::new();
    while let Some(first) = ahead.pop_front() {
        batch.push(first);
        batch.extend(ahead.drain(..));
        batch.retain(|(target, depth)| *depth < 3 && seen.insert(target.clone()));
        let targets: Vec<(&str, &str)> = batch.iter().map(|(target, _)| (target.as_str(), "")).collect();
        if targets.is_empty() {
            break;
        }
        for (page, (target, depth)) in responses_of(TEAM, NOW, &targets).iter().zip(&batch) {
            let expected = if target.starts_with("/lost/") { 503 } else { 200 };
            assert_eq!(page.code, expected, "{target}");
            if page.body.starts_with("<!DOCTYPE html>") {
                ahead.extend(links(target, &page.body).into_iter().map(|link| (link, depth + 1)));
            }
        }
        batch.clear();
    }
    for expected in
        ["/data/coverage", "/data/run-books/growth", "/data/team.ics?download=1", "/data/?weeks=52"]
    {
        assert!(seen.contains(expected), "{expected}: {seen:?}");
    }
    assert!(seen.len() > 30 && seen.iter().any(|target| target.ends_with(".js")), "{seen:?}");
}
