//! The integration tests: one binary, shared servers, tests in parallel.

#![allow(missing_docs, reason = "tests say in their names what they show")]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test may fail where it stands"
)]

mod archives;
mod authoring;
mod aws;
mod building;
mod caches;
mod children;
mod ci_files;
mod command_line;
mod decision_table;
mod diff_command;
mod documents;
mod downloads;
mod faults;
mod foreign_code;
mod forged_caches;
mod forged_plans;
mod from_source;
mod hashes;
mod histories;
mod honest_wheels;
mod hostile_index;
mod hostile_repositories;
mod hostile_wheels;
mod iam_files;
mod importing;
mod input_files;
mod interruption;
mod linked_caches;
mod locking;
mod manifest;
mod merging;
mod mistakes;
mod named_paths;
mod native_builds;
mod native_files;
mod outputs;
mod parameters;
mod plan_and_apply;
mod project_files;
mod published_archives;
mod python;
mod readme;
mod real_layers;
mod rebuilding;
mod refusals;
mod registries;
mod reports;
mod reviewing;
mod saved_plans;
mod several_targets;
mod show;
mod signals;
mod state_folder;
mod support;
mod support_tests;
mod terminal;
mod text_changes;
mod tidy;
mod tracked_caches;
