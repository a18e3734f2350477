//! Files of projects that packages cannot be taken from, and locks that do not say what they seem to.

use expect_test::{Expect, expect};
use lls::digest::Sha256;

use super::{PYPROJECT, app, index, requiring, run_uv};
use crate::support::package_index::wheel;
use crate::support::project::Run;

/// What `lls lock` says of a file.
fn refused(packages: &str, file: &str, text: &str) -> Run {
    let project = app(&index(), packages);
    project.write(&format!("layers/app/{file}"), text);
    project.fail(&["lock"])
}

fn check_pyproject(text: &str, expected: Expect) {
    refused("\"pyproject.toml\"", "pyproject.toml", text).check(expected);
}

#[test]
fn what_only_a_build_could_tell_is_refused() {
    check_pyproject(
        "[project]\nname = \"demo\"\ndynamic = [\"version\", \"dependencies\"]\n",
        expect![[r#"
            --- stderr
            error: `layers/app/pyproject.toml:3` has dynamic `dependencies`: only a build could tell what they are
            hint: write `dependencies` into [project], or name a lock of the project: `packages = "uv.lock"`
            --- exit status 1
        "#]],
    );
    check_pyproject(
        "[tool.poetry.dependencies]\nalpha = \"^1\"\n",
        expect![[r#"
            --- stderr
            error: `layers/app/pyproject.toml` has neither a [project] table nor a requested group
            hint: name the lock of the project, such as `packages = "poetry.lock"`, or declare `dependencies` in [project]
            --- exit status 1
        "#]],
    );
}

#[test]
fn groups_and_extras_that_are_not_there_are_told() {
    let packages = "{ file = \"pyproject.toml\", groups = [\"layers\"] }";
    refused(packages, "pyproject.toml", PYPROJECT).check(expect![[r#"
        --- stderr
        error: `layers/app/pyproject.toml` has no group `layers`
        hint: there are the groups base, dev, layer
        --- exit status 1
    "#]]);
    let packages = "{ file = \"poetry.lock\", extras = [\"web\"] }";
    refused(packages, "poetry.lock", include_str!("poetry.lock")).check(expect![[r#"
        --- stderr
        error: `layers/app/poetry.lock` has no extra `web`
        hint: there are the extras compat
        --- exit status 1
    "#]]);
}

#[test]
fn code_of_the_project_is_not_packed_unseen() {
    check_pyproject(
        "[project]\ndependencies = [\"lib\"]\n[tool.uv.sources]\nlib = { workspace = true }\n",
        expect![[r#"
            --- stderr
            error: `layers/app/pyproject.toml:2` requires `lib`, which is part of the project and not on any index
            hint: copy its code into the layer's folder and write `prefix = "python"` in the manifest, and move `lib` into a group that the layer does not take; or publish it, and require it as `lib @ git+https://...` with `build = ["lib"]`
            --- exit status 1
        "#]],
    );
    check_pyproject(
        "[project]\ndependencies = [\n  \"lib @ file:///x/lib\",\n]\n",
        expect![[r#"
            --- stderr
            error: `layers/app/pyproject.toml:3` requires the local path `file:///x/lib`
            hint: put the code into the layer's folder, which makes it part of the archive
            --- exit status 1
        "#]],
    );
    check_pyproject(
        "[project]\ndependencies = [\"alpha\"]\n[tool.uv.sources]\nalpha = { index = \"corp\" }\n",
        expect![[r#"
            --- stderr
            error: `layers/app/pyproject.toml:2` requires `alpha`, for which [tool.uv.sources] names another source
            hint: name a lock of the project: `packages = "uv.lock"`; or require it as `alpha @ git+https://...` without the source
            --- exit status 1
        "#]],
    );
}

#[test]
fn workspace_members_in_a_uv_lock_are_not_packed_unseen() {
    let project = app(&index(), "\"uv.lock\"");
    let text = "[project]\nname = \"demo\"\nversion = \"1\"\nrequires-python = \">=3.11\"\ndependencies = [\"lib\"]\n[tool.uv.sources]\nlib = { path = \"lib\" }\n";
    project.write("layers/app/pyproject.toml", text);
    let text = "[project]\nname = \"lib\"\nversion = \"1\"\n";
    project.write("layers/app/lib/pyproject.toml", text);
    run_uv(&project, "layers/app", &["lock"]);
    project.fail(&["lock"]).check(expect![[r#"
        --- stderr
        error: `layers/app/uv.lock:10` requires `lib`, which is part of the project and not on any index
        hint: copy its code into the layer's folder and write `prefix = "python"` in the manifest, and move `lib` into a group that the layer does not take; or publish it, and require it as `lib @ git+https://...` with `build = ["lib"]`
        --- exit status 1
    "#]]);
}

#[test]
fn old_formats_are_told() {
    // As Poetry 1.0 to 1.4, and 1.5 to 1.8, write them.
    let of = |format: &str| include_str!("poetry.lock").replace("\"2.1\"", &format!("{format:?}"));
    let run = refused("\"poetry.lock\"", "poetry.lock", &of("1.1"));
    run.assert_stderr(&["has the format 1.1", "run `poetry lock` of Poetry 2"]);
    refused("\"poetry.lock\"", "poetry.lock", &of("2.0")).check(expect![[r#"
        --- stderr
        error: `layers/app/poetry.lock` has the format 2.0, which is not known
        hint: lock again: format 2.1, which says what belongs to which group and which Poetry 2 writes: run `poetry lock` of Poetry 2, which keeps the locked versions
        --- exit status 1
    "#]]);
}

/// A lock of Poetry with one package.
fn poetry(version: &str, markers: &str, hash: &str) -> String {
    format!(
        "[[package]]\nname = \"alpha\"\nversion = {version}\ngroups = [\"main\"]\nmarkers = {markers}\nfiles = [{{ file = \"a\", hash = \"{hash}\" }}]\n\n[metadata]\nlock-version = \"2.1\"\n"
    )
}

#[test]
fn other_hashes_than_the_locked_ones_are_refused() {
    let project = app(&index(), "\"poetry.lock\"");
    let lock = poetry("\"1.0\"", "\"\"", &format!("sha256:{}", "0".repeat(64)));
    project.write("layers/app/poetry.lock", lock);
    project.fail(&["lock"]).check(expect![[r#"
        --- stderr
        error: no file that the index has of `alpha` 1.0 for this platform has a SHA-256 that `layers/app/poetry.lock` locks
        hint: somebody replaced the file, or the index is another one: find out why before you lock the project again
        --- exit status 1
    "#]]);
    let lock = poetry("\"1.0\"", "\"\"", "md5:00");
    project.write("layers/app/poetry.lock", lock);
    project.fail(&["lock"]).check(expect![[r#"
        --- stderr
        error: `layers/app/poetry.lock:2` locks `alpha` without a SHA-256
        hint: lock again, with an index that tells hashes
        --- exit status 1
    "#]]);
}

#[test]
fn a_file_that_was_replaced_since_it_was_locked_is_refused() {
    let index = index();
    let project = app(&index, "\"uv.lock\"");
    project.write("layers/app/pyproject.toml", PYPROJECT);
    run_uv(&project, "layers/app", &["lock"]);
    let other = wheel("epsilon", "1.0", &[("epsilon.py", "evil = 1\n")]);
    index.add("epsilon-1.0-py3-none-any.whl", other);
    project.fail(&["lock"]).check(expect![[r#"
        --- stderr
        error: no file that the index has of `epsilon` 1.0 for this platform has a SHA-256 that `layers/app/uv.lock` locks
        hint: somebody replaced the file, or the index is another one: find out why before you lock the project again
        --- exit status 1
    "#]]);
    assert!(!project.path("layers/app/requirements.lock").exists());
}

#[test]
fn packages_that_are_not_locked_are_refused() {
    let project = app(&index(), "\"poetry.lock\"");
    let hash = Sha256::of(requiring("alpha", "1.0", &["epsilon"]));
    let lock = poetry("\"1.0\"", "\"\"", &format!("sha256:{hash}"));
    project.write("layers/app/poetry.lock", lock);
    project.fail(&["lock"]).check(expect![[r#"
        --- stderr
        error: `epsilon` 1.0 is needed, but `layers/app/poetry.lock` does not lock it
        hint: lock the project again, for the runtimes of the layer as well
        --- exit status 1
    "#]]);
}

#[test]
fn settings_of_uv_for_versions_are_held_or_told() {
    let of =
        |setting: &str| format!("[project]\ndependencies = [\"alpha\"]\n[tool.uv]\n{setting}\n");
    check_pyproject(
        &of("override-dependencies = [\"beta\"]"),
        expect![[r#"
        --- stderr
        error: `layers/app/pyproject.toml:4` sets `override-dependencies`, which `lls` does not support
        hint: remove them, or write what the layer needs into a requirements.txt in its folder
        --- exit status 1
    "#]],
    );
    let text = of("constraint-dependencies = [\"epsilon>=2\"]");
    let run = refused("\"pyproject.toml\"", "pyproject.toml", &text);
    run.assert_stderr(&["epsilon>=2"]);
}

/// Texts of a lock that would be further lines, options or comments among requirements.
#[test]
fn no_text_of_a_lock_becomes_another_line() {
    let hash = format!("sha256:{}", "0".repeat(64));
    let evil = "http://127.0.0.1:9/simple";
    for (version, markers) in [
        (format!(r#""1.0\n--index-url {evil}""#), r#""""#.to_owned()),
        (format!(r#""1.0 --index-url={evil}""#), r#""""#.to_owned()),
        (
            r#""1.0""#.to_owned(),
            format!(r#""python_version > '3'\n-i {evil}""#),
        ),
        (
            r#""1.0""#.to_owned(),
            format!(r#""python_version > '3'\r-i {evil}""#),
        ),
        (
            r#""1.0""#.to_owned(),
            r#""python_version > '3' --no-binary alpha""#.to_owned(),
        ),
        (
            r#""1.0""#.to_owned(),
            r#""python_version > '3' \\""#.to_owned(),
        ),
        (
            r#""1.0""#.to_owned(),
            r#""python_version > '3' #""#.to_owned(),
        ),
    ] {
        let text = poetry(&version, &markers, &hash);
        let run = refused("\"poetry.lock\"", "poetry.lock", &text);
        run.assert_stderr(&["`layers/app/poetry.lock:2` cannot be read"]);
    }
    for text in [
        "-r /etc/passwd",
        "--index-url http://127.0.0.1:9/simple",
        "-e .",
        "alpha\\n-r /etc/passwd",
        "alpha --no-binary=alpha",
        "./alpha",
    ] {
        let text = format!("[project]\ndependencies = [\n  \"{text}\"\n]\n");
        let run = refused("\"pyproject.toml\"", "pyproject.toml", &text);
        run.assert_stderr(&["`layers/app/pyproject.toml:3` cannot be read"]);
    }
}

#[test]
fn a_package_that_would_have_to_be_built_has_its_place() {
    check_pyproject(
        "[project]\ndependencies = [\n  \"alpha\",\n  \"lib @ git+https://host.example/lib@main\",\n]\n",
        expect![[r#"
            --- stderr
            error: `layers/app/pyproject.toml:4` requires `lib` as source code
            hint: add `build = ["lib"]` to the layer in the manifest: `lls lock` then runs the package's code to build a wheel; `plan`, `build` and `apply` never do
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_lock_of_no_project_is_refused() {
    refused("\"uv.lock\"", "uv.lock", "version = 9\n").assert_stderr(&["has the format 9"]);
    refused("\"uv.lock\"", "uv.lock", "version = 1\n").assert_stderr(&["locks no project"]);
    refused("\"uv.lock\"", "uv.lock", "x =\n").assert_stderr(&["`layers/app/uv.lock:1` cannot"]);
    refused("\"Pipfile.lock\"", "Pipfile.lock", "{\n").assert_stderr(&["it is no JSON"]);
}
