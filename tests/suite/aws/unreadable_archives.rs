//! Published archives that cannot be read: the layer is built and compared by its hash instead.

use crate::support::lambda_api::{Fault, LambdaApi};
use crate::support::project::Project;

/// Plans a published layer on a fresh machine while `operation` has this fault; gives the number of attempts to read its
/// archive.
fn plans_unchanged(operation: &'static str, fault: Fault) -> usize {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project.forget_builds();
    let before = api.count("GetArchive");
    api.inject_always(operation, fault);
    let run = project.succeed(&["plan", "--debug", "--request-timeout", "1"]);
    assert!(
        run.stdout.starts_with("No changes.") && run.stderr.contains("Built hello"),
        "{run}"
    );
    assert!(run.stderr.contains("the layer is built instead"), "{run}");
    api.count("GetArchive") - before
}

#[test]
fn an_archive_without_an_address_is_not_asked_for() {
    let reads = plans_unchanged(
        "GetLayerVersion",
        Fault::Edited(|version| {
            let content = version["Content"].as_object_mut();
            content.expect("a content").remove("Location");
        }),
    );
    assert_eq!(reads, 0);
}

#[test]
fn an_archive_that_is_refused_is_asked_for_once() {
    let reads = plans_unchanged(
        "GetArchive",
        Fault::status(403, "AccessDenied", "Access Denied"),
    );
    assert_eq!(reads, 1);
}

#[test]
fn an_archive_that_is_not_answered_is_asked_for_twice() {
    let reads = plans_unchanged("GetArchive", Fault::ResetBefore);
    assert_eq!(reads, 2);
}

#[test]
fn an_archive_that_is_answered_the_second_time_is_not_built() {
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    project.succeed(&["apply"]);
    project.forget_builds();
    api.inject_first(1, "GetArchive", Fault::ResetBefore);
    let run = project.succeed(&["plan"]);
    assert!(!run.stderr.contains("Built hello"), "{run}");
}

#[test]
fn an_archive_on_a_machine_that_cannot_be_reached_is_no_failure() {
    // Nobody listens there, as where a firewall is between a runner and S3.
    let reads = plans_unchanged(
        "GetLayerVersion",
        Fault::Edited(|version| {
            version["Content"]["Location"] =
                "http://127.0.0.1:9/archive?X-Amz-Signature=SECRET-TOKEN".into();
        }),
    );
    assert_eq!(reads, 0);
}

/// What takes long, and can be done without, is not tried for every layer.
#[test]
fn an_s3_that_never_answers_is_not_asked_for_every_layer() {
    const LAYERS: usize = 30;
    let api = LambdaApi::start();
    let project = Project::hello_in(&api);
    let mut manifest = "[targets.aws]\n\n[defaults]\nruntimes = [\"python3.12\"]\n".to_owned();
    for number in 0..LAYERS {
        manifest += &format!("\n[layers.layer-{number}]\ndescription = \"v1.0.0\"\n");
        project.write(&format!("layers/layer-{number}/x.txt"), number.to_string());
    }
    let project = project.manifest(&manifest);
    project.succeed(&["apply"]);
    project.forget_builds();
    let before = api.count("GetArchive");
    let silent = Fault::HangBefore(std::time::Duration::from_secs(60));
    api.inject_always("GetArchive", silent);
    let run = project.succeed(&["plan", "--request-timeout", "0.5"]);
    assert!(run.stdout.starts_with("No changes."), "{run}");
    let reads = api.count("GetArchive") - before;
    // Eight layers are looked at at a time, and each archive is asked for twice.
    assert!((1..LAYERS).contains(&reads), "{reads}");
}
