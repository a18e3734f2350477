//! Where reports are written, and where they are not.

use std::fs;

use expect_test::expect;

use crate::support::project::Project;

#[test]
fn what_cannot_be_written_is_told_before_anything_is_changed() {
    let project = Project::hello()
        .file("notes.md", "# Notes\n")
        .file("other.json", "{}\n");
    project.succeed(&["plan", "--out", "plan.json"]);
    let mut told = String::new();
    for report in [
        "markdown=notes.md",
        "json=other.json",
        "html=layers",
        "json=/proc/plan.json",
        "json=notes.md/plan.json",
        "json=a,markdown=a",
        "json=a,markdown=layers/../a",
        "json=layers.toml",
        "markdwon=plan.md",
        "json=plan.json",
    ] {
        let run = project.fail(&["apply", "--report", report]);
        assert_eq!(run.stdout, "");
        told += &format!("$ lls apply --report {report}\n{}", run.stderr);
        assert!(!project.path("registry/hello").exists(), "nothing was done");
    }
    expect![[r#"
        $ lls apply --report markdown=notes.md
        error: `notes.md` already exists and is not a markdown report
        hint: choose another name, or remove the file
        $ lls apply --report json=other.json
        error: `other.json` already exists and is not a json report
        hint: choose another name, or remove the file
        $ lls apply --report html=layers
        error: cannot write `layers`: it is a folder
        hint: name a file in it
        $ lls apply --report json=/proc/plan.json
        error: cannot write `/proc/plan.json`
          caused by: No such file or directory
        hint: name a file in a folder that you can write to
        $ lls apply --report json=notes.md/plan.json
        error: cannot write `notes.md/plan.json`
          caused by: Not a directory
        hint: name a file in a folder that you can write to
        $ lls apply --report json=a,markdown=a
        error: `a` cannot hold both the json report and the markdown report
        hint: give each its own file
        $ lls apply --report json=a,markdown=layers/../a
        error: `layers/../a` cannot hold both the json report and the markdown report
        hint: give each its own file
        $ lls apply --report json=layers.toml
        error: `layers.toml` already exists and is not a json report
        hint: choose another name, or remove the file
        $ lls apply --report markdwon=plan.md
        error: `--report` cannot be `markdwon=plan.md`: unknown report kind `markdwon`: did you mean `markdown`?
        hint: run `lls apply --help` to see what it takes
        $ lls apply --report json=plan.json
        error: `plan.json` already exists and is not a json report
        hint: choose another name, or remove the file
    "#]]
    .assert_eq(&told);
    assert_eq!(project.read("notes.md"), "# Notes\n");
}

#[test]
fn a_report_and_the_plan_have_files_of_their_own() {
    let project = Project::hello();
    let run = project.fail(&["plan", "--out", "a.plan", "--report", "json=./a.plan"]);
    expect![[r#"
        --- stderr
        error: `./a.plan` cannot hold both the saved plan and the json report
        hint: give each its own file
        --- exit status 1
    "#]]
    .assert_eq(&run.to_string());
    assert!(!project.path("a.plan").exists());
}

/// A lock that is missing when the command begins is made by it.
#[test]
fn a_lock_is_not_overwritten() {
    let project = Project::hello().file("layers/hello/requirements.txt", "six==1.17.0\n");
    let lock = "layers/hello/requirements.lock";
    let run = project.fail(&["plan", "--report", &format!("json={lock}")]);
    let said = format!("error: `{lock}` already exists and is not a json report\n");
    assert!(run.stderr.contains(&said), "{run}");
    assert!(project.read(lock).contains("six==1.17.0"));
}

#[test]
fn reports_replace_reports_and_fill_empty_files_and_devices() {
    let project = Project::hello().file("empty.md", "");
    let variable = "json=a.json,gitlab=g.json,html=a.html,markdown=empty.md,json=/dev/null,gitlab=new/folder/g.json";
    let project = project.variable("LLS_REPORT", variable);
    project.succeed(&["plan"]);
    let first = project.read("a.json");
    project.succeed(&["plan"]);
    assert_eq!(project.read("a.json"), first);
    assert_eq!(project.read("new/folder/g.json"), project.read("g.json"));
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
