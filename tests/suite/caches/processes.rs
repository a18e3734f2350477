//! Many processes at once on one cache and one project.

use std::process::{Child, Stdio};

use super::{fresh, index, unfinished};
use crate::support::project::{Project, Run};

fn start(project: &Project, arguments: &[&str]) -> Child {
    let mut command = project.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("lls can be run")
}

fn end(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        hidden: Vec::new(),
    }
}

#[test]
fn eight_builds_at_once_come_to_the_same() {
    let index = index();
    let project = fresh(&index);
    let builds = [(); 8].map(|()| start(&project, &["build", "--format", "json"]));
    let runs = builds.map(end);
    let again = project.succeed(&["build", "--format", "json"]);
    assert_eq!(again.stderr, "", "it is locked and stored");
    for run in &runs {
        assert_eq!(run.status, 0, "{run}");
        let shown = project.normalised(run.stdout.as_bytes());
        assert_eq!(shown, again.stdout);
    }
    assert!(unfinished(&project).is_empty());
}

#[test]
fn clearing_the_caches_harms_no_build() {
    let index = index();
    let project = fresh(&index);
    let expected = project.succeed(&["build", "--format", "json"]).stdout;
    for _ in 0..10 {
        let builds = [(); 3].map(|()| start(&project, &["build", "--format", "json"]));
        let mut builds = builds.map(Some);
        while builds.iter().any(Option::is_some) {
            project.succeed(&["cache", "--clear"]);
            for build in &mut builds {
                if build
                    .as_mut()
                    .is_some_and(|child| child.try_wait().unwrap().is_some())
                {
                    check(&end(build.take().unwrap()), &project, &expected);
                }
            }
        }
    }
    assert_eq!(
        project.succeed(&["build", "--format", "json"]).stdout,
        expected
    );
}

/// A build that was disturbed says so; one that was not has the right result.
fn check(run: &Run, project: &Project, expected: &str) {
    assert!(!run.stderr.contains("panicked"), "{run}");
    if run.status == 0 {
        let shown = project.normalised(run.stdout.as_bytes());
        assert_eq!(shown, expected);
    } else {
        assert_eq!(run.status, 1, "{run}");
        assert!(
            run.stderr.contains("hint: ") && run.stderr.contains("run the command again"),
            "{run}"
        );
    }
}
