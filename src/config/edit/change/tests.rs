use super::*;

const OVERRIDE: &str = "from = 2026-12-24\nthrough = 2026-12-25\nprimary = \"d\"\n";

fn day(day: u32) -> Field {
    Field::Date(NaiveDate::from_ymd_opt(2026, 12, day).unwrap())
}

fn leave(list: List) -> Change {
    Change::Add(list, vec![("from", day(24)), ("to", day(25))])
}

fn given() -> Change {
    let fields = vec![("from", day(24)), ("through", day(25)), ("primary", Field::Text("d".to_owned()))];
    Change::Add(List::Overrides, fields)
}

#[track_caller]
fn edited(text: &str, change: &Change, expected: &str) {
    assert_eq!(edit(text, std::slice::from_ref(change)).as_deref(), Ok(expected), "{text}");
    // The same with the line ends of Windows, where there is any to recognise them by.
    if !text.contains('\n') {
        return;
    }
    let (text, expected) = (text.replace('\n', "\r\n"), expected.replace('\n', "\r\n"));
    assert_eq!(edit(&text, std::slice::from_ref(change)), Ok(expected), "{text:?}");
}

#[test]
fn a_first_block_stands_below_its_example_else_at_the_end() {
    let file = "a = 1\n\n# Overrides\n#[[override]]\n#from = 1\n\n# Pipelines\n[[pipeline]]\nid = \"x\"\n";
    let expected = file.replace("#from = 1\n", &format!("#from = 1\n\n[[override]]\n{OVERRIDE}"));
    edited(file, &given(), &expected);
    edited("a = 1", &given(), &format!("a = 1\n\n[[override]]\n{OVERRIDE}"));
    edited("a = 1\n\n\n", &given(), &format!("a = 1\n\n[[override]]\n{OVERRIDE}\n\n"));
    // Between the keys of a table there is no place for another table.
    let inside = "[a]\n#[[override]]\nb = 1\n";
    edited(inside, &given(), &format!("{inside}\n[[override]]\n{OVERRIDE}"));
    let text = "[a]\nb = \"\"\"\n#[[override]]\n\"\"\"\n";
    edited(text, &given(), &format!("{text}\n[[override]]\n{OVERRIDE}"));
}

#[test]
fn a_further_block_stands_after_the_last() {
    let file = "  [[ override ]] # first\n  primary = \"a\" # why\n# about b\n[b]\nc = 1\n";
    let block = "\n  [[ override ]]\n  from = 2026-12-24\n  through = 2026-12-25\n  primary = \"d\"\n";
    edited(file, &given(), &file.replace("# why\n", &format!("# why\n{block}")));
}

#[test]
fn a_list_in_brackets_grows_in_its_own_layout() {
    let list = List::TimeOff(0);
    let new = "{ from = 2026-12-24, to = 2026-12-25 }";
    for (before, after) in [
        ("[]", "[NEW]"),
        ("[ # none\n]", "[NEW # none\n]"),
        ("[{ from = 1 }]", "[{ from = 1 }, NEW]"),
        ("[{ from = 1 }, ]", "[{ from = 1 }, NEW, ]"),
        ("[\n  { from = 1 }\n]", "[\n  { from = 1 },\n  NEW\n]"),
        ("[\n  { from = 1 } # July\n]", "[\n  { from = 1 }, # July\n  NEW\n]"),
        (
            "[\n\t{ from = 1 }, # July, again\n# more\n]",
            "[\n\t{ from = 1 }, # July, again\n\tNEW,\n# more\n]",
        ),
        ("[{ from = 1 }\n]", "[{ from = 1 }, NEW\n]"),
        ("[\n{ from = 1 },\n{ from = 2 },]", "[\n{ from = 1 },\n{ from = 2 }, NEW,]"),
    ] {
        let file = |list: &str| format!("[[engineer]]\nid = \"a\"\ntime_off = {list} # end\n\n[x]\ny = 1\n");
        edited(&file(before), &leave(list), &file(&after.replace("NEW", new)));
    }
}

