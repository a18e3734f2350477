//! Writes that fail or kill, at every file that `lls` writes: no file may grow beyond a limit, and the limit is moved
//! over all sizes that matter. Works on every machine; `small_disk` fills a real disk where one can be mounted.

use std::collections::BTreeSet;
use std::path::Path;

use expect_test::expect;

use super::confined::{
    Beyond, Sealed, run_with_limit, run_without_privileges, without_limit_for_uv,
};
use super::{files, fresh, index, lines, reasons, unfinished};
use crate::support::package_index::hashed_wheel;
use crate::support::project::{HELLO, Project, Run};

/// A project of own files alone, whose archive is smaller than the record of its version.
fn tiny() -> Project {
    Project::new()
        .manifest(HELLO)
        .file("layers/hello/a.py", "a")
        .cold_cache()
}

/// Limits at which something else happens: one byte less than each file that was written has; and `steps`
/// between nothing and the largest of them, for files that grew after they were written first.
fn limits(done: &Project, steps: u64) -> BTreeSet<u64> {
    let written = [".lls", "cold-cache", "registry"].map(|folder| files(&done.path(folder)));
    let locks = files(&done.path("layers"))
        .into_iter()
        .filter(|path| path.ends_with("requirements.lock"));
    let sizes = written.into_iter().flatten().chain(locks);
    let mut limits: BTreeSet<u64> = sizes
        .filter_map(|path| path.metadata().unwrap().len().checked_sub(1))
        .collect();
    let largest = *limits.last().unwrap();
    limits.extend((0..steps).map(|step| largest * step / steps));
    limits
}

/// The hash of the only version that a registry has.
fn published(project: &Project, layer: &str) -> String {
    let mut records = files(&project.path("registry").join(layer));
    records.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    assert_eq!(records.len(), 1, "{records:?}");
    let text = std::fs::read_to_string(&records[0]).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    record["sha256"].as_str().unwrap().to_owned()
}

/// Runs `apply` under each limit in a project of its own, then without; returns what the runs under limits said.
fn sweep(steps: u64, layer: &str, beyond: Beyond, new: &dyn Fn() -> Project) -> BTreeSet<String> {
    let done = new();
    done.succeed(&["apply", "--yes"]);
    let expected = published(&done, layer);
    let mut said = BTreeSet::new();
    for limit in limits(&done, steps) {
        let project = new();
        let run = run_with_limit(&project, limit, beyond, &["apply", "--yes"]);
        match beyond {
            Beyond::Fails => said.extend(complaint(&project, limit, &run)),
            Beyond::Kills => drop(said.insert(run.status.to_string())),
        }
        let run = project.succeed(&["apply", "--yes"]);
        assert_eq!(published(&project, layer), expected, "limit {limit}: {run}");
        project.assert_converged();
    }
    said
}

/// The first failure of a run under a limit, without what differs from run to run; `None` if the limit did no harm.
fn complaint(project: &Project, limit: u64, run: &Run) -> Option<String> {
    assert!(unfinished(project).is_empty(), "{run}");
    if run.status == 0 {
        return None;
    }
    assert_eq!(run.status, 1, "limit {limit}: {run}");
    let text = [run.stdout.as_str(), run.stderr.as_str()].concat();
    assert!(text.contains("File too large"), "limit {limit}: {run}");
    assert!(
        text.contains("hint: raise the limit"),
        "limit {limit}: {run}"
    );
    Some(reasons(&text))
}

#[test]
fn a_registry_survives_every_write_that_fails() {
    let said = sweep(40, "hello", Beyond::Fails, &tiny);
    expect![[r#"
        error: cannot pack `layers/hello/a.py` / caused by: File too large
        error: cannot write `./.lls/archives/*.json` / caused by: File too large
        error: cannot write `[project]/./.lls/archives/*` / caused by: File too large
        registry: cannot grant hello:1 / cannot write `registry/hello/1.json`
        registry: cannot publish layer `hello` / cannot write `registry/hello/1.json`
    "#]]
    .assert_eq(&lines(&said));
}

#[test]
fn a_registry_survives_death_at_every_write() {
    let said = sweep(40, "hello", Beyond::Kills, &tiny);
    assert!(said.contains("-1"), "some limit kills: {said:?}");
}

#[test]
fn wheels_locks_and_archives_survive_every_write_that_fails() {
    let index = index();
    let said = sweep(3, "app", Beyond::Fails, &|| {
        without_limit_for_uv(fresh(&index))
    });
    expect![[r#"
        error: cannot write `*/0.txt` / caused by: File too large
        error: cannot write `[project]/./.lls/archives/*` / caused by: File too large
        error: cannot write `[project]/cold-cache/wheels/*` / caused by: File too large
        error: cannot write `layers/app/requirements.lock` / caused by: File too large
    "#]]
    .assert_eq(&lines(&said));
}

/// Which wheel is damaged shows beside the write that fails; neither hides the other.
#[test]
fn a_damaged_wheel_is_healed_even_where_the_archive_cannot_be_written() {
    let index = index();
    let noise: Vec<_> = crate::archives::noise(9000);
    let wheel = hashed_wheel("alpha", "1.0", &[("alpha/noise", noise)]);
    index.add("alpha-1.0-py3-none-any.whl", wheel);
    let project = without_limit_for_uv(fresh(&index));
    project.succeed(&["build"]);
    let mut wheels = files(&project.path("cold-cache/wheels"));
    wheels.retain(|path| path.extension().is_some_and(|end| end == "whl"));
    let [wheel] = wheels.as_slice() else {
        panic!("{wheels:?}");
    };
    let sound = std::fs::read(wheel).unwrap();
    let mut damaged = sound.clone();
    damaged[sound.len() / 2] ^= 1; // in the content, which is copied unseen
    std::fs::write(wheel, damaged).unwrap();
    project.forget_builds();
    let run = run_with_limit(&project, sound.len() as u64, Beyond::Fails, &["build"]);
    let (warning, error) = run.stderr.split_once("error: ").expect("an error");
    assert!(warning.contains("they are downloaded again"), "{run}");
    assert!(error.contains("File too large"), "{run}");
    assert_eq!(std::fs::read(wheel).unwrap(), sound);
    assert!(unfinished(&project).is_empty(), "{run}");
}

#[test]
fn folders_that_may_not_be_written_are_named() {
    let index = index();
    for folder in [
        "cold-cache/wheels",
        ".lls/archives",
        "layers/app",
        "registry/app",
    ] {
        let project = fresh(&index);
        std::fs::create_dir_all(project.path(folder)).unwrap();
        let sealed = project.path(folder);
        let run = {
            let _sealed = Sealed::new(&sealed);
            run_without_privileges(&project, &["apply", "--yes"])
        };
        assert_eq!(run.status, 1, "{folder}: {run}");
        let text = [run.stdout.as_str(), run.stderr.as_str()].concat();
        assert!(
            text.contains(&format!("[project]/{folder}")) || text.contains(folder),
            "{run}"
        );
        assert!(text.contains("check the permissions of the file"), "{run}");
        assert!(unfinished(&project).is_empty(), "{run}");
        project.succeed(&["apply", "--yes"]);
        project.assert_converged();
    }
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let project = Project::hello();
    let full = std::fs::File::options()
        .write(true)
        .open(Path::new("/dev/full"));
    let mut command = project.command(&["build"]);
    let output = command.stdout(full.unwrap()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("error: cannot write the result to stdout\n  caused by: No space left"),
        "{errors}"
    );
}
