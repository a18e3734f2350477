//! Completion scripts that shells load, and manual pages that `groff` sets without a complaint.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::expect;

use crate::support::project::{HELLO, Project};

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

/// What bash offers for the last word of each line, in the folder of `project`.
fn completed(project: &Project, lines: &[&str]) -> String {
    let script = project.succeed(&["completions", "bash"]).stdout;
    let program = Path::new(env!("CARGO_BIN_EXE_lls")).parent().unwrap();
    let mut input = format!(
        r#"{script}
PATH={}:$PATH
cd {}
complete_line() {{
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_TYPE=9 COMPREPLY=()
    "$(complete -p lls | sed 's/.*-F \([^ ]*\).*/\1/')" lls "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
    echo "$*: ${{COMPREPLY[*]}}"
}}
"#,
        program.display(),
        project.path("").display()
    );
    for line in lines {
        input += &format!("complete_line {line}\n");
    }
    let (out, err) = piped("bash", &["--norc"], &input);
    assert_eq!(err, "");
    out
}

#[test]
fn bash_completes_commands_options_and_values() {
    let lines = [
        "lls bu",
        "lls bump --ma",
        "lls plan --format ''",
        "lls completions z",
        "lls ''",
    ];
    expect![[r#"
        lls bu: bump build
        lls bump --ma: --major --manifest
        lls plan --format : terminal json markdown
        lls completions z: zsh
        lls : init add import lock bump validate build test plan apply diff publish outputs list versions show usage prune delete doctor cache schema completions man help
    "#]].assert_eq(&completed(&Project::new(), &lines));
}

#[test]
fn bash_completes_layers_and_targets() {
    let layer = "\n[layers.pg-one]\n[layers.pg-two]\ndescription = 'v1'\n[targets.'a;b']\n[targets.'$(touch x)']";
    let manifest = format!("{HELLO}{layer}");
    let project = Project::hello().manifest(&manifest);
    let project = project.file("deeper/a", "").file(".git/HEAD", "");
    let project = project.file("other.toml", "[layers.elsewhere]\n[layers.unfinished");
    let lines = [
        "lls plan ''",
        "lls plan -- pg",
        "lls plan hello pg-",
        "lls build -l h",
        "lls build --layer=pg",
        "lls versions -l pg-t",
        "lls bump p",
        "lls show h",
        "lls diff hello p",
        "lls apply p",
        "lls plan -t ''",
        "lls plan -m other.toml ''",
        "lls -m other.toml plan ''",
        "lls -C deeper plan p",
        "lls -C nowhere plan p",
        "lls add h",
    ];
    expect![[r#"
        lls plan : hello pg-one pg-two
        lls plan -- pg: pg-one pg-two
        lls plan hello pg-: pg-one pg-two
        lls build -l h: hello
        lls build --layer=pg: --layer=pg-one --layer=pg-two
        lls versions -l pg-t: pg-two
        lls bump p: pg-one pg-two
        lls show h: hello
        lls diff hello p: pg-one pg-two
        lls apply p: pg-one pg-two
        lls plan -t : local
        lls plan -m other.toml : elsewhere unfinished
        lls -m other.toml plan : elsewhere unfinished
        lls -C deeper plan p: pg-one pg-two
        lls -C nowhere plan p: 
        lls add h: 
    "#]]
    .assert_eq(&completed(&project, &lines));
    assert!(!project.path("x").exists());
}

/// A manifest that cannot be read is no reason for a message in the middle of a command line.
#[test]
fn without_a_manifest_nothing_is_said() {
    let project = Project::new();
    let run = project
        .variable("LLS_COMPLETE", "fish")
        .run(&["--", "lls", "plan", "x"]);
    assert_eq!(
        (run.stdout.as_str(), run.stderr.as_str(), run.status),
        ("", "", 0),
        "{run}"
    );
    // Descriptions stand behind the names.
    let project = Project::hello().variable("LLS_COMPLETE", "fish");
    let run = project.run(&["--", "lls", "plan", "h"]);
    assert_eq!(run.stdout, "hello\tv1.0.0\n");
    // Without words to complete, the variable has no meaning.
    let run = project.run(&["validate"]);
    assert!(run.stdout.contains("layers.toml"), "{run}");
}

/// Completing reads the manifest as every command does: through no link out of the repository, and not from a pipe.
#[test]
fn completing_reads_no_other_file() {
    let project = Project::new().file(".git/HEAD", "");
    let project = project.outside_file("layers.toml", "[layers.secret]\n");
    let link = project.path("layers.toml");
    std::os::unix::fs::symlink(project.outside("layers.toml"), &link).unwrap();
    assert_eq!(completed(&project, &["lls plan s"]), "lls plan s: \n");
    let made = Command::new("mkfifo").arg(project.path("pipe")).status();
    assert!(made.unwrap().success());
    let line = "lls plan -m pipe s";
    assert_eq!(completed(&project, &[line]), format!("{line}: \n"));
}

/// fish also shows descriptions.
#[test]
fn fish_completes_layers() {
    let project = Project::hello();
    if !has("fish") {
        return;
    }
    let script = project.succeed(&["completions", "fish"]).stdout;
    let program = Path::new(env!("CARGO_BIN_EXE_lls")).parent().unwrap();
    let ask = format!(
        "{script}\nset -x PATH {} $PATH\ncd {}\ncomplete -C 'lls plan h'\ncomplete -C 'lls pl'\n",
        program.display(),
        project.path("").display()
    );
    let (out, err) = piped("fish", &["--no-config"], &ask);
    assert_eq!(err, "");
    let plan = "plan\tShow what `apply` would publish and grant, and why";
    assert_eq!(out, format!("hello\tv1.0.0\n{plan}\n"));
}

/// The other shells are not on every machine. Where one is, it must take its script.
#[test]
fn every_shell_has_a_script() {
    let project = Project::new();
    for (shell, head, check) in [
        ("bash", "complete -o nospace", &["bash", "-n"][..]),
        ("zsh", "#compdef lls", &["zsh", "-n"]),
        (
            "fish",
            "complete --keep-order --exclusive --command lls",
            &["fish", "--no-execute"],
        ),
        (
            "powershell",
            "Register-ArgumentCompleter -Native -CommandName lls",
            &[],
        ),
        ("elvish", "set edit:completion:arg-completer[lls]", &[]),
    ] {
        let script = project.succeed(&["completions", shell]).stdout;
        assert!(
            script.contains(head) && script.contains("LLS_COMPLETE"),
            "{shell}: {script}"
        );
        if let Some((program, options)) = check.split_first().filter(|(program, _)| has(program)) {
            let (_, err) = piped(program, options, &script);
            assert_eq!(err, "", "{shell}");
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
        if has("groff") {
            let (set, warnings) = piped("groff", &["-man", "-ww", "-Tutf8"], &text);
            assert_eq!(warnings, "", "{page}");
            assert!(set.contains("lls"), "{page}");
        }
    }
}

/// Whether a program is installed. Not every machine has `groff` and every shell.
#[allow(clippy::print_stdout, reason = "what is left out is said")]
fn has(program: &str) -> bool {
    let version = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    let has = version.is_ok_and(|status| status.success());
    if !has {
        println!("{program} is not installed: its check is left out");
    }
    has
}
