//! `release/install.sh` against a server with a release: what it installs, and that a failure leaves nothing.

use expect_test::expect;
use lls::digest::Sha256;

use super::{PROGRAM, VERSION, released, run, script, server};
use crate::ci_files::make_executable;
use crate::support::project::{Project, Run};

/// The target whose archive the installer takes on Linux here.
fn target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

fn archive() -> String {
    format!("lls-{VERSION}-{}.tar.gz", target())
}

/// A release on a server: its archive and sums below `served`; the server's address.
fn served() -> (Project, String) {
    let project = released(&[&target()]);
    let archive = archive();
    let bytes = project.bytes(&format!("release/{archive}"));
    let sums = format!("{}  {archive}\n", Sha256::of(&bytes));
    project.write(&format!("served/v{VERSION}/{archive}"), &bytes);
    project.write(&format!("served/v{VERSION}/SHA256SUMS"), sums);
    let address = server::start(project.path("served"));
    (project, address)
}

fn install(project: &Project, address: &str, options: &[&str], variables: &[(&str, &str)]) -> Run {
    let installer = script("install.sh");
    let program = [&["sh", &installer], options].concat();
    let mut variables = variables.to_vec();
    variables.push(("LLS_DOWNLOAD_URL", address));
    run(project, &program, &variables)
}

/// Asserts that nothing is in a folder of a project, if it is there at all.
fn assert_empty(project: &Project, folder: &str) {
    let entries = std::fs::read_dir(project.path(folder));
    let entries: Vec<_> = entries.into_iter().flatten().collect();
    assert!(entries.is_empty(), "{entries:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn it_installs_the_program_for_this_machine() {
    let (project, address) = served();
    let installed = install(&project, &address, &[], &[]);
    installed.check(expect![[r#"
        --- stderr
        Installed lls 0.1.0 to [project]/home/.local/bin/lls
        hint: [project]/home/.local/bin is not on PATH; add it: export PATH="[project]/home/.local/bin:$PATH"
        --- exit status 0
    "#]]);
    let lls = project.path("home/.local/bin/lls").display().to_string();
    let ran = run(&project, &[&lls, "plan"], &[]);
    assert_eq!(ran.stdout, "lls plan\n");
    let folder = std::fs::read_dir(project.path("home/.local/bin")).unwrap();
    assert_eq!(folder.count(), 1, "nothing but lls");
    // Again, to another place, by options.
    let options = ["--to", "here", "--version", &format!("v{VERSION}")];
    let again = install(&project, &address, &options, &[]);
    assert_eq!(again.status, 0, "{again}");
    assert_eq!(project.read("here/lls"), PROGRAM);
}

#[cfg(target_os = "linux")]
#[test]
fn an_archive_with_another_hash_is_not_installed() {
    let (project, address) = served();
    project.write("home/.local/bin/lls", "the old one");
    let archive = format!("served/v{VERSION}/{}", archive());
    let mut bytes = project.bytes(&archive);
    *bytes.last_mut().unwrap() ^= 1;
    let (right, wrong) = (Sha256::of(project.bytes(&archive)), Sha256::of(&bytes));
    project.write(&archive, &bytes);
    let refused = install(&project, &address, &[], &[]);
    assert_eq!(refused.status, 1, "{refused}");
    refused.assert_stderr(&[
        "has another SHA-256 than expected",
        &format!("expected: {right}"),
        &format!("found:    {wrong}"),
        "hint: nothing was installed",
    ]);
    // What the runner expects wins over what the server says.
    let own = [("LLS_SHA256", "0".repeat(64))];
    let own = own.each_ref().map(|(name, hash)| (*name, hash.as_str()));
    let sums = format!("{wrong}  {}\n", self::archive());
    project.write(&format!("served/v{VERSION}/SHA256SUMS"), sums);
    assert_eq!(install(&project, &address, &[], &own).status, 1);
    assert_eq!(project.read("home/.local/bin/lls"), "the old one");
    let folder = std::fs::read_dir(project.path("home/.local/bin")).unwrap();
    assert_eq!(folder.count(), 1, "nothing half done");
}

#[test]
fn failures_say_what_failed_and_leave_nothing() {
    let (project, address) = served();
    let version = ["--version", "9.9.9", "--to", "empty"];
    let missing = install(&project, &address, &version, &[]);
    assert_eq!(missing.status, 1, "{missing}");
    missing.assert_stderr(&[&format!(
        "error: cannot download {address}/v9.9.9/lls-9.9.9-"
    )]);
    for (options, text) in [
        (&["--version"][..], "error: `--version` needs a value"),
        (&["--version", "../1"], "error: `../1` is not a version"),
        (&["--prefix", "x"], "error: unknown option `--prefix`"),
    ] {
        let options = [&["--to", "empty"], options].concat();
        let refused = install(&project, &address, &options, &[]);
        assert_eq!(refused.status, 1, "{refused}");
        refused.assert_stderr(&[text]);
    }
    // A server that lists no sum for the archive, and one whose program does not run.
    project.write(&format!("served/v{VERSION}/SHA256SUMS"), "");
    let unlisted = install(&project, &address, &["--to", "empty"], &[]);
    unlisted.assert_stderr(&["does not list lls-"]);
    assert_empty(&project, "empty");
    assert_empty(&project, "home/.local/bin");
}

/// `gh` here says no; it is asked about the archive, before anything of it runs.
#[cfg(target_os = "linux")]
#[test]
fn the_provenance_is_checked_before_the_program_runs() {
    for (status, is_installed) in [(1, false), (0, true)] {
        let (project, address) = served();
        let gh = format!("#!/bin/sh\necho \"$*\" > gh.log\nexit {status}\n");
        let project = project.file("bin/gh", gh);
        make_executable(&project, "bin/gh");
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", project.path("bin").display());
        let options = ["--verify", "--to", "here"];
        let verified = install(&project, &address, &options, &[("PATH", &path)]);
        assert_eq!(verified.status == 0, is_installed, "{verified}");
        assert_eq!(project.path("here/lls").exists(), is_installed);
        let asked = project.read("gh.log");
        let (asked, of) = asked.split_once(" --repo ").expect("a repository");
        assert!(asked.starts_with("attestation verify "), "{asked}");
        let repository = super::REPOSITORY.splitn(4, '/').nth(3).unwrap();
        let tag = format!("--source-ref refs/tags/v{VERSION}");
        let workflow = format!("--signer-workflow {repository}/.github/workflows/release.yml");
        assert_eq!(of, format!("{repository} {tag} {workflow}\n"));
    }
}

#[test]
fn archives_of_equal_programs_are_equal() {
    let hash = |project: &Project| {
        let bytes = project.bytes(&format!("release/{}", archive()));
        Sha256::of(bytes).to_string()
    };
    assert_eq!(hash(&released(&[&target()])), hash(&released(&[&target()])));
}
