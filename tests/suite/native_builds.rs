//! Native code that `lls lock` compiles: for one runtime and machine, and the same bytes wherever it is compiled.

use crate::python;
use crate::support::project::Project;
use crate::support::source_package::git;

/// A shared library that is loaded with `ctypes`, so that Python's headers are not needed.
const SETUP: &str = "from setuptools import Extension, setup
setup(
    name='gamma',
    version='1.0',
    packages=['gamma'],
    ext_modules=[Extension('gamma.native', ['native.c'])],
)
";
const PYPROJECT: &str = "[build-system]
requires = ['setuptools']
build-backend = 'setuptools.build_meta'
";
const MODULE: &str = "import ctypes, pathlib
library, = pathlib.Path(__file__).parent.glob('native.*.so')
answer = ctypes.CDLL(str(library)).answer
";

/// The architectures of Lambda: that of this machine, and the other one.
const ARCHITECTURES: [&str; 2] = if cfg!(target_arch = "x86_64") {
    ["x86_64", "arm64"]
} else {
    ["arm64", "x86_64"]
};

const MANIFEST: &str = r#"[targets.local]
directory = "registry"

[layers.app]
description = "v1.0.0"
runtimes = ["RUNTIME"]
architecture = "ARCHITECTURE"
build = ["gamma"]
"#;

fn gamma(architecture: &str) -> Project {
    gamma_with(architecture, SETUP)
}

fn gamma_with(architecture: &str, setup: &str) -> Project {
    let manifest = MANIFEST.replace("RUNTIME", &python::runtime());
    let manifest = manifest.replace("ARCHITECTURE", architecture);
    let project = Project::new()
        .manifest(&manifest)
        .file("upstream/setup.py", setup)
        .file("upstream/pyproject.toml", PYPROJECT)
        .file(
            "upstream/native.c",
            "int answer(void) { return 41 + __OPTIMIZE__; }\n",
        )
        .file("upstream/gamma/__init__.py", MODULE);
    let upstream = project.path("upstream");
    git(&upstream, &["init", "--quiet", "--initial-branch", "main"]);
    git(&upstream, &["add", "--all"]);
    git(&upstream, &["commit", "--quiet", "--message", "A commit"]);
    let requirement = format!("gamma @ git+file://{}\n", upstream.display());
    project.file("layers/app/requirements.txt", requirement)
}

/// The wheel that the lock names, as its name and its bytes.
fn built_wheel(project: &Project) -> (String, Vec<u8>) {
    let folder = std::fs::read_dir(project.path("layers/app/.wheels")).unwrap();
    let names: Vec<_> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let bytes = project.bytes(&format!("layers/app/.wheels/{}", names[0]));
    (names[0].clone(), bytes)
}

#[test]
fn native_code_is_compiled_to_equal_bytes_and_loaded() {
    let [own, _] = ARCHITECTURES;
    let project = gamma(own);
    project.succeed(&["lock"]);
    let (name, bytes) = built_wheel(&project);
    assert!(
        name.starts_with("gamma-1.0-cp3") && name.contains("-linux_"),
        "{name}"
    );

    let other = gamma(own);
    other.succeed(&["lock"]);
    assert!(built_wheel(&other) == (name, bytes), "the wheels are equal");

    let opt = python::unpack(&python::built(&project, "app"));
    let script = "import gamma; print(gamma.answer())";
    assert_eq!(python::evaluate(opt.path(), script), serde_json::json!(42));
}

#[test]
fn native_code_for_another_machine_is_refused() {
    let [_, other] = ARCHITECTURES;
    let project = gamma(other);
    let run = project.fail(&["lock"]);
    assert!(
        run.stderr
            .contains(&format!("does not run on {} on {other}", python::runtime())),
        "{run}"
    );
    assert!(
        run.stderr
            .contains(&format!("run `lls lock` on Linux on {other}")),
        "{run}"
    );
    assert!(!project.path("layers/app/requirements.lock").exists());
    assert!(!project.path("layers/app/.wheels").exists());
}

#[test]
fn a_library_that_only_this_machine_has_is_told() {
    let helper = "import subprocess
subprocess.check_call('echo | cc -shared -x c -o libhelper.so -', shell=True)
";
    let link = "['native.c'], extra_link_args=['-Wl,--no-as-needed', '-L.', '-lhelper']";
    let setup = format!("{helper}{}", SETUP.replace("['native.c']", link));
    let [own, _] = ARCHITECTURES;
    let run = gamma_with(own, &setup).succeed(&["lock"]);
    run.assert_stderr(&["is linked to libhelper.so, which only works if the layer brings it"]);
}
