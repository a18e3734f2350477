//! What is drawn on a terminal, and that nothing of it gets anywhere else.

use expect_test::expect;

use crate::archives;
use crate::building::manifest;
use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::{HELLO, Project};

/// What a command drew.
#[derive(serde::Deserialize)]
struct Terminal {
    drawn: String,
    screen: String,
    widest: usize,
    cursor: bool,
    status: i32,
}

/// Runs `lls` on a terminal of so many columns; Ctrl-C is pressed when `until` is drawn.
fn on_a_terminal(project: &Project, columns: usize, until: &str, arguments: &[&str]) -> Terminal {
    through(&[], project, columns, until, arguments)
}

/// The same, where another program with its arguments starts `lls`.
fn through(
    starter: &[&str],
    project: &Project,
    columns: usize,
    until: &str,
    arguments: &[&str],
) -> Terminal {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/suite/terminal/screen.py"
    );
    let columns = columns.to_string();
    let before = ["python3", "-I", script, &columns, until];
    let before = [&before, starter].concat();
    let mut command = project.command_through(&before, arguments);
    if !command.get_envs().any(|(name, _)| name == "TERM") {
        command.env("TERM", "xterm-256color");
    }
    let output = command.output().unwrap();
    let said = project.normalised(&output.stdout);
    serde_json::from_str(&said).unwrap_or_else(|error| {
        panic!("{error}: {said}{}", String::from_utf8_lossy(&output.stderr))
    })
}

/// A layer of two megabytes with a package, for an index that serves it and an API that takes it slowly.
fn slow_project() -> (LambdaApi, PackageIndex, Project) {
    let api = LambdaApi::start();
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "")]),
    );
    let text = manifest("\"python3.12\"", "permission = \"my-account\"");
    let text = text.replace("[targets.local]\ndirectory = \"registry\"", "[targets.aws]");
    let project = Project::new()
        .manifest(&text)
        .file("layers/app/requirements.txt", "alpha\n")
        .file("layers/app/data/noise", archives::noise(2_000_000))
        .environment(index.environment())
        .environment(api.env())
        .cold_cache();
    api.inject(|_, operation| {
        (operation == "PublishLayerVersion")
            .then_some(Fault::HangBefore(std::time::Duration::from_millis(300)))
    });
    (api, index, project)
}

