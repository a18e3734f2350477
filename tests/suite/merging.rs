//! Several wheels and own files that bring one path: which of them wins, what the `RECORD`s say, and what is told first.

use std::path::Path;

use expect_test::expect;

use crate::building::manifest;
use crate::python::{built, unpack};
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

/// A layer of the packages `alpha`, `beta` and so on, each with a wheel of these files.
fn project(index: &PackageIndex, wheels: &[&[(&str, &str)]]) -> Project {
    let mut requirements = String::new();
    for (name, files) in ["alpha", "beta", "gamma"].iter().zip(wheels) {
        let file = format!("{name}-1.0-py3-none-any.whl");
        index.add(&file, wheel(name, "1.0", files));
        requirements.push_str(&format!("{name}\n"));
    }
    Project::new()
        .manifest(&manifest("\"python3.12\"", "prefix = \"python\""))
        .file("layers/app/requirements.txt", requirements)
        .environment(index.environment())
        .cold_cache()
}

/// What `lls build` says is wrong with the layer, without its hint.
fn error(project: &Project) -> String {
    let said = project.fail(&["build"]).stderr;
    let error = said.split_once("error: ").expect("an error").1;
    error.lines().next().unwrap_or_default().to_owned()
}

/// Flips the last bit in the first place of `text` in each cached wheel that has it; tells in how many.
fn damage(project: &Project, text: &str) -> usize {
    let mut damaged = 0;
    for entry in std::fs::read_dir(project.path("cold-cache/wheels")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let place = bytes
            .windows(text.len())
            .position(|found| found == text.as_bytes());
        if let Some(place) = place.filter(|_| path.extension().is_some_and(|end| end == "whl")) {
            bytes[place] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            damaged += 1;
        }
    }
    damaged
}

/// Which of the packages have a line of `x.py` in their `RECORD`.
fn recorded(opt: &Path) -> Vec<&'static str> {
    let mut packages = vec!["alpha", "beta", "gamma"];
    packages.retain(|name| {
        let record = opt.join(format!("python/{name}-1.0.dist-info/RECORD"));
        let record = std::fs::read_to_string(record).unwrap();
        record.lines().any(|line| line.starts_with("x.py,"))
    });
    packages
}

#[test]
fn the_last_of_several_sources_wins() {
    let index = PackageIndex::start();
    let project = project(
        &index,
        &[&[("x.py", "1")], &[("x.py", "2")], &[("x.py", "1")]],
    );
    expect![
        "`python/x.py` of layer `app` comes with different content from `alpha 1.0` and from `beta 1.0`"
    ]
    .assert_eq(&error(&project));
    project.edit_manifest("prefix", "overwrite = [\"python/x.py\"]\nprefix");
    let opt = unpack(&built(&project, "app"));
    let content = |opt: &Path| std::fs::read_to_string(opt.join("python/x.py")).unwrap();
    assert_eq!(content(opt.path()), "1");
    // What the first one brings is there, too: the last one brings the same.
    assert_eq!(recorded(opt.path()), ["alpha", "gamma"]);

    project.write("layers/app/x.py", "2");
    let opt = unpack(&built(&project, "app"));
    assert_eq!(content(opt.path()), "2");
    assert_eq!(recorded(opt.path()), [""; 0]);

    project.edit_manifest("overwrite = [\"python/x.py\"]", "exclude = [\"**/x.py\"]");
    let opt = unpack(&built(&project, "app"));
    assert!(!opt.path().join("python/x.py").exists());
    assert_eq!(recorded(opt.path()), [""; 0]);
}

#[test]
fn equal_sources_are_one_and_all_of_them_record_it() {
    let index = PackageIndex::start();
    let project = project(&index, &[[("x.py", "1")].as_slice(); 3]);
    project.write("layers/app/x.py", "1");
    let opt = unpack(&built(&project, "app"));
    assert_eq!(recorded(opt.path()), ["alpha", "beta", "gamma"]);
}

/// Of several conflicts, the one whose path comes first, whichever packages it is between.
#[test]
fn the_first_conflict_is_told_always() {
    let index = PackageIndex::start();
    let wheels: [&[_]; 3] = [
        &[("z.py", "1")],
        &[("a.py", "2"), ("z.py", "2")],
        &[("a.py", "3")],
    ];
    let project = project(&index, &wheels);
    for _ in 0..3 {
        expect![
            "`python/a.py` of layer `app` comes with different content from `beta 1.0` and from `gamma 1.0`"
        ]
        .assert_eq(&error(&project));
    }
    project.write("layers/app/a-.py", "");
    project.write("layers/app/alpha-1.0.dist-info/RECORD", "mine");
    project.edit_manifest(
        "prefix",
        "overwrite = [\"python/a.py\", \"python/z.py\"]\nprefix",
    );
    expect!["`python/alpha-1.0.dist-info/RECORD` of layer `app` comes with different content from `layers/app/alpha-1.0.dist-info/RECORD` and from `alpha 1.0`"]
        .assert_eq(&error(&project));
}

/// What is wrong with a layer may be wrong with the cache alone, so damaged wheels are replaced first, all of them.
#[test]
fn wheels_are_healed_before_anything_is_told() {
    let index = PackageIndex::start();
    let project = project(&index, &[&[("x.py", "1")], &[("x.py", "2")]]);
    let honest = error(&project);
    assert!(honest.contains("different content"), "{honest}");
    for text in [
        "PK\u{1}\u{2}",
        "-1.0.dist-info/METADATA",
        "-1.0.dist-info/WHEEL",
        "x.py",
    ] {
        assert_eq!(damage(&project, text), 2, "{text}");
        let run = project.fail(&["build"]);
        let warning = "warning: the wheels of `alpha`, `beta` in the cache are damaged: they are downloaded again\n";
        assert!(run.stderr.starts_with(warning), "{text}: {run}");
        assert!(run.stderr.contains(&honest), "{text}: {run}");
    }
}
