//! Malicious repositories: a table of what a pull request could bring along, and what `lls` must make of it, on a runner
//! with secrets and beside a listening attacker.
//!
//! A row fails where a secret comes anywhere, other bytes are published than an honest checkout gives, anything outside
//! of the repository changes, a command hangs, a program of the repository runs, or a text of it acts in an output.

mod canaries;
mod injection;
mod listener;
mod row;
mod rows;
mod site;
mod snapshot;
mod table;
mod verdict;
mod watched;

/// The parts of the table, each a test.
const PARTS: [&str; 12] = [
    "1 archives",
    "2 includes",
    "3 variables",
    "4 settings",
    "5 blocking",
    "6 directories",
    "7 git",
    "8 programs",
    "names",
    "locks",
    "saved plans",
    "manifests",
];

fn check(part: &'static str, rows: Vec<row::Row>) {
    table::check(part, rows, &PARTS);
}

#[test]
fn finding_1_archives_of_a_repository_are_not_believed() {
    check(PARTS[0], rows::archives::rows());
}

#[test]
fn finding_2_files_outside_are_neither_read_nor_shown() {
    check(PARTS[1], rows::includes::rows());
}

#[test]
fn finding_3_variables_carry_no_secret_out() {
    check(PARTS[2], rows::variables::rows());
}

#[test]
fn finding_4_settings_of_a_repository_reroute_no_credentials() {
    check(PARTS[3], rows::settings::rows());
}

#[test]
fn finding_5_pipes_devices_and_endless_files_are_refused() {
    check(PARTS[4], rows::blocking::rows());
}

#[test]
fn finding_6_directories_stay_in_the_repository() {
    check(PARTS[5], rows::directories::rows());
}

#[test]
fn finding_7_no_address_starts_git() {
    check(PARTS[6], rows::git::rows());
}

#[test]
fn finding_8_programs_of_a_repository_do_not_run() {
    check(PARTS[7], rows::programs::rows());
}

#[test]
fn names_and_texts_do_not_act() {
    check(PARTS[8], rows::names::rows());
}

#[test]
fn crafted_locks_and_wheels_are_refused() {
    check(PARTS[9], rows::locks::rows());
}

#[test]
fn crafted_saved_plans_are_refused() {
    check(PARTS[10], rows::saved_plans::rows());
}

#[test]
fn manifests_that_point_elsewhere_lead_nowhere() {
    check(PARTS[11], rows::manifests::rows());
}
