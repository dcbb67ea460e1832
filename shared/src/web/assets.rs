//! Scripts and style, inside the binary. Their address holds a hash of their contents, so a browser keeps them for good and never shows yesterday's.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rust_embed::RustEmbed;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "src/web/static/"]
struct Files;

/// Vendored files and their SHA-256, as published (docs/desk.md, "What is vendored").
pub const VENDORED: [(&str, &str); 2] = [
    ("htmx.min.js", "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"),
    ("idiomorph-ext.min.js", "5811b9a7eda14878b7dab4378bf60432e1bb6f11fcfb970cc26540642650181e"),
];

/// One hash over all of them: one address changes when any file does.
static STAMP: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = blake3::Hasher::new();
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    for name in names {
        if let Some(file) = Files::get(&name) {
            hasher.update(name.as_bytes()).update(&file.data);
        }
    }
    hasher.finalize().to_hex().as_str().get(..12).unwrap_or_default().to_owned()
});

/// Address of a file.
#[must_use]
pub fn url(name: &str) -> String {
    format!("/static/{}/{name}", *STAMP)
}

/// Answers for a file.
pub async fn serve(Path((stamp, name)): Path<(String, String)>) -> Response {
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Some(file) = Files::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let keep = if stamp == *STAMP { "public, max-age=31536000, immutable" } else { "no-store" };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], file.data).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn vendored_files_are_the_published_ones_and_have_their_licence_beside_them() {
        for (name, published) in VENDORED {
            let file = Files::get(name).unwrap();
            let found: String = Sha256::digest(&file.data).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, published, "{name}");
            let licence = format!("{}.LICENSE", name.split(['.', '-']).next().unwrap());
            assert!(Files::get(&licence).is_some(), "{licence}");
        }
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        for name in Files::iter().filter(|name| name.ends_with("css") || &**name == "app.js") {
            let text = String::from_utf8(Files::get(&name).unwrap().data.into_owned()).unwrap();
            let own = text.replace("http://www.w3.org/", "");
            assert!(!own.contains("http://") && !own.contains("https://") && !own.contains("@import") && !own.contains("url(//"), "{name}");
        }
    }
}
