//! `packages`: layers whose packages come from a `pyproject.toml` or from a lock of uv, Poetry, pipenv or PEP 751.

mod addresses;
mod detection;
mod hostile;
mod refusals;

use std::process::Command;

use crate::support::ministack::install;
use crate::support::package_index::{PackageIndex, wheel, zip};
use crate::support::project::{APP, Project};

/// A project with extras, groups, and an extra that names another one.
const PYPROJECT: &str = r#"[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"
dependencies = [
    "alpha>=1",
]

[project.optional-dependencies]
web = ["beta"]
all = ["demo[web]"]

[dependency-groups]
layer = [{ include-group = "base" }]
base = ["gamma ; python_version >= '3.11'"]
dev = ["delta"]
"#;

/// A wheel that requires other packages.
pub fn requiring(name: &str, version: &str, requires: &[&str]) -> Vec<u8> {
    let info = format!("{name}-{version}.dist-info");
    let requires: String = requires
        .iter()
        .map(|other| format!("Requires-Dist: {other}\n"))
        .collect();
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}");
    let tag = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let (module, metadata_at) = (format!("{name}.py"), format!("{info}/METADATA"));
    let (wheel_at, record_at) = (format!("{info}/WHEEL"), format!("{info}/RECORD"));
    let record = format!("{metadata_at},,\n{wheel_at},,\n{module},,\n{record_at},,\n");
    let files = [
        (metadata_at.as_str(), metadata.as_bytes()),
        (wheel_at.as_str(), tag.as_bytes()),
        (module.as_str(), b"x = 1\n".as_slice()),
        (record_at.as_str(), record.as_bytes()),
    ];
    zip(files.into_iter())
}

/// An index with alpha, which requires epsilon, and with beta, gamma and delta.
fn index() -> PackageIndex {
    let index = PackageIndex::start();
    index.add(
        "alpha-1.0-py3-none-any.whl",
        requiring("alpha", "1.0", &["epsilon"]),
    );
    for name in ["beta", "gamma", "delta", "epsilon"] {
        let file = format!("{name}-1.0-py3-none-any.whl");
        let module = format!("{name}.py");
        index.add(&file, wheel(name, "1.0", &[(module.as_str(), "x = 1\n")]));
    }
    index
}

/// A project whose layer `app` has this value of `packages`.
fn app(index: &PackageIndex, packages: &str) -> Project {
    let project = Project::new()
        .manifest(APP)
        .file("layers/app/own.txt", "own\n")
        .environment(index.environment())
        .cold_cache();
    project.set_in_app(&format!("packages = {packages}"));
    project
}

/// The packages of the lock of `app`.
fn locked(project: &Project) -> Vec<String> {
    let text = project.read("layers/app/requirements.lock");
    let pins = text.lines().filter(|line| line.contains("=="));
    let pins = pins.map(|line| line.trim_end_matches(" \\").to_owned());
    pins.collect()
}

