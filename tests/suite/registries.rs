//! One contract for both registries, and what many processes at once do to the directory one.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use lls::build::Builder;
use lls::cache::{CachePlaces, NoteKey, StoredArchive};
use lls::ecosystem::python::{Tools, UvSource};
use lls::ecosystem::{LockPolicy, Workbench};
use lls::input::Repository;
use lls::layer::{Grantee, LayerName, Statement, StatementId, VersionMetadata, VersionNumber};
use lls::manifest::{LayerSettings, Manifest};
use lls::progress::{Progress, Silent};
use lls::registry::{
    ConnectOptions, DirectoryRegistry, PublishRequest, Registry, RegistryErrorKind, RequestLimits,
    connect, connect_environment,
};

use crate::support::lambda_api::LambdaApi;
use crate::support::project::{HELLO, Project};

fn repository(folder: &Path) -> Repository {
    Repository::around(folder, folder, &[])
}

/// A built archive of the only layer of the project in `folder`.
async fn archive(folder: &Path) -> (StoredArchive, VersionMetadata) {
    let manifest = Manifest::read(&folder.join("layers.toml"), &repository(folder)).unwrap();
    let (name, settings): (&LayerName, &LayerSettings) = manifest.layers.iter().next().unwrap();
    let places = CachePlaces {
        project: folder.to_owned(),
        user: folder.join("cache"),
        key: NoteKey::of_this_run().unwrap(),
    };
    let bench = Workbench {
        artifacts: places.artifacts(),
        repository: repository(folder),
        lock_policy: LockPolicy::Locked,
        progress: &Silent,
        python: Tools::new(UvSource::default()),
    };
    let builder = Builder::new(&places, bench).unwrap();
    let inputs = builder
        .prepare(&[(name, settings)])
        .await
        .remove(0)
        .unwrap();
    let metadata = VersionMetadata {
        description: settings.description.as_str().to_owned(),
        runtimes: settings.runtimes.clone(),
        architectures: [settings.architecture].into(),
        license: None,
    };
    (builder.open(&inputs, settings).await.unwrap(), metadata)
}

const ONE: VersionNumber = VersionNumber(1);

/// What every registry does, in one story.
async fn keeps_the_contract(registry: &dyn Registry, folder: &Path) {
    let layer: LayerName = "hello".parse().unwrap();
    let (archive, metadata) = archive(folder).await;
    let request = PublishRequest {
        layer: &layer,
        metadata: &metadata,
        archive: &archive,
        after: None,
    };
    assert!(registry.versions(&layer, None).await.unwrap().is_empty());
    assert!(registry.describe(&layer, ONE).await.unwrap().is_none());
    let policy = registry.policy(&layer, ONE).await.unwrap();
    assert!(policy.statements.is_empty());

    publishes(registry, &request).await;
    describes(registry, &request).await;
    grants(registry, &layer).await;

    for number in [VersionNumber(2), VersionNumber(2), ONE] {
        registry.delete(&layer, number).await.unwrap();
    }
    assert!(registry.versions(&layer, None).await.unwrap().is_empty());
    assert!(registry.layers(None).await.unwrap().is_empty());
    let next = registry.publish(&request).await.unwrap().version.number;
    assert_eq!(next, VersionNumber(3), "numbers are never reused");
}

/// Publishes two versions.
async fn publishes(registry: &dyn Registry, request: &PublishRequest<'_>) {
    let published = registry.publish(request).await.unwrap();
    let (number, sha256) = (published.version.number, published.sha256);
    assert_eq!((number, sha256), (ONE, request.archive.summary.sha256));
    assert_eq!(published.version.metadata, *request.metadata);
    let second = registry.publish(request).await.unwrap();
    assert_eq!(second.version.number, VersionNumber(2));
}

