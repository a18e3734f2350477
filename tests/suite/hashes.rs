//! Hashes in requirements and constraints: what they let a lock hold, and what is said where they do not fit.

use expect_test::expect;
use lls::digest::Sha256;

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;
use crate::support::source_package::SourcePackage;

const REQUIREMENTS: &str = "layers/app/requirements.txt";
const LOCK: &str = "layers/app/requirements.lock";

/// An index with two wheels of alpha 1.0, an installer would choose the second, and beta, which requires alpha.
fn index() -> (PackageIndex, [Sha256; 2]) {
    let index = PackageIndex::start();
    let files = [
        ("alpha-1.0-py3-none-any.whl", "x = 1\n"),
        ("alpha-1.0-2-py3-none-any.whl", "x = 2\n"),
    ];
    let hashes = files.map(|(name, code)| {
        let bytes = wheel("alpha", "1.0", &[("alpha.py", code)]);
        let sha256 = Sha256::of(&bytes);
        index.add(name, bytes);
        sha256
    });
    (index, hashes)
}

fn app(index: &PackageIndex, requirements: &str) -> Project {
    Project::app(requirements)
        .environment(index.environment())
        .cold_cache()
}

fn zeros() -> String {
    "0".repeat(64)
}

#[test]
fn a_wrong_hash_names_package_wanted_and_found() {
    let text = format!("--require-hashes\nidna==3.10 --hash=sha256:{}\n", zeros());
    let project = Project::app(&text);
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: no file of `idna` 3.10 that fits has a hash of `layers/app/requirements.txt:2`
            wanted: sha256:0000000000000000000000000000000000000000000000000000000000000000
            found:  sha256:946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3 (idna-3.10-py3-none-any.whl)
        hint: compare the hashes with those that its authors publish, and correct the line; if they are right, do not use this index
        --- exit status 1
    "#]]);
    assert!(!project.path(LOCK).exists());
}

#[test]
fn constraints_bound_files_too() {
    let project = Project::app("idna==3.10\n-c c.txt\n").file(
        "layers/app/c.txt",
        format!("idna==3.10 \\\n  --hash=sha256:{}\n", zeros()),
    );
    let run = project.fail(&["lock"]);
    run.assert_stderr(&["has a hash of `layers/app/c.txt:1`", "found:  sha256:946d"]);
    assert!(!project.path(LOCK).exists());
}

#[test]
fn required_hashes_must_be_there() {
    let run = Project::app("--require-hashes\nrequests==2.32.3\n").fail(&["lock"]);
    run.assert_stderr(&[
        "`requests` in `layers/app/requirements.txt:2` has no hash, and `layers/app/requirements.txt:1` has `--require-hashes`",
    ]);
}

#[test]
fn only_files_with_the_written_hash_are_chosen() {
    let (index, [first, second]) = index();
    let other = zeros();
    for (requirements, expected) in [
        ("alpha==1.0\n".to_owned(), second),
        (format!("alpha==1.0 --hash=sha256:{first}\n"), first),
        (format!("alpha>=1 --hash sha256:{first}\n"), first),
        (format!("alpha == 1.0.0\t--hash=sha256:{first}\n"), first),
        (
            format!("alpha==1.0 \\\n --hash=sha256:{other} \\\n --hash=sha256:{second} # c\n"),
            second,
        ),
        (
            format!(
                "alpha==0.9 ; python_version < '3' \\\n --hash=sha256:{other}\nalpha==1.0 ; python_version > '3' --hash=sha256:{first}\n"
            ),
            first,
        ),
        (
            format!("--require-hashes\nalpha==1.0 --hash=sha256:{first} --hash=sha256:{second}\n"),
            second,
        ),
    ] {
        let project = app(&index, &requirements);
        project.succeed(&["lock"]);
        let lock = project.read(LOCK);
        assert!(
            lock.contains(&format!("--hash=sha256:{expected}")),
            "{requirements}{lock}"
        );
        project.succeed(&["build", "--locked"]);
    }
}

#[test]
fn hashes_of_requirements_and_constraints_must_both_allow_a_file() {
    let (index, [first, second]) = index();
    let text = format!("-c c.txt\nalpha==1.0 --hash=sha256:{first}\n");
    let constraint = format!("alpha==1.0 --hash=sha256:{second}\n");
    let project = app(&index, &text).file("layers/app/c.txt", constraint);
    project
        .fail(&["lock"])
        .assert_stderr(&["no file of `alpha` 1.0"]);
}

