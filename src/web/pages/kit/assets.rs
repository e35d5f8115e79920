//! The files that pages load. Their names depend on their content, so browsers may cache them for ever.

use std::fmt::Write as _;
use std::sync::{LazyLock, OnceLock};

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::web::cache_policy::CachePolicy;
use crate::web::feeds::accept_encoding::negotiate;
use crate::web::feeds::coding::Coding;
use crate::web::pages::kit::grid;
use crate::web::pages::kit::people::PALETTE;

/// Enough of the hash to distinguish two versions.
const NAME_BYTES: usize = 8;

/// A file with the path that names it.
pub(in crate::web) struct Asset {
    /// Below the root.
    pub(in crate::web) path: String,
    media_type: &'static str,
    text: Bytes,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
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

/// Makes pages more convenient if scripts run: copying, and the reader's own zone.
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
        let path = format!("assets/{name}.{extension}");
        Asset { path, media_type, text: text.into(), gzip: OnceLock::new(), brotli: OnceLock::new() }
    }

    /// The file, to be kept as `policy` says.
    fn response(&self, request: &HttpRequest, policy: CachePolicy) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((CONTENT_TYPE, self.media_type)).insert_header((VARY, "accept-encoding"));
        response.extensions_mut().insert(policy);
        let coding = negotiate(request.headers());
        if coding != Coding::Identity {
            response.insert_header((CONTENT_ENCODING, coding.as_str()));
        }
        response.body(self.encoded(coding))
    }

    /// Encoded once, since it never changes.
    fn encoded(&self, coding: Coding) -> Bytes {
        let encode = || coding.encode(&self.text).map_or_else(|_| self.text.clone(), Bytes::from);
        match coding {
            Coding::Identity => self.text.clone(),
            Coding::Gzip => self.gzip.get_or_init(encode).clone(),
            Coding::Brotli => self.brotli.get_or_init(encode).clone(),
        }
    }
}

/// Whether `path` is the path of one of them.
pub(in crate::web) fn is_asset(path: &str) -> bool {
    let path = path.strip_prefix('/').unwrap_or_default();
    [&STYLE, &SCRIPT, &ICON].iter().any(|asset| asset.path == path)
}

/// The style sheet.
pub(in crate::web) async fn style(request: HttpRequest) -> HttpResponse {
    STYLE.response(&request, CachePolicy::Immutable)
}

/// The script.
pub(in crate::web) async fn script(request: HttpRequest) -> HttpResponse {
    SCRIPT.response(&request, CachePolicy::Immutable)
}

/// The icon.
pub(in crate::web) async fn icon(request: HttpRequest) -> HttpResponse {
    ICON.response(&request, CachePolicy::Immutable)
}

/// The icon at the address at which programs look for it without reading a page.
pub(in crate::web) async fn favicon(request: HttpRequest) -> HttpResponse {
    ICON.response(&request, CachePolicy::Hour)
}
