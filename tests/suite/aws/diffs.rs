//! What differs, in AWS: only the needed parts of archives are read, in one region, also of other accounts.

use expect_test::expect;

use crate::support::lambda_api::{Fault, LambdaApi, iam};
use crate::support::project::Project;

/// A layer of two small texts around a large file, published and then edited.
fn edited(api: &LambdaApi) -> Project {
    let noise: Vec<u8> = (0..2_000_000u32)
        .flat_map(|n| (n.wrapping_mul(2_654_435_761)).to_be_bytes())
        .collect();
    let project = Project::hello_in(api)
        .file("layers/hello/a.txt", "first\n")
        .file("layers/hello/large.bin", noise)
        .file("layers/hello/z.txt", "last\n");
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.write("layers/hello/a.txt", "FIRST\n");
    project.write("layers/hello/z.txt", "LAST\n");
    project
}

#[test]
fn only_what_is_compared_is_read() {
    let api = LambdaApi::start();
    let project = edited(&api);
    let before = api.calls().len();
    let run = project.succeed(&["plan", "--diff"]);
    run.assert_stdout(&["+FIRST", "-last"]);
    let calls = api.calls().split_off(before);
    let reads = calls.iter().filter(|call| call.operation == "GetArchive");
    let sizes: Vec<_> = reads.map(|call| call.response_bytes).collect();
    assert_eq!(sizes.len(), 3, "the end, and two parts: {sizes:?}");
    assert!(sizes[1..].iter().all(|size| *size < 1000), "{sizes:?}");
    // The comparison takes one request more, and only where there is something to compare.
    let lambda = calls
        .iter()
        .filter(|call| call.operation.contains("Layer"))
        .count();
    assert_eq!(lambda, 4);
    project.succeed(&["apply"]);
    let before = api.calls().len();
    project.assert_converged();
    let lambda = api.operations().split_off(before);
    assert_eq!(
        lambda.iter().filter(|name| name.contains("Layer")).count(),
        3
    );
    assert!(!lambda.contains(&"GetArchive".to_owned()));
}

#[test]
fn an_archive_that_cannot_be_read_fails_no_plan() {
    let api = LambdaApi::start();
    let project = edited(&api);
    api.inject(|number, operation| {
        let denied = || Fault::status(403, "AccessDenied", "Access Denied");
        (operation == "GetArchive" && number > 1).then(denied)
    });
    project.run(&["plan", "--diff"]).check(expect![[r#"
        aws: account [account], us-east-1

          ^ hello  v1.1.0   after v1.0.0 (:1)
                ~ python/a.txt  could not be read, 6 B
                ~ python/z.txt  could not be read, 5 B
                grant account [account]

        Plan: 1 version to publish; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 8.0 MB
        --- exit status 0
    "#]]);
    api.inject_nothing();
    api.ignore_ranges();
    project.run(&["diff", "hello"]).check(expect![[r#"
        us-east-1: hello:1 (v1.0.0) -> layers.toml (v1.1.0)

          ~ description: v1.0.0 -> v1.1.0
          the published archive could not be read for comparison
        --- exit status 0
    "#]]);
}

#[test]
fn versions_of_one_region_are_compared() {
    let api = LambdaApi::start();
    let project = Project::hello_in_two_regions(&api);
    project.succeed(&["apply", "--region", "eu-west-1"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.write("layers/hello/hello.py", "print('hello')\n");
    project.run(&["diff", "hello"]).check(expect![[r#"
        --- stderr
        error: target `aws` has several regions, and a version has another number in each
        hint: name the region with `--region`
        --- exit status 1
    "#]]);
    let run = project.run(&["diff", "hello", "--region", "eu-west-1"]);
    run.check(expect![[r#"
        eu-west-1: hello:1 (v1.0.0) -> layers.toml (v1.1.0)

          ~ python/hello.py  +1 -2
              @@ -1,2 +1 @@
              -def hello():
              -    return 'hello'
              +print('hello')
          ~ description: v1.0.0 -> v1.1.0
          229 B -> 213 B zipped, 32 B -> 15 B unpacked
        --- stderr
        Built hello, 213 B
        --- exit status 0
    "#]]);
    let mut shown = project.run(&["show", "hello"]);
    let lines = shown.stdout.lines();
    let lines = lines.filter(|line| !line.starts_with("  created  "));
    shown.stdout = lines.map(|line| format!("{line}\n")).collect();
    shown.check(expect![[r#"
        eu-west-1: hello:1
          arn            arn:aws:lambda:eu-west-1:[account]:layer:hello:1
          description    v1.0.0
          runtimes       python3.12
          architectures  x86_64
          license        none
          size           229 B zipped, 32 B unpacked
          sha256         2cf59024daedd2e05b463823e28556bc8e29ddd5ade10c0deb288a45f020749b
          access         the owning account
                         account [account] (statement lls-account-[account])
          packages       none
          own files      python/hello.py  32 B
        --- stderr
        us-east-1: hello is not published there
        --- exit status 0
    "#]]);
    let arn = format!("arn:aws:lambda:eu-west-1:{}:layer:hello:1", api.account());
    let by_arn = project.succeed(&["diff", &arn]);
    let by_number = project.succeed(&["diff", "hello:1", "--region", "eu-west-1"]);
    assert_eq!(by_arn.stdout, by_number.stdout);
    let run = project.run(&["diff", &arn, "--region", "us-east-1"]);
    run.check(expect![[r#"
        --- stderr
        error: arn:aws:lambda:eu-west-1:[account]:layer:hello:1 is in eu-west-1, not in us-east-1
        hint: leave out `--region` and LLS_REGION, and name only versions of one region
        --- exit status 1
    "#]]);
}

#[test]
fn a_layer_of_another_account_is_compared_by_its_arn() {
    let theirs = LambdaApi::start();
    let their_project = Project::hello_in(&theirs);
    their_project.succeed(&["apply"]);
    let ours = LambdaApi::start();
    theirs.grant("us-east-1", "hello", 1, "partner", ours.account());
    // Without a manifest, where the environment says.
    let project = Project::new().environment(ours.env());
    let arn = format!(
        "arn:aws:lambda:us-east-1:{}:layer:hello:1",
        theirs.account()
    );
    let run = project.succeed(&["show", &arn]);
    run.assert_stdout(&["known only to its own account"]);
    assert!(run.stdout.contains("python/hello.py  32 B"), "{run}");
    let run = project.succeed(&["diff", &arn, &arn]);
    assert!(run.stdout.contains("are the same"), "{run}");
    let missing = project.fail(&["diff", &arn.replace("hello:1", "hello:9"), &arn]);
    assert!(missing.stderr.contains(":layer:hello:9"), "{missing}");
}

#[test]
fn the_policy_for_plans_suffices() {
    let actions = iam::actions(iam::PLAN);
    let writer = iam::actions(iam::APPLY);
    let actions: Vec<_> = actions.union(&writer).map(String::as_str).collect();
    let api = LambdaApi::allowing(&actions);
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project.edit_manifest("v1.0.0", "v1.1.0");
    project.write("layers/hello/hello.py", "print('hello')\n");
    let before = api.calls().len();
    project.succeed(&["plan", "--diff"]);
    project.succeed(&["diff", "hello"]);
    project.succeed(&["show", "hello"]);
    let called = iam::called(&api.calls()[before..]);
    let planned = iam::allowed(iam::PLAN, &["lambda", "sts", "organizations"]);
    assert!(called.is_subset(&planned), "{called:?}");
}
