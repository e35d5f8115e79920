//! The documents: their shell blocks are run as a reader would, on a copy of `config/`, and what they show as output is
//! what the commands print. `ONCAL_REWRITE_DOCUMENTS=1` writes into the documents what is printed. Comments in the
//! Markdown, which readers do not see, give the tests what the text around them says in prose:
//!
//! - `<!-- at 2027-05-03T12:00:00Z -->`: from here on it is that time, and `config/` is a fresh copy.
//! - `<!-- run COMMAND -->`: what the text tells the reader to do. Its output can be shown, like a shell block's.
//! - `<!-- appended to FILE -->`: the block of TOML that follows is added at the end of the file.
//! - `<!-- ends 3 -->`: the exit code of the shell block that follows.
//! - `<!-- not run: WHY -->`: the shell block that follows is not run.
//!
//! Each block of `text` is the output of what was run last.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A folder with `config/` as a reader has it, and the time there.
struct Reader {
    folder: TempDir,
    now: String,
}

impl Reader {
    fn at(now: &str) -> Reader {
        let folder = tempfile::tempdir().unwrap();
        let plan = folder.path().join("plan");
        fs::create_dir(&plan).unwrap();
        let copied = Command::new("cp").args(["-r", "config"]).arg(&plan).status().unwrap();
        assert!(copied.success());
        let program = folder.path().join("bin/oncal");
        fs::create_dir(folder.path().join("bin")).unwrap();
        let oncal = env!("CARGO_BIN_EXE_oncal");
        fs::write(&program, format!("#!/bin/sh\nexec {oncal} --now \"$ONCAL_TEST_NOW\" \"$@\"\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Reader { folder, now: now.to_owned() }
    }

    fn plan(&self) -> PathBuf {
        self.folder.path().join("plan")
    }

    /// What `script` prints, and its exit code.
    fn run(&self, script: &str) -> (String, Option<i32>) {
        let path = format!("{}:/usr/bin:/bin", self.folder.path().join("bin").display());
        let mut command = Command::new("bash");
        command.args(["-euc", &format!("exec 2>&1\n{script}")]).current_dir(self.plan()).env_clear();
        let output =
            command.env("PATH", path).env("ONCAL_TEST_NOW", &self.now).env("NO_COLOR", "1").output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    }
}

/// One document as it is run.
struct Run<'d> {
    name: &'d str,
    reader: Option<Reader>,
    /// What was printed last.
    output: Option<String>,
    expected_code: i32,
    is_skipped: bool,
    appended_to: Option<String>,
    /// How many commands or blocks were run.
    count: usize,
}

impl Run<'_> {
    fn run(&mut self, script: &str) {
        let name = self.name;
        let reader = self.reader.as_ref().unwrap_or_else(|| panic!("{name}: no time before: {script}"));
        let (output, code) = reader.run(script);
        assert_eq!(code, Some(self.expected_code), "{name}: {script}\n{output}");
        self.expected_code = 0;
        self.output = Some(output);
        self.count += 1;
    }

    fn comment(&mut self, comment: &str) {
        let (what, rest) = comment.split_once(' ').unwrap_or((comment, ""));
        match what {
            "at" => {
                self.reader = Some(Reader::at(rest));
                self.output = None;
            }
            "run" => self.run(rest),
            "ends" => self.expected_code = rest.parse().unwrap(),
            "appended" => self.appended_to = Some(rest.strip_prefix("to ").unwrap().to_owned()),
            "not" => self.is_skipped = true,
            _ => panic!("{}: a comment that means nothing here: {comment}", self.name),
        }
    }

    /// Handles a block of this language, and returns what must be shown in its place.
    fn block(&mut self, language: &str, text: &str) -> String {
        match language {
            "sh" if std::mem::take(&mut self.is_skipped) => {}
            "sh" => self.run(text),
            "text" => {
                let output = self.output.clone();
                return output.unwrap_or_else(|| panic!("{}: output of nothing: {text}", self.name));
            }
            "toml" => {
                if let (Some(file), Some(reader)) = (self.appended_to.take(), &self.reader) {
                    let path = reader.plan().join(file);
                    let before = fs::read_to_string(&path).unwrap();
                    fs::write(path, format!("{before}\n{text}")).unwrap();
                }
            }
            _ => {}
        }
        text.to_owned()
    }
}

/// Runs the document `text`. Returns it as it should be, and how much of it was run.
fn run(name: &str, text: &str) -> (String, usize) {
    let (reader, output, appended_to) = (None, None, None);
    let mut run = Run { name, reader, output, expected_code: 0, is_skipped: false, appended_to, count: 0 };
    let mut whole = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        whole.extend([line, "\n"]);
        if let Some(comment) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            run.comment(comment);
        } else if let Some(language) = line.strip_prefix("```") {
            let block: String =
                lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
            whole.extend([run.block(language, &block), "```\n".to_owned()]);
        }
    }
    (whole, run.count)
}

#[track_caller]
fn is_true(name: &str) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = fs::read_to_string(&path).unwrap();
    let (run, count) = run(name, &text);
    if std::env::var_os("ONCAL_REWRITE_DOCUMENTS").is_some() {
        fs::write(&path, run).unwrap();
    } else {
        let hint =
            "ONCAL_REWRITE_DOCUMENTS=1 cargo nextest run -E 'test(/^documents::/)' writes what is printed";
        assert!(
            run == text,
            "{name} shows other output than its commands print; {hint}\n{}",
            diff(&text, &run)
        );
    }
    count
}

fn diff(before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after).unified_diff().to_string()
}

#[test]
fn the_commands_of_the_readme_print_what_it_shows() {
    assert!(is_true("README.md") >= 2);
}

#[test]
fn the_recipes_do_what_they_say() {
    assert!(is_true("docs/recipes.md") >= 10);
}

#[test]
fn the_commands_of_all_other_documents_print_what_they_show() {
    let entries = fs::read_dir("docs").unwrap().map(|entry| entry.unwrap().path());
    let names = entries.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut names: Vec<String> = names.map(|path| path.to_str().unwrap().to_owned()).collect();
    names.sort();
    assert!(names.len() >= 7, "{names:?}");
    for name in names.iter().filter(|name| *name != "docs/recipes.md") {
        is_true(name);
    }
}

#[test]
fn output_that_is_not_what_a_command_prints_is_found() {
    let document = |shown: &str| {
        format!(
            "<!-- at 2027-05-03T12:00:00Z -->\n```sh\noncal holidays us-federal 2027 | head -1\n```\n```text\n{shown}```\n"
        )
    };
    let right = document("United States federal holidays · 2027 · by rules alone\n");
    assert_eq!(run("sample", &document("Something else\n")).0, right);
    assert_eq!(run("sample", &right), (right.clone(), 1));
}

#[test]
#[should_panic(expected = "output of nothing")]
fn output_without_a_command_is_found() {
    run("sample", "```text\nanything\n```\n");
}
