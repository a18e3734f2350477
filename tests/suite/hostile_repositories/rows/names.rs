//! Names and texts that would like to act: on a terminal, in a log, in Markdown, in HTML, in an archive.

use std::fs;
use std::process::Command;

use crate::hostile_repositories::row::{PLAN, Row};

/// Texts that somebody may obey, and that names of files may hold.
const ACTING: [&str; 14] = [
    "::set-output name=x::y",
    "::add-mask::x",
    "##[command]x",
    "##[add-path]x",
    "[l](http:⁄⁄evil)",
    "![i](http:evil)",
    "a`b``c",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)",
    "@evil-team",
    "-->",
    "a|b",
    "%0A::error::x",
    "$(touch ran)",
];

pub fn rows() -> Vec<Row> {
    let mut rows = files();
    rows.extend(texts());
    rows.extend(links());
    rows.extend(trees());
    rows
}

/// An own file whose name cannot go into an archive.
fn refused_file(name: &'static str, path: &'static str) -> Row {
    Row::hello(name).file(path, "x = 1\n").refused(&["hint:"])
}

fn files() -> Vec<Row> {
    vec![
        refused_file(
            "names: a newline and a workflow command",
            "layers/hello/a\n::set-output name=x::y",
        ),
        refused_file("names: a carriage return", "layers/hello/a\r##[command]x"),
        refused_file("names: colours", "layers/hello/\u{1b}[31mred\u{1b}[0m"),
        refused_file(
            "names: a link of a terminal",
            "layers/hello/\u{1b}]8;;http:evil\u{7}x",
        ),
        refused_file("names: a title of a window", "layers/hello/\u{9d}0;x\u{9c}"),
        refused_file("names: a backslash", "layers/hello/x\\..\\..\\evil"),
        Row::hello("names: in the Unicode form of another system")
            .honest_file("layers/hello/cafe\u{301}.py", "x = 1\n")
            .accepted(&["hello"]),
        Row::hello("names: twins but for their case")
            .file("layers/hello/Twin.py", "x = 1\n")
            .file("layers/hello/tWIN.py", "x = 2\n")
            .refused(&["hint:"]),
        Row::hello("names: twins but for their Unicode form")
            .file("layers/hello/caf\u{e9}.py", "x = 1\n")
            .file("layers/hello/cafe\u{301}.py", "x = 2\n")
            .refused(&["hint:"]),
        Row::hello("names: text from right to left, and none at all")
            .honest_file("layers/hello/\u{202e}yp.live", "x = 1\n")
            .honest_file("layers/hello/a\u{200b}b.py", "x = 1\n")
            .variable("GITHUB_ACTIONS", "true"),
        Row::hello("names: texts that act")
            .with_honest(|site| {
                for name in ACTING {
                    site.project
                        .write(&format!("layers/hello/{name}"), "x = 1\n");
                }
            })
            .accepted(&["hello"]),
        Row::hello("names: texts that act, in a job of GitHub")
            .with_honest(|site| {
                for name in ACTING {
                    site.project
                        .write(&format!("layers/hello/{name}"), "x = 1\n");
                }
            })
            .variable("GITHUB_ACTIONS", "true")
            .accepted(&["hello"]),
        Row::hello("names: of devices, and with dots and blanks at their ends").with_honest(
            |site| {
                for name in [
                    "CON", "aux.py", "NUL.txt", "dots...", "blank ", " blank", "-rf", "~", "C:x",
                ] {
                    site.project
                        .write(&format!("layers/hello/{name}"), "x = 1\n");
                }
            },
        ),
        Row::hello("names: as long as the file system lets them be").with_honest(|site| {
            let name = "n".repeat(255);
            site.project
                .write(&format!("layers/hello/{name}/{name}/{name}"), "x = 1\n");
        }),
        Row::hello("names: bytes that are no text")
            .with(|site| {
                use std::os::unix::ffi::OsStrExt as _;
                let name = std::ffi::OsStr::from_bytes(b"\xff\xfe::error::x");
                fs::write(site.project.path("layers/hello").join(name), "x").unwrap();
            })
            .refused(&["hint:"]),
    ]
}

