//! Where a redirect may lead to. A server that redirects decides what is asked of whom in the name of this machine.

use reqwest::header::LOCATION;
use reqwest::{StatusCode, Url};

use super::HttpError;

/// An address that may be asked, without the user, the password and the fragment in it; `None` for one that is none of
/// HTTP, such as that of a file. Whoever wrote the address, a page or a repository, does not decide who is asking.
pub(super) fn checked(mut address: Url) -> Option<Url> {
    let is_web = matches!(address.scheme(), "http" | "https") && address.has_host();
    address.set_fragment(None);
    let is_bare = address.set_username("").is_ok() && address.set_password(None).is_ok();
    (is_web && is_bare).then_some(address)
}

/// Where an answer redirects to; `None` for one that does not. All of these statuses lead to a GET, as it was one
/// (RFC 9110, 15.4).
pub(super) fn next(address: &Url, response: &reqwest::Response) -> Result<Option<Url>, HttpError> {
    let is_redirect = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    if !is_redirect {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    follow(address, location.ok_or(HttpError::NoLocation)?).map(Some)
}

/// The address that `location` is, seen from another one.
fn follow(address: &Url, location: &str) -> Result<Url, HttpError> {
    let next = address.join(location).ok();
    let next = next.and_then(checked).ok_or(HttpError::RedirectScheme)?;
    match (address.scheme(), next.scheme()) {
        ("https", "http") => Err(HttpError::Unencrypted),
        _ => Ok(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(from: &str, location: &str) -> Result<String, String> {
        let next = follow(&from.parse().unwrap(), location);
        next.map(String::from).map_err(|error| error.to_string())
    }

    #[test]
    fn redirects_stay_on_the_web_and_encrypted() {
        let from = "https://a.example/x/y?z";
        let fine = |location: &str| followed(from, location).unwrap();
        assert_eq!(fine("w"), "https://a.example/x/w");
        assert_eq!(fine("//b.example/w"), "https://b.example/w");
        assert_eq!(
            fine("https://me:secret@b.example:9/w#f"),
            "https://b.example:9/w"
        );
        for location in ["http://a.example/x", "HTTP://b.example"] {
            let said = followed(from, location).unwrap_err();
            assert_eq!(said, "the server redirects from https to http");
        }
        assert!(followed("http://a.example/", "https://a.example/").is_ok());
    }

    #[test]
    fn redirects_lead_to_no_file_and_to_no_other_protocol() {
        for location in [
            "file:///proc/self/environ",
            "file:x",
            "data:text/plain,x",
            "ftp://a.example/x",
            "javascript:x",
            "gopher://a.example/",
            "https://",
            "https://[",
        ] {
            for from in ["http://a.example/", "https://a.example/"] {
                let said = followed(from, location).unwrap_err();
                let expected = "the server redirects to an address that is neither http nor https";
                assert_eq!(said, expected, "{location}");
            }
        }
    }
}
