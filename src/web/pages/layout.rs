//! What all pages have around them, and the style sheet.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest, Sha256};

use super::super::answer::{NOSNIFF, page};

const STYLE: &str = include_str!("style.css");

/// Enough of the hash to tell two versions apart.
const NAME_BYTES: usize = 8;

/// Where the style sheet is, named by its content: browsers keep it for good.
pub(in crate::web) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(STYLE);
    let name: String = digest.iter().take(NAME_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("assets/{name}.css")
});

/// The style sheet.
pub(in crate::web) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header(NOSNIFF)
        .body(STYLE)
}

/// A page. `path` is that of the request: from it the links to the server's root are worked out.
pub(super) fn layout(status: StatusCode, path: &str, title: &str, main: &Markup) -> HttpResponse {
    let root = root(path);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href=(format!("{root}{}", *STYLE_PATH));
            }
            body {
                header { a href=(root) { "oncal" } " " span { "who is on call, in your calendar" } }
                main { (main) }
            }
        }
    };
    page(status, markup)
}

/// The way from `path` up to `/`.
fn root(path: &str) -> String {
    match path.matches('/').count() {
        0 | 1 => "./".to_owned(),
        slashes => "../".repeat(slashes - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_up_to_the_root_from_any_depth() {
        for (path, up) in
            [("/", "./"), ("/x", "./"), ("/x/", "../"), ("/x/y", "../"), ("/x/run-books/y", "../../")]
        {
            assert_eq!(root(path), up, "{path}");
        }
    }
}
