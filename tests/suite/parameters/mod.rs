//! `ssm_prefix`: parameters that hold the ARNs of the current versions, in AWS and in a folder.

mod refused;

use expect_test::expect;

use crate::support::lambda_api::{LambdaApi, iam};
use crate::support::project::Project;

const REGION: &str = "us-east-1";

/// What the parameters of a region hold, a line each.
fn held(api: &LambdaApi, region: &str) -> String {
    let held = api.parameters(region).into_iter();
    let lines = held.map(|(name, value)| format!("{name} {value}\n"));
    lines
        .collect::<String>()
        .replace(api.account(), "[account]")
}

fn in_aws(api: &LambdaApi) -> Project {
    let project = Project::hello_in(api);
    project.set_in_target("ssm_prefix = \"/acme/layers\"");
    project
}

/// Publishes the next version of `hello`.
fn raise(project: &Project, from: &str, to: &str) {
    project.edit_manifest(from, to);
    project.write("layers/hello/hello.py", format!("VERSION = '{to}'\n"));
}

#[test]
fn parameters_follow_the_current_version() {
    let api = LambdaApi::start();
    let project = in_aws(&api);
    let plan = project.run(&["plan"]);
    plan.check(expect![[r#"
        aws: account [account], us-east-1

          + hello  v1.0.0   new layer, 229 B zipped, 32 B unpacked
                + python/hello.py
                for python3.12 on x86_64
                grant account [account]
                set parameter /acme/layers/hello/v1.0.0
                set parameter /acme/layers/hello/current

        Plan: 1 layer to create, 2 parameters to set; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 229 B
        --- exit status 0
    "#]]);
    let run = project.run(&["apply"]).below(&plan.stdout);
    run.check(expect![[r#"
          + hello v1.0.0   published as :1
                arn:aws:lambda:us-east-1:[account]:layer:hello:1
                granted account [account]
                set parameter /acme/layers/hello/v1.0.0
                set parameter /acme/layers/hello/current

        Applied: 1 version published, 0 permissions changed, 2 parameters set, 0 unchanged.
        --- stderr
        Published hello to us-east-1, 229 B
        --- exit status 0
    "#]]);
    expect![[r#"
        /acme/layers/hello/current arn:aws:lambda:us-east-1:[account]:layer:hello:1
        /acme/layers/hello/v1.0.0 arn:aws:lambda:us-east-1:[account]:layer:hello:1
    "#]]
    .assert_eq(&held(&api, REGION));
    let before = api.calls().len();
    project.assert_converged();
    let expected = [
        "GetCallerIdentity",
        "GetLayerVersion",
        "GetLayerVersionPolicy",
        "GetParameters",
        "ListLayerVersions",
        "ListLayers",
    ];
    let mut called = api.operations().split_off(before);
    called.sort();
    assert_eq!(
        called, expected,
        "two requests more than without parameters"
    );

    raise(&project, "v1.0.0", "v1.1.0");
    project.run(&["plan"]).check(expect![[r#"
        aws: account [account], us-east-1

          ^ hello  v1.1.0   after v1.0.0 (:1)
                ~ python/hello.py  +1 -2
                229 B -> 217 B zipped, 32 B -> 19 B unpacked
                grant account [account]
                set parameter /acme/layers/hello/v1.1.0
                set parameter /acme/layers/hello/current, which holds :1

        Plan: 1 version to publish, 2 parameters to set; 0 unchanged, 0 blocked.
        --- stderr
        Built hello, 217 B
        --- exit status 0
    "#]]);
    project.succeed(&["apply"]);
    expect![[r#"
        /acme/layers/hello/current arn:aws:lambda:us-east-1:[account]:layer:hello:2
        /acme/layers/hello/v1.0.0 arn:aws:lambda:us-east-1:[account]:layer:hello:1
        /acme/layers/hello/v1.1.0 arn:aws:lambda:us-east-1:[account]:layer:hello:2
    "#]]
    .assert_eq(&held(&api, REGION));
    project.assert_converged();

    // Somebody else points one elsewhere.
    let first = format!("arn:aws:lambda:{REGION}:{}:layer:hello:1", api.account());
    api.set_parameter(REGION, "/acme/layers/hello/current", &first);
    let plan = project.run(&["plan"]);
    plan.check(expect![[r#"
        aws: account [account], us-east-1

          ~ hello  v1.1.0   published as :2, parameters to set
                set parameter /acme/layers/hello/current, which holds :1

        Plan: 1 parameter to set; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    let run = project.run(&["apply"]).below(&plan.stdout);
    run.check(expect![[r#"
          ~ hello v1.1.0   parameters of :2 set
                arn:aws:lambda:us-east-1:[account]:layer:hello:2
                set parameter /acme/layers/hello/current

        Applied: 0 versions published, 0 permissions changed, 1 parameter set, 0 unchanged.
        --- exit status 0
    "#]]);
    project.assert_converged();
}

#[test]
fn a_published_layer_gets_its_parameters_in_every_region() {
    let api = LambdaApi::start();
    let project = in_aws(&api);
    project.edit_manifest(
        "ssm_prefix = \"/acme/layers\"",
        "regions = [\"us-east-1\", \"eu-west-1\"]",
    );
    project.succeed(&["apply"]);
    project.edit_manifest("regions", "ssm_prefix = \"/acme\"\nregions");
    project.run(&["plan"]).check(expect![[r#"
        aws: account [account], us-east-1 and eu-west-1

          ~ hello  v1.0.0   published as us-east-1:1, eu-west-1:1, parameters to set
                set parameter /acme/hello/v1.0.0
                set parameter /acme/hello/current

        Plan: 4 parameters to set; 0 unchanged, 0 blocked.
        --- exit status 0
    "#]]);
    let run = project.succeed(&["apply", "--format", "json"]);
    let summary = run.json();
    let destinations = summary["layers"][0]["destinations"].as_array().unwrap();
    for destination in destinations {
        assert_eq!(destination["outcome"], "parameters_set", "{run}");
        let set = serde_json::json!(["/acme/hello/v1.0.0", "/acme/hello/current"]);
        assert_eq!(destination["parameters"], set, "{run}");
    }
    for region in [REGION, "eu-west-1"] {
        let arn = format!("arn:aws:lambda:{region}:[account]:layer:hello:1");
        let expected = format!("/acme/hello/current {arn}\n/acme/hello/v1.0.0 {arn}\n");
        assert_eq!(held(&api, region), expected);
    }
    project.assert_converged();
}

#[test]
fn many_layers_are_asked_about_ten_parameters_at_a_time() {
    let api = LambdaApi::start();
    let mut project = in_aws(&api);
    for number in 0..6 {
        let layer = format!(
            "\n[layers.layer{number}]\ndescription = \"v1.0.0\"\nruntimes = [\"python3.12\"]\nprefix = \"python\"\n"
        );
        project = project.file(&format!("layers/layer{number}/a{number}.py"), "A = 1\n");
        let manifest = project.read("layers.toml") + &layer;
        project.write("layers.toml", manifest);
    }
    project.succeed(&["apply"]);
    assert_eq!(api.parameters(REGION).len(), 14);
    let before = api.calls().len();
    project.assert_converged();
    let called = api.operations().split_off(before);
    let asked = called
        .iter()
        .filter(|operation| *operation == "GetParameters");
    assert_eq!(asked.count(), 2, "14 parameters, 10 a request");
}

#[test]
fn the_policies_are_what_parameters_take() {
    let api = LambdaApi::start();
    let project = in_aws(&api);
    let services = ["ssm"];
    let called = |before: usize| {
        let all: Vec<_> = api.calls().split_off(before);
        let mut called = iam::called(&all);
        called.retain(|action| action.contains("Parameter"));
        called
    };
    project.succeed(&["plan"]);
    assert_eq!(called(0), iam::allowed(iam::PLAN, &services));
    let before = api.calls().len();
    project.succeed(&["apply"]);
    assert_eq!(called(before), iam::allowed(iam::APPLY, &services));
    raise(&project, "v1.0.0", "v1.1.0");
    project.succeed(&["apply"]);
    let before = api.calls().len();
    let run = project.succeed(&["delete", "hello:1", "--yes"]);
    let note = "note: parameter /acme/layers/hello/v1.0.0 holds hello:1 in us-east-1, and stays\n";
    assert_eq!(run.stderr, note, "{run}");
    assert_eq!(called(before), iam::allowed(iam::DELETE, &services));
    assert_eq!(
        api.parameters(REGION).len(),
        3,
        "deleting leaves parameters alone"
    );

    for (policy, command) in [(iam::PLAN, "plan"), (iam::APPLY, "apply")] {
        let actions = iam::actions(policy);
        let actions: Vec<_> = actions.iter().map(String::as_str).collect();
        let api = LambdaApi::allowing(&actions);
        in_aws(&api).succeed(&[command]);
    }
}

#[test]
fn a_folder_keeps_parameters_as_files() {
    let project = Project::hello();
    project.set_in_target("ssm_prefix = \"/acme/layers\"");
    project.succeed(&["apply"]);
    let read = |name: &str| project.read(&format!("registry/.parameters/acme/layers/hello/{name}"));
    let arn = |number: u64| format!("arn:lls:lambda:directory:000000000000:layer:hello:{number}\n");
    assert_eq!((read("current"), read("v1.0.0")), (arn(1), arn(1)));
    project.assert_converged();
    raise(&project, "v1.0.0", "v1.1.0");
    project.succeed(&["apply"]);
    assert_eq!(
        (read("current"), read("v1.0.0"), read("v1.1.0")),
        (arn(2), arn(1), arn(2))
    );
    // A revert publishes nothing, and moves `current` back.
    raise(&project, "v1.1.0", "v1.0.0");
    project.write(
        "layers/hello/hello.py",
        "def hello():\n    return 'hello'\n",
    );
    project.run(&["apply"]).check(expect![[r#"
        local: registry

          ~ hello  v1.0.0   published as :1, parameters to set
                set parameter /acme/layers/hello/current, which holds :2

        Plan: 1 parameter to set; 0 unchanged, 0 blocked.

          ~ hello v1.0.0   parameters of :1 set
                arn:lls:lambda:directory:000000000000:layer:hello:1
                set parameter /acme/layers/hello/current

        Applied: 0 versions published, 0 permissions changed, 1 parameter set, 0 unchanged.
        --- exit status 0
    "#]]);
    assert_eq!(read("current"), arn(1));
    let run = project.succeed(&["list"]);
    assert_eq!(
        run.stdout.lines().count(),
        1,
        "parameters are no layer:\n{run}"
    );
}
