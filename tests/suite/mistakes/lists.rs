//! Entries of a layer's lists that have no effect.

use expect_test::expect;

use crate::building::manifest;
use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

const SETTINGS: &str = r#"exclude = ["**/tset/**", "data/*.txt", "python/alpha.pyi", "**/RECORD"]
exclude_packages = ["aplha", "beta"]
build = ["gamma"]
overwrite = ["python/alpha.py"]
allow_secrets = ["data/*.pem", "data/.env"]
"#;

/// Each is told of with its line, once for every build; those that match something are not.
#[test]
fn entries_that_match_nothing_are_warned_of() {
    let index = PackageIndex::start();
    let files = [("alpha.py", ""), ("alpha.pyi", "")];
    index.add("alpha-1.0-py3-none-any.whl", wheel("alpha", "1.0", &files));
    index.add(
        "beta-1.0-py3-none-any.whl",
        wheel("beta", "1.0", &[("beta.py", "")]),
    );
    let project = Project::new()
        .manifest(&manifest("\"python3.12\"", SETTINGS))
        .file("layers/app/requirements.txt", "alpha\nbeta\n")
        .file("layers/app/data/left-out.txt", "")
        .file("layers/app/data/.env", "")
        .environment(index.environment())
        .cold_cache();
    project.succeed(&["lock"]);
    expect![[r#"
        warning: layers.toml:11: `allow_secrets` of layer `app` has `data/*.pem`, which matches nothing that looks like a secret
        warning: layers.toml:8: `exclude_packages` of layer `app` has `aplha`, which is not one of its packages: did you mean `alpha`?
        warning: layers.toml:9: `build` of layer `app` has `gamma`, which is not one of its packages
        Downloaded 1 wheel for app, 841 B
        warning: layers.toml:7: `exclude` of layer `app` has `**/tset/**`, which matches nothing in it
        warning: layers.toml:10: `overwrite` of layer `app` has `python/alpha.py`, which no two sources write differently
        Built app, 695 B
    "#]].assert_eq(&project.succeed(&["build"]).stderr);
    // What is inherited is for other layers as well.
    project.edit_manifest(
        "[layers.app]\n",
        "[layers.app]\ndescription = \"v1.0.0\"\n\n[defaults]\n",
    );
    let text = project.read("layers.toml").replacen(
        "\n[defaults]\ndescription = \"v1.0.0\"",
        "\n[defaults]",
        1,
    );
    project.write("layers.toml", text);
    let run = project.succeed(&["build"]);
    assert!(!run.stderr.contains("warning: layers.toml"), "{run}");
}
