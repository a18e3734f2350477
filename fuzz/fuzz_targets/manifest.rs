//! Whatever stands in a manifest: problems are inside the text, and both outcomes can be shown and used.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lls::error::Failures;
use lls::input::Repository;
use lls::manifest::{Manifest, ManifestError, Position};
use lls::render::render_failures;

/// A manifest's path in a folder of its own, beside the folders of two layers.
static MANIFEST: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder").keep();
    for layer in ["layers/a", "layers/b"] {
        std::fs::create_dir_all(folder.join(layer)).expect("a layer's folder");
    }
    folder.join("layers.toml")
});

/// The repository that the manifest is in: its folder.
static REPOSITORY: LazyLock<Repository> = LazyLock::new(|| {
    let folder = MANIFEST.parent().expect("it is in a folder");
    Repository::around(folder, folder, &[])
});

fuzz_target!(|text: &str| {
    match Manifest::parse(&MANIFEST, text.to_owned(), &REPOSITORY) {
        Ok(manifest) => use_it(&manifest),
        Err(error) => check(text, error),
    }
});

/// What every command does with a manifest.
fn use_it(manifest: &Manifest) {
    let selected = manifest.select(&[]).expect("all layers");
    assert_eq!(selected.len(), manifest.layers.len());
    if let Ok(target) = manifest.target(None) {
        let _ = manifest.check_public(target, &selected);
    }
}

fn check(text: &str, error: ManifestError) {
    assert_eq!(error.text, text);
    assert!(!error.problems.is_empty());
    for problem in &error.problems {
        assert!(text.get(problem.span.clone()).is_some(), "{problem:?}");
        assert!(!problem.message.is_empty(), "{problem:?}");
        let position = Position::of(text, problem.span.start);
        assert!(position.line >= 1 && position.column >= 1);
    }
    render_one(error);
}

/// Renders one problem, another one in another text: rendering takes a hundred times as long as parsing.
fn render_one(error: ManifestError) {
    let index = error.text.len() % error.problems.len();
    let problems = vec![error.problems[index].clone()];
    let error = ManifestError { problems, ..error };
    assert!(render_failures(&Failures::from(error)).contains("1 problem in"));
}
