//! What cannot be built: sources that contradict each other, files that would not work, layers over the limits.

use std::os::unix::fs::symlink;

use expect_test::expect;

use crate::archives;
use crate::building::manifest;
use crate::python::{built, unpack};
use crate::support::lambda_api::LambdaApi;
use crate::support::notes;
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

#[test]
fn conflicts_name_both_sources_unless_one_may_overwrite() {
    let index = PackageIndex::start();
    for (name, text) in [("alpha", "x = 1\n"), ("beta", "x = 2\n")] {
        let files = [("shared/__init__.py", text), ("shared/same.py", "")];
        index.add(
            &format!("{name}-1.0-py3-none-any.whl"),
            wheel(name, "1.0", &files),
        );
    }
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", "prefix = \"python\""))
        .file("layers/app/requirements.txt", "alpha\nbeta\n")
        .environment(index.environment());
    let run = project.fail(&["build"]);
    let error = run.stderr.split_once("error: ").unwrap().1;
    expect![[r#"
        `python/shared/__init__.py` of layer `app` comes with different content from `alpha 1.0` and from `beta 1.0`
        hint: `exclude` it, or let the later one win with `overwrite = ["python/shared/__init__.py"]`
    "#]].assert_eq(error);
    project.edit_manifest(
        "prefix",
        "overwrite = [\"python/shared/__init__.py\"]\nprefix",
    );
    let opt = unpack(&built(&project, "app"));
    assert_eq!(
        std::fs::read_to_string(opt.path().join("python/shared/__init__.py")).unwrap(),
        "x = 2\n"
    );
    let record = |name: &str| {
        std::fs::read_to_string(
            opt.path()
                .join(format!("python/{name}-1.0.dist-info/RECORD")),
        )
        .unwrap()
    };
    assert!(
        !record("alpha").contains("shared/__init__.py")
            && record("beta").contains("shared/__init__.py")
    );
    assert!(record("alpha").contains("shared/same.py"));
}

#[test]
fn own_files_that_would_not_work_are_refused() {
    let check = |project: &Project, expected: expect_test::Expect| {
        let run = project.fail(&["build"]);
        expected.assert_eq(&run.stderr);
    };
    let project = || Project::new().manifest(&manifest("\"python3.12\"", ""));
    check(
        &project().file("layers/app/tool.py", ""),
        expect![[r#"
            error: `tool.py` of layer `app` would be unpacked to /opt/tool.py, where Python does not look for modules
            hint: set `prefix = "python"`, or move it into a folder `python`
        "#]],
    );
    check(
        &project().file("layers/app/python/lib/python3.11/site-packages/m.py", ""),
        expect![[r#"
            error: `python/lib/python3.11/site-packages/m.py` of layer `app` is only for python3.11, which is not among its runtimes
            hint: add python3.11 to `runtimes`, or move it into the folder of another version, or into `python`
        "#]],
    );
    let escaping = project().file("layers/app/data/x.txt", "");
    symlink("../../x", escaping.path("layers/app/data/link")).unwrap();
    check(
        &escaping,
        expect![[r#"
            error: the symlink `layers/app/data/link` of layer `app` points out of the layer, to `../../x`
            hint: use a relative link to a file of the layer, or copy the file
        "#]],
    );
    let dangling = project().file("layers/app/data/x.txt", "");
    symlink("y.txt", dangling.path("layers/app/data/link")).unwrap();
    check(
        &dangling,
        expect![[r#"
            error: the symlink `layers/app/data/link` of layer `app` points to nothing, to `y.txt`
            hint: use a relative link to a file of the layer, or copy the file
        "#]],
    );
    check(
        &project()
            .file("layers/app/data/x.txt", "")
            .file("layers/app/data/X.txt", ""),
        expect![[r#"
            error: `data/X.txt` and `data/x.txt` of layer `app` differ only in case or Unicode form
            hint: rename or `exclude` one of them
        "#]],
    );
    let empty = project();
    std::fs::create_dir_all(empty.path("layers/app/data")).unwrap();
    check(
        &empty,
        expect![[r#"
            error: layer `app` would be empty
            hint: put files or a requirements.txt into its folder
        "#]],
    );
    check(
        &project().file("layers/app/a\\b", ""),
        expect![[r#"
            error: "layers/app/a\\b" cannot go into the archive of layer `app`: it contains the character '\\'
            hint: rename it
        "#]],
    );
}

#[test]
fn a_damaged_archive_or_wheel_is_made_again() {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        wheel("alpha", "1.0", &[("alpha.py", "")]),
    );
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", ""))
        .file("layers/app/requirements.txt", "alpha\n")
        .environment(index.environment())
        .cold_cache();
    let good = std::fs::read(built(&project, "app")).unwrap();
    for folder in [".lls/archives", "cold-cache/wheels"] {
        for entry in std::fs::read_dir(project.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = std::fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    }
    assert!(std::fs::read(built(&project, "app")).unwrap() == good);
}

/// An own file of zeros that takes no room on disk.
fn write_zeros(project: &Project, size: u64) {
    let path = "layers/app/data/zeros";
    project.write(path, "");
    let file = std::fs::File::options()
        .write(true)
        .open(project.path(path));
    file.unwrap().set_len(size).unwrap();
}

/// Each file alone would fit, and all of them but the `RECORD` would.
#[test]
fn the_record_counts_towards_the_unpacked_limit() {
    let index = PackageIndex::start();
    let files = [("alpha.py", "x = 1\n")];
    index.add("alpha-1.0-py3-none-any.whl", wheel("alpha", "1.0", &files));
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", ""))
        .file("layers/app/requirements.txt", "alpha\n")
        .environment(index.environment());
    let unpacked = || {
        let built = project.succeed(&["build", "--format", "json"]).stdout;
        let built: serde_json::Value = serde_json::from_str(&built).unwrap();
        let layer = &built["layers"][0];
        let package = layer["packages"][0]["unpacked_size"].as_u64().unwrap();
        (layer["unpacked_size"].as_u64().unwrap(), package)
    };
    let (all, package) = unpacked();
    assert!(package < all, "{package} {all}");
    write_zeros(&project, 262_144_000 - package);
    let run = project.fail(&["build"]);
    let error = run.stderr.split_once("error: ").unwrap().1;
    expect![[r#"
        layer `app` unpacks to 262.1 MB, more than the 262,144,000 bytes that Lambda allows; largest: own files such as `data/zeros` 262.1 MB, alpha 128 B
        hint: leave out what is not needed with `exclude` or `exclude_packages`, or split the layer
    "#]].assert_eq(error);
}

#[test]
fn layers_over_the_limits_are_refused() {
    let project = Project::new().manifest(&manifest("\"python3.12\"", ""));
    project.write("layers/app/data/tests/data", vec![0; 1_500_000]);
    write_zeros(&project, 262_144_001);
    let run = project.fail(&["build"]);
    expect![[r#"
        error: layer `app` unpacks to 263.6 MB, more than the 262,144,000 bytes that Lambda allows; largest: own files such as `data/zeros` 263.6 MB
        hint: leave out what is not needed with `exclude` or `exclude_packages`, or split the layer; 1.5 MB less without tests: exclude = ["**/tests/**", "**/test/**"]
    "#]].assert_eq(&run.stderr);

    // What does not compress is too large for a request, but not for a directory registry.
    let noise = archives::noise(52_428_801);
    project.write("layers/app/data/zeros", noise);
    project.succeed(&["apply"]);
    let api = LambdaApi::start();
    project.edit_manifest("[targets.local]\ndirectory = \"registry\"", "[targets.aws]");
    let project = project.environment(api.env());
    let run = project.fail(&["apply"]);
    expect![[r#"
        error: the ZIP of layer `app` has 52.4 MB, more than the 52,428,800 bytes that Lambda takes directly; largest: own files such as `data/zeros` 53.9 MB
        hint: set `staging_bucket` of the target, leave out what is not needed with `exclude` or `exclude_packages`, or split the layer
    "#]].assert_eq(&run.stderr);
    assert!(api.mutating_calls().is_empty());
}

#[test]
fn secrets_are_warned_of_and_refused_in_a_public_layer() {
    let secret = ["-----BEGIN PRI", "VATE KEY-----"].concat();
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", "permission = \"none\""))
        .file("layers/app/data/key.pem", secret)
        .file("layers/app/data/.env", "");
    let run = project.succeed(&["build"]);
    expect![[r#"
        warning: `layers/app/data/.env` of layer `app` looks like a file of environment variables
        warning: `layers/app/data/key.pem` of layer `app` looks like a private key
        Built app, 313 B
    "#]]
    .assert_eq(&run.stderr);
    for command in ["build", "plan", "apply", "plan"] {
        let again = project.succeed(&[command]).stderr;
        let said: Vec<_> = again
            .lines()
            .filter(|line| line.starts_with("warning"))
            .collect();
        assert_eq!(said.len(), 2, "{command}\n{again}");
    }
    project.edit_manifest("\"none\"", "\"public\"");
    project.edit_manifest(
        "directory = \"registry\"",
        "directory = \"registry\"\nallow_public = true",
    );
    let run = project.fail(&["apply"]);
    expect![[r#"
        error: layer `app` is public, and `layers/app/data/.env` looks like a file of environment variables, `layers/app/data/key.pem` looks like a private key
        hint: remove it and revoke the secret; to silence a false alarm, use `allow_secrets`
    "#]].assert_eq(&run.stderr);
    project.edit_manifest("\"public\"", "\"public\"\nallow_secrets = [\"data/*\"]");
    project.succeed(&["apply"]);
}

/// Neither setting shapes bytes, so the archive that was built for other ones is found again.
#[test]
fn an_archive_that_is_there_is_held_against_changed_settings() {
    let shell = std::fs::read("/bin/sh").unwrap();
    let (own, other) = if cfg!(target_arch = "x86_64") {
        ("x86_64", "arm64")
    } else {
        ("arm64", "x86_64")
    };
    let settings = format!("architecture = \"{own}\"");
    let project = Project::new()
        .manifest(&manifest("\"python3.14\"", &settings))
        .file("layers/app/bin/sh", shell);
    project.write("layers/app/bin/old", "#!/bin/sh\n");
    let built = project.succeed(&["build"]);
    project.edit_manifest(own, other);
    for command in ["build", "plan", "apply"] {
        let run = project.fail(&[command]);
        let error = format!("is built for {own}, but the layer is for {other}");
        assert!(run.stderr.contains(&error), "{command}\n{run}");
    }
    assert!(!project.path("registry/app").exists());
    project.edit_manifest(other, own);
    project.edit_manifest("python3.14", "python3.9");
    let run = project.fail(&["apply"]);
    let error = "`bin/sh` from `layers/app/bin/sh` needs glibc 2.";
    assert!(run.stderr.contains(error), "{run}");
    project.edit_manifest("python3.9", "python3.14");
    assert_eq!(project.succeed(&["build"]).stdout, built.stdout);
}

/// The index says of a file which it has never read that there is nothing in it, and is believed.
#[test]
fn files_that_did_not_change_are_not_searched_again() {
    let secret = ["-----BEGIN PRI", "VATE KEY-----"].concat();
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", "permission = \"public\""))
        .file("layers/app/data/key.pem", &secret);
    project.edit_manifest("\"registry\"", "\"registry\"\nallow_public = true");
    project.fail(&["plan"]);
    let index = notes::text(&project.bytes(".lls/files"));
    let known = project.indexed("layers/app/data/key.pem", &secret);
    let text = format!("{index}{known}");
    project.write(".lls/files", notes::old(&text));
    project.fail(&["plan"]); // anybody could have written that
    let (key, name) = (project.note_key(), project.noted_name());
    let write_index = |text: &str| {
        project.write(".lls/files", notes::under(&key, "files", &name, text));
    };
    write_index(&text);
    project.succeed(&["plan"]);
    let run = project.fail(&["plan", "--no-cache"]);
    assert!(run.stderr.contains("looks like a private key"), "{run}");
    write_index(&text);
    project.succeed(&["plan"]);
    // Other rules might find something.
    write_index(&format!("{}0\n{known}", index.trim_end()));
    project.fail(&["plan"]);
}

#[test]
fn native_files_must_fit_the_architecture_and_the_c_library() {
    let shell = std::fs::read("/bin/sh").unwrap();
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", "architecture = \"arm64\""))
        .file("layers/app/bin/sh", shell);
    let other = if cfg!(target_arch = "x86_64") {
        "arm64"
    } else {
        "x86_64"
    };
    project.edit_manifest("arm64", other);
    let run = project.fail(&["build"]);
    run.assert_stderr(&["`bin/sh` from `layers/app/bin/sh` is built for"]);
    assert!(
        run.stderr
            .contains(&format!("but the layer is for {other}")),
        "{run}"
    );

    // The C library of python3.9 on Lambda is from 2017.
    let own = if other == "arm64" { "x86_64" } else { "arm64" };
    project.edit_manifest(other, own);
    project.edit_manifest("python3.12", "python3.9");
    let run = project.fail(&["build"]);
    run.assert_stderr(&["`bin/sh` from `layers/app/bin/sh` needs glibc 2."]);
    run.assert_stderr(&["but python3.9 on Lambda has 2.26"]);
}
