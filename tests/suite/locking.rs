//! `requirements.lock`: what `lls lock` writes, when it is made, and what stands in its way.

use expect_test::expect;

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::programs::folder_with;
use crate::support::project::{APP, Project};

fn app_with_index(index: &PackageIndex, requirements: &str) -> Project {
    Project::app(requirements)
        .environment(index.environment())
        .cold_cache()
}

fn locked(project: &Project) -> Vec<String> {
    let text = project.read("layers/app/requirements.lock");
    text.lines()
        .filter(|line| line.contains("=="))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_lock_pins_one_wheel_for_each_package_and_has_no_address() {
    let project = Project::app("pg8000==1.31.2\n");
    project.run(&["lock"]).check(expect![[r#"
        app  locked
        --- exit status 0
    "#]]);
    let text = project.read("layers/app/requirements.lock");
    assert!(
        text.lines().any(|line| line == "pg8000==1.31.2 \\"),
        "{text}"
    );
    assert!(text.contains("\nscramp=="), "{text}");
    assert!(!text.contains("://") && !text.contains("--index"), "{text}");
    let pins = text.lines().filter(|line| line.contains("==")).count();
    assert_eq!(text.matches("--hash=sha256:").count(), pins);
    project.run(&["lock"]).check(expect![[r#"
        app  unchanged
        --- exit status 0
    "#]]);
    project.succeed(&["lock", "--check"]);
}

#[test]
fn runtimes_with_unlike_wheels_have_a_marker_each() {
    let project = Project::app("markupsafe==3.0.2\nidna==3.10\n");
    project.edit_manifest("[\"python3.12\"]", "[\"python3.11\", \"python3.12\"]");
    project.succeed(&["lock"]);
    assert_eq!(
        locked(&project),
        [
            "idna==3.10 \\",
            "markupsafe==3.0.2 ; python_version == \"3.11\" \\",
            "markupsafe==3.0.2 ; python_version == \"3.12\" \\",
        ]
        .map(str::to_owned)
        .to_vec()
        .into_iter()
        .collect::<Vec<_>>()
    );
    let run = project.succeed(&["build", "--locked", "--output-dir", "out"]);
    assert!(run.stdout.starts_with("app"), "{run}");
    let names = crate::python::names(&project.path("out/app.zip"));
    for root in [
        "python/lib/python3.11/site-packages/",
        "python/lib/python3.12/site-packages/",
    ] {
        assert!(
            names.contains(&format!("{root}markupsafe/__init__.py")),
            "{names:?}"
        );
    }
    assert!(
        names.contains(&"python/idna/__init__.py".to_owned()),
        "{names:?}"
    );
}

#[test]
fn a_package_without_a_wheel_is_named() {
    let project = Project::app("pycrypto==2.6.1\n");
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.txt:1` requires `pycrypto`, which comes only as source code
        hint: add `build = ["pycrypto"]` to the layer in the manifest: `lls lock` then runs the package's code to build a wheel; `plan`, `build` and `apply` never do; or require a version that has wheels
        --- exit status 1
    "#]]);
    let project = Project::app("tensorflow==2.4.0\n");
    // The hint names the newest version, which changes.
    project.fail(&["plan"]).assert_stderr(&[
        "`layers/app/requirements.txt:1` requires `tensorflow` 2.4.0, which has wheels for python3.6, python3.7 and python3.8 only, not for python3.12",
        "or set `runtimes` to python3.8",
    ]);
    assert!(!project.path("layers/app/requirements.lock").exists());
}

#[test]
fn requirements_that_cannot_be_resolved_are_told_in_uvs_words() {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "")]),
    );
    let run = app_with_index(&index, "alpha==2.0\n").fail(&["lock"]);
    run.assert_stderr(&["there is no version of alpha==2.0"]);
    let run = app_with_index(&index, "alpha beta\n").fail(&["lock"]);
    run.assert_stderr(&["Couldn't parse requirement in `layers/app/requirements.txt`"]);
}

#[test]
fn a_stale_or_missing_lock_is_made_unless_it_must_not() {
    let index = PackageIndex::start();
    for version in ["1.0", "1.1"] {
        index.add(
            &format!("alpha-{version}-py3-none-any.whl"),
            wheel("alpha", version, &[("alpha.py", "x = 1\n")]),
        );
    }
    let project = app_with_index(&index, "alpha<1.1\n");
    project.run(&["plan", "--locked"]).check(expect![[r#"
        --- stderr
        error: the lock of layer `app` is missing
        hint: run `lls lock` and commit requirements.lock
        --- exit status 1
    "#]]);
    let run = project.succeed(&["plan"]);
    run.assert_stderr(&["Locked app: its requirements.lock was missing"]);
    project.succeed(&["plan", "--locked"]);

    // The lock keeps what still satisfies the requirements, unless an upgrade is asked for.
    project.write("layers/app/requirements.txt", "alpha\n");
    project.run(&["lock", "--check"]).check(expect![[r#"
        --- stderr
        error: the lock of layer `app` is stale
        hint: run `lls lock` and commit requirements.lock
        --- exit status 1
    "#]]);
    let run = project.succeed(&["build"]);
    run.assert_stderr(&["Locked app: its requirements.lock was stale"]);
    assert_eq!(locked(&project), ["alpha==1.0 \\"]);
    project.succeed(&["lock", "--upgrade"]);
    assert_eq!(locked(&project), ["alpha==1.1 \\"]);
}

#[test]
fn what_requirements_include_counts() {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "")]),
    );
    let project = app_with_index(&index, "-r base.in\n").file("layers/app/base.in", "alpha\n");
    project.succeed(&["lock"]);
    project.write("layers/app/base.in", "alpha<2\n");
    project.fail(&["lock", "--check"]);
    project.write("layers/app/base.in", "alpha\r\n");
    project.succeed(&["lock", "--check"]);
}

#[test]
fn a_wheel_that_the_index_exchanged_is_refused() {
    let index = PackageIndex::start();
    let name = "alpha-1.0-py3-none-any.whl";
    index.add(
        name,
        wheel("alpha", "1.0", &[("alpha.py", "good = True\n")]),
    );
    let project = app_with_index(&index, "alpha\n");
    project.succeed(&["lock"]);
    index.replace_silently(
        name,
        wheel("alpha", "1.0", &[("alpha.py", "evil = True\n")]),
    );
    let run = project.fail(&["apply"]);
    run.assert_stderr(&["the downloaded wheel of `alpha` 1.0 has the hash sha256:"]);
    assert!(run.stderr.contains("do not use it"), "{run}");
    assert!(!project.path("registry").exists() && !project.path(".lls/archives").exists());
    assert_eq!(
        std::fs::read_dir(project.path("cold-cache/wheels"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn a_wheel_that_the_index_lost_is_named() {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "")]),
    );
    let project = app_with_index(&index, "alpha\n");
    project.succeed(&["lock"]);
    index.add(
        "alpha-1.0-1-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "x = 1\n")]),
    );
    project.succeed(&["build"]);
    project.forget_builds();
    std::fs::remove_dir_all(project.path("cold-cache/wheels")).unwrap();
    index.remove("alpha-1.0-py3-none-any.whl");
    let run = project.fail(&["build"]);
    run.assert_stderr(&["the package index has no wheel of `alpha` 1.0 with the locked hash"]);
}

#[test]
fn without_network_a_cold_cache_is_a_clear_error_and_a_warm_one_is_enough() {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "")]),
    );
    let project = app_with_index(&index, "alpha\n");
    project.succeed(&["build"]);
    project.forget_builds();
    let project = project.variable("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple");
    project.succeed(&["build", "--locked"]);
    project.forget_builds();
    std::fs::remove_dir_all(project.path("cold-cache/wheels")).unwrap();
    let run = project.fail(&["build", "--locked"]);
    run.assert_stderr(&["cannot find the wheels of layer `app`"]);
    run.assert_stderr(&["hint: check the network, and the index that uv is set up for"]);
}

#[test]
fn an_edited_lock_is_refused() {
    let project = Project::app("alpha\n").file("layers/app/requirements.lock", "alpha==1.0\n");
    project.run(&["plan"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.lock` cannot be used
          caused by: line 1 is not the header of a lock made by `lls lock`
        hint: make it again: delete it and run `lls lock`
        --- exit status 1
    "#]]);
    let project = Project::new()
        .manifest(APP)
        .file("layers/app/requirements.lock", "");
    project.run(&["plan"]).check(expect![[r#"
        --- stderr
        error: layer `app` has a requirements.lock but no requirements.txt
        hint: delete it, or write what it was made from into requirements.txt, or name another file with `packages`
        --- exit status 1
    "#]]);
}

#[test]
fn uv_is_installed_once_where_there_is_none() {
    let project = Project::app("idna==3.10\n")
        .cold_cache()
        .variable("LLS_UV", "")
        .variable("PATH", path_without_uv());
    let run = project.succeed(&["lock"]);
    run.assert_stderr(&["Installed uv 0.13.9 into the cache"]);
    let run = project.succeed(&["build"]);
    assert!(!run.stderr.contains("Installed"), "{run}");
    let project = project.variable("LLS_UV", "/nonexistent/uv");
    let run = project.fail(&["lock", "--upgrade"]);
    run.assert_stderr(&["cannot run `/nonexistent/uv`", "set LLS_UV"]);
}

#[test]
fn what_a_killed_installation_of_uv_left_is_cleared_with_the_cache() {
    let script = "while [ $1 != --target ]; do shift; done\necho half > $2/half\nkill -9 $PPID\n";
    let project = Project::app("idna==3.10\n")
        .cold_cache()
        .variable("LLS_UV", "");
    let programs = folder_with("python3", script);
    let project = project.variable("PATH", programs.path());
    assert_eq!(project.run(&["lock"]).status, -1, "it was killed");
    let left = || std::fs::read_dir(project.path("cold-cache/uv")).map(Iterator::count);
    assert_eq!(left().unwrap(), 1);
    let run = project.succeed(&["cache", "--clear"]);
    assert!(run.stdout.contains("1 file"), "{run}");
    assert!(left().is_err(), "the folder is gone");
}

fn path_without_uv() -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::env::split_paths(&path).filter(|folder| !folder.join("uv").exists());
    std::env::join_paths(folders).unwrap()
}

#[test]
fn what_cannot_be_read_is_not_taken_for_absent() {
    let project = Project::new()
        .manifest(APP)
        .file("layers/app/data/x.txt", "");
    std::os::unix::fs::symlink("nowhere", project.path("layers/app/requirements.txt")).unwrap();
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["cannot read `layers/app/requirements.txt`"]);
    std::fs::remove_file(project.path("layers/app/requirements.txt")).unwrap();
    std::fs::create_dir(project.path("layers/app/requirements.txt")).unwrap();
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["`layers/app/requirements.txt` is a folder, not a regular file"]);
}

#[test]
fn indexes_named_in_the_requirements_serve_for_finding_wheels_too() {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "")]),
    );
    let requirements = format!("--index-url {}\nalpha\n", index.environment()[0].1);
    let project = Project::app(&requirements)
        .variable("UV_NO_CACHE", "1")
        .cold_cache();
    project.succeed(&["build"]);
}

#[test]
fn packages_need_a_python_runtime() {
    let project = Project::app("idna\n");
    let arguments = [
        "publish",
        "--layer",
        "app",
        "--layer-path",
        "layers/app",
        "--runtimes",
        "nodejs20.x",
        "--version",
        "v1.0.0",
        "--my-account",
    ];
    let api = crate::support::lambda_api::LambdaApi::start();
    let project = project.environment(api.env());
    let run = project.fail(&arguments);
    run.assert_stderr(&["layer `app` has a requirements.txt but no Python runtime"]);
    assert!(!project.path("layers/app/requirements.lock").exists());
}

#[test]
fn a_package_that_a_merge_dropped_is_noticed() {
    let index = PackageIndex::start();
    for (name, version) in [("alpha", "1.0"), ("beta", "1.0"), ("beta", "1.1")] {
        index.add(
            &format!("{name}-{version}-py3-none-any.whl"),
            wheel(name, version, &[(&format!("{name}.py"), "x = 1\n")]),
        );
    }
    let project = app_with_index(&index, "alpha\nbeta<1.1\n");
    project.succeed(&["lock"]);
    let lock = project.read("layers/app/requirements.lock");
    let alpha = lock.find("alpha==").unwrap()..lock.find("beta==").unwrap();
    project.write(
        "layers/app/requirements.lock",
        lock.replace(&lock[alpha.clone()], ""),
    );
    project.run(&["lock", "--check"]).check(expect![[r#"
        --- stderr
        error: the lock of layer `app` is not as `lls lock` wrote it
        hint: run `lls lock` and commit requirements.lock
        --- exit status 1
    "#]]);
    project.fail(&["plan", "--locked"]);
    project.succeed(&["lock"]);
    assert_eq!(project.read("layers/app/requirements.lock"), lock);

    let merged = format!("<<<<<<< ours\n{lock}=======\n>>>>>>> theirs\n");
    project.write("layers/app/requirements.lock", merged);
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.lock` cannot be used
          caused by: line 1 is a merge conflict marker
        hint: take one side, as with `git checkout --ours` and the file, and run `lls lock`: it keeps the versions of that side which still fit
        --- exit status 1
    "#]]);
}

#[test]
fn one_layer_that_cannot_be_locked_does_not_silence_the_others() {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "x = 1\n")]),
    );
    let project =
        app_with_index(&index, "alpha\n").file("layers/other/requirements.txt", "nowhere\n");
    let manifest = project.read("layers.toml");
    let other = manifest.split_once("[layers.app]").unwrap().1;
    project.write("layers.toml", format!("{manifest}\n[layers.other]{other}"));
    let run = project.fail(&["lock"]);
    assert_eq!(run.stdout, "app  locked\n");
    assert!(run.stderr.contains("cannot lock layer `other`"), "{run}");
}
