//! What a repository has in place of files: pipes, devices, sockets, and files that never end or hold too much.

use std::os::unix::net::UnixListener;

use crate::hostile_repositories::row::Row;
use crate::support::project::{APP, HELLO};

const REQUIREMENTS: &str = "layers/app/requirements.txt";
const LOCK: &str = "layers/app/requirements.lock";

pub fn rows() -> Vec<Row> {
    let mut rows = pipes();
    rows.extend(endless());
    rows.extend(sockets());
    rows.extend(large());
    rows.into_iter().map(Row::stopped).collect()
}

fn app(name: &'static str) -> Row {
    Row::app(name, "alpha\n")
}

fn pipes() -> Vec<Row> {
    vec![
        app("pipes: requirements.txt")
            .fifo(REQUIREMENTS)
            .refused(&[REQUIREMENTS, "hint:"]),
        app("pipes: requirements.lock")
            .fifo(LOCK)
            .refused(&[LOCK, "hint:"]),
        app("pipes: a file that is included")
            .file(REQUIREMENTS, "-r more.in\n")
            .fifo("layers/app/more.in")
            .refused(&["more.in", "hint:"]),
        app("pipes: uv.toml")
            .fifo("uv.toml")
            .refused(&["uv.toml", "hint:"]),
        app("pipes: pyproject.toml")
            .fifo("pyproject.toml")
            .refused(&["pyproject.toml", "hint:"]),
        app("pipes: a link to a pipe")
            .fifo("pipe")
            .link(REQUIREMENTS, "../../pipe")
            .refused(&[REQUIREMENTS, "hint:"]),
        Row::hello("pipes: layers.toml")
            .fifo("layers.toml")
            .refused(&["layers.toml", "hint:"]),
        Row::hello("pipes: an own file")
            .fifo("layers/hello/x.py")
            .refused(&["layers/hello/x.py", "hint:"]),
        Row::hello("pipes: a layer's folder")
            .fifo("layers/hello")
            .refused(&["hint:"]),
        Row::manifest("pipes: a wheel that was built", APP)
            .honest_file(REQUIREMENTS, "alpha\n")
            .with(super::locks::lock_a_built_wheel)
            .edit("[layers.app]", "[layers.app]\nbuild = [\"alpha\"]")
            .fifo("layers/app/.wheels/alpha-1.0-py3-none-any.whl")
            .refused(&[".wheels/alpha-1.0-py3-none-any.whl", "hint:"]),
        app("pipes: a wheel in a folder of the requirements")
            .file(REQUIREMENTS, "beta\n-f ../../wheels\n")
            .fifo("wheels/beta-1.0-py3-none-any.whl")
            .refused(&["beta-1.0-py3-none-any.whl", "hint:"]),
        app("pipes: a page of an index of uv.toml")
            .file("uv.toml", "[[index]]\nurl = \"file://{root}/simple\"\n")
            .fifo("simple/alpha/index.html")
            .refused(&["simple/alpha/index.html", "hint:"]),
        Row::hello("pipes: the lock of a layer in the registry").fifo("registry/hello/.lock"),
        Row::hello("pipes: a version in the registry").fifo("registry/hello/1.json"),
        Row::hello("pipes: an archive in the registry").with(|site| {
            site.as_attacker(&["apply", "--yes"]);
            site.project.edit_manifest("v1.0.0", "v1.1.0");
            site.project.write("layers/hello/hello.py", "x = 1\n");
            site.fifo("registry/hello/1.zip");
        }),
    ]
}

fn endless() -> Vec<Row> {
    vec![
        app("endless: requirements.txt")
            .link(REQUIREMENTS, "/dev/zero")
            .refused(&[REQUIREMENTS, "hint:"]),
        app("endless: requirements.lock")
            .link(LOCK, "/dev/zero")
            .refused(&[LOCK, "hint:"]),
        app("endless: a file that is included")
            .file(REQUIREMENTS, "-c /dev/zero\n")
            .refused(&["requirements.txt:1", "hint:"]),
        app("endless: uv.toml")
            .link("uv.toml", "/dev/zero")
            .refused(&["uv.toml", "hint:"]),
        app("endless: random lines")
            .link(REQUIREMENTS, "/dev/urandom")
            .refused(&[REQUIREMENTS, "hint:"]),
        app("endless: a terminal, or the lack of one")
            .link(REQUIREMENTS, "/dev/tty")
            .refused(&[REQUIREMENTS, "hint:"]),
        app("endless: the input of the command")
            .file(REQUIREMENTS, "-r /dev/stdin\n")
            .refused(&["requirements.txt:1", "hint:"]),
        Row::hello("endless: layers.toml")
            .link("layers.toml", "/dev/zero")
            .refused(&["layers.toml", "hint:"]),
        Row::hello("endless: an own file")
            .link("layers/hello/x.py", "/dev/zero")
            .refused(&["layers/hello/x.py", "hint:"]),
        Row::hello("endless: a layer's folder")
            .link("layers/hello", "/proc")
            .refused(&["hint:"]),
    ]
}

