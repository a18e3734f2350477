//! Caches that came with a repository or from another job: whatever they hold, it is checked or made again.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use lls::digest::Sha256;
use serde_json::Value;

use crate::support::notes;
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::{HELLO, Project};

const EVIL: &str = "def hello():\n    return 'evil'\n";

/// An archive as it was built, with what `lls` says of it.
struct Built {
    fingerprint: String,
    sha256: String,
    archive: Vec<u8>,
    path: PathBuf,
}

impl Built {
    fn of(project: &Project) -> Self {
        let said = project.succeed(&["build", "--format", "json"]).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let layer = &said["layers"][0];
        let path = project.path(&text(&layer["path"]).replace("[project]/", ""));
        Self {
            fingerprint: text(&layer["fingerprint"]),
            sha256: text(&layer["sha256"]),
            archive: fs::read(&path).unwrap(),
            path,
        }
    }

    fn beside(&self, extension: &str) -> PathBuf {
        match extension {
            "seal" => self.path.with_added_extension("seal"),
            extension => self.path.with_extension(extension),
        }
    }

    fn note(&self, extension: &str) -> Vec<u8> {
        fs::read(self.beside(extension)).unwrap()
    }
}

/// A project whose stored archive is to be replaced by an evil one, which claims to be made of the same inputs.
struct Attack {
    project: Project,
    good: Built,
    /// The evil one, where it was built, with its genuine notes.
    evil: Built,
    /// The evil bytes with the comment of the good archive.
    archive: Vec<u8>,
    /// What a summary says of them.
    summary: String,
    _elsewhere: Project,
}

impl Attack {
    /// The evil archive is built where the same key is used, as by a run on another branch, or by another user.
    fn new(is_same_user: bool) -> Self {
        let elsewhere = Project::new().manifest(HELLO);
        elsewhere.write("layers/hello/hello.py", EVIL);
        let elsewhere = if is_same_user {
            elsewhere
        } else {
            elsewhere.fresh_state()
        };
        let project = Project::hello();
        let (good, evil) = (Built::of(&project), Built::of(&elsewhere));
        let archive = replaced(&evil.archive, &evil.fingerprint, &good.fingerprint);
        let summary = notes::text(&evil.note("json"));
        let summary = summary.replace(&evil.sha256, &Sha256::of(&archive).to_string());
        Self {
            project,
            good,
            evil,
            archive,
            summary,
            _elsewhere: elsewhere,
        }
    }

    /// Puts the archive and its notes in the place of the good ones.
    fn plant(&self, archive: &[u8], summary: &[u8], seal: impl Fn(&Path) -> Option<Vec<u8>>) {
        fs::remove_file(&self.good.path).unwrap();
        fs::write(&self.good.path, archive).unwrap();
        fs::write(self.good.beside("json"), summary).unwrap();
        fs::remove_file(self.good.beside("seal")).ok();
        if let Some(seal) = seal(&self.good.path) {
            fs::write(self.good.beside("seal"), seal).unwrap();
        }
    }

    /// What a seal says of the file at `path`, if it is to be taken for what has this hash.
    fn seal_of(path: &Path, sha256: &str) -> String {
        let metadata = path.metadata().unwrap();
        let xxh3 = twox_hash::XxHash3_128::oneshot(&fs::read(path).unwrap());
        serde_json::json!({
            "sha256": sha256,
            "stamp": {
                "size": metadata.size(),
                "inode": metadata.ino(),
                "modified": notes::nanoseconds(metadata.mtime(), metadata.mtime_nsec()) as i64,
                "changed": notes::nanoseconds(metadata.ctime(), metadata.ctime_nsec()) as i64,
            },
            "xxh3": 0,
        })
        .to_string()
        .replace("\"xxh3\":0", &format!("\"xxh3\":{xxh3}"))
    }

    /// Plans and applies, which must be as if nobody had touched the cache.
    fn assert_harmless(self, what: &str) {
        let plan = self.project.succeed(&["plan", "--diff"]);
        assert!(
            plan.stdout.contains("new layer, 229 B zipped"),
            "{what}: {plan}"
        );
        let run = self.project.succeed(&["apply", "--yes"]);
        let published = self.project.bytes("registry/hello/1.zip");
        assert!(published == self.good.archive, "{what}: {run}");
        self.project.assert_converged();
        let stored = fs::read(&self.good.path).unwrap();
        assert!(stored == self.good.archive, "{what} is still stored");
    }
}

/// `bytes` with a text replaced that must be there.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let place = bytes
        .windows(from.len())
        .position(|part| part == from.as_bytes());
    let place = place.expect("it is there");
    [&bytes[..place], to.as_bytes(), &bytes[place + from.len()..]].concat()
}

