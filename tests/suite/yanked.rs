//! Versions that their authors have withdrawn (PEP 592): told where an index says so anyway.

use expect_test::expect;

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;
use crate::support::source_package::SourcePackage;

/// An index with alpha 1.0, which is yanked, and 2.0.
fn index() -> PackageIndex {
    let index = PackageIndex::start();
    for version in ["1.0", "2.0"] {
        let file = format!("alpha-{version}-py3-none-any.whl");
        index.add(&file, wheel("alpha", version, &[("alpha.py", "x = 1\n")]));
    }
    index.yank("alpha-1.0-py3-none-any.whl", "loses data");
    index
}

fn app(index: &PackageIndex, requirements: &str) -> Project {
    Project::app(requirements)
        .environment(index.environment())
        .cold_cache()
}

#[test]
fn a_yanked_version_that_is_locked_is_told_once() {
    let index = index();
    let project = app(&index, "alpha==1.0\n");
    project.run(&["lock"]).check(expect![[r#"
        app  locked
        --- stderr
        warning: `alpha` 1.0 has been yanked by its authors: loses data; require another version, or run `lls lock --upgrade`
        --- exit status 0
    "#]]);
    let told = "`alpha` 1.0 has been yanked by its authors: loses data";
    // Where its wheel is, must be asked anyway.
    let run = project.succeed(&["plan"]);
    assert_eq!(run.stderr.matches(told).count(), 1, "{run}");
    // Nothing is asked.
    let run = project.succeed(&["plan"]);
    assert!(!run.stderr.contains("yanked"), "{run}");
    // What is made and downloaded in one run is told once.
    let project = app(&index, "alpha==1.0\n");
    let run = project.succeed(&["plan"]);
    assert_eq!(run.stderr.matches(told).count(), 1, "{run}");
    let project = app(&index, "alpha\n");
    let run = project.succeed(&["plan"]);
    assert!(!run.stderr.contains("yanked"), "{run}");
}

#[test]
fn where_all_that_fits_is_yanked_that_is_the_reason() {
    let index = index();
    let project = app(&index, "alpha<2\n");
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: cannot lock layer `app`
          caused by: uv could not resolve the requirements
            error: No solution found when resolving dependencies
              cause: Because alpha==1.0 was yanked (reason: loses data) and only the following versions of alpha are available:
                         alpha==1.0
                         alpha>=2
                     we can conclude that alpha<2 cannot be used.
                     And because you require alpha<2, we can conclude that your requirements are unsatisfiable.
        hint: require another version: one that its authors have yanked is taken only where `==` pins it
        --- exit status 1
    "#]]);
    // With a source, uv calls that a lack of wheels.
    let source = SourcePackage::new("alpha", "1.0", "");
    index.add(&source.sdist_name(), source.sdist());
    index.yank(&source.sdist_name(), "loses data");
    project.run(&["lock"]).check(expect![[r#"
        --- stderr
        error: `layers/app/requirements.txt:1` requires `alpha` 1.0, which has been yanked by its authors: loses data
        hint: require `alpha==2.0`, the newest version with a wheel for python3.12 on x86_64; or pin `alpha==1.0` to take it all the same
        --- exit status 1
    "#]]);
    project.write("layers/app/requirements.txt", "alpha==1.0\n");
    project.succeed(&["lock"]);
}