fn sockets() -> Vec<Row> {
    let socket = |path: &'static str| {
        move |site: &crate::hostile_repositories::site::Site| {
            drop(UnixListener::bind(site.make_way(path)).unwrap());
        }
    };
    vec![
        app("sockets: requirements.txt")
            .with(socket(REQUIREMENTS))
            .refused(&[REQUIREMENTS, "hint:"]),
        Row::hello("sockets: an own file")
            .with(socket("layers/hello/x"))
            .refused(&["layers/hello/x", "hint:"]),
        Row::hello("sockets: layers.toml")
            .with(socket("layers.toml"))
            .refused(&["layers.toml", "hint:"]),
    ]
}

fn large() -> Vec<Row> {
    vec![
        Row::hello("large: an own file of a terabyte").sparse("layers/hello/x.bin", 1 << 40).refused(&["x.bin", "hint:"]),
        Row::hello("large: an own file of two gigabytes").sparse("layers/hello/x.bin", 2 << 30).refused(&["hint:"]),
        app("large: requirements of two gigabytes").sparse(REQUIREMENTS, 2 << 30).refused(&[REQUIREMENTS, "hint:"]),
        app("large: a lock of two gigabytes").sparse(LOCK, 2 << 30).refused(&[LOCK, "hint:"]),
        app("large: a lock of a million lines").commands(&[&["plan"]])
            .with(|site| {
                site.as_attacker(&["lock"]);
                let wheel = |number| format!("p{number}==1 \\\n    --hash=sha256:{:064x}\n", number);
                let wheels: String = (0..500_000).map(wheel).collect();
                let lock = site.project.read(LOCK) + &wheels;
                site.project.write(LOCK, lock);
            })
            .refused(&[LOCK, "hint:"]),
        app("large: uv.toml of two gigabytes").sparse("uv.toml", 2 << 30).refused(&["uv.toml", "hint:"]),
        app("large: a hundred thousand requirements").commands(&[&["plan"]])
            .bytes(REQUIREMENTS, || "alpha\n".repeat(100_000).into_bytes()),
        app("large: one requirement of ten megabytes").commands(&[&["plan"]])
            .bytes(REQUIREMENTS, || format!("alpha[{}]\n", "x,".repeat(5_000_000)).into_bytes())
            .refused(&["requirements.txt:1", "hint:"]),
        app("large: a line that is continued a million times").commands(&[&["plan"]])
            .bytes(REQUIREMENTS, || format!("alpha {}\n", "\\\n".repeat(1_000_000)).into_bytes()),
        Row::hello("large: a manifest of 100 megabytes")
            .bytes("layers.toml", || (HELLO.to_owned() + &"# x\n".repeat(25_000_000)).into_bytes())
            .refused(&["layers.toml", "hint:"]),
        Row::hello("large: a manifest that is nested 100,000 deep").commands(&[&["plan"]])
            .bytes("layers.toml", || format!("x = {}{}\n", "[".repeat(100_000), "]".repeat(100_000)).into_bytes())
            .refused(&["layers.toml", "hint:"]),
        Row::hello("large: a manifest with 100,000 dots").commands(&[&["plan"]])
            .bytes("layers.toml", || format!("x{} = 1\n", ".x".repeat(100_000)).into_bytes())
            .refused(&["layers.toml", "hint:"]),
        app("large: uv.toml that is nested 100,000 deep").commands(&[&["plan"]])
            .bytes("uv.toml", || format!("x = {}{}\n", "[".repeat(100_000), "]".repeat(100_000)).into_bytes())
            .refused(&["uv.toml", "hint:"]),
        Row::hello("large: a manifest of 20,000 layers that are not there").commands(&[&["plan"]])
            .bytes("layers.toml", || {
                let layer = |number| format!("[layers.l{number}]\ndescription = \"1.0.0\"\n");
                let layers: String = (0..20_000).map(layer).collect();
                format!("[targets.local]\ndirectory = \"registry\"\n[defaults]\nruntimes = [\"python3.12\"]\n{layers}").into_bytes()
            })
            .refused(&["layers.toml", "showing the first 100"]),
    ]
}
