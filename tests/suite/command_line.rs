//! The command line: which manifest and target it works on, and what misuse gets.

use clap::{Command, CommandFactory as _};
use expect_test::{Expect, expect};
use lls::cli::Cli;

use crate::support::project::{HELLO, Project};

#[test]
fn a_missing_manifest_is_named() {
    let project = Project::new();
    expect![[r#"
        --- stderr
        error: there is no manifest at `layers.toml`
        hint: name the file with `--manifest FILE`, its folder with `-C DIR`, or create one with `lls init`
        --- exit status 1
    "#]]
    .assert_eq(&project.run(&["plan"]).to_string());
    expect![[r#"
        --- stderr
        error: there is no manifest at `other/layers.toml`
        hint: name the file with `--manifest FILE`, its folder with `-C DIR`, or create one with `lls init`
        --- exit status 1
    "#]]
    .assert_eq(
        &project
            .run(&["plan", "-m", "other/layers.toml"])
            .to_string(),
    );
}

#[test]
fn targets_are_chosen_by_name_default_or_being_alone() {
    let manifest = format!("{HELLO}\n[targets.aws]\n");
    check_plan(
        &manifest,
        &["plan"],
        expect![[r#"
        --- stderr
        error: `layers.toml` declares several targets and no `default_target`
        hint: choose one with `--target`, or set `default_target` to one of: aws, local
        --- exit status 1
    "#]],
    );
    check_plan(
        &manifest,
        &["plan", "-t", "lokal"],
        expect![[r#"
        --- stderr
        error: `layers.toml` declares no target `lokal`
        hint: did you mean `local`?
        --- exit status 1
    "#]],
    );
    check_plan(
        &manifest,
        &["plan", "-t", "local", "--region", "us-east-1"],
        expect![[r#"
            --- stderr
            error: `--region` is for AWS, but target `local` is a folder
            hint: name a target in AWS with `--target`, or leave the option out
            --- exit status 1
        "#]],
    );
    check_plan(
        &HELLO.replace("[targets.local]\ndirectory = \"registry\"", ""),
        &["plan"],
        expect![[r#"
            --- stderr
            error: `layers.toml` declares no target
            hint: add one, such as `[targets.local]` with `directory = ".lls/registry"`
            --- exit status 1
        "#]],
    );
}

fn check_plan(manifest: &str, arguments: &[&str], expected: Expect) {
    expected.assert_eq(
        &Project::hello()
            .manifest(manifest)
            .run(arguments)
            .to_string(),
    );
}

#[test]
fn usage_errors_exit_with_1() {
    let project = Project::hello();
    project.fail(&["plann"]);
    project.fail(&["plan", "--format", "yaml"]);
    project.fail(&["versions"]);
    let run = project.succeed(&["--version"]);
    assert!(run.stdout.starts_with("lls "), "{run}");
}

/// The compiler asks for no documentation in `cli`: the help is what its fields have.
#[test]
fn commands_and_options_have_help() {
    let mut options = 0;
    let program = Cli::command();
    for command in std::iter::once(&program).chain(program.get_subcommands()) {
        let name = command.get_name();
        assert!(command.get_about().is_some(), "{name}");
        for option in command.get_arguments() {
            assert!(option.get_help().is_some(), "{name}: {}", option.get_id());
            options += 1;
        }
    }
    assert!(options > 50, "only {options} were found");
}

#[test]
fn caches_are_measured_and_cleared_but_registries_stay() {
    let project = Project::hello().cold_cache();
    project.succeed(&["apply"]);
    let run = project.succeed(&["cache"]);
    assert!(
        run.stdout.contains("archives of this project  ") && run.stdout.contains("3 files"),
        "{run}"
    );
    let run = project.succeed(&["cache", "--clear"]);
    assert!(run.stdout.ends_with("All of it was removed.\n"), "{run}");
    assert!(!project.path(".lls/archives").exists());
    project.assert_converged();
}

#[test]
fn empty_variables_count_as_unset() {
    let mut project = Project::hello();
    let names = [
        "LLS_MANIFEST",
        "LLS_TARGET",
        "LLS_REGION",
        "LLS_PROFILE",
        "LLS_ALLOW_ENV",
        "LLS_ALLOW_OUTSIDE",
        "LLS_DOWNLOAD_TIMEOUT",
        "LLS_REQUEST_RATE",
        "LLS_REQUEST_TIMEOUT",
        "LLS_SETTLE_TIME",
        "LLS_COLOR",
        "LLS_DEBUG",
        "LLS_QUIET",
        "LLS_LOCKED",
        "LLS_NO_CACHE",
        "LLS_REBUILD",
        "LLS_FORMAT",
        "LLS_DETAILED_EXITCODE",
        "LLS_YES",
        "LLS_OUTPUT_DIR",
    ];
    for name in names {
        project = project.variable(name, "");
        for command in ["plan", "build", "validate"] {
            let run = project.run(&[command]);
            assert_eq!(run.status, 0, "{name}: {run}");
        }
    }
    let read = std::fs::read_to_string("src/cli.rs").unwrap();
    let read = read + &std::fs::read_to_string("src/cli/global.rs").unwrap();
    for (index, _) in read.match_indices("\"LLS_") {
        // What the compiler reads is no variable of a user.
        if read[..index].ends_with("option_env!(") {
            continue;
        }
        let name = read[index + 1..].split('"').next().unwrap();
        // Read when `lls` is compiled.
        if name == "LLS_COMMIT" {
            continue;
        }
        assert!(names.contains(&name), "{name} is not tested");
    }
    let run = project.variable("LLS_REQUEST_RATE", "many").fail(&["plan"]);
    let said = "error: `LLS_REQUEST_RATE` cannot be `many`: ";
    assert!(run.stderr.starts_with(said), "{run}");
}

/// Every command is in one group of `lls --help`, and each line fits a terminal of 80 columns.
#[test]
fn every_command_is_in_one_group_of_the_help() {
    let program = lls::cli::program();
    let mut commands: Vec<_> = program.get_subcommands().map(Command::get_name).collect();
    commands.push("help");
    let groups = lls::cli::GROUPS.iter().flat_map(|(_, names)| names.iter());
    assert_eq!(groups.copied().collect::<Vec<_>>(), commands);
    let help = Project::new().succeed(&["-h"]).stdout;
    for line in help.lines() {
        assert!(line.len() <= 80, "{line}");
    }
}

/// An option of a command with the name of a global one would hide it, or panic for its type.
#[test]
fn no_option_of_a_command_has_the_name_of_a_global_one() {
    let program = Cli::command();
    let names = |option: &clap::Arg| {
        let short = option.get_short().map(String::from);
        let long = option.get_long().map(str::to_owned);
        [Some(option.get_id().to_string()), short, long]
    };
    let global: Vec<_> = program.get_arguments().flat_map(names).flatten().collect();
    assert!(global.len() > 20, "{global:?}");
    for command in program.get_subcommands() {
        for name in command.get_arguments().flat_map(names).flatten() {
            assert!(!global.contains(&name), "{}: {name}", command.get_name());
        }
    }
}
