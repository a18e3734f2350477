//! Wheels that requirements name by address: locked by hash, without the address, and downloaded from there.

use expect_test::expect;
use lls::digest::Sha256;

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

const REQUIREMENTS: &str = "layers/app/requirements.txt";
const LOCK: &str = "layers/app/requirements.lock";

/// A host with a wheel, which no index lists, the wheel's address and its hash.
fn host(file: &str) -> (PackageIndex, String, Sha256) {
    let host = PackageIndex::start();
    let bytes = wheel("alpha", "1.0", &[("alpha.py", "x = 1\n")]);
    let sha256 = Sha256::of(&bytes);
    host.add(file, bytes);
    let simple = &host.environment()[0].1;
    let address = simple.replace("/simple", &format!("/files/{file}"));
    (host, address, sha256)
}

/// A project that finds no packages but those that its requirements name by address.
fn app(requirements: &str) -> Project {
    Project::app(requirements)
        .environment(PackageIndex::start().environment())
        .cold_cache()
}

#[test]
fn a_wheel_at_an_address_is_locked_by_its_hash_and_downloaded_from_there() {
    let (_host, address, sha256) = host("alpha-1.0-py3-none-any.whl");
    for requirement in [
        format!("alpha @ {address}#sha256={sha256}\n"),
        format!("alpha @ {address} --hash=sha256:{sha256}\n"),
        format!("--require-hashes\nalpha @ {address} \\\n  --hash=sha256:{sha256}\n"),
        "alpha\n-c c.txt\n".to_owned(),
        format!("alpha @ {address} ; python_version > '3.8'\n"),
    ] {
        let constraint = format!("alpha @ {address}#sha256={sha256}\n");
        let project = app(&requirement).file("layers/app/c.txt", constraint);
        project.succeed(&["lock"]);
        let lock = project.read(LOCK);
        let pin = format!("alpha==1.0 \\\n    --hash=sha256:{sha256}");
        assert!(lock.contains(&pin) && !lock.contains("://"), "{lock}");
        project.succeed(&["apply", "--yes", "--locked"]);
        let archive = crate::python::built(&project, "app");
        assert!(crate::python::names(&archive).contains(&"python/alpha.py".to_owned()));
        project.assert_converged();
    }
}

#[test]
fn a_wheel_with_another_hash_is_not_locked() {
    let (_host, address, _) = host("alpha-1.0-py3-none-any.whl");
    let zeros = "0".repeat(64);
    let project = app(&format!("alpha @ {address} --hash=sha256:{zeros}\n"));
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: no file of `alpha` 1.0 that fits has a hash of `layers/app/requirements.txt:1`
            wanted: sha256:0000000000000000000000000000000000000000000000000000000000000000
            found:  sha256:21fc2b94061df6589a8a3eea5b0cf4507c604afb879c901767b0a3ba54ffe2c9 (alpha-1.0-py3-none-any.whl)
        hint: compare the hashes with those that its authors publish, and correct the line; if they are right, do not use this index
        --- exit status 1
    "#]]);
    project.write(REQUIREMENTS, format!("alpha @ {address}#sha256={zeros}\n"));
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: no file of `alpha` 1.0 that fits has a hash of `layers/app/requirements.txt:1`
            wanted: sha256:0000000000000000000000000000000000000000000000000000000000000000
            found:  sha256:21fc2b94061df6589a8a3eea5b0cf4507c604afb879c901767b0a3ba54ffe2c9 (alpha-1.0-py3-none-any.whl)
        hint: compare the hashes with those that its authors publish, and correct the line; if they are right, do not use this index
        --- exit status 1
    "#]]);
    project.write(
        REQUIREMENTS,
        format!("--require-hashes\nalpha @ {address}\n"),
    );
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: `alpha` in `layers/app/requirements.txt:2` has no hash, and `layers/app/requirements.txt:1` has `--require-hashes`
        hint: write `alpha==VERSION --hash=sha256:HASH`, as `pip-compile --generate-hashes` does, or remove `--require-hashes`
        --- exit status 1
    "#]]);
    assert!(!project.path(LOCK).exists());
}

#[test]
fn what_is_at_the_address_by_then_must_have_the_locked_hash() {
    let file = "alpha-1.0-py3-none-any.whl";
    let (host, address, _) = host(file);
    let project = app(&format!("alpha @ {address}\n"));
    project.succeed(&["lock"]);
    host.replace_silently(file, wheel("alpha", "1.0", &[("alpha.py", "x = 2\n")]));
    project
        .fail(&["plan"])
        .assert_stderr(&["the downloaded wheel of `alpha` 1.0 has the hash sha256:"]);
    host.remove(file);
    project
        .fail(&["plan"])
        .assert_stderr(&["cannot download the wheel of `alpha` 1.0"]);
}

#[test]
fn a_wheel_that_cannot_be_taken_is_told() {
    let (_host, address, sha256) = host("alpha-1.0-cp39-cp39-manylinux2014_x86_64.whl");
    let project = app(&format!("alpha @ {address}#sha256={sha256}\n"));
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: cannot lock layer `app`
          caused by: `alpha` has no wheel for python3.12 on x86_64
        hint: require a version of `alpha` that has one, or leave python3.12 out of `runtimes`, or change `architecture`
        --- exit status 1
    "#]]);
    let (_host, address, sha256) = self::host("alpha-1.0-py3-none-any.whl");
    project.write(REQUIREMENTS, format!("beta @ {address}\n"));
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: cannot lock layer `app`
          caused by: uv could not resolve the requirements
            error: Requested package name `beta` does not match `alpha` in the distribution filename: [address]
        --- exit status 1
    "#]]);
    project.write(REQUIREMENTS, format!("alpha @ {address}\n"));
    project.set_in_app("build = [\"alpha\"]");
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.txt:1` requires a wheel of `alpha`, which `build` names
        hint: take `alpha` out of the layer's `build`, or require the address of its source code
        --- exit status 1
    "#]]);
    let address = format!(
        "https://me:secret@host.example/alpha-1.0-py3-none-any.whl?x=secret#sha256={sha256}"
    );
    project.write(REQUIREMENTS, address);
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.txt:1` requires the wheel `https://host.example/alpha-1.0-py3-none-any.whl` without the name of its package
        hint: write `alpha @ https://host.example/alpha-1.0-py3-none-any.whl#sha256=21fc2b94061df6589a8a3eea5b0cf4507c604afb879c901767b0a3ba54ffe2c9`
        --- exit status 1
    "#]]);
}
