//! Locks and built wheels that `lls lock` did not make, or made of something else.

use std::fs;

use lls::digest::Sha256;
use lls::ecosystem::python::lock::{BuiltWheel, Lock, WheelSource};

use crate::hostile_repositories::listener::{evil_hash, honest_hash};
use crate::hostile_repositories::row::Row;
use crate::hostile_repositories::site::Site;
use crate::support::package_index::{wheel, zip};
use crate::support::project::Project;

const LOCK: &str = "layers/app/requirements.lock";
const WHEEL: &str = "layers/app/.wheels/alpha-1.0-py3-none-any.whl";

pub fn rows() -> Vec<Row> {
    let mut rows = crafted();
    rows.extend(edited());
    rows.extend(built());
    rows
}

fn app(name: &'static str) -> Row {
    Row::app(name, "alpha\n")
}

/// A lock of `alpha` whose text is changed; its hashes no longer fit then.
fn edited_text(name: &'static str, from: &'static str, to: &'static str) -> Row {
    app(name).variable("LLS_LOCKED", "1").with(move |site| {
        site.as_attacker(&["lock"]);
        let text = site.project.read(LOCK);
        assert!(text.contains(from), "{text}");
        site.project
            .write(LOCK, text.replacen(from, &site.fill(to), 1));
    })
}

/// A lock of `alpha` that is changed, and written as `lls lock` would write it.
fn edit_lock(site: &Site, edit: impl Fn(&mut Lock)) {
    site.as_attacker(&["lock"]);
    let mut lock: Lock = site.project.read(LOCK).parse().unwrap();
    edit(&mut lock);
    site.project.write(LOCK, lock.to_string());
}

fn crafted() -> Vec<Row> {
    vec![
        app("locks: a private wheel of the user's cache, by its hash, as another package")
            .with(|site| {
                let private = Project::app("private\n");
                site.build_elsewhere(&private);
                edit_lock(site, |lock| {
                    lock.wheels[0].sha256 = honest_hash("private-1.0-py3-none-any.whl")
                });
            })
            .refused(&["alpha", "hint:"]),
        app("locks: another version than the wheel of the user's cache has")
            .with(|site| {
                site.build_elsewhere(&Project::app("alpha\n"));
                edit_lock(site, |lock| lock.wheels[0].version = "0.9".to_owned());
            })
            .refused(&["alpha", "hint:"]),
        app("locks: a hash that no index has")
            .with(|site| edit_lock(site, |lock| lock.wheels[0].sha256 = Sha256::of("x")))
            .refused(&["alpha", "hint:"]),
        app("locks: the hash of the attacker's wheel, which the runner's index has not")
            .with(|site| {
                edit_lock(site, |lock| {
                    lock.wheels[0].sha256 = evil_hash("alpha-1.0-py3-none-any.whl")
                })
            })
            .refused(&["alpha", "hint:"]),
    ]
}

fn edited() -> Vec<Row> {
    let refused =
        |name, from, to| edited_text(name, from, to).refused(&["requirements.lock", "hint:"]);
    vec![
        refused("locks: a name that leads out", "alpha==", "../../../alpha=="),
        refused("locks: a version that leads out", "==1.0", "==../../1.0"),
        refused("locks: an index", "alpha==", "--index-url http://{attacker}/simple\nalpha=="),
        refused("locks: an include", "alpha==", "-r /proc/self/environ\nalpha=="),
        refused("locks: an address", "alpha==1.0", "alpha @ http://{attacker}/alpha-1.0-py3-none-any.whl"),
        refused("locks: a package twice", "alpha==1.0 \\", "alpha==1.0 \\\n    --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000\nalpha==1.0 \\"),
        refused("locks: a variable", "alpha==", "${MY_SECRET}=="),
        refused("locks: a hash that is none", "--hash=sha256:", "--hash=md5:"),
        refused("locks: a built wheel elsewhere", "alpha==1.0", "./.wheels/../../../x/alpha-1.0-py3-none-any.whl"),
        refused("locks: a built wheel of this machine", "alpha==1.0", "{around}/sibling/alpha-1.0-py3-none-any.whl"),
        refused("locks: text that acts", "alpha==1.0", "\u{1b}[2J::error::x\u{202e}"),
        edited_text("locks: other inputs", "made from inputs sha256:", "made from inputs sha256:0").refused(&["requirements.lock", "hint:"]),
        edited_text("locks: a package more", "alpha==1.0 \\", "beta==1.0 \\\n    --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000\nalpha==1.0 \\")
            .refused(&["lock", "hint:"]),
        app("locks: no requirements").with(|site| {
            site.as_attacker(&["lock"]);
            fs::remove_file(site.project.path("layers/app/requirements.txt")).unwrap();
        })
        .refused(&["hint:"]),
    ]
}