fn texts() -> Vec<Row> {
    let refused = |name, from, to| {
        Row::hello(name)
            .edit(from, to)
            .variable("GITHUB_ACTIONS", "true")
            .refused(&["layers.toml:", "hint:"])
    };
    let acting = "import os  # </details>\u{202e}\n::set-output name=x::y\n##[command]x\n```\n[x](http://evil) <img src=x onerror=x> @evil-team -->\n</script><script>\n\u{1b}[2J\rx\n";
    vec![
        refused("texts: a layer's name with a newline", "[layers.hello]", "[layers.\"a\\n::error::x\"]"),
        refused("texts: a layer's name with colours", "[layers.hello]", "[layers.\"\\u001b[31mx\"]"),
        refused("texts: a layer's name that leads out", "[layers.hello]", "[layers.\"../../x\"]"),
        refused("texts: a layer's name of a megabyte", "[layers.hello]", Box::leak(format!("[layers.{}]", "x".repeat(1 << 20)).into_boxed_str())).commands(&[&["plan"]]),
        refused("texts: a description with a command", "v1.0.0", "v1.0.0\\n::add-mask::x"),
        refused("texts: a description of Markdown", "v1.0.0", "[v1](http://evil) <img src=x onerror=x>"),
        refused("texts: a key that acts", "description =", "\"\\u001b]8;;http://evil\\u0007\" = 1\ndescription ="),
        refused("texts: a table that acts", "[targets.local]", "[\"##[error]x\\n::error::x\"]\n[targets.local]"),
        refused("texts: a value that acts, shown where it is wrong", "prefix = \"python\"", "prefix = \"::stop-commands::x\"\npermission = \"\u{202e}\u{1b}[2J\""),
        Row::hello("texts: a licence that acts")
            .edit("[layers.hello]", "[layers.hello]\nlicense = \"MIT](http://evil) <img src=x onerror=x> @evil-team\\u202e --> `\""),
        Row::hello("texts: a licence of a command, in a job of GitHub")
            .edit("[layers.hello]", "[layers.hello]\nlicense = \"x\\r\\n::set-output name=a::b\\n##[command]x\"")
            .variable("GITHUB_ACTIONS", "true"),
        Row::hello("texts: a target that acts")
            .edit("[targets.local]", "[targets.\"::set-output name=x::y\\n](http://evil) <img src=x>\"]")
            .variable("GITHUB_ACTIONS", "true"),
        Row::hello("texts: lines of a diff that act")
            .with(move |site| {
                site.as_attacker(&["apply", "--yes"]);
                site.project.edit_manifest("v1.0.0", "v1.1.0");
                site.project.write("layers/hello/hello.py", acting);
            })
            .commands(&[PLAN, &["plan", "--format", "markdown", "--diff"]]),
        Row::hello("texts: lines of a diff that act, in a job of GitHub")
            .with(move |site| {
                site.as_attacker(&["apply", "--yes"]);
                site.project.edit_manifest("v1.0.0", "v1.1.0");
                site.project.write("layers/hello/hello.py", acting);
            })
            .variable("GITHUB_ACTIONS", "true")
            .commands(&[PLAN, &["plan", "--format", "markdown", "--diff"]]),
        Row::app("texts: a requirement that acts", "\u{1b}[31m::error::x\u{202e}\n").refused(&["requirements.txt:1", "hint:"]),
        Row::app("texts: an option that acts", "alpha\n--\u{1b}[2J::error::x y\n").refused(&["requirements.txt:2", "hint:"]),
        Row::app("texts: an include that acts, in a job of GitHub", "alpha\n-r \u{1b}[2J::error::x\u{202e}##[error]\n")
            .variable("GITHUB_ACTIONS", "true")
            .refused(&["requirements.txt:2", "hint:"]),
        Row::hello("texts: a manifest that is no text").bytes("layers.toml", || b"[targets.\xff\x1b[2J]\n".to_vec()).refused(&["layers.toml", "hint:"]),
    ]
}

/// Of a hard link nobody can tell that the file is also elsewhere; Git cannot bring one along.
fn links() -> Vec<Row> {
    let refused = |name, target| {
        Row::hello(name)
            .link("layers/hello/x", target)
            .refused(&["layers/hello/x", "hint:"])
    };
    vec![
        refused("own links: a loop", "x"),
        refused("own links: to the folder above the layer", ".."),
        refused("own links: to a file of another layer", "../other/x.py"),
        refused("own links: to the environment", "/proc/self/environ"),
        refused(
            "own links: to the credentials of the user",
            "{around}/home/.aws/credentials",
        ),
        refused("own links: out and back", "../hello/hello.py"),
        refused("own links: to nothing", "nothing"),
        Row::hello("own links: through another link, out of the layer")
            .link("layers/hello/a", "b/../../x")
            .link("layers/hello/b", "../hello/c")
            .refused(&["layers/hello/", "hint:"]),
        Row::hello("own links: a circle of two")
            .link("layers/hello/a", "b")
            .link("layers/hello/b", "a")
            .refused(&["layers/hello/a", "hint:"]),
        Row::hello("own links: a folder outside, in a folder")
            .link("layers/hello/deep/x", "{around}/sibling")
            .refused(&["layers/hello/deep/x", "hint:"]),
    ]
}

fn trees() -> Vec<Row> {
    vec![
        Row::hello("trees: 200,000 files")
            .with(|site| {
                // Links are made and removed sooner than files.
                for folder in 0..200 {
                    let folder = site.project.path(&format!("layers/hello/{folder}"));
                    fs::create_dir_all(&folder).unwrap();
                    let first = folder.join("0");
                    fs::write(&first, "").unwrap();
                    (1..1000).for_each(|file| fs::hard_link(&first, folder.join(file.to_string())).unwrap());
                }
            })
            .commands(&[&["plan"]])
            .unsearched(&["layers/hello"])
            .within(60)
            .refused(&["65,535", "hint:"])
            .stopped(),
        Row::hello("trees: folders in folders, 10,000 deep")
            .with(|site| {
                let script = "import os\nfor _ in range(10000):\n    os.mkdir('d')\n    os.chdir('d')\nopen('x', 'w')\n";
                let mut python = Command::new("python3");
                python.args(["-I", "-c", script]).current_dir(site.project.path("layers/hello"));
                assert!(python.status().unwrap().success());
            })
            .unsearched(&["layers/hello"])
            .refused(&["hello", "hint:"])
            .stopped(),
        Row::hello("trees: a path as long as the file system lets it be")
            .with_honest(|site| {
                let mut path = "layers/hello".to_owned();
                while path.len() < 3800 {
                    path += "/d";
                }
                site.project.write(&format!("{path}/x.py"), "x = 1\n");
            })
            .unsearched(&["layers/hello"])
            .accepted(&["hello"]),
        Row::hello("trees: 5,000 empty folders")
            .with(|site| (0..5000).for_each(|number| fs::create_dir(site.project.path(&format!("layers/hello/{number}"))).unwrap()))
            .commands(&[&["apply", "--yes"]])
            .unsearched(&["layers/hello"])
            .within(60)
            .accepted(&["hello"]),
    ]
}