#[test]
fn hashes_that_cannot_be_compared_are_refused_by_every_command() {
    let (index, _) = index();
    for hash in [
        "sha512:00",
        "sha384:00",
        "md5:00",
        "sha256:00",
        "",
        "\"sha256:00\"",
    ] {
        let project = app(
            &index,
            &format!("-c c.txt\nalpha==1.0 \\\n  --hash={hash}\n"),
        )
        .file("layers/app/c.txt", "");
        for command in ["lock", "plan"] {
            let run = project.fail(&[command]);
            let shown = format!("`layers/app/requirements.txt:2` has the hash `{hash}`");
            run.assert_stderr(&[&shown, "hint: write `--hash=sha256:`"]);
        }
    }
}

#[test]
fn with_required_hashes_every_package_is_pinned_and_hashed() {
    let (index, [first, _]) = index();
    let beta = SourcePackage::new("beta", "1.0", "").requires("alpha");
    index.add(&beta.sdist_name(), beta.sdist());
    let beta = Sha256::of(beta.sdist());
    let project = app(&index, "");
    project.set_in_app("build = [\"beta\"]");
    for (requirements, expected) in [
        (
            format!("alpha>=1 --hash=sha256:{first}\n--require-hashes\n"),
            Some("`layers/app/requirements.txt:1` does not pin `alpha` with `==`"),
        ),
        (
            format!("--require-hashes\nbeta==1.0 --hash=sha256:{beta}\n"),
            Some("`alpha`, which another package requires, has no hash"),
        ),
        (
            format!("beta==1.0 --hash=sha256:{first}\n"),
            Some("no file of `beta` 1.0 that fits has a hash of `layers/app/requirements.txt:1`"),
        ),
        (
            format!(
                "--require-hashes\nbeta==1.0 --hash=sha256:{beta}\nalpha==1.0 --hash=sha256:{first}\n"
            ),
            None,
        ),
    ] {
        project.write(REQUIREMENTS, &requirements);
        match expected {
            Some(expected) => project.fail(&["lock"]).assert_stderr(&[expected]),
            None => drop(project.succeed(&["lock"])),
        }
    }
}

/// As pip 26 has it: version and hash may be in the requirement or in a constraint. Without `==` anywhere, `lls` refuses
/// what uv and older versions of pip refuse.
#[test]
fn with_required_hashes_constraints_may_pin_and_hash() {
    let (index, [first, second]) = index();
    for (requirement, constraint, is_locked) in [
        (
            "alpha>=1",
            format!("alpha==1.0 --hash=sha256:{first}"),
            true,
        ),
        ("alpha", format!("alpha==1.0 --hash=sha256:{first}"), true),
        ("alpha==1.0", format!("alpha --hash=sha256:{first}"), true),
        (
            &format!("alpha>=1 --hash=sha256:{first}"),
            "alpha==1.0".to_owned(),
            true,
        ),
        ("alpha>=1", "alpha==1.0".to_owned(), false),
        ("alpha>=1", format!("alpha<2 --hash=sha256:{first}"), false),
        (
            &format!("alpha>=1 --hash=sha256:{second}"),
            format!("alpha==1.0 --hash=sha256:{first}"),
            false,
        ),
    ] {
        let text = format!("--require-hashes\n{requirement}\n-c c.txt\n");
        let project = app(&index, &text).file("layers/app/c.txt", &constraint);
        let run = project.run(&["lock"]);
        assert_eq!(
            run.status == 0,
            is_locked,
            "{requirement}, {constraint}: {run}"
        );
        if is_locked {
            assert!(project.read(LOCK).contains(&first.to_string()));
        }
    }
}

#[test]
fn a_lock_with_another_hash_than_the_requirements_is_stale() {
    let (index, [first, second]) = index();
    let project = app(&index, "alpha==1.0\n");
    project.succeed(&["lock"]);
    let unbounded = project.read(LOCK);
    assert!(unbounded.contains(&second.to_string()));
    project.write(REQUIREMENTS, format!("alpha==1.0 --hash=sha256:{first}\n"));
    project.succeed(&["lock"]);
    // As whoever edits a lock by hand would do it: only the head is that of the requirements.
    let bounded = project.read(LOCK);
    let head = bounded.lines().next().unwrap();
    let rest = unbounded.split_once('\n').unwrap().1;
    project.write(LOCK, format!("{head}\n{rest}"));
    let run = project.fail(&["plan", "--locked"]);
    run.assert_stderr(&["the lock of layer `app` is stale"]);
}
