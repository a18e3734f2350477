//! The integration tests: one binary, shared servers, tests in parallel.

#![allow(missing_docs, reason = "tests say in their names what they show")]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test may fail where it stands"
)]

mod archives;
mod arguments;
mod authoring;
mod aws;
mod building;
mod bytecode;
mod caches;
mod children;
mod ci_files;
mod command_line;
mod corpus;
mod decision_table;
mod diff_command;
mod direct_wheels;
mod doctor;
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
mod hostile_imports;
mod hostile_index;
mod hostile_repositories;
mod hostile_wheels;
mod iam_files;
mod importing;
mod input_files;
mod interruption;
mod left_layers;
mod linked_caches;
mod locking;
mod manifest;
mod merging;
mod mistakes;
mod named_paths;
mod native_builds;
mod native_files;
mod output_folder;
mod outputs;
mod packaging;
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
mod test_command;
mod text_changes;
mod tidy;
mod tracked_caches;
mod where_lls_runs;
mod yanked;
