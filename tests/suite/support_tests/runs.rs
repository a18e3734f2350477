//! What tests compare of a run: it must be all of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::lambda_api::LambdaApi;
use crate::support::project::{Project, Run};

fn run(stdout: &str) -> Run {
    Run {
        status: 0,
        stdout: stdout.to_owned(),
        stderr: String::new(),
        hidden: vec![("100000000001".to_owned(), "[account]")],
    }
}

fn fails(check: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(check)).is_err()
}

#[test]
fn a_run_below_a_plan_begins_with_that_plan() {
    let apply = "account 100000000001\n\nApplied.\n";
    let below = run(apply).below("account [account]\n");
    assert_eq!(below.stdout, "Applied.\n");
    let below = run(apply).below("account 100000000001\n");
    assert_eq!(below.stdout, "Applied.\n");
    assert!(fails(|| drop(run(apply).below("account 1\n"))));
    assert!(fails(|| drop(run(apply).below("account"))));
}

#[test]
fn a_run_has_nothing_around_what_is_between() {
    let failed = run("error: x\nreason\nhint: y\n");
    let tail = "hint: y\n--- exit status 0\n";
    assert_eq!(failed.between("error: x\n", tail), "reason\n");
    assert!(fails(|| drop(failed.between("x\n", tail))));
    assert!(fails(|| drop(failed.between("error: x\n", "hint: y\n"))));
}

#[test]
fn parts_are_looked_for_in_one_stream() {
    let plan = run("+ hello\n");
    plan.assert_stdout(&["+ hello", "lo\n"]);
    assert!(fails(|| plan.assert_stdout(&["+ hello", "- hello"])));
    assert!(fails(|| plan.assert_stderr(&["+ hello"])));
}

#[test]
fn the_account_that_is_asked_is_left_out_of_snapshots_alone() {
    let api = LambdaApi::start();
    let run = Project::hello_in(&api).succeed(&["plan"]);
    assert!(run.stdout.contains(api.account()), "{run}");
    let shown = run.to_string();
    assert!(shown.contains("account [account]") && !shown.contains(api.account()));
}
