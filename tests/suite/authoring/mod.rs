//! From an idea to a published layer: `init`, `add`, `bump`, and what editors and shells are given.

mod adding;
mod bumping;
mod editing;
mod init;
mod schema;
mod shells;
mod together;

use expect_test::expect;

use crate::support::package_index::{PackageIndex, wheel};
use crate::support::project::Project;

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
    project.run(&["init"]).check(expect![[r#"
        layers.toml            created
        layers/hello/hello.py  created
        .gitignore             created
        3 files created or extended.
        --- stderr
        No CI file was created, because this is not a Git repository from GitHub or GitLab. To create one, use `--ci HOST`.
        Next, run `lls plan` and `lls apply`. To add your own layer, run `lls add NAME`.
        --- exit status 0
    "#]]);
    let run = project.run(&["add", "tools", "tool==1.0.0"]);
    run.check(expect![[r#"
        tools  added to layers.toml:18
          layers/tools/requirements.txt
          layers/tools/requirements.lock
        --- stderr
        Next: `lls plan` shows what would be published.
        --- exit status 0
    "#]]);
    project.run(&["plan"]).check(expect![[r#"
        local: .lls/registry

          + hello  v1.0.0   new layer, 304 B zipped, 120 B unpacked
                + python/hello.py
                for python3.13 on x86_64
                grant account 000000000000
          + tools  v1.0.0   new layer, 957 B zipped, 392 B unpacked
                + tool 1.0.0
                for python3.13 on x86_64
                grant account 000000000000

        Plan: 2 layers to create; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 304 B
        Downloaded 1 wheel for tools, 762 B
        Built tools, 957 B
        --- exit status 0
    "#]]);
    project.succeed(&["apply", "--yes"]);
    project.assert_converged();

    project.write("layers/tools/requirements.txt", "tool==1.1.0\n");
    project.run(&["plan"]).check(expect![[r#"
        local: .lls/registry

          ! tools  v1.0.0   already published as :1 with different content
                ~ tool 1.0.0 -> 1.1.0
                957 B -> 954 B zipped
                hint: raise `description` in layers.toml:19, for example with
                      `lls bump tools --minor`

        Plan: nothing to do; 1 unchanged, 1 blocked.
        --- stderr
        Locked tools: its requirements.lock was stale
        Downloaded 1 wheel for tools, 762 B
        Built tools, 954 B
        --- exit status 1
    "#]]);
    project.run(&["bump", "tools"]).check(expect![[r#"
        tools  v1.0.0 -> v1.1.0   layers.toml:19
          minor: tool 1.0.0 -> 1.1.0
        --- exit status 0
    "#]]);
    project.run(&["bump", "tools"]).check(expect![[r#"
        tools v1.1.0 is not published to `local` yet: there is no need to raise it.
        --- exit status 0
    "#]]);
    project.run(&["apply", "--yes"]).check(expect![[r#"
        local: .lls/registry

          ^ tools  v1.1.0   after v1.0.0 (:1)
                ~ tool 1.0.0 -> 1.1.0
                957 B -> 954 B zipped
                grant account 000000000000

        Plan: 1 version to publish; 1 unchanged, 0 blocked.

            hello v1.0.0   unchanged, :1
                arn:lls:lambda:directory:000000000000:layer:hello:1
          ^ tools v1.1.0   published as :2
                arn:lls:lambda:directory:000000000000:layer:tools:2
                granted account 000000000000

        Applied: 1 version published, 0 permissions changed, 1 unchanged.
        --- stderr
        Published tools to .lls/registry, 954 B
        --- exit status 0
    "#]]);
    project.assert_converged();
    project.run(&["bump", "tools"]).check(expect![[r#"
        tools matches v1.1.0 in `local`: nothing to bump.
        --- exit status 0
    "#]]);
}