#[test]
fn an_archive_without_a_note_of_this_user_is_built_again() {
    let foreign_key = |attack: &Attack| attack._elsewhere.note_key();
    let summary = |attack: &Attack, key: &[u8]| {
        notes::under(key, "archive", &attack.good.fingerprint, &attack.summary)
    };
    type Forgery<'a> = (&'a str, &'a dyn Fn(&Attack) -> Vec<u8>);
    let forgeries: [Forgery<'_>; 6] = [
        ("a note of the old form", &|attack| {
            notes::old(&attack.summary)
        }),
        ("a note under another user's key", &|attack| {
            summary(attack, &foreign_key(attack))
        }),
        ("a note under a key of zeros", &|attack| {
            summary(attack, &[0; 32])
        }),
        ("a note under no key", &|attack| summary(attack, &[])),
        ("a code of another note", &|attack| {
            let genuine = attack.good.note("json");
            let code = String::from_utf8(genuine).unwrap();
            let code = code.lines().nth(1).unwrap().to_owned();
            notes::old(&format!("{code}\n{}", attack.summary))
        }),
        ("no note", &|_| Vec::new()),
    ];
    for (what, forgery) in forgeries {
        let attack = Attack::new(false);
        let sha256 = Sha256::of(&attack.archive).to_string();
        let note = forgery(&attack);
        attack.plant(&attack.archive, &note, |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let text = Attack::seal_of(path, &sha256);
            Some(notes::under(&foreign_key(&attack), "seal", name, &text))
        });
        attack.assert_harmless(what);
    }
}

/// What this user noted of another archive, or of another file, says nothing of this one.
#[test]
fn a_genuine_note_about_something_else_is_not_believed() {
    let attack = Attack::new(true);
    attack.plant(&attack.evil.archive, &attack.evil.note("json"), |_| None);
    attack.assert_harmless("a summary under another fingerprint");

    // The file itself is moved, so that its genuine seal has the right inode and times, but for the last change.
    let attack = Attack::new(true);
    fs::rename(&attack.evil.path, &attack.good.path).unwrap();
    for note in ["json", "seal"] {
        fs::rename(attack.evil.beside(note), attack.good.beside(note)).unwrap();
    }
    attack.assert_harmless("an archive with all its notes");

    let attack = Attack::new(true);
    let (summary, seal) = (attack.good.note("json"), attack.good.note("seal"));
    attack.plant(&attack.archive, &summary, |_| Some(seal.clone()));
    attack.assert_harmless("other bytes under a genuine summary and the seal of another file");

    let attack = Attack::new(true);
    let summary = attack.good.note("json");
    attack.plant(&attack.archive, &summary, |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = Attack::seal_of(path, &attack.good.sha256);
        Some(notes::under(&[0; 32], "seal", name, &text))
    });
    attack.assert_harmless("other bytes under a genuine summary and a forged seal");
}

/// The forgeries above fail for want of the key: with it, they would be believed.
#[test]
fn whoever_has_the_key_can_forge_notes() {
    let attack = Attack::new(true);
    let sha256 = Sha256::of(&attack.archive).to_string();
    let key = attack.project.note_key();
    let note = notes::under(&key, "archive", &attack.good.fingerprint, &attack.summary);
    attack.plant(&attack.archive, &note, |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        Some(notes::under(
            &key,
            "seal",
            name,
            &Attack::seal_of(path, &sha256),
        ))
    });
    assert_eq!(Built::of(&attack.project).sha256, sha256);
}

/// A folder that a CI cache restores on another machine is only a place: what is in it is built again.
#[test]
fn archives_of_another_machine_are_built_again() {
    let project = Project::hello();
    let built = Built::of(&project);
    let elsewhere = project.fresh_state();
    let again = elsewhere.succeed(&["build"]);
    assert!(again.stderr.contains("Built hello"), "{again}");
    assert_eq!(Built::of(&elsewhere).sha256, built.sha256);
    let known = elsewhere.succeed(&["build"]);
    assert!(!known.stderr.contains("Built hello"), "{known}");
}

