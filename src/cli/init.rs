//! `oncal init`: the shipped configuration as a starting point.

use std::fs;

use anyhow::Context;

use super::args;
use super::output::{Exit, Output};

/// The files of the shipped configuration by their paths in it.
const FILES: [(&str, &str); 5] = [
    ("oncal.toml", include_str!("../../config/oncal.toml")),
    ("teams/data-pipelines.toml", include_str!("../../config/teams/data-pipelines.toml")),
    (
        "runbooks/data-pipelines/aggregate-profit.md",
        include_str!("../../config/runbooks/data-pipelines/aggregate-profit.md"),
    ),
    (
        "runbooks/data-pipelines/aggregate-growth.md",
        include_str!("../../config/runbooks/data-pipelines/aggregate-growth.md"),
    ),
    (
        "runbooks/data-pipelines/aggregate-engagement.md",
        include_str!("../../config/runbooks/data-pipelines/aggregate-engagement.md"),
    ),
];

pub(super) fn run(args: &args::Init, output: &mut Output) -> anyhow::Result<Exit> {
    let folder = &args.folder;
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("failed to create {shown}"))?;
    let mut entries = fs::read_dir(folder).with_context(|| format!("failed to read {shown}"))?;
    if entries.next().is_some() {
        anyhow::bail!("{shown} is not empty: nothing was written");
    }
    for (path, text) in FILES {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).with_context(|| format!("failed to create {}", parent.display()))?;
        }
        fs::write(&file, text).with_context(|| format!("failed to write {}", file.display()))?;
    }
    output.note(format_args!(
        "wrote a starting configuration to {shown}: edit teams/data-pipelines.toml, then run\n  \
         oncal --config {shown} check\n  oncal --config {shown} serve"
    ));
    Ok(Exit::Fine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn below(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, root, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
            }
        }
    }

    #[test]
    fn every_file_of_the_shipped_configuration_is_written() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let mut shipped = BTreeSet::new();
        below(&root, &root, &mut shipped);
        // Examples for those who run it, which it does not read.
        shipped.retain(|path| !path.starts_with("deploy/"));
        let written: BTreeSet<String> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(shipped, written);
    }
}
