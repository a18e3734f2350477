//! Settings of Git that hold for every child that runs it, whatever the user's or a repository's configuration says.

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

/// Neither Git nor SSH may prompt: reading the terminal would suspend a process group in the background.
const SILENCE: [(&str, &str); 3] = [
    ("GIT_TERMINAL_PROMPT", "0"),
    ("SSH_ASKPASS", "false"),
    ("SSH_ASKPASS_REQUIRE", "force"),
];

/// The settings as variables, behind those that the runner's variables hold: the last one wins.
pub(super) fn variables(given: Option<&str>) -> Vec<(String, String)> {
    let first: usize = given.and_then(|count| count.parse().ok()).unwrap_or(0);
    let settings = SETTINGS.iter().zip(first..);
    let variables = settings.flat_map(|((key, value), number)| {
        let variable = |kind: &str| format!("GIT_CONFIG_{kind}_{number}");
        [
            (variable("KEY"), (*key).to_owned()),
            (variable("VALUE"), (*value).to_owned()),
        ]
    });
    let count = (COUNT.to_owned(), (first + SETTINGS.len()).to_string());
    let silence = SILENCE.map(|(name, value)| (name.to_owned(), value.to_owned()));
    variables.chain([count]).chain(silence).collect()
}

/// The settings as options of `git`, which versions before 2.31 know too.
pub(super) fn options() -> impl Iterator<Item = String> {
    let settings = SETTINGS.iter();
    settings.flat_map(|(key, value)| ["-c".to_owned(), format!("{key}={value}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_behind_those_of_the_runner() {
        let names = |given| {
            let variables = variables(given).into_iter();
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
}
