//! Dependencies between modules of `src` run one way, and no files import each other in a circle.
//!
//! The code is parsed (crate syn), and names that a module re-exports are followed to the file that defines them: a
//! `mod.rs` that only re-exports names is not a dependency. Code under `#[cfg(test)]` does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// What each module may use of the others.
const MODULES: [(&str, &[&str]); 23] = [
    ("parallel", &[]),
    ("rota", &[]),
    ("team_map", &["rota"]),
    ("toml_reader", &[]),
    ("ics", &["toml_reader", "rota"]),
    ("fetch", &["ics"]),
    ("holidays", &["toml_reader", "ics", "rota"]),
    ("time_off", &["toml_reader", "ics", "rota"]),
    (
        "config",
        &[
            "fetch",
            "journal",
            "parallel",
            "toml_reader",
            "holidays",
            "ics",
            "rota",
            "team_map",
            "text",
            "time_off",
        ],
    ),
    ("calendars", &["config", "fetch", "journal", "rota", "time_off"]),
    ("access", &["config", "rota", "state_dir"]),
    ("text", &["rota"]),
    ("notices", &["rota", "text"]),
    ("feed", &["journal", "rota", "text"]),
    ("journal", &["parallel", "rota", "state_dir"]),
    ("json", &["feed", "holidays", "rota", "text"]),
    ("publish", &["config", "feed", "journal", "parallel", "rota", "text"]),
    (
        "live",
        &[
            "access",
            "calendars",
            "config",
            "feed",
            "fetch",
            "holidays",
            "journal",
            "parallel",
            "publish",
            "rota",
            "team_map",
            "text",
        ],
    ),
    ("delivery", &["config", "fetch", "rota"]),
    ("notifier", &["config", "delivery", "journal", "live", "notices", "publish", "rota", "text"]),
    (
        "web",
        &[
            "access",
            "clock",
            "config",
            "toml_reader",
            "feed",
            "holidays",
            "json",
            "live",
            "publish",
            "rota",
            "text",
        ],
    ),
    ("export", &["access", "config", "feed", "json", "live", "rota", "text", "web"]),
    (
        "cli",
        &[
            "access",
            "calendars",
            "clock",
            "config",
            "export",
            "toml_reader",
            "feed",
            "holidays",
            "delivery",
            "journal",
            "notices",
            "notifier",
            "json",
            "live",
            "publish",
            "rota",
            "state_dir",
            "text",
            "web",
        ],
    ),
];

/// Crates that only these modules may use.
const CRATES: [(&str, &[&str]); 23] = [
    ("lettre", &["delivery"]),
    ("ureq", &["delivery", "fetch"]),
    ("rustls", &["delivery", "fetch", "journal"]),
    ("url", &["config", "fetch"]),
    ("actix_web", &["web"]),
    ("toml", &["toml_reader", "config", "holidays"]),
    ("icalendar", &["feed"]),
    ("windows_timezones", &["ics", "config"]),
    ("serde", &["journal", "json", "notices", "publish", "web", "cli"]),
    ("rpds", &["team_map"]),
    ("rusqlite", &["journal"]),
    ("crc32fast", &["journal"]),
    ("sd_notify", &["cli"]),
    ("tokio_postgres", &["journal"]),
    ("notify", &["live"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli"]),
    ("maud", &["export", "web"]),
    ("prometheus_client", &["web"]),
    ("hmac", &["access"]),
    ("subtle", &["access"]),
    ("getrandom", &["access"]),
    ("utoipa", &["json", "web"]),
];

/// The only crates that `rota` may use.
const RULES: [&str; 4] = ["std", "chrono", "chrono_tz", "jiff"];

/// A module as its names from the root of the crate: `rota::planning`. Empty for `lib.rs`.
type Module = Vec<String>;

/// A path as it is written in some file.
#[derive(Debug, Clone)]
struct Mention {
    /// Names from the root of the crate if it begins with `crate`, `self` or `super`; otherwise as written.
    path: Vec<String>,
    is_local: bool,
    /// The name that a re-export gives it.
    exported_as: Option<String>,
}

/// One file of the sources.
#[derive(Debug, Default)]
struct File {
    mentions: Vec<Mention>,
}

struct Collector {
    module: Module,
    mentions: Vec<Mention>,
}

impl Collector {
    fn add(&mut self, path: &[String], exported_as: Option<String>) {
        let Some(first) = path.first() else { return };
        let (mut local, mut rest) = match first.as_str() {
            "crate" => (Some(Module::new()), &path[1..]),
            "self" => (Some(self.module.clone()), &path[1..]),
            "super" => (Some(self.module.clone()), path),
            _ => (None, path),
        };
        if let Some(module) = &mut local {
            while let Some((first, after)) = rest.split_first().filter(|(first, _)| *first == "super") {
                let _ = first;
                module.pop();
                rest = after;
            }
        }
        let is_local = local.is_some();
        let mut path = local.unwrap_or_default();
        path.extend_from_slice(rest);
        self.mentions.push(Mention { path, is_local, exported_as });
    }

    fn add_use(&mut self, tree: &syn::UseTree, before: &[String], is_exported: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_use(&path.tree, &with(&path.ident), is_exported),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.add_use(item, before, is_exported));
            }
            syn::UseTree::Glob(_) => self.add(before, is_exported.then(|| "*".to_owned())),
            syn::UseTree::Name(name) if name.ident == "self" => {
                self.add(before, is_exported.then(|| before.last().cloned()).flatten());
            }
            syn::UseTree::Name(name) => {
                self.add(&with(&name.ident), is_exported.then(|| name.ident.to_string()));
            }
            syn::UseTree::Rename(name) => {
                self.add(&with(&name.ident), is_exported.then(|| name.rename.to_string()));
            }
        }
    }

    /// Paths in the tokens of a macro call, which syn does not parse.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in &tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 && !path.is_empty() {
                        self.end_of(&mut path);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end_of(&mut path);
                    colons = 0;
                    self.add_tokens(group.stream());
                }
                _ => {
                    self.end_of(&mut path);
                    colons = 0;
                }
            }
        }
        self.end_of(&mut path);
    }

    fn end_of(&mut self, path: &mut Vec<String>) {
        if path.len() > 1 {
            self.add(path, None);
        }
        path.clear();
    }
}