/// Tells of the two versions what was published.
async fn describes(registry: &dyn Registry, request: &PublishRequest<'_>) {
    let (layer, archive) = (request.layer, request.archive);
    let versions = registry.versions(layer, None).await.unwrap();
    let numbers = versions.iter().map(|version| version.number.0);
    assert_eq!(numbers.collect::<Vec<_>>(), [2, 1], "newest first");
    let other = "python3.13".parse().unwrap();
    let of_other = registry.versions(layer, Some(&other)).await.unwrap();
    assert!(of_other.is_empty());
    let layers = registry.layers(None).await.unwrap();
    assert_eq!(layers[0].latest.number, VersionNumber(2));

    let described = registry.describe(layer, ONE).await.unwrap().unwrap();
    let (sha256, size) = (archive.summary.sha256, archive.summary.size);
    assert_eq!((described.sha256, described.size), (sha256, size));
    let range = 10..described.size;
    let tail = registry.archive_range(&described.archive, range).await;
    assert!(tail.unwrap().unwrap() == archive.bytes[10..]);
}

/// Grants and revokes, each against the policy that was read.
async fn grants(registry: &dyn Registry, layer: &LayerName) {
    let kind = |error: lls::registry::RegistryError| error.kind;
    let statement = |grantee: Grantee| Statement {
        id: StatementId::of(&grantee),
        grantee: Some(grantee),
    };
    let account = statement(Grantee::Account("123456789012".parse().unwrap()));
    let organization = statement(Grantee::Organization("o-a1b2c3d4e5".parse().unwrap()));
    let everyone = statement(Grantee::Public);
    registry.grant(layer, ONE, &account, None).await.unwrap();
    let first = registry.policy(layer, ONE).await.unwrap();
    assert_eq!(first.statements, std::slice::from_ref(&account));
    let revision = first.revision.as_deref();

    let again = registry.grant(layer, ONE, &account, None).await;
    let again = again.map_err(kind);
    assert!(matches!(again, Err(RegistryErrorKind::Exists(_))));
    let granted = registry.grant(layer, ONE, &organization, revision).await;
    granted.unwrap();
    let stale = registry.grant(layer, ONE, &everyone, revision).await;
    let stale = stale.map_err(kind);
    assert!(matches!(stale, Err(RegistryErrorKind::Changed(_))));
    let second = registry.policy(layer, ONE).await.unwrap();
    assert_ne!(first.revision, second.revision);
    assert!(second.statements.contains(&organization));

    let revision = second.revision.as_deref();
    let revoked = registry.revoke(layer, ONE, &account.id, revision).await;
    revoked.unwrap();
    let third = registry.policy(layer, ONE).await.unwrap();
    assert_eq!(third.statements, [organization]);
    let gone = registry.revoke(layer, ONE, &account.id, None).await;
    let gone = gone.map_err(kind);
    assert!(matches!(gone, Err(RegistryErrorKind::NotFound(_))));
    let nine = VersionNumber(9);
    let nowhere = registry.grant(layer, nine, &account, None).await;
    let nowhere = nowhere.map_err(kind);
    assert!(matches!(nowhere, Err(RegistryErrorKind::NotFound(_))));
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

#[test]
fn the_directory_registry_keeps_the_contract() {
    let project = Project::hello();
    block_on(async {
        let manifest =
            Manifest::read(&project.path("layers.toml"), &repository(&project.path(""))).unwrap();
        let target = manifest.target(None).unwrap();
        let progress: Arc<dyn Progress> = Arc::new(Silent);
        let options = ConnectOptions::default();
        let session = connect(target, &manifest, &options, &progress)
            .await
            .unwrap();
        keeps_the_contract(session.registries[0].as_ref(), &project.path("")).await;
    });
}

/// Where the next test finds its project when it runs itself with the environment of a Lambda API.
const PROJECT: &str = "LLS_TESTS_CONTRACT_PROJECT";

#[test]
fn lambda_keeps_the_contract() {
    if let Some(folder) = std::env::var_os(PROJECT) {
        return block_on(async {
            let limits = RequestLimits {
                rate: 1000.try_into().unwrap(),
                ..RequestLimits::default()
            };
            let options = ConnectOptions {
                limits,
                ..ConnectOptions::default()
            };
            let progress: Arc<dyn Progress> = Arc::new(Silent);
            let session = connect_environment(&options, &progress).await.unwrap();
            keeps_the_contract(session.registries[0].as_ref(), Path::new(&folder)).await;
        });
    }
    // The SDK reads the process's environment, which is shared by all tests: so it gets a process of its own.
    let api = LambdaApi::start();
    let project = Project::hello();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "registries::lambda_keeps_the_contract",
            "--exact",
            "--nocapture",
        ])
        .envs(api.env())
        .env(PROJECT, project.path(""))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    assert!(
        api.calls()
            .iter()
            .any(|call| call.operation == "DeleteLayerVersion"),
        "the API was really talked to"
    );
}

