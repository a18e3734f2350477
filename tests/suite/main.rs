//! The integration tests: one binary, shared servers, tests in parallel.

#![allow(missing_docs, reason = "tests say in their names what they show")]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test may fail where it stands"
)]

mod archives;
mod aws;
mod building;
mod command_line;
mod decision_table;
mod from_source;
mod hostile_wheels;
mod locking;
mod manifest;
mod native_builds;
mod plan_and_apply;
mod python;
mod readme;
mod refusals;
mod registries;
mod support;
mod support_tests;
mod tidy;