#[test]
fn the_first_leave_of_somebody_becomes_a_key_of_their_table() {
    let line = "time_off = [{ from = 2026-12-24, to = 2026-12-25 }]";
    let file =
        "[[engineer]]\nid = \"a\"\n[[engineer]]\n  id = \"b\" # B\n# note\n[[engineer.also_off]]\ndate = 1\n";
    edited(file, &leave(List::TimeOff(1)), &file.replace("# B\n", &format!("# B\n  {line}\n")));
    let inline = "engineer = [{ id = \"a\" }, { id = \"b\", joined = 1 }]\n";
    let expected = format!("engineer = [{{ id = \"a\" }}, {{ id = \"b\", joined = 1, {line} }}]\n");
    edited(inline, &leave(List::TimeOff(1)), &expected);
    let blocks = "[[engineer]]\nid = \"a\"\n[[engineer.time_off]]\nfrom = 1\nto = 2\n[x]\ny = 1\n";
    let block = "\n[[engineer.time_off]]\nfrom = 2026-12-24\nto = 2026-12-25\n";
    edited(blocks, &leave(List::TimeOff(0)), &blocks.replace("to = 2\n", &format!("to = 2\n{block}")));
}

#[test]
fn values_change_in_place_and_a_key_may_take_the_place_of_another() {
    let file = "[[override]]\nthrough = 2026-12-30 # late\nfrom = 2026-12-01\n";
    let time = NaiveDate::from_ymd_opt(2026, 12, 24).unwrap().and_hms_opt(9, 0, 0).unwrap();
    let end = vec![("to", Some(Field::Time(time))), ("through", None)];
    let expected = "[[override]]\nto = 2026-12-24T09:00:00 # late\nfrom = 2026-12-01\n";
    edited(file, &Change::Set(List::Overrides, 0, end.clone()), expected);
    let inline = "override = [{ from = 2026-12-01, through = 2026-12-30 }]\n";
    let expected = "override = [{ from = 2026-12-01, to = 2026-12-24T09:00:00 }]\n";
    edited(inline, &Change::Set(List::Overrides, 0, end), expected);
    let more = Change::Set(List::Overrides, 0, vec![("reason", Some(Field::Text("x\"".to_owned())))]);
    edited("[[override]]\nfrom = 1", &more, "[[override]]\nfrom = 1\nreason = \"x\\\"\"");
    let less = Change::Set(List::Overrides, 0, vec![("reason", None)]);
    edited("[[override]]\nreason = \"x\" # y\nfrom = 1\n", &less, "[[override]]\nfrom = 1\n");
    edited("override = [{ reason = \"x\", from = 1 }]", &less, "override = [{ from = 1 }]");
    edited("override = [{ from = 1, reason = \"x\" }]", &less, "override = [{ from = 1 }]");
}

#[test]
fn an_entry_is_removed_with_its_lines_or_its_comma() {
    let gone = |index| Change::Remove(List::Swaps, index);
    let file = "a = 1\n\n# about\n[[swap]]\nweek = 1\n# inside\nreason = \"x\"\n\n[[swap]]\nweek = 2\n\n[b]\nc = 1\n";
    edited(file, &gone(1), "a = 1\n\n# about\n[[swap]]\nweek = 1\n# inside\nreason = \"x\"\n\n[b]\nc = 1\n");
    edited(file, &gone(0), "a = 1\n\n# about\n\n[[swap]]\nweek = 2\n\n[b]\nc = 1\n");
    for (before, index, after) in [
        ("[{ week = 1 }]", 0, "[]"),
        ("[{ week = 1 }, { week = 2 }]", 0, "[{ week = 2 }]"),
        ("[{ week = 1 }, { week = 2 }]", 1, "[{ week = 1 }]"),
        ("[\n  { week = 1 }, # one\n  { week = 2 },\n]", 0, "[\n  { week = 2 },\n]"),
        ("[\n  { week = 1 },\n  { week = 2 }\n]", 1, "[\n  { week = 1 },\n]"),
        ("[\n  { week = 1 }, # one\n  { week = 2 } # two\n]", 1, "[\n  { week = 1 }, # one\n]"),
        ("[\n  { week = 1 },\n  {\n    week = 2, # two\n  },\n]", 1, "[\n  { week = 1 },\n]"),
    ] {
        let file = |list: &str| format!("swap = {list}\n[b]\nc = 1\n");
        edited(&file(before), &gone(index), &file(after));
    }
}

