//! Completion scripts that shells load, and manual pages that `groff` sets without a complaint.

use std::io::Write as _;
use std::process::{Command, Stdio};

use expect_test::expect;

use crate::support::project::Project;

/// What a program makes of a text on its standard input.
fn piped(program: &str, arguments: &[&str], input: &str) -> (String, String) {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn bash_completes_commands_options_and_values() {
    let script = Project::new().succeed(&["completions", "bash"]).stdout;
    let ask = r#"
complete_line() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    "$(complete -p lls | sed 's/.*-F \([^ ]*\).*/\1/')" lls "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    echo "$*: ${COMPREPLY[*]}"
}
complete_line lls bu
complete_line lls bump --ma
complete_line lls plan --format ''
complete_line lls completions z
"#;
    let (out, err) = piped("bash", &["--norc"], &(script + ask));
    assert_eq!(err, "");
    expect![[r#"
        lls bu: build bump
        lls bump --ma: --major --manifest
        lls plan --format : terminal json
        lls completions z: zsh
    "#]]
    .assert_eq(&out);
}

/// The other shells are not on every machine: what they are given is looked at by its parts.
#[test]
fn every_shell_has_a_script_that_knows_every_command() {
    let project = Project::new();
    let help = project.succeed(&["--help"]).stdout;
    let commands = help.split("Commands:\n").nth(1).unwrap();
    // Descriptions that are longer than a line go on below, further in.
    let lines = commands.lines().take_while(|line| line.starts_with("  "));
    let lines = lines.filter_map(|line| line[2..].split(' ').next());
    let commands: Vec<_> = lines.filter(|word| !word.is_empty()).collect();
    assert!(
        commands.contains(&"bump") && commands.len() > 15,
        "{commands:?}"
    );
    for (shell, head) in [
        ("bash", "_lls() {"),
        ("zsh", "#compdef lls"),
        ("fish", "complete -c lls "),
        (
            "powershell",
            "Register-ArgumentCompleter -Native -CommandName 'lls'",
        ),
        ("elvish", "set edit:completion:arg-completer[lls]"),
    ] {
        let script = project.succeed(&["completions", shell]).stdout;
        assert!(script.contains(head), "{shell}");
        for command in &commands {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
}

#[test]
fn manual_pages_are_set_without_a_warning() {
    let project = Project::new();
    let whole = project.succeed(&["man"]).stdout;
    let run = project.succeed(&["man", "--output-dir", "man"]);
    let pages: Vec<_> = run.stdout.lines().collect();
    assert!(
        pages.contains(&"man/lls.1") && pages.contains(&"man/lls-bump.1"),
        "{pages:?}"
    );
    assert_eq!(project.read("man/lls.1"), whole);
    for page in pages {
        let text = project.read(page);
        for part in [".TH lls", ".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"] {
            assert!(text.contains(part), "{page} has no {part}");
        }
        if has_groff() {
            let (set, warnings) = piped("groff", &["-man", "-ww", "-Tutf8"], &text);
            assert_eq!(warnings, "", "{page}");
            assert!(set.contains("lls"), "{page}");
        }
    }
}

/// `groff` comes with `man`, which small systems leave out: there the parts of a page are what is checked.
#[allow(clippy::print_stdout, reason = "what is left out is said")]
fn has_groff() -> bool {
    let groff = Command::new("groff")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    let has = groff.is_ok_and(|status| status.success());
    if !has {
        println!("no groff here: manual pages are checked by their parts alone");
    }
    has
}
