//! Mistakes that people make, and all that they are told: what failed, where, and what to do about it.

mod aws;
mod command_line;
mod connecting;
mod lists;
mod local;
mod manifest;
mod network;
mod requirements;
mod values;

use expect_test::Expect;

use crate::support::lambda_api::LambdaApi;
use crate::support::project::Project;

/// Runs a command that must fail, and compares all that it says.
fn check(project: &Project, arguments: &[&str], expected: Expect) {
    expected.assert_eq(&project.fail(arguments).to_string());
}

/// The same where the account's number, new in every test, is left out.
fn check_in(api: &LambdaApi, project: &Project, arguments: &[&str], expected: Expect) {
    let said = project.fail(arguments).to_string();
    let said = said.replace(api.account(), "[account]");
    expected.assert_eq(&said.replace(&api.endpoint(), "[endpoint]"));
}
