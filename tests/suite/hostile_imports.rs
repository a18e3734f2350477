//! What code of a layer can do while `lls test` imports it: nothing that other commands run, no variable of the runner, no
//! end of the run.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::python::runtime;
use crate::support::project::Project;

/// A layer `app` whose only module, `app`, is this.
fn module(text: &str) -> Project {
    let manifest = format!(
        "[targets.local]\ndirectory = \"registry\"\n\n[layers.app]\ndescription = \"v1.0.0\"\nprefix = \"python\"\nruntimes = [\"{}\"]\n",
        runtime()
    );
    Project::new()
        .manifest(&manifest)
        .file("layers/app/app.py", text)
}

/// A module that leaves what this expression says, as JSON, in the project.
fn noting(expression: &str) -> Project {
    let project = module("");
    let note = project.path("note");
    let text = format!(
        "import json, os, sys\nwith open({:?}, 'w') as note:\n    json.dump({expression}, note)\n",
        note.display().to_string()
    );
    project.write("layers/app/app.py", text);
    project
}

#[test]
fn no_other_command_imports_a_layer() {
    let project = noting("1");
    for command in [
        &["validate"][..],
        &["lock"],
        &["build", "--explain"],
        &["plan", "--rebuild"],
        &["apply", "--yes"],
        &["diff", "app"],
        &["bump", "app", "--dry-run"],
    ] {
        project.succeed(command);
        assert!(!project.path("note").exists(), "{command:?} imports it");
    }
    project.succeed(&["test"]);
    assert!(project.path("note").exists());
}

#[test]
fn nothing_of_the_environment_reaches_a_layer() {
    let project = noting("dict(os.environ)");
    let canaries = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "GITHUB_TOKEN",
        "CI_JOB_TOKEN",
        "LLS_DEBUG",
        "UV_INDEX_CORP_PASSWORD",
        "HTTPS_PROXY",
        "SSH_AUTH_SOCK",
        "PYTHONPATH",
        "LD_PRELOAD_X",
    ];
    let variables = canaries.map(|name| (name.to_owned(), "canary".to_owned()));
    let project = project
        .environment(variables)
        .variable("LLS_DEBUG", "")
        .variable("HTTPS_PROXY", "");
    let run = project.succeed(&["test"]);
    assert!(
        run.stderr.contains("warning: AWS_SECRET_ACCESS_KEY is set"),
        "{run}"
    );
    let seen: Value = serde_json::from_str(&project.read("note")).unwrap();
    let names: BTreeSet<_> = seen
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_REGION",
        "HOME",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "LD_LIBRARY_PATH",
        "PATH",
        "TMPDIR",
        "TZ",
    ];
    let expected = BTreeSet::from(expected);
    let unexpected: Vec<_> = names.difference(&expected).collect();
    // What CPython itself sets where the locale is missing.
    assert!(
        unexpected.iter().all(|name| **name == "LC_CTYPE"),
        "{unexpected:?}"
    );
    assert!(!project.read("note").contains("canary"));
    assert!(seen["HOME"].as_str().unwrap().contains("lls-test-"));
}

#[test]
fn a_layer_is_unpacked_into_a_folder_that_is_removed() {
    let project = noting("[__file__, os.getcwd(), os.listdir()]");
    let project = project.file("temporary/x", "");
    let folder = project.path("temporary");
    let project = project.variable("TMPDIR", folder);
    project.succeed(&["test"]);
    let seen: Value = serde_json::from_str(&project.read("note")).unwrap();
    let file = seen[0].as_str().unwrap();
    assert!(file.ends_with("/opt/python/app.py"), "{file}");
    assert!(!std::path::Path::new(file).exists());
    assert_eq!(seen[2], serde_json::json!([]), "an empty folder to work in");
    let left = std::fs::read_dir(project.path("temporary")).unwrap();
    assert_eq!(left.count(), 1, "nothing is left behind");
}

#[test]
fn an_import_without_end_is_ended() {
    let project = module("while True: pass\n").file("layers/app/later.py", "");
    let start = Instant::now();
    let run = project.fail(&["test", "--import-timeout", "1"]);
    assert!(start.elapsed() < Duration::from_secs(60));
    let expected = "app was not imported when the time for the layer, 1s, was over\n      1 module not tried\n";
    assert!(run.stdout.contains(expected), "{run}");
    let project = module("import os\nwhile True: os.write(1, b'x' * 65536)\n");
    let run = project.fail(&["test"]);
    assert!(run.stdout.contains("app printed without end"), "{run}");
}

#[test]
fn memory_without_end_is_not_given() {
    let project = module("x = []\nwhile True: x.append(bytearray(1 << 24))\n");
    let run = project.fail(&["test"]);
    assert!(
        run.stdout.contains("app took more than 2 GiB of memory"),
        "{run}"
    );
}

#[test]
fn what_ends_the_interpreter_is_told_and_the_rest_is_tried() {
    let project = module("import os\nos.write(2, b'fatal: no engine\\n')\nos._exit(0)\n")
        .file(
            "layers/app/crash.py",
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
        )
        .file("layers/app/leave.py", "raise SystemExit(0)\n")
        .file("layers/app/works.py", "");
    let run = project.fail(&["test"]);
    for expected in [
        "3 of 4 modules failed",
        "app ended the interpreter with exit status 0\n        fatal: no engine\n",
        "crash ended the interpreter with signal 11\n",
        "SystemExit: 0",
    ] {
        assert!(run.stdout.contains(expected), "{expected}: {run}");
    }
}

#[test]
fn what_a_layer_starts_is_ended_with_it() {
    let project = noting("__import__('subprocess').Popen(['sleep', '600']).pid");
    let start = Instant::now();
    project.succeed(&["test"]);
    assert!(start.elapsed() < Duration::from_secs(60));
    let id = project.read("note");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let is_running = status.contains("sleep") && !status.contains("State:\tZ");
    assert!(!is_running, "{status}");
}

#[test]
fn texts_of_a_layer_steer_nothing() {
    let project = module(
        "print('\\x1b[2J::error::x')\nraise ValueError('\\x1b[31mred\\u202e\\n::error::forged')\n",
    )
    .variable("GITHUB_ACTIONS", "true");
    let run = project.fail(&["test"]);
    let all = format!("{}{}", run.stdout, run.stderr);
    assert!(
        !all.contains('\u{1b}') && !all.contains('\u{202e}'),
        "{run}"
    );
    assert!(
        !all.lines()
            .any(|line| line.trim().starts_with("::error::forged")),
        "{run}"
    );
    assert!(
        run.stdout.contains("ValueError: \\u{1b}[31mred\\u{202e}"),
        "{run}"
    );
    // A file whose name is no module's is not imported, and nothing of it is shown.
    let project = module("").file("layers/app/a-b;c.py", "raise OSError\n");
    project.succeed(&["test"]);
}
