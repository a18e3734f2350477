//! What a plan tells of texts that change: lines counted and shown, and what is no text named as that.

use expect_test::expect;

use crate::support::project::Project;

/// A published layer whose own files then change in every way.
fn edited() -> Project {
    let numbers = |count: u32| -> String {
        let lines: Vec<_> = (1..=count).map(|number| number.to_string()).collect();
        lines.join("\n")
    };
    let project = Project::hello()
        .file("layers/hello/numbers.txt", numbers(20) + "\n")
        .file("layers/hello/end.txt", "first\nlast\n")
        .file("layers/hello/windows.txt", "one\r\ntwo\r\n")
        .file("layers/hello/logo.bin", b"\x89PNG\0\x01")
        .file("layers/hello/latin.txt", b"caf\xe9\n")
        .file("layers/hello/huge.txt", "x\n".repeat(600_000))
        .file("layers/hello/gone.txt", "one\ntwo\n")
        .file("layers/hello/same.txt", "same\n");
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    let changed = numbers(20)
        .replace("\n2\n", "\nII\n")
        .replace("\n19\n", "\n");
    project.write("layers/hello/numbers.txt", changed + "\n");
    project.write("layers/hello/end.txt", "first\nlast");
    project.write("layers/hello/windows.txt", "one\ntwo\r\n");
    project.write("layers/hello/logo.bin", b"\x89PNG\0\x02\x03");
    project.write("layers/hello/latin.txt", b"caf\xc3\xa9\n");
    project.write("layers/hello/huge.txt", "y\n".repeat(600_001));
    std::fs::remove_file(project.path("layers/hello/gone.txt")).unwrap();
    project.write("layers/hello/new.txt", "a\nb\nc\n");
    project
}

