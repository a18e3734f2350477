//! One address, one version and one name of the packages, in all files; notes of a release.

use std::path::Path;

use expect_test::expect;
use lls::digest::Sha256;

use super::{REPOSITORY, VERSION, read, root, run, script};
use crate::support::project::Project;

/// The files of this repository that name a text, in a copy of the repository without folders that are made.
fn naming(folder: &Path, text: &str) -> Vec<String> {
    let made = ["target", ".git", ".lls"];
    let is_own = |entry: &walkdir::DirEntry| {
        entry.depth() != 1 || !made.iter().any(|name| entry.file_name() == *name)
    };
    let files = walkdir::WalkDir::new(folder).sort_by_file_name();
    let mut found = Vec::new();
    for entry in files.into_iter().filter_entry(is_own) {
        let path = entry.unwrap().into_path();
        if std::fs::read_to_string(&path).is_ok_and(|content| content.contains(text)) {
            let path = path.strip_prefix(folder).unwrap();
            found.push(path.display().to_string());
        }
    }
    found
}

/// The address in Cargo.toml is the one that every file names, and one command changes all of them.
#[test]
fn the_address_is_set_in_one_step() {
    let host = REPOSITORY.split('/').nth(2).unwrap();
    let named = naming(root(), REPOSITORY);
    assert!(
        named.iter().any(|path| path == "release/install.sh"),
        "{named:?}"
    );
    let project = Project::new();
    for path in &named {
        project.write(path, read(path));
    }
    let copy = project.path("release/set-repository");
    project.write("release/set-repository", read("release/set-repository"));
    let copy = copy.display().to_string();
    let set = |address: &str| run(&project, &["bash", &copy, address], &[]);
    for wrong in [
        "",
        "http://example.com/a/b",
        "https://example.com/a",
        "https://example.com/a/b;id",
    ] {
        assert_eq!(set(wrong).status, 1, "{wrong}");
    }
    let done = set("https://code.example.org/Team/layers-sync");
    assert_eq!(done.status, 0, "{done}");
    assert_eq!(naming(&project.path("."), host), Vec::<String>::new());
    let now = naming(
        &project.path("."),
        "https://code.example.org/Team/layers-sync",
    );
    assert_eq!(now, named);
    let readme = project.read("README.md");
    assert!(
        readme.contains("registry.example.com/team/layers-sync:")
            && readme.contains("--repo Team/layers-sync\n")
    );
    assert!(!readme.contains("acme/lls"), "{readme}");
}

#[test]
fn versions_agree() {
    let installer = read("release/install.sh");
    assert!(installer.contains(&format!("version=${{LLS_VERSION:-{VERSION}}}")));
    let component: String = read("templates/lls.yml");
    assert!(component.contains(&format!("default: \"{VERSION}\"")));
    assert!(read("release/install.ps1").contains(&format!("else {{ '{VERSION}' }}")));
}

/// What `release/try` compares the program of every platform with.
#[test]
fn the_first_layer_has_the_bytes_that_every_platform_must_give() {
    let project = Project::new();
    project.succeed(&["init", "--ci", "none"]);
    project.succeed(&["apply", "--yes"]);
    let found = Sha256::of(project.bytes(".lls/registry/hello/1.zip"));
    assert_eq!(format!("{found}\n"), read("release/first-layer.txt"));
    project.assert_converged();
}

/// README and CI build with the Rust that Cargo.toml asks for.
#[test]
fn the_version_of_rust_is_named() {
    let rust = env!("CARGO_PKG_RUST_VERSION");
    assert!(read("README.md").contains(&format!("Rust {rust}")));
}

/// The wheel has no name of its own: maturin takes it from Cargo.toml.
#[test]
fn the_wheel_is_the_crate() {
    let project: toml::Table = read("pyproject.toml").parse().unwrap();
    assert!(project.get("project").is_none(), "{project:?}");
    assert_eq!(project["tool"]["maturin"]["bindings"].as_str(), Some("bin"));
    assert_eq!(env!("CARGO_PKG_NAME"), "lls-layers");
}

#[test]
fn what_binstall_downloads_is_what_a_release_has() {
    let cargo: toml::Table = read("Cargo.toml").parse().unwrap();
    let binstall = &cargo["package"]["metadata"]["binstall"];
    let filled = |key: &str| {
        let text = binstall[key].as_str().unwrap();
        let values = [
            ("repo", REPOSITORY),
            ("version", "1.2.3"),
            ("target", "t"),
            ("bin", "lls"),
            ("binary-ext", ""),
        ];
        values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{ {name} }}"), value)
        })
    };
    let archive = format!("{REPOSITORY}/releases/download/v1.2.3/lls-1.2.3-t.tar.gz");
    assert_eq!(filled("pkg-url"), archive);
    assert_eq!(filled("bin-dir"), "lls-1.2.3-t/lls");
}

const CHANGELOG: &str = "# Changelog\n\nText.\n\n## Unreleased\n\n- later\n\n## 0.1.0 (2026-12-01)\n\n### Added\n\n- `lls plan`\n\n## 0.0.9\n\n- earlier\n";

#[test]
fn notes_are_the_section_of_the_version() {
    let project = Project::new()
        .file("CHANGELOG.md", CHANGELOG)
        .file(
            "Cargo.toml",
            format!("[package]\nversion = \"{VERSION}\"\n"),
        )
        .file("release/notes.py", read("release/notes.py"));
    let notes = |version: &str| run(&project, &["python3", "release/notes.py", version], &[]);
    notes("v0.1.0").check(expect![[r#"
        ### Added

        - `lls plan`
        --- exit status 0
    "#]]);
    let other = notes("0.0.9");
    assert_eq!(other.status, 1);
    other.assert_stderr(&["error: the release is 0.0.9, but Cargo.toml has version 0.1.0"]);
    project.write("CHANGELOG.md", CHANGELOG.replace("0.1.0", "0.1.00"));
    notes("0.1.0").assert_stderr(&["error: CHANGELOG.md has no section `## 0.1.0`", "hint: "]);
    project.write("CHANGELOG.md", "## 0.1.0\n\n## 0.0.9\n\n- earlier\n");
    notes("0.1.0").assert_stderr(&["is empty"]);
    let real = run(
        &Project::new(),
        &["python3", "-I", &script("notes.py"), VERSION],
        &[],
    );
    let is_released = read("CHANGELOG.md").contains(&format!("## {VERSION}"));
    assert_eq!(real.status == 0, is_released, "{real}");
}
