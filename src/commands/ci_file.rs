//! The file for CI that `lls init` writes. A released `lls` writes the short one, which uses the action or the component
//! of its own release; any other writes all jobs out, for whoever builds `lls` has to say where CI gets it.

use crate::cli::CiHost;
use crate::digest::Sha256;

const GITHUB: &str = include_str!("../../docs/ci/github-actions.yml");
const GITHUB_SHORT: &str = include_str!("../../docs/ci/github-action.yml");
const GITLAB: &str = include_str!("../../docs/ci/gitlab-ci.yml");
const GITLAB_SHORT: &str = include_str!("../../docs/ci/gitlab-component.yml");
const GITLAB_COMPONENT: &str = include_str!("../../templates/lls.yml");

/// The release that a program belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Release<'a> {
    /// The address of the repository that was released.
    repository: &'a str,
    version: &'a str,
    /// The commit that it was built from.
    commit: &'a str,
}

impl Release<'static> {
    /// The release of this program; `None` if it was not built by the release workflow, which names the commit, or if
    /// the repository has no address yet.
    pub fn own() -> Option<Self> {
        let own = Self {
            repository: env!("CARGO_PKG_REPOSITORY"),
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("LLS_COMMIT")?,
        };
        let host = own.repository.split('/').nth(2)?;
        let is_example = host == "example.com" || host.ends_with(".example.com");
        (!is_example && !own.commit.is_empty()).then_some(own)
    }
}

/// Where a host's file for CI is, from the top of the repository.
pub(super) fn name(host: CiHost) -> Option<&'static str> {
    match host {
        CiHost::Github => Some(".github/workflows/layers.yml"),
        CiHost::Gitlab => Some(".gitlab-ci.yml"),
        CiHost::None => None,
    }
}

/// The text of a host's file for CI. `manifest` is where the manifest is, from the top of the repository, unless it is
/// there.
pub(super) fn text(
    host: CiHost,
    release: Option<Release<'_>>,
    branch: &str,
    manifest: Option<&str>,
) -> String {
    let short = release.and_then(|release| short(host, release));
    let text = short.unwrap_or_else(|| match host {
        CiHost::Github => GITHUB.to_owned(),
        CiHost::Gitlab => GITLAB.to_owned(),
        CiHost::None => String::new(),
    });
    let text = for_branch(&text, branch);
    manifest.map_or(text.clone(), |manifest| for_manifest(&text, manifest))
}

/// The file that uses what a release has for the host: GitHub takes actions from its own repositories only.
fn short(host: CiHost, release: Release<'_>) -> Option<String> {
    match host {
        CiHost::Github => {
            let path = release.repository.strip_prefix("https://github.com/")?;
            let action = format!("{path}@{} # v{}", release.commit, release.version);
            let placeholder = format!("acme/lls@{} # v0.0.0", "0".repeat(40));
            Some(GITHUB_SHORT.replace(&placeholder, &action))
        }
        CiHost::Gitlab => {
            let hash = Sha256::of(GITLAB_COMPONENT).base64();
            let of_version = |text: &str| text.replace("0.0.0", release.version);
            Some(of_version(GITLAB_SHORT).replace("sha256-INTEGRITY", &format!("sha256-{hash}")))
        }
        CiHost::None => None,
    }
}

/// A CI file whose default branch is `branch` instead of `main`.
fn for_branch(text: &str, branch: &str) -> String {
    let places = ["refs/heads/main`", "ref:main`", "not `main`", "[main]"];
    places.iter().fold(text.to_owned(), |text, place| {
        text.replace(place, &place.replace("main", branch))
    })
}

/// A CI file for a manifest that is not at the top of the repository. The manifest's path is set next to the target.
fn for_manifest(text: &str, manifest: &str) -> String {
    let quoted = serde_json::Value::from(manifest);
    let places = [
        ("  # LLS_TARGET: aws\n", "  LLS_MANIFEST"),
        ("      # target: aws\n", "      manifest"),
    ];
    places.iter().fold(text.to_owned(), |text, (place, key)| {
        text.replace(place, &format!("{key}: {quoted}\n{place}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELEASE: Release<'_> = Release {
        repository: "https://github.com/team/lls",
        version: "1.2.3",
        commit: "0123456789abcdef0123456789abcdef01234567",
    };

    #[test]
    fn a_release_writes_the_short_file_with_its_own_commit() {
        let text = text(
            CiHost::Github,
            Some(RELEASE),
            "trunk",
            Some("a b/layers.toml"),
        );
        let action = "uses: team/lls@0123456789abcdef0123456789abcdef01234567 # v1.2.3\n";
        assert_eq!(text.matches(action).count(), 3, "{text}");
        assert!(!text.contains("acme") && !text.contains("0.0.0"), "{text}");
        assert!(text.contains("branches: [trunk]"), "{text}");
        assert!(
            text.contains("  LLS_MANIFEST: \"a b/layers.toml\"\n"),
            "{text}"
        );
    }

    #[test]
    fn the_component_is_pinned_by_its_hash() {
        let text = text(CiHost::Gitlab, Some(RELEASE), "main", Some("a/layers.toml"));
        let hash = Sha256::of(GITLAB_COMPONENT).base64();
        assert!(
            text.contains(&format!("integrity: sha256-{hash}\n")),
            "{text}"
        );
        assert!(
            text.contains("/releases/download/v1.2.3/lls.yml\n"),
            "{text}"
        );
        assert!(text.contains("      version: \"1.2.3\"\n"), "{text}");
        assert!(
            text.contains("      manifest: \"a/layers.toml\"\n"),
            "{text}"
        );
    }

    #[test]
    fn what_was_built_by_hand_writes_all_jobs_out() {
        assert_eq!(text(CiHost::Github, None, "main", None), GITHUB);
        assert_eq!(text(CiHost::Gitlab, None, "main", None), GITLAB);
        let elsewhere = Release {
            repository: "https://gitlab.com/team/lls",
            ..RELEASE
        };
        assert_eq!(text(CiHost::Github, Some(elsewhere), "main", None), GITHUB);
        for text in [GITHUB, GITLAB] {
            assert!(
                for_manifest(text, "a/layers.toml")
                    .contains("\n  LLS_MANIFEST: \"a/layers.toml\"\n")
            );
        }
    }
}