/// Whether an item is compiled only for tests.
pub(crate) fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_test(&item.attrs) {
            let is_exported = !matches!(item.vis, syn::Visibility::Inherited);
            self.add_use(&item.tree, &[], is_exported);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.add(&names, None);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_path(self, &call.path);
        self.add_tokens(call.tokens.clone());
    }
}

fn parse(module: &[String], text: &str) -> File {
    let mut collector = Collector { module: module.to_vec(), mentions: Vec::new() };
    collector.visit_file(&syn::parse_file(text).unwrap());
    File { mentions: collector.mentions }
}

/// All files below `folder`, which is `module`.
fn read(folder: &Path, module: &Module, all: &mut BTreeMap<Module, File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let within = if ["mod", "lib", "main"].contains(&stem.as_str()) {
            module.clone()
        } else {
            [module.as_slice(), std::slice::from_ref(&stem)].concat()
        };
        if path.is_dir() {
            read(&path, &within, all);
        } else if path.extension().is_some_and(|end| end == "rs") && stem != "main" {
            let file = parse(&within, &fs::read_to_string(&path).unwrap());
            all.insert(within, file);
        }
    }
}

/// The module whose file defines what `path` names, found through re-exports.
fn definer(all: &BTreeMap<Module, File>, path: &[String], depth: usize) -> Option<Module> {
    let length = (0..=path.len()).rev().find(|length| all.contains_key(&path[..*length]))?;
    let module = &path[..length];
    let Some(name) = path.get(length).filter(|_| depth < 8) else { return Some(module.to_vec()) };
    let exports = &all.get(module)?.mentions;
    match exports.iter().find(|export| export.exported_as.as_ref() == Some(name)) {
        Some(export) => definer(all, &located(all, module, export)?, depth + 1),
        None => Some(module.to_vec()),
    }
}

/// The path that `mention` means in `module`, from the root of the crate; none if it begins with another crate. What
/// is not written with `crate`, `self` or `super` may begin with a part of the module itself.
fn located(all: &BTreeMap<Module, File>, module: &[String], mention: &Mention) -> Option<Vec<String>> {
    if mention.is_local {
        return Some(mention.path.clone());
    }
    all.contains_key(&[module, &mention.path[..1]].concat()).then(|| [module, &mention.path].concat())
}

/// Which module's file uses which others' definitions. A module that re-exports names of its own parts does not use
/// them.
fn edges(all: &BTreeMap<Module, File>) -> BTreeMap<&Module, BTreeSet<Module>> {
    let mut edges: BTreeMap<&Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, file) in all {
        let used = edges.entry(module).or_default();
        for mention in &file.mentions {
            let Some(path) = located(all, module, mention) else { continue };
            let is_own_part = path.starts_with(module) && path.len() > module.len();
            if mention.exported_as.is_some() && is_own_part {
                continue;
            }
            used.extend(definer(all, &path, 0).filter(|definer| definer != module));
        }
    }
    edges
}

/// Every set of modules that can reach each other, and which of them each uses.
fn cycles(edges: &BTreeMap<&Module, BTreeSet<Module>>) -> Vec<String> {
    let reach = |from: &Module| {
        let mut seen: BTreeSet<&Module> = BTreeSet::new();
        let mut next: Vec<&Module> = edges.get(from).into_iter().flatten().collect();
        while let Some(module) = next.pop() {
            if seen.insert(module) {
                next.extend(edges.get(module).into_iter().flatten());
            }
        }
        seen
    };
    let reachable: BTreeMap<&Module, BTreeSet<&Module>> =
        edges.keys().map(|module| (*module, reach(module))).collect();
    let ties = |one: &Module, other: &Module| {
        reachable.get(one).is_some_and(|seen| seen.contains(other))
            && reachable.get(other).is_some_and(|seen| seen.contains(one))
    };
    let mut found = Vec::new();
    for (module, used) in edges {
        for other in used.iter().filter(|other| ties(module, other)) {
            found.push(format!("{} uses {}", module.join("::"), other.join("::")));
        }
    }
    found
}

