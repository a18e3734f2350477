//! Packages that exist as source only: who may build them, what comes out, and that it stays.

mod hashes;
mod refusals;

use expect_test::expect;

use crate::python;
use crate::support::package_index::PackageIndex;
use crate::support::project::Project;
use crate::support::source_package::{MARKER, SourcePackage, git};

const LOCK: &str = "layers/app/requirements.lock";
const ALPHA: &str = "layers/app/.wheels/alpha-1.0-py3-none-any.whl";

const MANIFEST: &str = r#"[targets.local]
directory = "registry"

[layers.app]
description = "v1.0.0"
runtimes = ["python3.12"]
build = ["alpha"]
"#;

fn app(requirements: &str) -> Project {
    Project::new()
        .manifest(MANIFEST)
        .file("layers/app/requirements.txt", requirements)
}

/// A project whose builds leave a mark in the file `built`.
fn marked(project: Project) -> Project {
    let marker = project.path("built");
    let project = project.variable("LLS_ALLOW_ENV", MARKER);
    project.variable(MARKER, marker)
}

fn alpha() -> SourcePackage {
    SourcePackage::new("alpha", "1.0", "x = 1\n")
}

fn index_with(packages: &[SourcePackage]) -> PackageIndex {
    let index = PackageIndex::start();
    for package in packages {
        index.add(&package.sdist_name(), package.sdist());
    }
    index
}

/// A layer that requires `alpha` 1.0 from an index of its own, where it is a source distribution only.
fn app_with_alpha() -> (PackageIndex, Project) {
    let index = index_with(&[alpha()]);
    let project = marked(app("alpha\n").environment(index.environment()).cold_cache());
    (index, project)
}

