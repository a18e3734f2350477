//! `layers.toml`: what is wrong in it is all said at once, with place and hint.

use expect_test::{Expect, expect};

use crate::support::project::{HELLO, Project};

fn check(manifest: &str, expected: Expect) {
    let project = Project::hello().manifest(manifest);
    expected.assert_eq(&project.run(&["validate"]).to_string());
}

#[test]
fn a_valid_manifest_needs_no_network() {
    let project = Project::hello().variable("PATH", "/nonexistent");
    expect![[r#"
        layers.toml is valid: 1 layer, 1 target.
        --- exit status 0
    "#]]
    .assert_eq(&project.run(&["validate"]).to_string());
    expect![[r#"
        {
          "format_version": "1.0",
          "manifest": "layers.toml",
          "layers": [
            "hello"
          ],
          "targets": [
            "local"
          ]
        }
        --- exit status 0
    "#]]
    .assert_eq(&project.run(&["validate", "--format", "json"]).to_string());
}

#[test]
fn everything_is_reported_at_once() {
    check(
        r#"default_target = "oprations"

[targets.operations]
regions = ["us-east-1", "mars"]
role_arn = "layers"
acount = "468665244580"

[targets.local]
directory = ".lls"
profile = "x"

[defaults]
description = "v1"
runtimes = ["python 3.12"]

[layers.hello]
description = "1.0"
runtime = ["python3.12"]
permission = { account = "12" }

[layers."a b"]
description = "v1.0.0"
directory = "nowhere"
architecture = "arm"
permission = "everyone"
exclude = ["a[", 1]
prefix = "/opt"
republish = true
"#,
        expect![[r#"
            --- stderr
            error: unknown target `oprations`
             --> layers.toml:1:18
              |
            1 | default_target = "oprations"
              |                  ^^^^^^^^^^^
              |
              = hint: did you mean `operations`?

            error: `mars` is not a region, such as `eu-west-1`
             --> layers.toml:4:25
              |
            4 | regions = ["us-east-1", "mars"]
              |                         ^^^^^^
              |
              = hint: names of AWS regions, such as ["us-east-1", "eu-west-1"]

            error: `layers` is not a role, such as `arn:aws:iam::123456789012:role/layers`
             --> layers.toml:5:12
              |
            5 | role_arn = "layers"
              |            ^^^^^^^^
              |
              = hint: the ARN of an IAM role, such as "arn:aws:iam::123456789012:role/layers"

            error: unknown key `acount` in target `operations`
             --> layers.toml:6:1
              |
            6 | acount = "468665244580"
              | ^^^^^^
              |
              = hint: did you mean `account`?

            error: `profile` and `directory` exclude each other in one target
              --> layers.toml:10:1
               |
            10 | profile = "x"
               | ^^^^^^^
               |
               = hint: a target is in AWS or in a folder; declare two targets

            error: `description` belongs to one layer and cannot be a default
              --> layers.toml:13:1
               |
            13 | description = "v1"
               | ^^^^^^^^^^^
               |
               = hint: move it into the layer's own table

            error: `python 3.12` is not the identifier of a runtime, such as `python3.12`
              --> layers.toml:14:13
               |
            14 | runtimes = ["python 3.12"]
               |             ^^^^^^^^^^^^^
               |
               = hint: identifiers of Lambda runtimes, such as ["python3.12", "python3.13"]

            error: `1.0` is not a semantic version, such as `v1.0.0`
              --> layers.toml:17:15
               |
            17 | description = "1.0"
               |               ^^^^^
               |
               = hint: a version of three numbers, such as "v1.0.0"

            error: unknown key `runtime` in layer `hello`
              --> layers.toml:18:1
               |
            18 | runtime = ["python3.12"]
               | ^^^^^^^
               |
               = hint: did you mean `runtimes`?

            error: an account ID is 12 digits, not `12`
              --> layers.toml:19:26
               |
            19 | permission = { account = "12" }
               |                          ^^^^
               |
               = hint: the 12 digits of an AWS account, such as "123456789012"

            error: a layer name can contain only letters, digits, `-`, and `_`, not ` `
              --> layers.toml:21:9
               |
            21 | [layers."a b"]
               |         ^^^^^
               |
               = hint: rename the layer, such as `[layers.my-layer]`

            error: there is no folder `nowhere`
              --> layers.toml:23:13
               |
            23 | directory = "nowhere"
               |             ^^^^^^^^^
               |
               = hint: create it, or set `directory` to the layer's folder

            error: an architecture is `x86_64` or `arm64`, not `arm`
              --> layers.toml:24:16
               |
            24 | architecture = "arm"
               |                ^^^^^
               |
               = hint: "x86_64" or "arm64"

            error: unknown permission `everyone`
              --> layers.toml:25:14
               |
            25 | permission = "everyone"
               |              ^^^^^^^^^^
               |
               = hint: one of "my-account", "my-organization", "public", "none", { account = "123456789012" } or { organization = "o-a1b2c3d4e5" }

            error: `a[` is not a glob: unclosed character class; missing ']'
              --> layers.toml:26:12
               |
            26 | exclude = ["a[", 1]
               |            ^^^^
               |
               = hint: globs that match archive paths, such as ["**/tests/**"]

            error: expected a string in `exclude`, found a number
              --> layers.toml:26:18
               |
            26 | exclude = ["a[", 1]
               |                  ^
               |
               = hint: globs that match archive paths, such as ["**/tests/**"]

            error: `prefix` is a folder inside the archive, not `/opt`: it is absolute
              --> layers.toml:27:10
               |
            27 | prefix = "/opt"
               |          ^^^^^^
               |
               = hint: a folder inside the archive, such as "python"

            error: expected a string in `republish`, found a boolean
              --> layers.toml:28:13
               |
            28 | republish = true
               |             ^^^^
               |
               = hint: "deny", or "allow" to publish different content under the same description

            error: 18 problems in `layers.toml`
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_prefix_of_parameters_is_a_path() {
    check(
        r#"[targets.aws]
ssm_prefix = "layers"

[layers.hello]
description = "v1.0.0"
runtimes = ["python3.12"]
"#,
        expect![[r#"
            --- stderr
            error: `layers` does not begin with `/`
             --> layers.toml:2:14
              |
            2 | ssm_prefix = "layers"
              |              ^^^^^^^^
              |
              = hint: a path of SSM parameters, such as "/acme/layers"

            error: 1 problem in `layers.toml`
            --- exit status 1
        "#]],
    );
}

#[test]
fn malformed_toml_is_placed() {
    check(
        "[layers.hello\ndescription = \n",
        expect![[r#"
            --- stderr
            error: unclosed table, expected `]`
             --> layers.toml:1:14
              |
            1 | [layers.hello
              |              ^
              |
              = hint: correct the TOML; https://toml.io describes the format

            error: 1 problem in `layers.toml`
            --- exit status 1
        "#]],
    );
    check(
        "[layers.hello]\ndescription = \"v1.0.0\"\n[layers.hello]\n",
        expect![[r#"
            --- stderr
            error: duplicate key
             --> layers.toml:3:9
              |
            3 | [layers.hello]
              |         ^^^^^
              |
              = hint: remove one of the two: a key may appear only once in a table

            error: 1 problem in `layers.toml`
            --- exit status 1
        "#]],
    );
}

#[test]
fn a_missing_description_and_missing_runtimes_are_named() {
    check(
        "[layers.hello]\n",
        expect![[r#"
        --- stderr
        error: layer `hello` has no `description`
         --> layers.toml:1:1
          |
        1 | [layers.hello]
          | ^^^^^^^^^^^^^^
          |
          = hint: add its version, such as `description = "v1.0.0"`

        error: layer `hello` has no `runtimes`
         --> layers.toml:1:9
          |
        1 | [layers.hello]
          |         ^^^^^
          |
          = hint: add `runtimes = ["python3.12"]` to it or to [defaults]

        error: 2 problems in `layers.toml`
        --- exit status 1
    "#]],
    );
}

#[test]
fn layers_may_not_share_a_folder() {
    let second = "[layers.twin]\ndirectory = \"layers/hello\"\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\n";
    for other in ["layers/../layers/hello", "link"] {
        let project = Project::hello().manifest(&format!(
            "{HELLO}\n{}",
            second.replace("layers/hello", other)
        ));
        std::os::unix::fs::symlink("layers/hello", project.path("link")).unwrap();
        let run = project.fail(&["validate"]);
        let expected = format!("`hello` and `twin` have the same directory `{other}`");
        assert!(run.stderr.contains(&expected), "{run}");
    }
    check(
        &format!("{HELLO}\n{second}"),
        expect![[r#"
        --- stderr
        error: layers `hello` and `twin` have the same directory `layers/hello`
          --> layers.toml:11:13
           |
        11 | directory = "layers/hello"
           |             ^^^^^^^^^^^^^^
           |
           = hint: give each layer its own folder

        error: 1 problem in `layers.toml`
        --- exit status 1
    "#]],
    );
}

#[test]
fn public_layers_need_a_target_that_allows_them() {
    let manifest = HELLO.replace("my-account", "public");
    check(
        &manifest,
        expect![[r#"
        --- stderr
        error: layer `hello` is public (layers.toml:8), which target `local` does not allow
        hint: set `allow_public = true` in [targets.local], or choose another permission
        --- exit status 1
    "#]],
    );
    let allowed = manifest.replace("[targets.local]", "[targets.local]\nallow_public = true");
    let project = Project::hello().manifest(&allowed);
    project.succeed(&["apply"]);
    project.assert_converged();
}

#[test]
fn the_manifest_of_this_repository_is_valid() {
    let root = env!("CARGO_MANIFEST_DIR");
    let run = Project::new().succeed(&["validate", "-m", &format!("{root}/layers.toml")]);
    assert!(
        run.stdout.ends_with("is valid: 2 layers, 2 targets.\n"),
        "{run}"
    );
}

#[test]
fn a_staging_bucket_is_one_that_each_region_can_have() {
    check(
        r#"[targets.aws]
regions = ["us-east-1", "eu-west-1"]
staging_bucket = "acme-layers"

[targets.other]
staging_bucket = "s3://Acme"

[targets.local]
directory = "registry"
staging_bucket = "acme-layers"

[layers.hello]
description = "v1.0.0"
runtimes = ["python3.12"]
"#,
        expect![[r#"
            --- stderr
            error: `staging_bucket` is one bucket, but the target has several regions
             --> layers.toml:3:18
              |
            3 | staging_bucket = "acme-layers"
              |                  ^^^^^^^^^^^^^
              |
              = hint: Lambda reads only from buckets in its own region: add `{region}` to the bucket name

            error: `s3://Acme` is not the name of a bucket, such as `acme-layers-{region}`
             --> layers.toml:6:18
              |
            6 | staging_bucket = "s3://Acme"
              |                  ^^^^^^^^^^^
              |
              = hint: the name of an S3 bucket, such as "acme-layers-{region}"

            error: `staging_bucket` and `directory` exclude each other in one target
              --> layers.toml:10:1
               |
            10 | staging_bucket = "acme-layers"
               | ^^^^^^^^^^^^^^
               |
               = hint: a target is in AWS or in a folder; declare two targets

            error: 3 problems in `layers.toml`
            --- exit status 1
        "#]],
    );
}

#[test]
fn globs_that_would_exhaust_the_machine_are_refused() {
    let nested = |depth: usize| format!("\"{}a{}\"", "{".repeat(depth), "}".repeat(depth));
    let many = |count: usize| {
        let globs: Vec<_> = (0..count)
            .map(|number| format!("\"**/*{number}*\""))
            .collect();
        globs.join(", ")
    };
    for (globs, message) in [
        (nested(11), "with braces nested more than 10 deep"),
        (
            nested(50_000),
            "`exclude` has a glob of 100001 bytes, more than 1024",
        ),
        (
            many(60_000),
            "`exclude` has 60000 entries, but at most 1000 are allowed",
        ),
    ] {
        let project = Project::app("");
        project.set_in_app(&format!("exclude = [{globs}]"));
        project
            .fail(&["validate"])
            .assert_stderr(&[message, "hint: "]);
    }
    let project = Project::app("");
    project.set_in_app(&format!("exclude = [{}, {}]", nested(10), many(999)));
    project.succeed(&["validate"]);
}