/// Why `area`, a module at the top, must not mention `path`.
fn forbidden(area: &str, mention: &Mention) -> Option<String> {
    let first = mention.path.first()?.as_str();
    let (_, allowed) = MODULES.iter().find(|(name, _)| *name == area)?;
    if mention.is_local {
        let is_allowed = first == area || allowed.contains(&first);
        let is_module =
            ["clock", "state_dir"].contains(&first) || MODULES.iter().any(|(name, _)| *name == first);
        return (is_module && !is_allowed).then(|| format!("{area} must not use {first}"));
    }
    let by = CRATES.iter().find(|(name, _)| *name == first);
    if by.is_some_and(|(_, areas)| !areas.contains(&area)) {
        return Some(format!("{area} must not use the crate {first}"));
    }
    let is_crate = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .unwrap()
        .lines()
        .any(|line| line.split(' ').next().is_some_and(|name| name.replace('-', "_") == first));
    (area == "rota" && is_crate && !RULES.contains(&first))
        .then(|| format!("rota must not use the crate {first}"))
}

fn sources() -> BTreeMap<Module, File> {
    let mut all = BTreeMap::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &Module::new(), &mut all);
    all
}

fn sample(files: &[(&str, &str)]) -> BTreeMap<Module, File> {
    let module = |name: &str| name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    files
        .iter()
        .map(|(name, text)| {
            let module: Module = module(name);
            let file = parse(&module, text);
            (module, file)
        })
        .collect()
}

#[test]
fn modules_use_only_what_they_may() {
    let mut found = Vec::new();
    for (module, file) in &sources() {
        let Some(area) = module.first() else { continue };
        for mention in &file.mentions {
            let why = forbidden(area, mention);
            found.extend(why.map(|why| format!("{}: {}: {why}", module.join("::"), mention.path.join("::"))));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_module_at_the_top_is_listed() {
    let all = sources();
    let listed =
        |area: &str| ["clock", "state_dir"].contains(&area) || MODULES.iter().any(|(name, _)| *name == area);
    let missing: BTreeSet<_> =
        all.keys().filter_map(|module| module.first()).filter(|area| !listed(area)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn no_files_use_each_other_in_a_cycle() {
    let all = sources();
    let found = cycles(&edges(&all));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_forbidden_dependency_is_found_wherever_it_is_written() {
    for (area, code) in [
        ("rota", "use crate::config::Configuration;"),
        ("rota", "fn f() -> crate::config::Configuration { todo!() }"),
        ("rota", "fn f() { format!(\"{}\", crate::config::name()); }"),
        ("rota", "fn f() -> toml::Value { todo!() }"),
        ("rota", "use tracing::info;"),
        ("feed", "use actix_web::{HttpResponse, web};"),
        ("feed", "use {crate::{live as l}};"),
    ] {
        let file = parse(&[area.to_owned(), "part".to_owned()], code);
        assert!(file.mentions.iter().any(|mention| forbidden(area, mention).is_some()), "{area}: {code}");
    }
    for (area, code) in [
        ("rota", "use std::fmt;"),
        ("rota", "use super::period::Period;"),
        ("config", "use crate::rota::Team;"),
        ("rota", "#[cfg(test)] mod tests { use crate::config::Configuration; }"),
    ] {
        let file = parse(&[area.to_owned(), "part".to_owned()], code);
        assert!(file.mentions.iter().all(|mention| forbidden(area, mention).is_none()), "{area}: {code}");
    }
}

#[test]
fn a_cycle_is_found_through_re_exports_and_a_facade_is_not_a_cycle() {
    let facade = ("rota", "mod a; mod b; pub use a::A; pub use b::{B as C};");
    let a = ("rota::a", "pub struct A;");
    let one_way = sample(&[facade, a, ("rota::b", "use super::A; pub struct B(A);")]);
    assert!(cycles(&edges(&one_way)).is_empty());
    let cycle = sample(&[
        facade,
        ("rota::a", "use crate::rota::C; pub struct A(C);"),
        ("rota::b", "use super::a::A; pub struct B(A);"),
    ]);
    assert_eq!(cycles(&edges(&cycle)), ["rota::a uses rota::b", "rota::b uses rota::a"]);
    let parent = sample(&[
        ("rota", "mod a; use a::A; pub(crate) fn help() -> A { A }"),
        ("rota::a", "use super::help; pub struct A;"),
    ]);
    assert_eq!(cycles(&edges(&parent)).len(), 2, "a module and its own part");
}
