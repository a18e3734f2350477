//! Mistakes that people make, and all that they are told: what failed, where, and what to do about it.

mod aws;
mod command_line;
mod connecting;
mod lists;
mod local;
mod manifest;
mod network;
mod no_wheel;
mod requirements;
mod shared_hints;
mod values;

use expect_test::Expect;

use crate::support::project::Project;

/// Compares what `uv` says, and the hint, where it does not resolve the requirements of `app`.
fn check_unresolved(project: &Project, expected: Expect) {
    let head = "--- stderr\nerror: cannot lock layer `app`\n  caused by: uv could not resolve the requirements\n";
    let run = project.fail(&["lock"]);
    expected.assert_eq(&run.between(head, "--- exit status 1\n"));
}
