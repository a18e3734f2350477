//! From an idea to a published layer: `init`, `add`, `bump`, and what editors and shells are given.

mod adding;
mod bumping;
mod editing;
mod init;
mod schema;
mod shells;

use expect_test::{Expect, expect};

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

fn check(project: &Project, arguments: &[&str], expected: Expect) {
    expected.assert_eq(&project.run(arguments).to_string());
}

/// An index with two versions of a package.
fn index_with_tool() -> PackageIndex {
    let index = PackageIndex::start();
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        let name = format!("tool-{version}-py3-none-any.whl");
        index.add(
            &name,
            wheel("tool", version, &[("tool.py", "VERSION = 1\n")]),
        );
    }
    index
}

#[test]
fn an_engineer_gets_from_an_empty_folder_to_a_raised_version() {
    let index = index_with_tool();
    let project = Project::new().environment(index.environment()).cold_cache();
    check(&project, &["init"], expect![[]]);
    check(&project, &["add", "tools", "tool==1.0.0"], expect![[]]);
    check(&project, &["plan"], expect![[]]);
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();

    project.write("layers/tools/requirements.txt", "tool==1.1.0\n");
    check(&project, &["plan"], expect![[]]);
    check(&project, &["bump", "tools"], expect![[]]);
    check(&project, &["bump", "tools"], expect![[]]);
    check(&project, &["apply", "--yes"], expect![[]]);
    project.assert_converged();
    check(&project, &["bump", "tools"], expect![[]]);
}
