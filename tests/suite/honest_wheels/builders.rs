//! The builders of the package index, each with a small project that it makes a wheel of.
//!
//! All projects have the same files, among them what trips a careless reader: names beyond ASCII, commas, nothing in it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::ministack::install;

/// A builder and what its project needs beyond the files that all have.
pub struct Builder {
    /// What the index calls it.
    pub name: &'static str,
    /// The backend (PEP 517).
    backend: &'static str,
    /// What it wants in `pyproject.toml`; `NAME` is the project's module here and in `files`.
    settings: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// What makes another wheel of the backend's, in a shell whose arguments are that wheel and the folder for the new one.
    repair: Option<&'static str>,
}

const SETUPTOOLS: Builder = Builder {
    name: "setuptools",
    backend: "setuptools.build_meta",
    settings: "[tool.setuptools]\npackages = ['NAME']\n[tool.setuptools.package-data]\n'*' = ['*', 'data/*']\n",
    files: &[],
    repair: None,
};

/// A library without Python's headers, as a module of the stable ABI.
const NATIVE: &str = "from setuptools import Extension, setup
native = Extension('NAME.native', ['native.c'], py_limited_api=True)
setup(ext_modules=[native], options={'bdist_wheel': {'py_limited_api': 'cp310'}})
";

const MESON: &str = "project('NAME', version: '1.0')
python = import('python').find_installation(pure: true)
python.install_sources('NAME/__init__.py', 'NAME/empty.py', 'NAME/données.txt', subdir: 'NAME')
python.install_sources('NAME/data/a, b.txt', 'NAME/data/run.sh', subdir: 'NAME/data', preserve_path: false)
";

const CARGO: &str = "[package]\nname = 'honest-maturin'\nversion = '1.0.0'\nedition = '2021'\n";

/// Every builder.
pub const BUILDERS: [Builder; 11] = [
    SETUPTOOLS,
    Builder {
        name: "wheel",
        repair: Some(
            "python3 -m wheel unpack -d unpacked \"$1\" && python3 -m wheel pack -d \"$2\" unpacked/*",
        ),
        ..SETUPTOOLS
    },
    Builder {
        name: "auditwheel",
        files: &[
            ("setup.py", NATIVE),
            ("native.c", "int answer(void) { return 42; }\n"),
        ],
        repair: Some("python3 -m auditwheel repair -w \"$2\" \"$1\""),
        ..SETUPTOOLS
    },
    Builder {
        name: "hatchling",
        backend: "hatchling.build",
        settings: "[tool.hatch.build.targets.wheel]\npackages = ['NAME']\n[tool.hatch.build.targets.wheel.shared-data]\n'share.txt' = 'share/NAME/share.txt'\n",
        ..SETUPTOOLS
    },
    Builder {
        name: "flit",
        backend: "flit_core.buildapi",
        settings: "",
        ..SETUPTOOLS
    },
    Builder {
        name: "poetry",
        backend: "poetry.core.masonry.api",
        settings: "",
        ..SETUPTOOLS
    },
    Builder {
        name: "pdm",
        backend: "pdm.backend",
        settings: "",
        ..SETUPTOOLS
    },
    Builder {
        name: "uv",
        backend: "uv_build",
        settings: "[tool.uv.build-backend]\nmodule-root = ''\n",
        ..SETUPTOOLS
    },
    Builder {
        name: "scikit-build",
        backend: "scikit_build_core.build",
        settings: "[tool.scikit-build]\nwheel.cmake = false\nwheel.packages = ['NAME']\n",
        ..SETUPTOOLS
    },
    Builder {
        name: "meson",
        backend: "mesonpy",
        settings: "",
        files: &[("meson.build", MESON)],
        ..SETUPTOOLS
    },
    Builder {
        name: "maturin",
        backend: "maturin",
        settings: "[tool.maturin]\nbindings = 'bin'\npython-source = '.'\nmodule-name = 'NAME'\n",
        files: &[("Cargo.toml", CARGO), ("src/main.rs", "fn main() {}\n")],
        ..SETUPTOOLS
    },
];

/// Has the backend make a wheel in a folder, and prints its name.
const BUILD: &str =
    "import importlib, sys; print(importlib.import_module(sys.argv[1]).build_wheel(sys.argv[2]))";

impl Builder {
    /// The name of the project.
    pub fn package(&self) -> String {
        format!("honest-{}", self.name)
    }

    fn module(&self) -> String {
        self.package().replace('-', "_")
    }

    /// Makes the wheel below `folder`, and returns its path.
    pub fn wheel(&self, folder: &Path) -> PathBuf {
        self.write_project(folder);
        let built = folder.join("built");
        self.run(
            folder,
            ["python3", "-c", BUILD, self.backend].map(OsStr::new),
            &built,
        );
        let wheel = only_file(&built);
        let Some(repair) = self.repair else {
            return wheel;
        };
        let repaired = folder.join("repaired");
        let shell = ["sh", "-c", repair, "sh"].map(OsStr::new);
        self.run(
            folder,
            shell.into_iter().chain([wheel.as_os_str()]),
            &repaired,
        );
        only_file(&repaired)
    }

    fn write_project(&self, folder: &Path) {
        let module = self.module();
        let pyproject = format!(
            "[project]\nname = '{}'\nversion = '1.0'\ndescription = 'é'\nentry-points.honest = {{ main = 'NAME:main' }}\n\n[build-system]\nrequires = []\nbuild-backend = '{}'\n\n{}",
            self.package(),
            self.backend,
            self.settings
        );
        let line = "\"\"\"Honest.\"\"\"\n\ndef main():\n    return 'honest'\n";
        let files = [
            ("pyproject.toml", pyproject.as_str()),
            ("NAME/__init__.py", &line.repeat(20)),
            ("NAME/empty.py", ""),
            ("NAME/données.txt", "é"),
            ("NAME/data/a, b.txt", "a comma"),
            ("NAME/data/run.sh", "#!/bin/sh\n"),
            ("share.txt", "shared"),
        ];
        for (path, text) in files.iter().chain(self.files) {
            let path = folder.join(path.replace("NAME", &module));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text.replace("NAME", &module)).unwrap();
        }
        let script = folder.join(&module).join("data/run.sh");
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a command that fills `output`, its last argument, with the builders on both of its paths.
    fn run<'a>(&self, folder: &Path, words: impl IntoIterator<Item = &'a OsStr>, output: &Path) {
        fs::create_dir_all(output).unwrap();
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().unwrap());
        let builders = install::builders().unwrap_or_else(|error| panic!("{error}"));
        command
            .args(words)
            .arg(output)
            .current_dir(folder)
            .env("PYTHONPATH", &builders)
            .env("PATH", path_with(&builders.join("bin")))
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .env_remove("SOURCE_DATE_EPOCH");
        install::run(command).unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }
}

/// The variable `PATH` with one more folder at its start.
fn path_with(folder: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [folder.to_owned()].into_iter();
    std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap()
}

fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(folder).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].as_ref().unwrap().path()
}
