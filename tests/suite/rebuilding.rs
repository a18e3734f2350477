//! `--rebuild`: every layer is built anew, and what is published is compared with that instead of being believed.

use expect_test::expect;
use lls::digest::Sha256;

use crate::support::notes;
use crate::support::project::Project;

/// Where the comment stands in an archive: its text is the last thing in it.
fn comment(archive: &[u8]) -> &[u8] {
    let mut starts = archive.windows(6).enumerate();
    let start = starts.rfind(|(_, bytes)| *bytes == b"lls:1:").unwrap().0;
    &archive[start..]
}

/// The project of `hello` with its archive published, and then replaced in the registry by other content under the
/// same comment.
fn with_forged_archive() -> Project {
    let project = Project::hello();
    project.succeed(&["apply"]);
    let honest = project.bytes("registry/hello/1.zip");
    let other = Project::hello().file("layers/hello/hello.py", "import os\n");
    other.succeed(&["build", "-o", "out"]);
    let mut forged = other.bytes("out/hello.zip");
    let length = forged.len() - comment(&forged).len();
    forged.truncate(length);
    forged.extend(comment(&honest));
    project.write("registry/hello/1.zip", &forged);
    let record = project.read("registry/hello/1.json");
    let sizes = [&honest, &forged].map(|archive| format!("\"size\": {}", archive.len()));
    let hashes = [&honest, &forged].map(|archive| Sha256::of(archive).to_string());
    let record = record.replace(&sizes[0], &sizes[1]);
    project.write(
        "registry/hello/1.json",
        record.replace(&hashes[0], &hashes[1]),
    );
    project
}

#[test]
fn a_false_comment_is_believed_without_and_seen_with_rebuild() {
    let project = with_forged_archive();
    project.assert_converged();
    project.run(&["plan", "--rebuild"]).check(expect![[r#"
        local: registry

          ! hello  v1.0.0   already published as :1 with different content
                ~ python/hello.py  +2 -1
                208 B -> 229 B zipped, 10 B -> 32 B unpacked
                ! its comment claims the same inputs, but its content differs
                hint: raise `description` in layers.toml:5, for example with
                      `lls bump hello --patch`

        Plan: nothing to do; 0 unchanged, 1 blocked.
        --- stderr
        Built hello, 229 B
        --- exit status 1
    "#]]);
    let json = project
        .fail(&["plan", "--rebuild", "--format", "json"])
        .stdout;
    assert!(json.contains("\"has_false_comment\": true"), "{json}");
    let run = project.fail(&["apply", "--rebuild"]);
    assert!(run.stdout.contains("1 blocked."), "{run}");
    assert!(!project.path("registry/hello/2.json").exists());
    // What replaces it is recognised, and the first one is not taken for it again.
    project.edit_manifest("v1.0.0", "v1.0.1");
    project.succeed(&["apply", "--rebuild"]);
    let run = project.succeed(&["plan", "--rebuild", "--detailed-exitcode"]);
    assert!(run.stdout.starts_with("No changes."), "{run}");
}

#[test]
fn rebuild_builds_what_is_stored_and_published() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    let plan = project.run(&["plan", "--rebuild"]);
    plan.check(expect![[r#"
        No changes. 1 layer matches layers.toml.
        --- stderr
        Built hello, 229 B
        --- exit status 0
    "#]]);
    let apply = project.run(&["apply", "--rebuild"]);
    assert_eq!(apply.to_string(), plan.to_string());
    let run = project.succeed(&["plan"]);
    assert_eq!(run.stderr, "", "nothing is built without being asked to");
}

#[test]
fn a_stored_archive_that_its_inputs_do_not_give_is_replaced() {
    let project = Project::hello();
    let stored = |project: &Project| {
        let files = std::fs::read_dir(project.path(".lls/archives")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.ends_with(".zip"))
            .collect::<Vec<_>>()
    };
    project.succeed(&["build"]);
    let name = stored(&project).remove(0);
    let (archive, note) = (
        format!(".lls/archives/{name}"),
        name.replace(".zip", ".json"),
    );
    let note = format!(".lls/archives/{note}");
    let honest = project.bytes(&archive);
    let other = Project::hello().file("layers/hello/hello.py", "import os\n");
    other.succeed(&["build"]);
    let other_name = stored(&other).remove(0);
    let other_archive = other.bytes(&format!(".lls/archives/{other_name}"));
    let other_note = other_name.replace(".zip", ".json");
    project.write(&archive, &other_archive);
    // As only the user can write it: one from elsewhere is not believed anyway.
    let text = notes::text(&other.bytes(&format!(".lls/archives/{other_note}")));
    let fingerprint = name.trim_end_matches(".zip");
    let forged = notes::under(&project.note_key(), "archive", fingerprint, &text);
    project.write(&note, forged);
    let run = project.succeed(&["build"]);
    assert_eq!(
        run.stderr, "",
        "what the user noted of that fingerprint is used as it is"
    );
    let run = project.succeed(&["plan", "--rebuild"]);
    let warning = format!(
        "warning: the stored archive of layer `hello` was {}, and its inputs give {}: it is replaced\n",
        Sha256::of(&other_archive),
        Sha256::of(&honest)
    );
    assert!(run.stderr.contains(&warning), "{run}");
    assert_eq!(project.bytes(&archive), honest);
}

#[test]
fn a_plan_that_was_saved_with_rebuild_is_applied_with_it() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.succeed(&["plan", "--rebuild", "--out", "p.json"]);
    let run = project.succeed(&["apply", "p.json"]);
    assert!(run.stderr.starts_with("Built hello, "), "{run}");
    let run = project.variable("LLS_REBUILD", "1").succeed(&["plan"]);
    assert!(run.stderr.starts_with("Built hello, "), "{run}");
}

/// Nobody hashes archives in each plan: `--rebuild` and `show` do.
#[test]
fn an_archive_in_a_folder_that_was_cut_or_changed_is_found() {
    let project = Project::hello();
    project.succeed(&["apply", "--yes"]);
    let path = "registry/hello/1.zip";
    let whole = project.bytes(path);
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for bytes in [&whole[..whole.len() / 2], &changed, b""] {
        project.write(path, bytes);
        project.succeed(&["plan"]);
        for command in [&["plan", "--rebuild"][..], &["show", "hello:1"]] {
            let run = project.fail(command);
            run.assert_stderr(&[
                "`registry/hello/1.zip` was changed since it was published: it has the hash ",
                "hint: restore it; or delete the version with `lls delete`",
            ]);
        }
    }
    std::fs::remove_file(project.path(path)).unwrap();
    for command in [&["plan", "--rebuild"][..], &["show", "hello:1"]] {
        let run = project.fail(command);
        run.assert_stderr(&["cannot read `registry/hello/1.zip`"]);
    }
    project.write(path, &changed);
    project.run(&["show", "hello"]).check(expect![[r#"
        --- stderr
        error: registry: cannot read a published archive
          caused by: `registry/hello/1.zip` was changed since it was published: it has the hash d124325729113f414c824c1884afc3536f376acc7f649ce7a301b3f706e7eced
        hint: restore it; or delete the version with `lls delete`, and the next apply publishes it again
        --- exit status 1
    "#]]);
    // The remedy works.
    project.succeed(&["delete", "hello:1", "--yes"]);
    project.succeed(&["apply", "--yes", "--rebuild"]);
    project.assert_converged();
}