#[test]
fn bars_show_what_is_being_done_and_are_gone_at_the_end() {
    let (api, _index, project) = slow_project();
    let terminal = on_a_terminal(&project, 80, "", &["apply", "--yes"]);
    assert_eq!(terminal.status, 0, "{}", terminal.screen);
    for bar in [
        "locking app",
        "Downloading ",
        "Building ",
        "Uploading ",
        "2.00 MB of 2.00 MB, ",
    ] {
        assert!(terminal.drawn.contains(bar), "{bar}: {:?}", terminal.drawn);
    }
    assert!(terminal.cursor && terminal.drawn.contains("\u{1b}[32m+\u{1b}[0m app"));
    expect![[r#"
        Locked app: its requirements.lock was missing
        Downloaded 1 wheel for app, 744 B
        Built app, 2.0 MB
        aws: account [account], us-east-1

          + app  v1.0.0   new layer, 2.0 MB zipped, 2.0 MB unpacked
                + alpha 1.0
                + data/noise
                for python3.12 on x86_64
                grant account [account]

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        Published app to us-east-1, 2.0 MB

          + app v1.0.0   published as :1
                arn:aws:lambda:us-east-1:[account]:layer:app:1
                granted account [account]

        Applied: 1 version published, 0 permissions changed, 0 unchanged.
    "#]]
    .assert_eq(&terminal.screen.replace(api.account(), "[account]"));
}

#[test]
fn a_narrow_terminal_has_narrow_lines() {
    let (_api, _index, project) = slow_project();
    project.succeed(&["lock"]);
    let terminal = on_a_terminal(&project, 40, "", &["plan"]);
    assert!(
        terminal.widest <= 40,
        "{}\n{}",
        terminal.widest,
        terminal.screen
    );
    assert!(
        terminal.drawn.contains("Building 0 of 1"),
        "{:?}",
        terminal.drawn
    );
    // What is wider than the terminal would not be wiped away.
    assert!(!terminal.screen.contains(" of 1"), "{}", terminal.screen);
    let wide = on_a_terminal(&project, 200, "", &["plan"]);
    assert!(wide.widest <= 80, "{}\n{}", wide.widest, wide.screen);
}

/// What a hint has in backticks is there to be copied.
#[test]
fn hints_are_wrapped_around_what_can_be_copied() {
    let terminal = on_a_terminal(&Project::new(), 40, "", &["plan"]);
    let (_, hint) = terminal.screen.split_once("hint: ").expect("a hint");
    expect![[r#"
        name the file with
              `--manifest FILE`, its folder with
              `-C DIR`, or create one with
              `lls init`
    "#]]
    .assert_eq(hint);
}

/// The terminal itself shows which key was pressed, behind what is drawn then: that stays, and nothing after it.
#[test]
fn an_interruption_takes_the_bars_away() {
    let (_api, _index, project) = slow_project();
    let terminal = on_a_terminal(&project, 80, "Uploading ", &["apply", "--yes"]);
    let screen = &terminal.screen;
    assert!(terminal.cursor && terminal.status == 0, "{screen}");
    let notice =
        "\nInterrupted: finishing the current steps; interrupt again to stop immediately\n";
    let (_, rest) = screen.split_once(notice).expect("it says so");
    assert!(!rest.contains("Uploading"), "{screen}");
    assert!(rest.contains("published as :1\n"), "{screen}");
}

#[test]
fn an_interruption_before_changes_takes_the_bars_away() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let index = format!("http://{}/simple", listener.local_addr().unwrap());
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", ""))
        .file("layers/app/requirements.txt", "alpha\n")
        .variable("UV_DEFAULT_INDEX", index)
        .variable("UV_NO_CACHE", "1");
    let terminal = on_a_terminal(&project, 80, "locking app", &["lock"]);
    assert!(terminal.cursor && terminal.status == 1);
    assert_eq!(
        terminal.screen,
        "error: interrupted: no registry was changed\n"
    );
}

/// A layer is built, and its wheels are looked for in an index that does not answer.
#[test]
fn two_bars_have_a_line_each() {
    let (_api, _index, project) = slow_project();
    project.succeed(&["lock"]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let index = format!("http://{}/simple", listener.local_addr().unwrap());
    let project = project.variable("UV_DEFAULT_INDEX", index);
    let [building, wheels] = ["0 of 1: app", "finding wheels of app"];
    for columns in [80, 120] {
        let terminal = on_a_terminal(&project, columns, wheels, &["build"]);
        let lines: Vec<_> = terminal.drawn.split('\n').collect();
        let is_below = |pair: &[&str]| pair[0].contains(building) && pair[1].contains(wheels);
        assert!(lines.windows(2).any(is_below), "{:?}", terminal.drawn);
        let has_both = |part: &str| part.contains(building) && part.contains(wheels);
        assert!(
            !terminal.drawn.split(['\n', '\r']).any(has_both),
            "{:?}",
            terminal.drawn
        );
        assert!(
            terminal.cursor && terminal.status == 1,
            "{}",
            terminal.screen
        );
        assert_eq!(
            terminal.screen,
            "error: interrupted: no registry was changed\n"
        );
    }
}

/// Who is asked was shown the plan, on stderr where stdout carries something else or goes elsewhere.
#[test]
fn nobody_is_asked_about_a_plan_that_was_not_shown() {
    let project = Project::hello();
    project.succeed(&["build"]);
    let to_file: &[&str] = &["/bin/sh", "-c", "exec \"$@\" > stdout.txt", "sh"];
    let plan = "Plan: 1 layer to create; 0 unchanged, 0 blocked.\n";
    let question = "Apply these changes? [y/N] ";
    for (starter, arguments) in [
        (&[][..], &["apply", "--quiet"][..]),
        (to_file, &["apply", "--quiet"]),
        (to_file, &["apply"]),
        (&[], &["apply", "--quiet", "--format", "markdown"]),
        (&[], &["apply", "--format", "json"]),
        (to_file, &["apply", "--quiet", "--format", "json"]),
    ] {
        let terminal = through(starter, &project, 80, question, arguments);
        let (shown, _) = terminal.screen.split_once(question).expect("it asks");
        assert_eq!(shown.matches(plan).count(), 1, "{arguments:?}: {shown}");
        assert!(shown.contains("+ hello  v1.0.0   new layer"), "{shown}");
        assert!(!project.path("registry").join("hello").exists());
    }
    let written = project.read("stdout.txt");
    let document: serde_json::Value = serde_json::from_str(&written).expect("one document");
    assert!(document["failures"].is_array(), "{written}");
}

/// A terminal that cannot move its cursor is given lines alone.
#[test]
fn nothing_is_drawn_on_a_dumb_terminal() {
    let project = Project::hello().variable("TERM", "dumb");
    let terminal = on_a_terminal(&project, 80, "", &["build"]);
    let is_drawn = terminal
        .drawn
        .replace("\r\n", "\n")
        .contains(['\u{1b}', '\r']);
    assert!(
        !is_drawn && terminal.drawn.starts_with("Built hello"),
        "{:?}",
        terminal.drawn
    );
}

/// What happens to a layer stands beside its name, as long as there is room for more than a word.
#[test]
fn long_names_leave_room_for_what_happens() {
    let long = "a-layer-whose-name-takes-most-of-a-line-of-a-terminal";
    let manifest = HELLO.replace("[layers.hello]", &format!("[layers.{long}]"));
    let project = Project::new()
        .manifest(&manifest)
        .file(&format!("layers/{long}/hello.py"), "");
    project.succeed(&["build"]);
    project.succeed(&["plan"]).check(expect![[r#"
        local: registry

          + a-layer-whose-name-takes-most-of-a-line-of-a-terminal  v1.0.0
                new layer, 198 B zipped, 0 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant account 000000000000

        Plan: 1 layer to create; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
}

/// A place in the manifest leads there on terminals that have links, and only there.
#[test]
fn places_in_the_manifest_are_links() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.write("layers/hello/hello.py", "changed");
    let project = project.variable("CLICOLOR_FORCE", "1");
    let run = project.fail(&["plan"]);
    assert!(run.stdout.contains(" layers.toml:5, "), "{run}");
    let project = project.variable("FORCE_HYPERLINK", "1");
    let run = project.fail(&["plan"]);
    let start = "\u{1b}]8;;file://[project]/layers.toml\u{1b}\\";
    let link = format!(" {start}layers.toml:5\u{1b}]8;;\u{1b}\\, ");
    assert!(run.stdout.contains(&link), "{run}");
    let run = project.fail(&["plan", "--color", "never"]);
    assert!(run.stdout.contains(" layers.toml:5, "), "{run}");
    project.edit_manifest("prefix", "prefx");
    let run = project.fail(&["plan"]);
    assert!(run.stderr.contains(start), "{run}");
}

#[test]
fn nothing_is_drawn_where_nobody_looks() {
    let (_api, _index, project) = slow_project();
    let project = project.variable("TERM", "xterm-256color");
    let run = project.succeed(&["apply", "--yes"]);
    let is_drawn = |text: &str| text.contains(['\u{1b}', '\r']);
    assert!(!is_drawn(&run.stdout) && !is_drawn(&run.stderr), "{run}");
    project.edit_manifest("v1.0.0", "v1.1.0");
    let run = project.succeed(&["apply", "--yes", "--quiet"]);
    assert_eq!(run.stderr, "");
    let project = project.variable("CLICOLOR_FORCE", "1");
    project.edit_manifest("v1.1.0", "v1.2.0");
    let run = project.succeed(&["plan"]);
    assert!(run.stdout.contains("\u{1b}[32m^\u{1b}[0m"), "{run}");
    let run = project.succeed(&["plan", "--color", "never"]);
    assert!(!is_drawn(&run.stdout), "{run}");
}

/// Each request is shown with its attempt and AWS's name for it, and nothing that could be used by others.
#[test]
fn debug_messages_show_each_request() {
    let (api, _index, project) = slow_project();
    let mut is_first = true;
    api.inject(move |_, operation| {
        let is_due = operation == "ListLayerVersions" && std::mem::take(&mut is_first);
        is_due.then(|| Fault::status(500, "ServiceException", "An error occurred"))
    });
    let run = project.succeed(&["apply", "--debug"]);
    let requests = run
        .stderr
        .lines()
        .filter(|line| line.contains("milliseconds="));
    let shown: Vec<_> = requests
        .map(|line| line.split(" id=").next().unwrap().trim().to_owned())
        .collect();
    expect![[r#"
        DEBUG GetCallerIdentity: POST / region="us-east-1" attempt=1 status=200
        DEBUG ListLayerVersions: GET /2018-10-31/layers/app/versions region="us-east-1" attempt=1 status=500
        DEBUG ListLayerVersions: GET /2018-10-31/layers/app/versions region="us-east-1" attempt=2 status=200
        DEBUG ListLayerVersions: GET /2018-10-31/layers/app/versions region="us-east-1" attempt=1 status=200
        DEBUG PublishLayerVersion: POST /2018-10-31/layers/app/versions region="us-east-1" attempt=1 status=201
        DEBUG GetLayerVersionPolicy: GET /2018-10-31/layers/app/versions/1/policy region="us-east-1" attempt=1 status=404
        DEBUG AddLayerVersionPermission: POST /2018-10-31/layers/app/versions/1/policy region="us-east-1" attempt=1 status=201
        DEBUG GetLayerVersionPolicy: GET /2018-10-31/layers/app/versions/1/policy region="us-east-1" attempt=1 status=200
    "#]].assert_eq(&(shown.join("\n") + "\n"));
    assert!(
        run.stderr.contains("uv pip compile") && !run.stderr.contains("://"),
        "{run}"
    );
}
