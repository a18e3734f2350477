//! Programs and modules in a repository that `lls`, or what it runs, could take for those of the machine.

use crate::hostile_repositories::row::{PLAN_AND_APPLY, Row};
use crate::hostile_repositories::site::Site;

const PROGRAMS: [&str; 5] = ["uv", "git", "python3", "python3.12", "keyring"];

/// A module that leaves a mark where it is imported.
fn module(site: &Site, path: &str) {
    let mark = site.mark();
    let text = format!(
        "open({:?}, 'a').write('imported {path}\\n')\n",
        mark.display().to_string()
    );
    site.project.write(path, text);
}

fn pip(site: &Site) {
    module(site, "pip/__init__.py");
    module(site, "pip/__main__.py");
}

/// A layer for which uv is installed, from the runner's index.
fn provisioned(name: &'static str) -> Row {
    Row::app(name, "alpha\n")
        .variable("LLS_UV", "")
        .variable("PATH", "{path}")
        .variable("PIP_NO_CACHE_DIR", "1")
        .with(|site| site.project.write("layers/app/.keep", ""))
        .commands(PLAN_AND_APPLY)
}

fn app(name: &'static str) -> Row {
    Row::app(name, "alpha\n").accepted(&["app"])
}

fn with_programs(row: Row) -> Row {
    row.with(|site| PROGRAMS.iter().for_each(|name| site.program(name)))
}

pub fn rows() -> Vec<Row> {
    let index = |row: Row| {
        row.variable("PIP_INDEX_URL", "{login}/simple")
            .accepted(&["app"])
    };
    vec![
        index(provisioned("programs: a package pip, where uv is installed")).with(pip),
        index(provisioned("programs: modules that Python imports when it starts")).with(|site| {
            for path in ["sitecustomize.py", "usercustomize.py", "encodings/__init__.py", "runpy.py", "json.py"] {
                module(site, path);
            }
        }),
        with_programs(provisioned("programs: where uv is installed, and the repository is on the search path"))
            .variable("PATH", ".:{path}")
            .variable("PIP_NO_INDEX", "1"),
        with_programs(provisioned("programs: the same by an empty part of the search path"))
            .variable("PATH", ":{path}:")
            .variable("PIP_NO_INDEX", "1"),
        provisioned("programs: modules, where Python looks for them in the repository").with(pip)
            .variable("PYTHONPATH", ".")
            .variable("PIP_NO_INDEX", "1"),
        with_programs(app("programs: called like those of the machine")),
        with_programs(app("programs: the same, with the repository on the search path")).variable("PATH", ".:{path}"),
        with_programs(app("programs: the same, with an empty part of the search path")).variable("PATH", ":{path}"),
        with_programs(app("programs: the same beside the layer")).variable("PATH", "layers/app:bin:{path}").with(|site| {
            for name in PROGRAMS {
                site.program(&format!("bin/{name}"));
            }
        }),
        app("programs: an environment of Python").with(|site| {
            for name in ["python", "python3", "python3.12", "uv"] {
                site.program(&format!(".venv/bin/{name}"));
                site.program(&format!("venv/bin/{name}"));
            }
            site.project.write(".venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n");
        }),
        app("programs: the version of Python").file(".python-version", "{root}/python3\n").with(|site| site.program("python3")),
        app("programs: a version of Python that is not there").file(".python-version", "9.9.9\n").file(".python-versions", "9.9.9\n"),
        app("programs: a lock of uv").file("uv.lock", "version = 1\nrequires-python = \">=99\"\n"),
        app("programs: a build of the project")
            .file("pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = \"evil\"\nbackend-path = [\".\"]\n[project]\nname = \"x\"\nversion = \"1\"\n[tool.uv]\npackage = true\n")
            .with(|site| module(site, "evil.py")),
        app("programs: hooks of Git").with(|site| {
            for name in ["post-checkout", "post-index-change", "fsmonitor"] {
                site.program(&format!(".git/hooks/{name}"));
            }
            let config = format!("[core]\n\tfsmonitor = {}\n", site.project.path(".git/hooks/fsmonitor").display());
            site.project.write(".git/config", config);
            site.project.write(".git/HEAD", "ref: refs/heads/main\n");
            for folder in ["objects", "refs"] {
                std::fs::create_dir_all(site.project.path(".git").join(folder)).unwrap();
            }
        }),
        Row::hello("programs: a layer of programs that nobody runs")
            .with(|site| site.program(".hello/x"))
            .accepted(&["hello"]),
    ]
}