#[test]
fn a_table_over_several_lines_changes_line_by_line() {
    let file = "override = [\n  {\n    from = 2026-12-01, # late\n    through = 2026-12-30, # end\n    reason = \"x\" # why\n  },\n]\n";
    let less = Change::Set(List::Overrides, 0, vec![("reason", None)]);
    edited(file, &less, &file.replace("    reason = \"x\" # why\n", ""));
    let other = Change::Set(List::Overrides, 0, vec![("through", Some(day(24))), ("from", None)]);
    let expected = file.replace("    from = 2026-12-01, # late\n", "").replace("2026-12-30", "2026-12-24");
    edited(file, &other, &expected);
    let more = Change::Set(List::Overrides, 0, vec![("primary", Some(Field::Text("d".to_owned())))]);
    edited(file, &more, &file.replace("\"x\" #", "\"x\", primary = \"d\" #"));
}

#[test]
fn what_is_not_toml_or_not_a_list_is_left_alone() {
    assert_eq!(edit("a = [", &[given()]), Err(EditError::NotToml));
    assert_eq!(edit("override = 1", &[given()]), Err(EditError::Layout));
    assert_eq!(edit("a = 1", &[Change::Remove(List::Swaps, 0)]), Err(EditError::Layout));
    assert_eq!(edit("a = 1", &[leave(List::TimeOff(0))]), Err(EditError::Layout));
}

#[test]
fn two_entries_at_once_share_the_commas_of_their_list() {
    let list = "time_off = [\n  { from = 1 } # July\n]\n";
    let both = edit(&format!("[[engineer]]\n{list}"), &[leave(List::TimeOff(0)), leave(List::TimeOff(0))]);
    let new = "  { from = 2026-12-24, to = 2026-12-25 }";
    assert_eq!(both, Ok(format!("[[engineer]]\ntime_off = [\n  {{ from = 1 }}, # July\n{new},\n{new}\n]\n")));
    let both = edit("swap = []\n", &[leave(List::Swaps), leave(List::Swaps)]);
    assert_eq!(both, Ok(format!("swap = [{0}, {0}]\n", new.trim())));
}

#[test]
fn a_new_entry_stands_below_lines_that_are_cut_from_the_one_before_it() {
    let swap = |week| vec![("week", Field::Date(NaiveDate::from_ymd_opt(2026, 12, week).unwrap()))];
    let gone =
        Change::Set(List::Swaps, 0, vec![("primary", Some(Field::Text("b".to_owned()))), ("reason", None)]);
    for newline in ["\n", "\r\n"] {
        let file = "[[swap]]\nprimary = \"a\"\nreason = \"x\" # y\n\n[x]\ny = 1\n".replace('\n', newline);
        let expected = "[[swap]]\nprimary = \"b\"\n\n[[swap]]\nweek = 2026-12-04\n\n[x]\ny = 1\n";
        let both = edit(&file, &[gone.clone(), Change::Add(List::Swaps, swap(4))]);
        assert_eq!(both, Ok(expected.replace('\n', newline)));
        let both = edit(&file, &[Change::Add(List::Swaps, swap(4)), gone.clone()]);
        assert_eq!(both, Ok(expected.replace('\n', newline)));
    }
    let file = "[[swap]]\nprimary = \"a\"\nreason = \"x\"";
    let both = edit(file, &[gone, Change::Add(List::Swaps, swap(4))]).unwrap();
    assert!(both.ends_with("\n[[swap]]\nweek = 2026-12-04\n") && !both.contains("reason"), "{both}");
}
