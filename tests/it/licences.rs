//! Every crate that oncal is built or tested with has a permissive licence.

use std::process::Command;

use serde_json::Value;

/// SPDX identifiers of licences that require at most a notice.
const FREE: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression has a choice whose parts are all permissive. `/` is an old way to write OR.
fn is_free(expression: &str) -> bool {
    let text = expression.replace('/', " OR ");
    let (mut depth, mut parts, mut operator) = (0, vec![String::new()], None);
    for word in text.replace('(', " ( ").replace(')', " ) ").split_whitespace() {
        match word {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 && (word == "OR" || word == "AND") && operator.is_none_or(|known| known == word) {
            operator = Some(if word == "OR" { "OR" } else { "AND" });
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(if part.is_empty() { "" } else { " " });
            part.push_str(word);
        }
    }
    match operator {
        Some("OR") => parts.iter().any(|part| is_free(part)),
        Some(_) => parts.iter().all(|part| is_free(part)),
        None => match text.trim().strip_prefix('(').and_then(|inside| inside.strip_suffix(')')) {
            Some(inside) => is_free(inside),
            None => FREE.contains(&text.trim()),
        },
    }
}

#[test]
fn an_expression_is_permissive_if_all_parts_of_one_choice_are() {
    for (expression, expected) in [
        ("MIT", true),
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(MIT OR GPL-2.0) AND (GPL-2.0 OR LGPL-2.1)", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("", false),
    ] {
        assert_eq!(is_free(expression), expected, "{expression}");
    }
}

#[test]
fn every_crate_has_a_permissive_licence() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform"];
    let output = Command::new(cargo).args(arguments).arg("x86_64-unknown-linux-gnu").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    let named =
        |package: &Value| format!("{} {}: {}", package["name"], package["version"], package["license"]);
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_free))
        .map(named)
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
