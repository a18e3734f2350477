//! Options and commands of other tools, and what to type instead.

use std::ffi::OsString;

/// The hint for an option that `command` does not have; `argument` is what was typed.
pub(super) fn option_hint(command: &str, argument: &str, next: Option<&str>) -> Option<String> {
    let (option, value) = split(argument, next);
    Some(match (option, command) {
        ("--auto-approve" | "-auto-approve", "apply" | "delete" | "prune") => {
            format!("use `lls {command} --yes`, which does not ask")
        }
        ("--auto-approve" | "-auto-approve", _) => {
            "only `lls apply`, `lls delete`, and `lls prune` change AWS; use `--yes` there".into()
        }
        ("--dry-run" | "--dryrun", "delete" | "prune") => {
            format!("`lls {command}` deletes nothing unless you add `--yes`")
        }
        ("--dry-run" | "--dryrun", "lock") => {
            "use `lls lock --check` to find missing and stale locks".into()
        }
        ("--dry-run" | "--dryrun", _) => "use `lls plan` to see what `lls apply` would do".into(),
        ("-o" | "--output", _) => output_hint(command, value?)?,
        _ => return None,
    })
}

fn output_hint(command: &str, value: &str) -> Option<String> {
    match value {
        "json" | "markdown" => Some(format!(
            "use `--format {value}` to print the result as {}",
            match value {
                "json" => "JSON",
                _ => "Markdown",
            }
        )),
        "text" | "table" | "yaml" => {
            Some("use `--format` to choose how the result is printed".into())
        }
        _ if command == "plan" => {
            Some(format!("use `--out {value}` to save the plan to that file"))
        }
        _ => None,
    }
}

/// The hint for a command that does not exist.
pub(super) fn command_hint(command: &str) -> Option<&'static str> {
    Some(match command {
        "upgrade" | "update" => {
            "use `lls lock --upgrade` to lock the newest versions of the packages"
        }
        "deploy" => "use `lls apply` to publish and grant what `lls plan` shows",
        "destroy" => "use `lls delete` or `lls prune` to delete published versions",
        "ls" => "use `lls list`",
        _ => return None,
    })
}

/// The argument in which `option` was typed, such as `-auto-approve` for `-a`, and the one that follows it.
pub(super) fn typed<'a>(
    arguments: &'a [OsString],
    option: &str,
) -> Option<(&'a str, Option<&'a str>)> {
    let is_long = option.starts_with("--");
    let matches = |argument: &str| {
        let is_short_too = !argument.starts_with("--") && argument.starts_with(option);
        argument == option || (is_long && split(argument, None).0 == option) || is_short_too
    };
    let mut arguments = arguments.iter().map(|argument| argument.to_str());
    let found = arguments.find_map(|argument| argument.filter(|argument| matches(argument)))?;
    Some((found, arguments.next().flatten()))
}

/// `-o` and `json` of `-o json`, `-ojson`, and `-o=json`.
fn split<'a>(argument: &'a str, next: Option<&'a str>) -> (&'a str, Option<&'a str>) {
    if let Some((option, value)) = argument.split_once('=') {
        return (option, Some(value));
    }
    match argument
        .strip_prefix("-o")
        .filter(|value| !value.is_empty())
    {
        Some(value) => ("-o", Some(value)),
        None => (argument, next),
    }
}
