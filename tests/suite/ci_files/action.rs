//! `action.yml` and the workflow that uses it: the same rights and conditions as the jobs that are written out, its
//! scripts run as a runner does.

use std::os::unix::fs::symlink;
use std::path::Path;

use expect_test::expect;

use super::runs::{GH, locked, make_executable, run_script};
use super::{GITHUB, parsed, text};
use crate::support::project::{Project, Run};

const ACTION: &str = include_str!("../../../action.yml");
const WORKFLOW: &str = include_str!("../../../docs/ci/github-action.yml");

/// Runs a script of the action.
fn script(project: &Project, name: &str, variables: &[(&str, &str)]) -> Run {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("action");
    let temporary = project.path("runner").display().to_string();
    std::fs::create_dir_all(&temporary).unwrap();
    let mut all = vec![
        ("RUNNER_TEMP", temporary.as_str()),
        ("GITHUB_OUTPUT", "output"),
        ("GITHUB_PATH", "path"),
        ("GITHUB_STEP_SUMMARY", "summary.md"),
        ("GITHUB_REPOSITORY", "acme/layers"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_SHA", "a1"),
        ("PULL_REQUEST", "7"),
        ("COMMENT", "true"),
        ("AWS_ACCESS_KEY_ID", ""),
        ("LLS_TARGET", ""),
    ];
    all.extend(variables);
    run_script(project, &folder.join(name).display().to_string(), &all)
}

#[test]
fn the_workflow_gives_each_job_what_the_jobs_written_out_have() {
    let (short, long) = (parsed(WORKFLOW), parsed(GITHUB));
    for key in ["on", "permissions", "concurrency"] {
        assert_eq!(short[key], long[key], "{key}");
    }
    for job in ["check", "plan", "apply"] {
        for key in ["permissions", "if", "needs", "timeout-minutes", "runs-on"] {
            assert_eq!(
                short["jobs"][job][key], long["jobs"][job][key],
                "{job}: {key}"
            );
        }
        let steps = short["jobs"][job]["steps"].as_sequence().unwrap();
        assert_eq!(steps.len(), 2, "{job}");
        assert_eq!(
            steps[0], long["jobs"][job]["steps"][1],
            "{job} checks out alike"
        );
        assert_eq!(steps[1]["with"]["command"], job);
    }
}

/// A step of the action gets the tokens and credentials that it needs, and no input becomes code.
#[test]
fn steps_of_the_action_get_what_they_need() {
    let action = parsed(ACTION);
    let mut found = String::new();
    for step in action["runs"]["steps"].as_sequence().unwrap() {
        if let Some(uses) = step.get("uses").map(text) {
            let (_, commit) = uses.split_once('@').expect("a commit");
            assert_eq!(commit.len(), 40, "{uses}");
            assert_eq!(step["with"]["output-env-credentials"], false);
            continue;
        }
        let run = text(&step["run"]);
        assert!(run.starts_with("\"$GITHUB_ACTION_PATH/action/"), "{run}");
        let has = |name: &&str| step["env"].get(*name).is_some();
        let secrets = ["GH_TOKEN", "AWS_SECRET_ACCESS_KEY"];
        let secrets = secrets.iter().filter(|name| has(name)).copied();
        let secrets = secrets.collect::<Vec<_>>().join(" ");
        found.push_str(&format!("{}: {secrets}\n", text(&step["name"])));
    }
    expect![[r#"
        Install lls: GH_TOKEN
        Check: 
        Find the newest commit: GH_TOKEN
        Run lls: AWS_SECRET_ACCESS_KEY
        Write the outputs: 
        Show the plan: GH_TOKEN
    "#]]
    .assert_eq(&found);
}

#[test]
fn the_action_checks_plans_and_applies() {
    let project = locked().file("bin/gh", GH).file("known", "42\n");
    make_executable(&project, "bin/gh");
    let checked = script(&project, "check", &[]);
    assert_eq!(checked.status, 0, "{checked}");
    let outputs = || {
        project.write("output", "");
        assert_eq!(script(&project, "outputs.py", &[]).status, 0);
        project.read("output")
    };
    assert_eq!(outputs(), "", "no report, no outputs");
    let planned = script(&project, "run", &[("COMMAND", "plan")]);
    assert_eq!(planned.status, 0, "{planned}");
    expect![[r#"
        changes=true
        create=2
        publish=0
        permission=0
        parameters=0
        unchanged=0
        blocked=0
        arns=[]
    "#]]
    .assert_eq(&outputs());
    assert_eq!(script(&project, "show", &[]).status, 0);
    let sent = project.read("gh.log");
    assert!(
        sent.contains("--method PATCH repos/acme/layers/issues/comments/42 "),
        "{sent}"
    );
    let applied = script(&project, "run", &[("COMMAND", "apply")]);
    assert_eq!(applied.status, 0, "{applied}");
    expect![[r#"
        changes=true
        create=2
        publish=0
        permission=0
        parameters=0
        unchanged=0
        blocked=0
        arns=[{"layer": "hello", "destination": "registry", "arn": "arn:lls:lambda:directory:000000000000:layer:hello:1"}, {"layer": "six", "destination": "registry", "arn": "arn:lls:lambda:directory:000000000000:layer:six:1"}]
    "#]].assert_eq(&outputs());
    project.assert_converged();
    let again = script(&project, "run", &[("COMMAND", "plan")]);
    assert_eq!(again.status, 0, "{again}");
    assert!(outputs().starts_with("changes=false\ncreate=0\n"));
    project.write("layers/hello/hello.py", "changed = True\n");
    let blocked = script(&project, "run", &[("COMMAND", "plan")]);
    assert_eq!(blocked.status, 1, "{blocked}");
    assert!(outputs().contains("\nblocked=1\n"), "{}", outputs());
}

#[test]
fn the_action_refuses_what_it_should() {
    let project = locked();
    let unknown = script(&project, "run", &[("COMMAND", "delete; id")]);
    assert_eq!(unknown.status, 1, "{unknown}");
    assert!(
        unknown.stdout.contains("::error::unknown command"),
        "{unknown}"
    );
    project.write("layers/six/requirements.txt", "six==1.16.0\n");
    for (name, command) in [("check", ""), ("run", "plan")] {
        let stale = script(&project, name, &[("COMMAND", command)]);
        assert_eq!(stale.status, 1, "{name}: a stale lock is an error: {stale}");
    }
}

/// A branch may hold anything under the name of the report: nothing of it is shown, and nothing of an earlier run.
#[test]
fn the_action_shows_its_own_report_alone() {
    let project = Project::new().manifest("layers = 1\n").file("bin/gh", GH);
    make_executable(&project, "bin/gh");
    project.write(
        "runner/lls-report.md",
        "<!-- lls plan local -->\nNothing changes.\n",
    );
    symlink("/proc/self/environ", project.path("lls-report.md")).unwrap();
    assert_eq!(script(&project, "run", &[("COMMAND", "plan")]).status, 1);
    assert_eq!(script(&project, "show", &[]).status, 0);
    for file in ["gh.log", "sent.md", "summary.md"] {
        assert!(!project.path(file).exists(), "{}", project.read(file));
    }
}

/// Without a comment, or outside of a pull request, there is a summary alone.
#[test]
fn the_action_comments_only_where_it_is_asked_to() {
    let project = locked().file("bin/gh", GH);
    make_executable(&project, "bin/gh");
    assert_eq!(script(&project, "run", &[("COMMAND", "plan")]).status, 0);
    for variable in [("COMMENT", "false"), ("PULL_REQUEST", "")] {
        assert_eq!(script(&project, "show", &[variable]).status, 0);
        assert!(
            !project.path("gh.log").exists(),
            "{}",
            project.read("gh.log")
        );
    }
    assert!(
        project
            .read("summary.md")
            .starts_with("<!-- lls plan local -->\n")
    );
}

#[test]
fn the_action_applies_the_newest_commit_alone() {
    let project = locked().file("bin/gh", GH);
    make_executable(&project, "bin/gh");
    for (newest, is_this) in [("b2\n", "false"), ("a1\n", "true")] {
        project.write("newest", newest);
        project.write("output", "");
        let run = script(&project, "newest", &[]);
        assert_eq!(run.status, 0, "{run}");
        assert_eq!(project.read("output"), format!("is-this={is_this}\n"));
    }
    let action = parsed(ACTION);
    let steps = action["runs"]["steps"].as_sequence().unwrap().iter();
    let runs: Vec<_> = steps.filter(|step| step["name"] == "Run lls").collect();
    assert!(text(&runs[0]["if"]).contains("steps.newest.outputs.is-this != 'false'"));
}