#[test]
fn lines_are_counted_and_shown_on_demand() {
    let project = edited();
    project.run(&["plan"]).check(expect![[r#"
        local: registry

          ^ hello  v1.1.0   after v1.0.0 (:1)
                ~ python/end.txt  +1 -1
                - python/gone.txt  -2
                ~ python/huge.txt  too large to compare, 1.2 MB
                ~ python/latin.txt  binary, 5 B -> 6 B
                ~ python/logo.bin  binary, 6 B -> 7 B
                + python/new.txt  +3
                ~ python/numbers.txt  +1 -2
                ~ python/windows.txt  +1 -1
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 6.4 kB
        --- exit status 0
    "#]]);
    project.run(&["plan", "--diff"]).check(expect![[r#"
        local: registry

          ^ hello  v1.1.0   after v1.0.0 (:1)
                ~ python/end.txt  +1 -1
                    @@ -1,2 +1,2 @@
                     first
                    -last
                    +last
                    \ No newline at end of file
                - python/gone.txt  -2
                    @@ -1,2 +0,0 @@
                    -one
                    -two
                ~ python/huge.txt  too large to compare, 1.2 MB
                ~ python/latin.txt  binary, 5 B -> 6 B
                ~ python/logo.bin  binary, 6 B -> 7 B
                + python/new.txt  +3
                    @@ -0,0 +1,3 @@
                    +a
                    +b
                    +c
                ~ python/numbers.txt  +1 -2
                    @@ -1,5 +1,5 @@
                     1
                    -2
                    +II
                     3
                     4
                     5
                    @@ -16,5 +16,4 @@
                     16
                     17
                     18
                    -19
                     20
                ~ python/windows.txt  +1 -1
                    @@ -1,2 +1,2 @@
                    -one\r
                    +one
                     two\r
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);

    // The saved plan is the same with and without diffs, and either is what is applied.
    project.succeed(&["plan", "--out", "plan.json"]);
    project.succeed(&["plan", "--diff", "--out", "with-diff.json"]);
    assert_eq!(project.read("plan.json"), project.read("with-diff.json"));
    let applied = project.succeed(&["apply", "plan.json", "--diff"]);
    assert!(applied.stdout.contains("@@ -1,5 +1,5 @@"), "{applied}");
    project.assert_converged();
}

#[test]
fn json_has_every_line() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    let long: String = "a line\n".repeat(300) + &"z".repeat(1000);
    project.write("layers/hello/hello.py", &long);
    let run = project.succeed(&["plan", "--diff", "--quiet"]);
    let shown: Vec<_> = run.stdout.lines().collect();
    assert!(shown.len() < 220, "{run}");
    run.assert_stdout(&["... 105 more lines: `--format json` has all of them"]);
    let run = project.succeed(&["plan", "--diff", "--format", "json"]);
    let plan = run.json();
    let file = &plan["layers"][0]["destinations"][0]["changes"]["files"][0];
    assert_eq!(file["lines"]["added"], 301);
    let diff = file["diff"].as_str().unwrap();
    assert_eq!(diff.matches("\n+a line").count(), 300);
    let plain = project.succeed(&["plan", "--format", "json"]);
    assert!(!plain.stdout.contains("\"diff\""), "{plain}");
    let by_variable = project
        .finish({
            let mut command = project.command(&["plan", "--format", "json"]);
            command.env("LLS_DIFF", "1");
            command
        })
        .stdout;
    assert_eq!(by_variable, run.stdout);
}

#[test]
fn nothing_that_a_file_holds_steers_the_terminal() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    let steering = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\rfake\u{202e}\tx\u{8}\n";
    project.write("layers/hello/hello.py", steering);
    let run = project.succeed(&["plan", "--diff", "--color", "always"]);
    for escaped in [
        "\\u{1b}[2J",
        "\\u{7}",
        "\\u{9b}31m",
        "\\rfake\\u{202e}\tx\\u{8}",
    ] {
        assert!(run.stdout.contains(escaped), "{escaped}: {run}");
    }
    for (style, line) in [
        ("\u{1b}[31m", "-def hello():"),
        ("\u{1b}[32m", "+\\u{1b}[2J"),
        ("\u{1b}[36m", "@@ -1,2 +1 @@"),
    ] {
        assert!(run.stdout.contains(&format!("{style}{line}")), "{run}");
    }
    let mut controls = run.stdout.chars().filter(|c| c.is_control());
    assert!(controls.all(|c| matches!(c, '\n' | '\t' | '\u{1b}')));
    let plain = project.succeed(&["plan", "--diff"]);
    assert!(!plain.stdout.contains('\u{1b}'), "{plain}");
}

#[test]
fn a_mode_and_a_link_are_compared_as_what_they_are() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let project = Project::hello().file("layers/hello/run.sh", "#!/bin/sh\n");
    symlink("hello.py", project.path("layers/hello/link.py")).unwrap();
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path("layers/hello/run.sh"), executable).unwrap();
    std::fs::remove_file(project.path("layers/hello/link.py")).unwrap();
    symlink("run.sh", project.path("layers/hello/link.py")).unwrap();
    project.run(&["plan", "--diff"]).check(expect![[r#"
        local: registry

          ^ hello  v1.1.0   after v1.0.0 (:1)
                ~ python/link.py  +1 -1
                    @@ -1 +1 @@
                    -hello.py
                    \ No newline at end of file
                    +run.sh
                    \ No newline at end of file
                ~ python/run.sh  mode 100644 -> 100755
                453 B -> 451 B zipped, 50 B -> 48 B unpacked
                grant account 000000000000

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 451 B
        --- exit status 0
    "#]]);
}

#[test]
fn of_very_many_changes_not_all_are_read() {
    let noise: Vec<u8> = (0..18_000u32)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes())
        .collect();
    let texts = |project: &Project, text: &str| {
        for number in 10..45 {
            project.write(&format!("layers/hello/{number}.txt"), text);
        }
    };
    let project = Project::hello();
    texts(&project, "before\n");
    for number in 10..45 {
        project.write(&format!("layers/hello/{number}.zzz"), &noise);
    }
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    texts(&project, "after\n");
    let run = project.succeed(&["plan"]);
    assert_eq!(run.stdout.matches(".txt  +1 -1").count(), 32, "{run}");
    let last = "~ python/44.txt  not compared, too many changes, 7 B -> 6 B";
    assert!(run.stdout.contains(last), "{run}");
}

#[test]
fn what_unpacks_to_very_much_is_compared_in_part() {
    let project = Project::hello();
    let texts = |letter: &str| {
        let text = (letter.repeat(1023) + "\n").repeat(1024);
        for number in 10..28 {
            project.write(&format!("layers/hello/{number}.txt"), &text);
        }
    };
    texts("a");
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    texts("b");
    let run = project.succeed(&["plan", "--quiet"]);
    assert_eq!(run.stdout.matches(".txt  +1024 -1024").count(), 16, "{run}");
    let skipped = run.stdout.matches("not compared, too many changes");
    assert_eq!(skipped.count(), 2, "{run}");
}
