//! Files, functions and parameter lists in `src` are short.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::dependencies::is_test;

/// The maximum lines of a file, without its tests.
const MAX_FILE_LINES: usize = 400;

/// The maximum lines of a function, from `fn` to its closing brace.
const MAX_FUNCTION_LINES: usize = 60;

/// The maximum parameters of a function, `self` not counted.
const MAX_PARAMETERS: usize = 5;

/// The lines and functions of one file, without what is compiled only for tests.
#[derive(Debug, Default)]
struct Sizes {
    test_lines: usize,
    /// Name, lines and parameters of each function.
    functions: Vec<(String, usize, usize)>,
    /// Modules that are compiled only for tests.
    test_modules: Vec<String>,
}

fn lines_of(start: Span, end: Span) -> usize {
    end.end().line - start.start().line + 1
}

impl Sizes {
    fn of(text: &str) -> Sizes {
        let mut sizes = Sizes::default();
        sizes.visit_file(&syn::parse_file(text).unwrap());
        sizes
    }

    fn skip(&mut self, attributes: &[syn::Attribute], item: Span) -> bool {
        let is_skipped = is_test(attributes);
        if is_skipped {
            let first = attributes.first().map_or(item, Spanned::span);
            self.test_lines += lines_of(first, item);
        }
        is_skipped
    }

    fn function(&mut self, signature: &syn::Signature, body: Span) {
        let parameters = signature.inputs.iter().filter(|input| matches!(input, syn::FnArg::Typed(_)));
        let lines = lines_of(signature.fn_token.span, body);
        self.functions.push((signature.ident.to_string(), lines, parameters.count()));
    }
}

impl<'ast> Visit<'ast> for Sizes {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !self.skip(&item.attrs, item.span()) {
            visit::visit_item_mod(self, item);
        } else if item.content.is_none() {
            self.test_modules.push(item.ident.to_string());
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !self.skip(&item.attrs, item.span()) {
            self.function(&item.sig, item.block.span());
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !self.skip(&item.attrs, item.span()) {
            self.function(&item.sig, item.block.span());
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !self.skip(&item.attrs, item.span()) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.skip(&item.attrs, item.span());
    }
}

/// Everything in the files below `folder` that is too large.
fn oversized(folder: &Path, found: &mut Vec<String>) {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let is_code = |path: &Path| path.extension().is_some_and(|end| end == "rs");
    let read: Vec<_> = files.iter().filter(|path| is_code(path)).collect();
    let sizes = read.iter().map(|path| (*path, fs::read_to_string(path).unwrap()));
    let sizes: Vec<_> = sizes.map(|(path, text)| (path, text.lines().count(), Sizes::of(&text))).collect();
    let test_modules: BTreeSet<&String> = sizes.iter().flat_map(|(.., sizes)| &sizes.test_modules).collect();
    let is_for_tests =
        |path: &Path| test_modules.contains(&path.file_stem().unwrap().to_str().unwrap().to_owned());
    for (path, lines, sizes) in sizes.iter().filter(|(path, ..)| !is_for_tests(path)) {
        let (name, lines) = (path.display(), lines - sizes.test_lines);
        if lines > MAX_FILE_LINES {
            found.push(format!("{name}: {lines} lines without tests"));
        }
        for (function, lines, parameters) in &sizes.functions {
            if *lines > MAX_FUNCTION_LINES {
                found.push(format!("{name}: {function} has {lines} lines"));
            }
            if *parameters > MAX_PARAMETERS {
                found.push(format!("{name}: {function} has {parameters} parameters"));
            }
        }
    }
    for folder in files.iter().filter(|path| path.is_dir() && !is_for_tests(path)) {
        oversized(folder, found);
    }
}

#[test]
fn files_functions_and_lists_of_parameters_are_short() {
    let mut found = Vec::new();
    oversized(Path::new("src"), &mut found);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn tests_are_not_counted_and_what_is_too_large_is_found() {
    let body = "    a();\n".repeat(MAX_FUNCTION_LINES);
    let text = format!(
        "fn long() {{\n{body}}}\n\n#[cfg(test)]\nmod tests {{\n    fn f(a: u8) {{\n{body}    }}\n}}\n"
    );
    let sizes = Sizes::of(&text);
    assert_eq!(sizes.functions, [("long".to_owned(), MAX_FUNCTION_LINES + 2, 0)]);
    assert_eq!(sizes.test_lines, MAX_FUNCTION_LINES + 5);
    let method = Sizes::of("impl A { fn f(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {} }");
    assert_eq!(method.functions, [("f".to_owned(), 1, MAX_PARAMETERS + 1)]);
}
