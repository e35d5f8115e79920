//! The files that pages load, each named by its content: browsers keep them for good.

use std::fmt::Write as _;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest, Sha256};

use crate::web::pages::kit::grid;
use crate::web::pages::kit::people::PALETTE;

/// Enough of the hash to tell two versions apart.
const NAME_BYTES: usize = 8;

/// What is named by its content never changes.
pub(in crate::web) const KEPT: &str = "public, max-age=31536000, immutable";

/// A file with the path that names it.
pub(in crate::web) struct Asset {
    /// Below the root.
    pub(in crate::web) path: String,
    media_type: &'static str,
    text: String,
}

/// How pages look.
pub(in crate::web) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let mut text = include_str!("style.css").to_owned();
    text.push_str(&grid::style());
    for (place, colour) in PALETTE.iter().enumerate() {
        let [red, green, blue] = colour.rgb;
        // Writing to a String cannot fail.
        let _ = writeln!(text, ".p{place}{{--who:rgb({red} {green} {blue});--on:{}}}", colour.ink());
    }
    Asset::new("css", "text/css; charset=utf-8", text)
});

/// What makes pages handier where scripts run: copying, and the reader's own zone.
pub(in crate::web) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("js", "text/javascript; charset=utf-8", include_str!("script.js").to_owned())
});

/// The icon in a browser's tab.
pub(in crate::web) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("svg", "image/svg+xml", include_str!("icon.svg").to_owned()));

impl Asset {
    fn new(extension: &str, media_type: &'static str, text: String) -> Asset {
        let digest = Sha256::digest(&text);
        let name = hex::encode(&digest[..NAME_BYTES]);
        Asset { path: format!("assets/{name}.{extension}"), media_type, text }
    }

    fn response(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, self.media_type))
            .insert_header((CACHE_CONTROL, KEPT))
            .body(self.text.clone())
    }
}

/// Whether `path` is the path of one of them.
pub(in crate::web) fn is_asset(path: &str) -> bool {
    let path = path.strip_prefix('/').unwrap_or_default();
    [&STYLE, &SCRIPT, &ICON].iter().any(|asset| asset.path == path)
}

/// The style sheet.
pub(in crate::web) async fn style() -> HttpResponse {
    STYLE.response()
}

/// The script.
pub(in crate::web) async fn script() -> HttpResponse {
    SCRIPT.response()
}

/// The icon.
pub(in crate::web) async fn icon() -> HttpResponse {
    ICON.response()
}