#[test]
fn applies_at_once_give_every_version_a_number_of_its_own() {
    let manifest = HELLO.replace("prefix =", "republish = \"allow\"\nprefix =");
    let shared = tempfile::tempdir().unwrap();
    let projects: Vec<_> = (0..6)
        .map(|index| {
            let manifest = manifest.replace("directory = \"registry\"", "directory = \"shared\"");
            Project::hello()
                .manifest(&manifest)
                .file("layers/hello/hello.py", format!("x = {index}\n"))
                .variable("LLS_ALLOW_OUTSIDE", shared.path())
        })
        .collect();
    for project in &projects {
        std::os::unix::fs::symlink(shared.path(), project.path("shared")).unwrap();
    }
    let children: Vec<_> = projects
        .iter()
        .map(|project| {
            project
                .command(&["apply"])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("lls can be run")
        })
        .collect();
    let finished: Vec<_> = children
        .into_iter()
        .map(|child| thread::spawn(|| child.wait_with_output().unwrap()))
        .collect();
    for output in finished.into_iter().map(|thread| thread.join().unwrap()) {
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let run = projects[0].succeed(&["versions", "--layer", "hello", "--format", "json"]);
    let document = run.json();
    let versions = document["destinations"][0]["versions"].as_array().unwrap();
    let numbers: BTreeSet<u64> = versions
        .iter()
        .map(|version| version["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=6).collect());
    for project in &projects {
        project.assert_converged();
    }
}

#[test]
fn a_folder_publishes_only_after_the_version_that_was_seen() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    block_on(async {
        let repository = repository(&project.path(""));
        let registry =
            DirectoryRegistry::new(project.path("registry"), repository, Arc::new(Silent));
        let layer: LayerName = "hello".parse().unwrap();
        let (archive, metadata) = archive(&project.path("")).await;
        let mut request = PublishRequest {
            layer: &layer,
            metadata: &metadata,
            archive: &archive,
            after: Some(VersionNumber(0)),
        };
        let kind = registry.publish(&request).await.unwrap_err().kind;
        assert!(
            matches!(kind, RegistryErrorKind::Overtaken(VersionNumber(1))),
            "{kind}"
        );
        request.after = Some(VersionNumber(1));
        let published = registry.publish(&request).await.unwrap();
        assert_eq!(published.version.number, VersionNumber(2));
    });
}

#[test]
fn what_a_killed_publish_left_in_a_folder_does_no_harm() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.write("registry/hello/2.zip", "half an archive");
    project.write("registry/hello/.tmp-killed", "half a record");
    project.assert_converged();
    project.edit_manifest("v1.0.0", "v1.1.0");
    let run = project.succeed(&["apply"]);
    assert!(run.stdout.contains("published as :2"), "{run}");
    assert!(!project.path("registry/hello/.tmp-killed").exists());
    project.assert_converged();
}

#[test]
fn a_damaged_record_is_named() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.write("registry/hello/1.json", "{");
    let run = project.fail(&["plan"]);
    run.assert_stderr(&["`registry/hello/1.json` is damaged"]);
}

#[test]
fn a_damaged_number_is_named_and_never_given_again() {
    let project = Project::hello();
    project.succeed(&["apply"]);
    project.write("registry/hello/.lock", "7 or so");
    project.edit_manifest("v1.0.0", "v1.1.0");
    let run = project.fail(&["apply"]);
    let text = [run.stdout.as_str(), run.stderr.as_str()].concat();
    assert!(text.contains("`registry/hello/.lock` is damaged"), "{run}");
    assert!(!project.path("registry/hello/2.json").exists());
}
