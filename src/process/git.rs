//! Settings of Git that hold for every child that runs it, whatever the user's or a repository's configuration says.

use std::path::Path;

/// The variable that says how many settings variables hold (git-config(1), since Git 2.31).
pub(super) const COUNT: &str = "GIT_CONFIG_COUNT";

/// Only protocols that prove whom Git talks to, for code is built from what it reads; repositories on this machine only
/// where a requirement names them, not as submodules; no programs that a repository or a template brings along. What is
/// not named is not allowed either, unless the user's configuration names it.
const SETTINGS: [(&str, &str); 9] = [
    ("protocol.allow", "never"),
    ("protocol.ext.allow", "never"),
    ("protocol.git.allow", "never"),
    ("protocol.http.allow", "never"),
    ("protocol.https.allow", "always"),
    ("protocol.ssh.allow", "always"),
    ("protocol.file.allow", "user"),
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
];

/// Where there is a netrc file: Git sends a host's login to any of its ports, and that of `default` to every host. The
/// addresses of requirements are checked for that; those that a server redirects to are not known before.
const WITH_NETRC: (&str, &str) = ("http.followRedirects", "false");

/// Neither Git nor SSH may prompt: reading the terminal would suspend a process group in the background.
const SILENCE: [(&str, &str); 3] = [
    ("GIT_TERMINAL_PROMPT", "0"),
    ("SSH_ASKPASS", "false"),
    ("SSH_ASKPASS_REQUIRE", "force"),
];

/// A key and its value.
type Setting = (&'static str, &'static str);

/// The settings for whoever has this home folder.
pub(super) fn settings(home: Option<&str>) -> Vec<Setting> {
    let netrc = home.map(|home| Path::new(home).join(".netrc"));
    let with_netrc = netrc.filter(|path| path.exists()).map(|_| WITH_NETRC);
    SETTINGS.into_iter().chain(with_netrc).collect()
}

/// The settings as variables, behind those that the runner's variables hold: the last one wins.
pub(super) fn variables(settings: &[Setting], given: Option<&str>) -> Vec<(String, String)> {
    let first: usize = given.and_then(|count| count.parse().ok()).unwrap_or(0);
    let numbered = settings.iter().zip(first..);
    let variables = numbered.flat_map(|((key, value), number)| {
        let variable = |kind: &str| format!("GIT_CONFIG_{kind}_{number}");
        [
            (variable("KEY"), (*key).to_owned()),
            (variable("VALUE"), (*value).to_owned()),
        ]
    });
    let count = (COUNT.to_owned(), (first + settings.len()).to_string());
    let silence = SILENCE.map(|(name, value)| (name.to_owned(), value.to_owned()));
    variables.chain([count]).chain(silence).collect()
}

/// The settings as options of `git`, which versions before 2.31 know too.
pub(super) fn options(settings: &[Setting]) -> impl Iterator<Item = String> {
    let settings = settings.iter();
    settings.flat_map(|(key, value)| ["-c".to_owned(), format!("{key}={value}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_behind_those_of_the_runner() {
        let names = |given| {
            let variables = variables(&settings(None), given).into_iter();
            variables
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
        };
        let own = names(Some("2"));
        assert!(
            own.contains(&"GIT_CONFIG_KEY_2=protocol.allow".to_owned()),
            "{own:?}"
        );
        assert!(own.contains(&"GIT_CONFIG_COUNT=11".to_owned()), "{own:?}");
        assert!(names(None).contains(&"GIT_CONFIG_VALUE_0=never".to_owned()));
    }

    #[test]
    fn git_follows_no_redirects_where_a_netrc_file_is() {
        let home = tempfile::tempdir().unwrap();
        let options = || {
            let settings = settings(home.path().to_str());
            options(&settings).collect::<Vec<_>>().join(" ")
        };
        assert!(!options().contains("followRedirects"));
        std::fs::write(home.path().join(".netrc"), "").unwrap();
        assert!(options().ends_with("-c http.followRedirects=false"));
    }
}