/// A layer whose lock names a wheel that was built, which is committed.
fn with_wheel(name: &'static str, bytes: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Row {
    app(name)
        .with(move |site| lock_wheel(site, bytes()))
        .edit("[layers.app]", "[layers.app]\nbuild = [\"alpha\"]")
}

fn built() -> Vec<Row> {
    let info = "alpha-1.0.dist-info";
    let with_record = move |record: &str| {
        let files = [
            ("alpha.py".to_owned(), "x = 1\n".to_owned()),
            (
                format!("{info}/METADATA"),
                "Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\n".to_owned(),
            ),
            (
                format!("{info}/WHEEL"),
                "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_owned(),
            ),
            (format!("{info}/RECORD"), record.to_owned()),
        ];
        zip(files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_bytes())))
    };
    vec![
        app("wheels: a lock that claims a built wheel which nothing allows to build")
            .variable("LLS_LOCKED", "1")
            .with(lock_a_built_wheel)
            .refused(&["lock", "hint:"]),
        with_wheel("wheels: other bytes than those that are locked", || {
            b"x".to_vec()
        })
        .file(WHEEL, "y")
        .refused(&[".wheels/alpha-1.0-py3-none-any.whl", "hint:"]),
        with_wheel("wheels: no wheel at all", || b"no archive\n".to_vec())
            .refused(&["alpha", "hint:"]),
        with_wheel("wheels: a RECORD that leads out", move || {
            with_record("alpha.py,,\n../../../../evil.py,,\n")
        })
        .refused(&["alpha"]),
        with_wheel("wheels: a RECORD that acts", move || {
            with_record("alpha.py,,\n\"\u{1b}[2J\n::error::x\u{202e}\",,\n")
        })
        .refused(&["alpha"]),
        with_wheel("wheels: of another package", || {
            wheel("private", "1.0", &[("private.py", "x = 1\n")])
        })
        .refused(&["alpha", "hint:"]),
        with_wheel(
            "wheels: a wheel that is a link to a file of the user",
            || b"x".to_vec(),
        )
        .link(WHEEL, "{around}/home/.aws/credentials")
        .refused(&[".wheels/alpha-1.0-py3-none-any.whl", "hint:"]),
        with_wheel("wheels: a wheel that never ends", || b"x".to_vec())
            .link(WHEEL, "/dev/zero")
            .refused(&[".wheels/alpha-1.0-py3-none-any.whl", "hint:"])
            .stopped(),
        with_wheel("wheels: the folder is a link to one outside", || {
            b"x".to_vec()
        })
        .with(|site| fs::remove_dir_all(site.project.path("layers/app/.wheels")).unwrap())
        .link("layers/app/.wheels", "{around}/sibling")
        .refused(&[".wheels", "hint:"]),
        with_wheel("wheels: a wheel of two gigabytes", || b"x".to_vec())
            .sparse(WHEEL, 2 << 30)
            .refused(&[".wheels/alpha-1.0-py3-none-any.whl", "hint:"])
            .stopped(),
        app("wheels: a folder of wheels outside that a lock would empty")
            .with(|site| {
                site.as_attacker(&["lock"]);
                fs::write(site.folder().join("sibling/old-1-py3-none-any.whl"), "x").unwrap();
            })
            .link("layers/app/.wheels", "{around}/sibling")
            .commands(&[&["lock"], &["plan"]]),
    ]
}

/// Locks a wheel as if it had been built from `alpha`, without the manifest's word.
pub fn lock_a_built_wheel(site: &Site) {
    lock_wheel(
        site,
        wheel("alpha", "1.0", &[("alpha.py", "EVIL = True\n")]),
    );
}

fn lock_wheel(site: &Site, bytes: Vec<u8>) {
    edit_lock(site, |lock| {
        lock.wheels[0].sha256 = Sha256::of(&bytes);
        lock.wheels[0].built = Some(BuiltWheel {
            file: "alpha-1.0-py3-none-any.whl".parse().unwrap(),
            source: WheelSource::Archive(Sha256::of("source")),
        });
    });
    site.project.write(WHEEL, bytes);
}