/// Runs the real uv in a folder of the project.
fn run_uv(project: &Project, folder: &str, arguments: &[&str]) {
    let lls = project.command(&[]);
    let mut uv = Command::new(install::uv().unwrap());
    let variables = lls.get_envs();
    uv.args(arguments)
        .current_dir(project.path(folder))
        .env_clear()
        .envs(variables.filter_map(|(name, value)| Some((name, value?))));
    let output = uv.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_pyproject_brings_its_dependencies_groups_and_extras() {
    let index = index();
    let project = app(&index, "\"pyproject.toml\"");
    project.write("layers/app/pyproject.toml", PYPROJECT);
    project.succeed(&["lock"]);
    assert_eq!(locked(&project), ["alpha==1.0", "epsilon==1.0"]);
    for (packages, expected) in [
        (
            "{ file = \"pyproject.toml\", groups = [\"layer\"] }",
            ["alpha==1.0", "epsilon==1.0", "gamma==1.0"],
        ),
        (
            "{ file = \"pyproject.toml\", extras = [\"ALL\"] }",
            ["alpha==1.0", "beta==1.0", "epsilon==1.0"],
        ),
    ] {
        let project = app(&index, packages);
        project.write("layers/app/pyproject.toml", PYPROJECT);
        project.succeed(&["lock"]);
        assert_eq!(locked(&project), expected);
        project.succeed(&["build", "--locked", "--output-dir", "out"]);
        let names = crate::python::names(&project.path("out/app.zip"));
        assert!(names.contains(&"own.txt".to_owned()), "{names:?}");
        assert!(
            !names.iter().any(|name| name.contains("pyproject")),
            "{names:?}"
        );
    }
}

#[test]
fn a_project_elsewhere_in_the_repository_may_be_named() {
    let index = index();
    let packages = "{ file = \"../../pyproject.toml\", groups = [\"layer\"] }";
    let project = app(&index, packages);
    std::fs::create_dir(project.path(".git")).unwrap();
    project.write("pyproject.toml", PYPROJECT);
    project.succeed(&["lock"]);
    assert_eq!(
        locked(&project),
        ["alpha==1.0", "epsilon==1.0", "gamma==1.0"]
    );
}

#[test]
fn a_lock_is_stale_when_the_project_asks_for_something_else() {
    let index = index();
    let project = app(&index, "\"pyproject.toml\"");
    project.write("layers/app/pyproject.toml", PYPROJECT);
    project
        .fail(&["plan", "--locked"])
        .assert_stderr(&["the lock of layer `app` is missing"]);
    project.succeed(&["lock"]);
    project.write(
        "layers/app/pyproject.toml",
        PYPROJECT.to_owned() + "\n[tool.ruff]\nline-length = 100\n",
    );
    project.succeed(&["lock", "--check"]);
    project.write(
        "layers/app/pyproject.toml",
        PYPROJECT.replace("\"alpha>=1\"", "\"alpha>=1\", \"delta\""),
    );
    project
        .fail(&["plan", "--locked"])
        .assert_stderr(&["the lock of layer `app` is stale"]);
    project.succeed(&["lock"]);
    assert_eq!(
        locked(&project),
        ["alpha==1.0", "delta==1.0", "epsilon==1.0"]
    );
}

#[test]
fn what_uv_locked_is_held() {
    let index = index();
    let packages = "{ file = \"uv.lock\", groups = [\"layer\"], extras = [\"all\"] }";
    let project = app(&index, "\"uv.lock\"");
    project.write("layers/app/pyproject.toml", PYPROJECT);
    run_uv(&project, "layers/app", &["lock"]);
    // Newer versions are there since.
    for name in ["alpha", "epsilon"] {
        index.add(
            &format!("{name}-2.0-py3-none-any.whl"),
            wheel(name, "2.0", &[("x.py", "")]),
        );
    }
    project.succeed(&["lock"]);
    assert_eq!(locked(&project), ["alpha==1.0", "epsilon==1.0"]);
    project.succeed(&["lock", "--upgrade"]);
    assert_eq!(locked(&project), ["alpha==1.0", "epsilon==1.0"]);
    project.edit_manifest("\"uv.lock\"", packages);
    project
        .fail(&["plan", "--locked"])
        .assert_stderr(&["the lock of layer `app` is stale"]);
    project.succeed(&["apply", "--yes"]);
    let expected = ["alpha==1.0", "beta==1.0", "epsilon==1.0", "gamma==1.0"];
    assert_eq!(locked(&project), expected);
    project.assert_converged();
}

#[test]
fn a_pylock_is_held() {
    let index = index();
    let project = app(&index, "\"pylock.toml\"");
    // A project with code, which is in the lock itself.
    let build =
        "\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n";
    project.write("layers/app/pyproject.toml", PYPROJECT.to_owned() + build);
    run_uv(&project, "layers/app", &["lock"]);
    let export = [
        "export",
        "--format",
        "pylock.toml",
        "--no-dev",
        "-o",
        "pylock.toml",
    ];
    run_uv(&project, "layers/app", &export);
    index.add("alpha-2.0-py3-none-any.whl", requiring("alpha", "2.0", &[]));
    project.succeed(&["lock"]);
    assert_eq!(locked(&project), ["alpha==1.0", "epsilon==1.0"]);
}

/// Of the real index, with the hashes that everyone knows.
#[test]
fn locks_of_poetry_and_pipenv_are_held() {
    for (packages, expected) in [
        ("\"poetry.lock\"", vec!["idna==3.10"]),
        (
            "{ file = \"poetry.lock\", extras = [\"compat\"] }",
            vec!["idna==3.10", "six==1.17.0"],
        ),
        (
            "{ file = \"poetry.lock\", groups = [\"dev\"] }",
            vec!["idna==3.10", "six==1.17.0"],
        ),
        ("\"Pipfile.lock\"", vec!["idna==3.10"]),
        (
            "{ file = \"Pipfile.lock\", groups = [\"develop\"] }",
            vec!["idna==3.10", "six==1.17.0"],
        ),
    ] {
        let project = Project::new()
            .manifest(APP)
            .file("layers/app/poetry.lock", include_str!("poetry.lock"))
            .file("layers/app/Pipfile.lock", include_str!("Pipfile.lock"));
        project.set_in_app(&format!("packages = {packages}"));
        project.succeed(&["lock"]);
        assert_eq!(locked(&project), expected, "{packages}");
        let text = project.read("layers/app/requirements.lock");
        let wheel = "946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3";
        assert!(text.contains(wheel), "{text}");
        project.succeed(&["build", "--locked"]);
    }
}
