//! Published archives that somebody else made: what they hold is compared, and nothing of it is believed.

use expect_test::expect;
use lls::digest::Sha256;
use serde_json::{Value, json};

use crate::hostile_wheels::forge::{Entry, Forge, deflated, stored};
use crate::support::project::Project;

/// Puts a forged archive in the place of a published one.
pub fn replace(project: &Project, number: u64, entries: Vec<Entry>) {
    let forge = Forge {
        entries,
        ..Forge::default()
    };
    put(project, number, &forge.bytes());
}

fn put(project: &Project, number: u64, bytes: &[u8]) {
    let record = format!("registry/hello/{number}.json");
    let mut described: Value = serde_json::from_str(&project.read(&record)).unwrap();
    described["sha256"] = json!(Sha256::of(bytes));
    described["size"] = json!(bytes.len());
    project.write(&record, described.to_string());
    project.write(&format!("registry/hello/{number}.zip"), bytes);
}

/// What a plan and a diff say of a published `python/hello.py` like this; both must succeed.
fn told(entries: Vec<Entry>) -> String {
    let project = Project::hello();
    project.succeed(&["apply"]);
    replace(&project, 1, entries);
    project.edit_manifest("v1.0.0", "v1.1.0");
    let plan = project.succeed(&["plan", "--diff", "--quiet"]);
    let diff = project.succeed(&["diff", "hello", "--quiet"]);
    let file = |text: &str| -> String {
        let mut lines = text.lines().map(str::trim);
        lines
            .find(|line| line.starts_with("~ python/hello.py"))
            .unwrap_or("no such line")
            .to_owned()
    };
    let (planned, compared) = (file(&plan.stdout), file(&diff.stdout));
    assert_eq!(planned, compared, "{plan}{diff}");
    planned
}

#[test]
fn what_an_archive_promises_and_does_not_hold_is_not_compared() {
    let hello = || deflated("python/hello.py", "published\n");
    let after = || stored("zzz.txt", "behind");
    let cases: Vec<(&str, Vec<Entry>)> = vec![
        ("sound", vec![hello(), after()]),
        (
            "with a data descriptor",
            vec![hello().descriptor(true, 4), after()],
        ),
        (
            "another checksum",
            vec![hello().both(|fields| fields.crc32 ^= 1), after()],
        ),
        (
            "another size",
            vec![hello().both(|fields| fields.size += 1), after()],
        ),
        (
            "a bomb",
            vec![
                deflated("python/hello.py", vec![b'x'; 1 << 22])
                    .both(|fields| fields.size = 50_000),
                after(),
            ],
        ),
        (
            "more than a text has",
            vec![deflated("python/hello.py", "x\n".repeat(1 << 20)), after()],
        ),
        (
            "an impossible size",
            vec![hello().both(|fields| fields.size = 1 << 20), after()],
        ),
        (
            "an offset beyond the end",
            vec![
                hello().with(|entry| entry.offset = Some(9_000_000)),
                after(),
            ],
        ),
        (
            "an offset into another entry",
            vec![hello().with(|entry| entry.offset = Some(7)), after()],
        ),
        (
            "a local header elsewhere",
            vec![
                hello().with(|entry| entry.signature = *b"PK\x07\x07"),
                after(),
            ],
        ),
        (
            "another local name",
            vec![
                hello().with(|entry| entry.local.name = b"python/other.py".to_vec()),
                after(),
            ],
        ),
        (
            "more compressed bytes than there are",
            vec![hello().both(|fields| fields.compressed = 60_000), after()],
        ),
        (
            "an unknown method",
            vec![hello().both(|fields| fields.method = 12), after()],
        ),
        (
            "encrypted",
            vec![hello().both(|fields| fields.flags |= 1), after()],
        ),
        (
            "not listed, only present",
            vec![hello().with(|entry| entry.listed = false), after()],
        ),
    ];
    let lines = cases
        .into_iter()
        .map(|(name, entries)| format!("{name}: {}\n", told(entries)));
    expect![[r#"
        sound: ~ python/hello.py  +2 -1
        with a data descriptor: ~ python/hello.py  +2 -1
        another checksum: ~ python/hello.py  could not be read, 10 B -> 32 B
        another size: ~ python/hello.py  could not be read, 11 B -> 32 B
        a bomb: ~ python/hello.py  could not be read, 50.0 kB -> 32 B
        more than a text has: ~ python/hello.py  too large to compare, 2.1 MB -> 32 B
        an impossible size: ~ python/hello.py  could not be read, 1.0 MB -> 32 B
        an offset beyond the end: ~ python/hello.py  could not be read, 10 B -> 32 B
        an offset into another entry: ~ python/hello.py  could not be read, 10 B -> 32 B
        a local header elsewhere: ~ python/hello.py  could not be read, 10 B -> 32 B
        another local name: ~ python/hello.py  could not be read, 10 B -> 32 B
        more compressed bytes than there are: ~ python/hello.py  could not be read, 10 B -> 32 B
        an unknown method: ~ python/hello.py  could not be read, 10 B -> 32 B
        encrypted: ~ python/hello.py  could not be read, 10 B -> 32 B
        not listed, only present: no such line
    "#]]
    .assert_eq(&lines.collect::<String>());
}

#[test]
fn an_archive_that_is_none_is_said_to_be_unreadable() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    put(&project, 1, b"this is no archive");
    project.edit_manifest("v1.0.0", "v1.1.0");
    let run = project.succeed(&["diff", "hello"]);
    run.check(expect![[r#"
        registry: hello:1 (v1.0.0) -> layers.toml (v1.1.0)

          ~ description: v1.0.0 -> v1.1.0
          18 B -> 229 B zipped
          the published archive could not be read for comparison
        --- exit status 0
    "#]]);
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ^ hello  v1.1.0   after v1.0.0 (:1)
                18 B -> 229 B zipped
                the published archive could not be read for comparison
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    let shown = project.succeed(&["show", "hello"]);
    shown.assert_stdout(&["the archive could not be read"]);
}

#[test]
fn a_package_that_claims_own_files_hides_nothing_of_them() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    let record = "python/evil-1.0.dist-info/RECORD";
    let claims = "hello.py,,\n../../outside,,\nevil-1.0.dist-info/RECORD,,\n\"unfinished";
    replace(
        &project,
        1,
        vec![stored("python/hello.py", "other\n"), stored(record, claims)],
    );
    let run = project.succeed(&["diff", "hello", "--stat"]);
    assert!(run.stdout.contains("- evil 1.0"), "{run}");
    assert!(run.stdout.contains("~ python/hello.py  +2 -1"), "{run}");
}

#[test]
fn a_directory_that_is_too_large_is_not_read() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    let folders = vec!["d".repeat(200); 5].join("/");
    let entries = (0..33_000).map(|number| stored(format!("{folders}/{number}"), ""));
    replace(&project, 1, entries.collect());
    project.edit_manifest("v1.0.0", "v1.1.0");
    let run = project.succeed(&["plan", "--quiet"]);
    let told = "the published archive could not be read for comparison";
    assert!(run.stdout.contains(told), "{:.1000}", run.stdout);
}