#[test]
fn a_source_distribution_is_built_by_lock_alone_and_stays_as_it_is() {
    let (_index, project) = app_with_alpha();
    project.run(&["plan"]).check(expect![[r#"
        --- stderr
        error: the lock of layer `app` is missing, and the layer has packages to `build`
        hint: run `lls lock`, the only command that runs packages' code, and commit requirements.lock and .wheels
        --- exit status 1
    "#]]);
    for command in ["build", "apply"] {
        project.fail(&[command]);
    }
    assert!(!project.path("built").exists() && !project.path(LOCK).exists());

    project.run(&["lock"]).check(expect![[r#"
        app  locked
        --- stderr
        Built alpha 1.0 from source for app
        --- exit status 0
    "#]]);
    let lock = project.read(LOCK);
    let (wheel, marks) = (project.bytes(ALPHA), project.read("built"));
    assert!(
        lock.contains("\n# built from the source archive sha256:"),
        "{lock}"
    );
    assert!(
        lock.contains("\n./.wheels/alpha-1.0-py3-none-any.whl \\\n    --hash=sha256:"),
        "{lock}"
    );

    project.succeed(&["apply", "--yes", "--locked"]);
    project.assert_converged();
    for arguments in [
        &["lock"] as &[&str],
        &["lock", "--upgrade"],
        &["lock", "--check"],
    ] {
        let run = project.succeed(arguments);
        assert_eq!(run.stdout, "app  unchanged\n", "{run}");
        assert!(!run.stderr.contains("Built"), "{run}");
    }
    assert_eq!(project.read(LOCK), lock);
    assert!(project.bytes(ALPHA) == wheel, "the wheel stays as it is");
    let built_again =
        project.read("built").matches("alpha").count() - marks.matches("alpha").count();
    assert!(
        built_again <= 1,
        "at most for the metadata that --upgrade asks for"
    );
}

#[test]
fn no_other_command_builds_where_the_lock_is_stale() {
    let (_index, project) = app_with_alpha();
    project.succeed(&["lock"]);
    std::fs::remove_file(project.path("built")).unwrap();
    project.write("layers/app/requirements.txt", "alpha==1.0\n");
    for command in ["plan", "build", "apply"] {
        let run = project.fail(&[command]);
        run.assert_stderr(&["is stale, and the layer has packages to `build`"]);
    }
    let run = project.fail(&["plan", "--locked"]);
    run.assert_stderr(&["the lock of layer `app` is stale\n"]);
    assert!(!project.path("built").exists(), "nothing was built");
    project.succeed(&["lock"]);
    project.succeed(&["build", "--locked"]);
}

#[test]
fn two_builds_in_different_folders_give_equal_wheels() {
    let wheels = [(); 2].map(|()| {
        let (_index, project) = app_with_alpha();
        project.succeed(&["lock"]);
        (project.read(LOCK), project.bytes(ALPHA))
    });
    assert_eq!(wheels[0].0, wheels[1].0);
    assert!(wheels[0].1 == wheels[1].1, "the bytes are equal");
}

#[test]
fn a_real_source_distribution_is_imported_and_the_lock_is_read_by_pip() {
    let project = Project::new()
        .manifest(
            &MANIFEST
                .replace("alpha", "Docopt")
                .replace("python3.12", &python::runtime()),
        )
        .file("layers/app/requirements.txt", "docopt==0.6.2\n");
    project.succeed(&["lock"]);
    let opt = python::unpack(&python::built(&project, "app"));
    let script = "import docopt, json; from importlib.metadata import files, version\nassert all((f.locate()).exists() for f in files('docopt'))\nprint(json.dumps([docopt.docopt('usage: x <a>', ['b']), version('docopt')]))";
    let expected = serde_json::json!([{ "<a>": "b" }, "0.6.2"]);
    assert_eq!(python::evaluate(opt.path(), script), expected);

    let install = || {
        let arguments = [
            "-m",
            "pip",
            "install",
            "--dry-run",
            "--ignore-installed",
            "-r",
            "requirements.lock",
        ];
        let mut pip = std::process::Command::new("python3");
        pip.args(arguments).current_dir(project.path("layers/app"));
        let output = pip.output().unwrap();
        (output.status.success(), format!("{output:?}"))
    };
    let (success, output) = install();
    assert!(
        success && output.contains("Would install docopt-0.6.2"),
        "{output}"
    );
    let wheel = "layers/app/.wheels/docopt-0.6.2-py2.py3-none-any.whl";
    project.write(wheel, [project.bytes(wheel), b"x".to_vec()].concat());
    let (success, output) = install();
    assert!(
        !success && output.contains("DO NOT MATCH THE HASHES"),
        "{output}"
    );
}

#[test]
fn a_missing_or_damaged_wheel_is_told_and_built_again() {
    let (_index, project) = app_with_alpha();
    project.succeed(&["lock"]);
    let (lock, bytes) = (project.read(LOCK), project.bytes(ALPHA));

    std::fs::remove_file(project.path(ALPHA)).unwrap();
    project.run(&["build"]).check(expect![[r#"
        --- stderr
        error: there is no `layers/app/.wheels/alpha-1.0-py3-none-any.whl`, which the lock of layer `app` names
        hint: commit the folder `.wheels` with the lock, or build the wheel again with `lls lock`
        --- exit status 1
    "#]]);
    project.fail(&["lock", "--check"]);
    assert_eq!(project.succeed(&["lock"]).stdout, "app  locked\n");
    assert!(project.bytes(ALPHA) == bytes && project.read(LOCK) == lock);

    project.write(ALPHA, "no wheel");
    project.write("layers/app/.wheels/.tmp-left-behind", "half a wheel");
    project.write("layers/app/.wheels/README", "of the user");
    for arguments in [&["apply", "--yes"] as &[&str], &["lock", "--check"]] {
        let run = project.fail(arguments);
        run.assert_stderr(&["has the hash sha256:", "restore it from Git"]);
    }
    project.succeed(&["lock"]);
    let folder = |name: &str| project.path("layers/app/.wheels").join(name).exists();
    assert!(!folder(".tmp-left-behind") && folder("README"));
    assert!(project.bytes(ALPHA) == bytes && project.read(LOCK) == lock);
}

#[test]
fn a_commit_stays_locked_until_an_upgrade() {
    let project = marked(app("").cold_cache());
    let repository = project.path("upstream");
    let first = alpha().commit(&repository);
    let require = |revision: &str, more: &str| {
        let address = format!("git+file://{}{revision}", repository.display());
        project.write(
            "layers/app/requirements.txt",
            format!("alpha @ {address}\n{more}"),
        );
    };
    require("@main", "");
    let run = project.succeed(&["lock"]);
    run.assert_stderr(&["Built alpha 1.0 from source for app"]);
    let commit = |commit: &str| {
        project.read(LOCK).contains(&format!(
            "# built from Git commit {commit}, asked for by sha256:"
        ))
    };
    assert!(
        commit(&first) && !project.read(LOCK).contains("://"),
        "{}",
        project.read(LOCK)
    );
    let bytes = project.bytes(ALPHA);

    let second = SourcePackage::new("alpha", "1.0", "x = 2\n").commit(&repository);
    project.succeed(&["lock", "--check"]);
    require("@main", "# something else\n");
    let run = project.succeed(&["lock"]);
    assert!(
        commit(&first) && project.bytes(ALPHA) == bytes && !run.stderr.contains("Built"),
        "{run}"
    );
    project.succeed(&["lock", "--upgrade"]);
    assert!(commit(&second) && project.bytes(ALPHA) != bytes);

    // Another revision in the requirements is another request.
    git(&repository, &["tag", "v1", &first]);
    require("@v1", "");
    project.succeed(&["lock"]);
    assert!(commit(&first) && project.bytes(ALPHA) == bytes);
    let opt = python::unpack(&python::built(&project, "app"));
    assert_eq!(
        python::evaluate(opt.path(), "import alpha; print(alpha.x)"),
        serde_json::json!(1)
    );
}

#[test]
fn a_pure_wheel_serves_all_runtimes_and_build_may_be_a_default() {
    let (_index, project) = app_with_alpha();
    project.edit_manifest("build = [\"alpha\"]\n", "[defaults]\nbuild = [\"alpha\"]\n");
    project.edit_manifest("[\"python3.12\"]", "[\"python3.12\", \"python3.13\"]");
    let run = project.succeed(&["lock"]);
    assert_eq!(run.stderr.matches("Built").count(), 1, "{run}");
    let lock = project.read(LOCK);
    assert!(lock.contains("/alpha-1.0-py3-none-any.whl \\\n"), "{lock}");
    assert_eq!(lock.matches("--hash").count(), 1, "{lock}");
}

#[test]
fn indexes_named_in_the_requirements_serve_for_builds_too() {
    let (name, backend) = SourcePackage::backend();
    let index = index_with(&[alpha().backend_from_index()]);
    index.add(name, backend);
    let requirements = format!("--index-url {}\nalpha\n", index.environment()[0].1);
    let project = app(&requirements).variable("UV_NO_CACHE", "1").cold_cache();
    project.succeed(&["lock"]);
    assert!(project.path(ALPHA).exists());
}

#[test]
fn publish_takes_what_was_built_and_builds_nothing() {
    let (_index, project) = app_with_alpha();
    let publish = || {
        let arguments = "publish --target local --layer app --layer-path layers/app --runtimes python3.12 --version v1.0.0 --my-account";
        project.run(&arguments.split(' ').collect::<Vec<_>>())
    };
    let run = publish();
    run.assert_stderr(&["requires `alpha`, which comes only as source code"]);
    project.succeed(&["lock"]);
    std::fs::remove_file(project.path("built")).unwrap();
    assert_eq!(publish().status, 0);
    project.write("layers/app/requirements.txt", "alpha==1.0\n");
    let run = publish();
    assert!(
        run.status == 1
            && run
                .stderr
                .contains("is stale, and the layer has packages to `build`"),
        "{run}"
    );
    assert!(!project.path("built").exists(), "nothing was built");
}

#[test]
fn an_archive_at_an_address_is_built() {
    let index = index_with(&[alpha()]);
    let address = index.environment()[0]
        .1
        .replace("/simple", "/files/alpha-1.0.zip");
    let requirement = format!("alpha @ {address} ; python_version > \"3.8\"\n");
    let project = app(&requirement).variable("UV_NO_CACHE", "1").cold_cache();
    project.succeed(&["lock"]);
    let lock = project.read(LOCK);
    assert!(
        lock.contains("# built from the source archive sha256:") && !lock.contains("://"),
        "{lock}"
    );
    project.succeed(&["build", "--locked"]);
    index.add("nested.zip", alpha().archive("repository/tools"));
    let nested = address.replace("alpha-1.0", "nested") + "#subdirectory=tools";
    project.write("layers/app/requirements.txt", format!("alpha @ {nested}\n"));
    let run = project.fail(&["lock"]);
    run.assert_stderr(&["`alpha` is in the folder `tools` of an archive"]);
}

#[test]
fn a_folder_of_a_repository_is_built() {
    let project = app("").cold_cache();
    let repository = project.path("upstream");
    alpha().commit_in(&repository, "python/alpha");
    let address = format!("git+file://{}", repository.display());
    let requirement = format!("alpha @ {address}#subdirectory=python/alpha\n");
    project.write("layers/app/requirements.txt", requirement);
    project.succeed(&["lock"]);
    project.succeed(&["build", "--locked"]);
}