/// An index that says of an edited file that it is as it was, with the very times that it has.
#[test]
fn a_forged_index_of_files_hides_no_change() {
    let content = "x = 'what was reviewed'\n";
    let evil = "x = 'what was not seen'\n";
    let project = Project::hello().file("layers/hello/hello.py", content);
    let reviewed = Built::of(&project).fingerprint;
    project.write("layers/hello/hello.py", evil);
    let changed = Built::of(&project).fingerprint;
    assert_ne!(changed, reviewed);
    let index = project.path(".lls/files");
    let head = notes::text(&fs::read(&index).unwrap());
    let head = head.lines().next().unwrap();
    let path = "layers/hello/hello.py";
    let text = format!("{head}\n{}", project.indexed(path, content));
    let key = project.note_key();
    let fingerprint = |note: Vec<u8>| {
        fs::write(&index, note).unwrap();
        let plan = project.succeed(&["build", "--format", "json"]).json();
        plan["layers"][0]["fingerprint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let name = project.noted_name();
    for (what, note) in [
        ("the old form", notes::old(&text)),
        ("another key", notes::under(&[7; 32], "files", &name, &text)),
        (
            "another project",
            notes::under(&key, "files", "\"elsewhere\"", &text),
        ),
        ("another kind", notes::under(&key, "archive", &name, &text)),
    ] {
        assert_eq!(fingerprint(note), changed, "{what}");
    }
    let genuine = notes::under(&key, "files", &name, &text);
    assert_eq!(
        fingerprint(genuine),
        reviewed,
        "only the key is missing above"
    );
}

/// A wheel that this machine cannot run, and a note that says that there is nothing native in it.
#[test]
fn a_forged_note_hides_no_native_file() {
    let (here, other) = if cfg!(target_arch = "x86_64") {
        ("x86_64", "arm64")
    } else {
        ("arm64", "x86_64")
    };
    let index = PackageIndex::start();
    let program = fs::read("/bin/sh").unwrap();
    let (native, harmless) = ([("alpha/tool.bin", program)], [("beta/tool.bin", b"x")]);
    index.add("alpha-1.0-py3-none-any.whl", wheel("alpha", "1.0", &native));
    index.add("beta-1.0-py3-none-any.whl", wheel("beta", "1.0", &harmless));
    let manifest = HELLO.replace("prefix = \"python\"", &format!("architecture = \"{here}\""));
    let project = Project::new()
        .manifest(&manifest)
        .file("layers/hello/requirements.txt", "alpha\nbeta\n")
        .environment(index.environment())
        .cold_cache();
    project.succeed(&["build"]);
    let entries = fs::read_dir(project.path("cold-cache/wheels")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut elf: Vec<_> = paths
        .filter(|path| path.to_string_lossy().ends_with(".elf.json"))
        .collect();
    elf.sort_by_key(|path| fs::read(path).unwrap().len());
    let [without, with] = elf.as_slice() else {
        panic!("{elf:?}")
    };
    let (without, genuine) = (fs::read(without).unwrap(), fs::read(with).unwrap());
    let name = with.file_name().unwrap().to_str().unwrap();
    let wheel = name.trim_end_matches(".elf.json");
    let nothing = notes::text(&without);
    project.edit_manifest(here, other);
    for (what, note) in [
        ("the old form", notes::old(&nothing)),
        (
            "another key",
            notes::under(&[7; 32], "elf", wheel, &nothing),
        ),
        ("another wheel", without),
        ("no note", Vec::new()),
        ("its own", genuine),
    ] {
        fs::write(with, note).unwrap();
        project.forget_builds();
        let run = project.fail(&["build"]);
        assert!(run.stderr.contains("is built for"), "{what}: {run}");
    }
    let forged = notes::under(&project.note_key(), "elf", wheel, &nothing);
    fs::write(with, forged).unwrap();
    project.forget_builds();
    project.succeed(&["build"]); // only the key is missing above
}

/// GitLab caches nothing outside of the project, so the user's cache may be in it, and may come with the repository.
#[test]
fn a_program_that_came_with_the_cache_is_not_run() {
    let project = Project::app("six\n").cold_cache();
    let project = project.variable("LLS_UV", "").variable("PATH", "");
    let evil = "#!/bin/sh\n: > \"${0%/*}/../../../../was-run\"\n";
    let program = "cold-cache/uv/0.13.9/bin/uv";
    project.write(program, evil);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.path(program), executable).unwrap();
    let text = serde_json::json!({
        "sha256": Sha256::of(evil).to_string(),
        "stamp": { "size": 0, "inode": 0, "modified": 0, "changed": 0 },
    });
    let text = text.to_string();
    let note = "cold-cache/uv/0.13.9/bin/uv.installed";
    let was_run = || project.path("was-run").exists();
    for forged in [
        Vec::new(),
        notes::old(&text),
        notes::under(&[7; 32], "program", "uv 0.13.9", &text),
    ] {
        project.write(note, forged);
        let run = project.fail(&["plan"]);
        assert!(run.stderr.contains("python3"), "it is installed: {run}");
        assert!(!was_run(), "{run}");
    }
    let key = project.note_key();
    project.write(note, notes::under(&key, "program", "uv 0.13.9", &text));
    project.fail(&["plan"]);
    assert!(was_run(), "only the key is missing above");
}
