//! Hashes of requirements hold before any code of the source runs that they are for.

use lls::digest::Sha256;

use super::{ALPHA, LOCK, alpha, app, index_with, marked};
use crate::project_files::requiring;
use crate::support::package_index::PackageIndex;
use crate::support::project::Project;
use crate::support::source_package::SourcePackage;

const REQUIREMENTS: &str = "layers/app/requirements.txt";

fn evil() -> SourcePackage {
    SourcePackage::new("alpha", "1.0", "x = 'evil'\n")
}

fn good() -> Sha256 {
    Sha256::of(alpha().sdist())
}

fn project(index: &PackageIndex) -> Project {
    marked(app("").environment(index.environment()).cold_cache())
}

fn is_refused(project: &Project, requirements: &str, message: &str) {
    project.write(REQUIREMENTS, requirements);
    let run = project.fail(&["lock"]);
    run.assert_stderr(&[message, "hint: "]);
    assert!(!run.stderr.contains("file://"), "{run}");
    assert!(!project.path("built").exists(), "code ran: {requirements}");
    assert!(!project.path(LOCK).exists(), "{requirements}");
}

#[test]
fn code_of_a_source_with_another_hash_does_not_run() {
    let index = index_with(&[evil()]);
    let good = good();
    let project = project(&index);
    project.write(
        "layers/app/c.txt",
        format!("alpha==1 --hash=sha256:{good}\n"),
    );
    for requirements in [
        format!("alpha==1.0 --hash=sha256:{good}\n"),
        format!("--require-hashes\nalpha==1.0 --hash=sha256:{good}\n"),
        format!("alpha --hash=sha256:{good}\n"),
        format!("alpha[x]==1.0 ; python_version > '3' --hash=sha256:{good}\n"),
        "-c c.txt\nalpha\n".to_owned(),
    ] {
        is_refused(
            &project,
            &requirements,
            "no file of `alpha` 1.0 that fits has a hash of",
        );
    }
    // The index claims the right hash, and serves another file.
    index.add(&alpha().sdist_name(), alpha().sdist());
    index.replace_silently(&alpha().sdist_name(), evil().sdist());
    let requirements = format!("alpha==1.0 --hash=sha256:{good}\n");
    is_refused(
        &project,
        &requirements,
        "the downloaded source of `alpha` has the hash",
    );
}

#[test]
fn code_at_an_address_with_another_hash_does_not_run() {
    let index = index_with(&[evil()]);
    let good = good();
    let project = project(&index);
    let simple = &index.environment()[0].1;
    let address = simple.replace("/simple", "/files/alpha-1.0.zip");
    project.write(
        "layers/app/c.txt",
        format!("alpha==1 --hash=sha256:{good}\n"),
    );
    let message = "no file of `alpha` that fits has a hash of";
    for requirements in [
        format!("alpha @ {address} --hash=sha256:{good}\n"),
        format!("alpha @ {address}#sha256={good}\n"),
        format!("-c c.txt\nalpha @ {address}\n"),
    ] {
        is_refused(&project, &requirements, message);
    }
    let upstream = project.path("upstream");
    evil().commit(&upstream);
    let git = format!(
        "alpha @ git+file://{} --hash=sha256:{good}\n",
        upstream.display()
    );
    is_refused(
        &project,
        &git,
        "has a hash of `alpha`, which comes from Git",
    );
}

#[test]
fn a_source_with_the_right_hash_is_built() {
    let index = index_with(&[alpha()]);
    let beta = SourcePackage::new("beta", "1.0", "").requires("alpha>=0.5");
    index.add(&beta.sdist_name(), beta.sdist());
    let (good, beta) = (good(), Sha256::of(beta.sdist()));
    let simple = &index.environment()[0].1;
    let address = simple.replace("/simple", "/files/alpha-1.0.zip");
    for requirements in [
        format!("alpha==1.0 --hash=sha256:{good}\n"),
        format!("alpha>=1 --hash=sha256:{good}\n"),
        format!("alpha @ {address} --hash=sha256:{good}\n"),
        format!("alpha @ {address}#sha256={good}\n"),
        format!(
            "alpha==0.9 ; python_version < '3' --hash=sha256:{beta}\nalpha==1.0 ; python_version > '3' --hash=sha256:{good}\n"
        ),
        format!(
            "--require-hashes\nbeta==1.0 --hash=sha256:{beta}\nalpha==1.0 --hash=sha256:{good}\n"
        ),
    ] {
        let project = project(&index);
        project.edit_manifest("[\"alpha\"]", "[\"alpha\", \"beta\"]");
        project.write(REQUIREMENTS, &requirements);
        project.succeed(&["lock"]);
        let lock = project.read(LOCK);
        let built = format!("# built from the source archive sha256:{good}");
        assert!(lock.contains(&built), "{requirements}{lock}");
        assert!(!lock.contains("file:"), "{lock}");
        assert!(project.path(ALPHA).exists());
        project.succeed(&["build", "--locked"]);
        let run = project.succeed(&["lock", "--upgrade"]);
        assert_eq!(run.stdout, "app  unchanged\n", "{run}");
    }
}

#[test]
fn a_hash_for_another_runtime_lets_nothing_be_built_here() {
    let index = index_with(&[evil()]);
    index.add(
        "beta-1.0-py3-none-any.whl",
        requiring("beta", "1.0", &["alpha"]),
    );
    let project = project(&index);
    let requirements = format!(
        "beta\nalpha==1.0 ; python_version < '3' --hash=sha256:{}\n",
        good()
    );
    is_refused(
        &project,
        &requirements,
        "which does not hold for python3.12",
    );
}
