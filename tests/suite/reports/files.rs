//! Where reports are written, and where they are not.

use std::fs;

use expect_test::{Expect, expect};

use crate::support::project::Project;

fn check(project: &Project, report: &str, expected: Expect) {
    let run = project.fail(&["apply", "--report", report]);
    expected.assert_eq(&run.to_string());
    assert!(!project.path("registry/hello").exists(), "nothing was done");
}

#[test]
fn what_cannot_be_written_is_told_before_anything_is_changed() {
    let project = Project::hello()
        .file("notes.md", "# Notes\n")
        .file("other.json", "{}\n");
    let cases = [
        (
            "markdown=notes.md",
            expect![[r#"
                --- stderr
                error: `notes.md` is there already, and is not a markdown report
                hint: give the report another name, or remove that file
                --- exit status 1
            "#]],
        ),
        (
            "json=other.json",
            expect![[r#"
                --- stderr
                error: `other.json` is there already, and is not a json report
                hint: give the report another name, or remove that file
                --- exit status 1
            "#]],
        ),
        (
            "html=layers",
            expect![[r#"
                --- stderr
                error: `layers` is a folder, and a report is a file
                hint: name a file in it
                --- exit status 1
            "#]],
        ),
        (
            "json=none/plan.json",
            expect![[r#"
                --- stderr
                error: cannot write the report `none/plan.json`: there is no folder `none`
                hint: make the folder first
                --- exit status 1
            "#]],
        ),
        (
            "json=/proc/plan.json",
            expect![[r#"
                --- stderr
                error: cannot write the report `/proc/plan.json`
                  caused by: No such file or directory
                hint: name a file in a folder that may be written
                --- exit status 1
            "#]],
        ),
        (
            "json=notes.md/plan.json",
            expect![[r#"
                --- stderr
                error: cannot write the report `notes.md/plan.json`
                  caused by: Not a directory
                hint: name a file in a folder that may be written
                --- exit status 1
            "#]],
        ),
        (
            "json=a,markdown=a",
            expect![[r#"
                --- stderr
                error: two reports are to be written to `a`
                hint: give each `--report` a file of its own
                --- exit status 1
            "#]],
        ),
        (
            "markdwon=plan.md",
            expect![[r#"
                --- stderr
                error: `--report` cannot be `markdwon=plan.md`: `markdwon` is no kind of report: did you mean `markdown`?
                hint: `lls apply --help` says what it takes
                --- exit status 1
            "#]],
        ),
    ];
    for (report, expected) in cases {
        check(&project, report, expected);
    }
    project.succeed(&["plan", "--out", "plan.json"]);
    check(
        &project,
        "json=plan.json",
        expect![[r#"
            --- stderr
            error: `plan.json` is there already, and is not a json report
            hint: give the report another name, or remove that file
            --- exit status 1
        "#]],
    );
    assert_eq!(project.read("notes.md"), "# Notes\n");
}

#[test]
fn reports_replace_reports_and_fill_empty_files_and_devices() {
    let project = Project::hello().file("empty.md", "");
    let variable = "json=a.json,gitlab=g.json,html=a.html,markdown=empty.md,json=/dev/null";
    let project = project.variable("LLS_REPORT", variable);
    project.succeed(&["plan"]);
    let first = project.read("a.json");
    project.succeed(&["plan"]);
    assert_eq!(project.read("a.json"), first);
    assert!(
        project
            .read("empty.md")
            .starts_with("<!-- lls plan local -->\n")
    );
    let names = fs::read_dir(project.path(".")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(
        names.into_iter().all(|name| !name.starts_with(".tmp")),
        "nothing is left over"
    );
}

#[test]
fn an_apply_whose_report_is_lost_tells_so_and_fails() {
    let project = Project::hello();
    let run = project.fail(&[
        "apply",
        "--report",
        "json=/dev/full",
        "--report",
        "markdown=apply.md",
    ]);
    assert!(run.stdout.contains("published as :1"), "{run}");
    run.assert_stderr(&["error: cannot write `/dev/full`"]);
    assert!(
        project.read("apply.md").contains("`published as :1`"),
        "the other report is there"
    );
    project.assert_converged();
}
