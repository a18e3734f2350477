//! The planner as a pure function: a test for each row of the decision table (DESIGN §5).

use std::collections::BTreeMap;

use lls::archive::{ArchiveComment, EntryPlace, Listing, ListingEntry, Mode};
use lls::digest::Sha256;
use lls::layer::{
    Architecture, Grantee, Policy, PublishedVersion, Statement, StatementId, VersionMetadata,
    VersionNumber,
};
use lls::manifest::Republish;
use lls::plan::{
    Action, Desired, DesiredArchive, Equality, Observed, ObservedContent, Standing, plan_layer,
};

fn metadata(description: &str) -> VersionMetadata {
    VersionMetadata {
        description: description.to_owned(),
        runtimes: ["python3.12".parse().unwrap()].into(),
        architectures: [Architecture::X86_64].into(),
        license: None,
    }
}

fn listing(content: &str) -> Listing {
    let path = "python/app.py".parse().unwrap();
    Listing(vec![ListingEntry {
        path,
        mode: Mode::File,
        size: content.len() as u64,
        crc32: content.bytes().map(u32::from).sum(),
        place: EntryPlace::default(),
    }])
}

/// A layer whose archive holds `content`.
fn desired(description: &str, content: &str) -> Desired {
    Desired {
        layer: "app".parse().unwrap(),
        description: description.parse().unwrap(),
        description_position: None,
        metadata: metadata(description),
        comment: ArchiveComment::of(Sha256::of(format!("inputs of {content}"))),
        without_bytecode: None,
        trusts_comments: true,
        sha256: Some(Sha256::of(content)),
        archive: Some(DesiredArchive {
            size: 100,
            listing: listing(content),
            own_files: ["python/app.py".parse().unwrap()].into(),
            packages: Vec::new(),
        }),
        grantee: None,
        parameters: None,
        republish: Republish::Deny,
    }
}

/// A destination with versions 1, 2, ... of the given descriptions and contents.
fn observed(versions: &[(&str, &str)]) -> Observed {
    let number = |index: usize| VersionNumber(index as u64 + 1);
    let published = |(index, (description, _)): (usize, &(&str, &str))| PublishedVersion {
        number: number(index),
        arn: format!("arn:{}", index + 1),
        created: String::new(),
        metadata: metadata(description),
    };
    let content = |(index, (_, content)): (usize, &(&str, &str))| {
        let content = ObservedContent {
            sha256: Sha256::of(content),
            size: 90,
            comment: None,
            listing: Some(listing(content)),
            policy: Policy::default(),
        };
        (number(index), content)
    };
    Observed {
        destination: "us-east-1".to_owned(),
        versions: versions.iter().enumerate().map(published).rev().collect(),
        contents: versions
            .iter()
            .enumerate()
            .map(content)
            .collect::<BTreeMap<_, _>>(),
        ..Observed::default()
    }
}

fn action(desired: &Desired, observed: Observed) -> Action {
    plan_layer(desired, &[observed])
        .destinations
        .remove(0)
        .action
}

fn current(action: &Action) -> Option<(u64, Equality)> {
    match action {
        Action::Unchanged { current, equality } => Some((current.number.0, *equality)),
        _ => None,
    }
}

#[test]
fn no_version_at_all_creates() {
    assert_eq!(
        action(&desired("v1.0.0", "a"), observed(&[])),
        Action::Create
    );
}

#[test]
fn a_new_description_publishes_after_the_newest() {
    let Action::Publish {
        after,
        changes,
        lowers_description,
    } = action(
        &desired("v3.0.0", "c"),
        observed(&[("v1.0.0", "a"), ("v2.0.0", "bb")]),
    )
    else {
        panic!("it is published");
    };
    assert_eq!(
        (after.number.0, changes.same_content, changes.compared),
        (2, false, true)
    );
    assert_eq!(changes.files.len(), 1);
    assert!(!lowers_description);
}

/// Compared with the newest version, as everything is, by the precedence of semantic versions.
#[test]
fn a_description_that_goes_down_is_published_and_said() {
    for (newest, description, expected) in [
        ("v1.4.0", "v1.3.9", true),
        ("1.4.0", "v1.3.9", true),
        ("v1.4.0", "v1.4.0-rc.1", true),
        ("v1.10.0", "v1.9.0", true),
        ("v1.4.0", "v1.4.1", false),
        ("v1.4.0-rc.1", "v1.4.0", false),
        ("v1.4.0", "1.4.0", false),
        ("v1.4.0+2", "v1.4.0+1", false),
        ("a layer from before", "v0.1.0", false),
        ("", "v0.1.0", false),
    ] {
        let versions = observed(&[("v9.0.0", "a"), (newest, "b")]);
        let Action::Publish {
            lowers_description, ..
        } = action(&desired(description, "c"), versions)
        else {
            panic!("{description} is published");
        };
        assert_eq!(
            lowers_description, expected,
            "{description} after {newest:?}"
        );
    }
}

#[test]
fn a_plan_tells_what_the_layer_is_meant_for() {
    let mut layer = desired("v1.0.0", "a");
    layer.metadata.license = Some("MIT".to_owned());
    let plan = plan_layer(&layer, &[observed(&[])]);
    let metadata = VersionMetadata {
        description: plan.description.as_str().to_owned(),
        runtimes: plan.runtimes,
        architectures: plan.architectures,
        license: plan.license,
    };
    assert_eq!(metadata, layer.metadata);
}

#[test]
fn a_new_description_of_the_same_content_says_so() {
    let Action::Publish { changes, .. } =
        action(&desired("v2.0.0", "a"), observed(&[("v1.0.0", "a")]))
    else {
        panic!("it is published");
    };
    assert!(changes.same_content && changes.files.is_empty());
}

#[test]
fn a_description_with_equal_content_is_unchanged_even_where_it_is_not_the_newest() {
    let versions = [("v1.0.0", "a"), ("v2.0.0", "b")];
    assert_eq!(
        current(&action(&desired("v1.0.0", "a"), observed(&versions))),
        Some((1, Equality::SameBytes))
    );
}

#[test]
fn the_oldest_of_several_equal_versions_is_current() {
    let versions = [("v1.0.0", "a"), ("v1.0.0", "b"), ("v1.0.0", "b")];
    assert_eq!(
        current(&action(&desired("v1.0.0", "b"), observed(&versions))),
        Some((2, Equality::SameBytes))
    );
}

#[test]
fn an_equal_version_above_another_one_is_current_only_if_it_is_granted() {
    let account = Grantee::Account("123456789012".parse().unwrap());
    let mut layer = desired("v1.0.0", "b");
    layer.grantee = Some(account.clone());
    let mut versions = observed(&[("v1.0.0", "a"), ("v1.0.0", "b")]);
    let Action::Blocked {
        published,
        ungranted,
        changes,
    } = action(&layer, versions.clone())
    else {
        panic!("it is blocked");
    };
    assert_eq!((published.number.0, ungranted.unwrap().number.0), (1, 2));
    assert!(!changes.same_content);

    let mut allowed = layer.clone();
    allowed.republish = Republish::Allow;
    let plan = plan_layer(&allowed, &[versions.clone()]);
    assert_eq!(plan.destinations[0].permission.grant, Some(account.clone()));

    let policy = &mut versions.contents.get_mut(&VersionNumber(2)).unwrap().policy;
    policy.statements.push(Statement {
        id: StatementId::of(&account),
        grantee: Some(account),
    });
    let granted = current(&action(&layer, versions));
    assert_eq!(granted, Some((2, Equality::SameBytes)));
}

#[test]
fn a_revert_to_an_ungranted_version_of_its_own_description_is_granted() {
    let mut layer = desired("v1.0.0", "a");
    layer.grantee = Some(Grantee::Public);
    let versions = observed(&[("v1.0.0", "a"), ("v2.0.0", "b"), ("v1.0.0", "c")]);
    assert_eq!(
        current(&action(&layer, versions)),
        Some((1, Equality::SameBytes))
    );
}

#[test]
fn a_description_with_other_content_is_blocked_or_republished() {
    let mut layer = desired("v1.0.0", "b");
    let versions = [("v1.0.0", "a"), ("v2.0.0", "c")];
    assert!(
        matches!(action(&layer, observed(&versions)), Action::Blocked { published, .. } if published.number.0 == 1)
    );
    layer.republish = Republish::Allow;
    assert!(
        matches!(action(&layer, observed(&versions)), Action::Publish { after, .. } if after.number.0 == 2)
    );
}

#[test]
fn other_metadata_under_the_description_is_blocked_and_named() {
    let mut layer = desired("v1.0.0", "a");
    layer.metadata.license = Some("MIT".to_owned());
    let Action::Blocked { changes, .. } = action(&layer, observed(&[("v1.0.0", "a")])) else {
        panic!("it is blocked")
    };
    assert!(changes.same_content);
    assert_eq!(
        changes
            .metadata
            .iter()
            .map(|change| change.field.as_ref())
            .collect::<Vec<_>>(),
        ["license"]
    );
}

#[test]
fn equal_content_is_found_by_hash_by_comment_or_by_listing() {
    let layer = desired("v1.0.0", "a");
    let recompressed = |change: fn(&Desired, &mut ObservedContent)| {
        let mut observed = observed(&[("v1.0.0", "a")]);
        let content = observed.contents.get_mut(&VersionNumber(1)).unwrap();
        content.sha256 = Sha256::of("another compressor");
        content.listing = None;
        change(&layer, content);
        current(&action(&layer, observed)).map(|(_, equality)| equality)
    };
    assert_eq!(recompressed(|_, _| {}), None);
    let by_comment = recompressed(|layer, content| content.comment = Some(layer.comment));
    assert_eq!(by_comment, Some(Equality::SameInputs));
    assert_eq!(
        recompressed(|_, content| content.listing = Some(listing("a"))),
        Some(Equality::SameFiles)
    );
}

#[test]
fn a_version_that_was_not_looked_into_is_never_taken_for_equal() {
    let layer = desired("v1.0.0", "a");
    let mut unknown = observed(&[("v1.0.0", "a")]);
    unknown.contents.clear();
    assert!(matches!(action(&layer, unknown), Action::Blocked { .. }));
}

#[test]
fn an_unchanged_version_may_lack_its_permission() {
    let mut layer = desired("v1.0.0", "a");
    let account = Grantee::Account("123456789012".parse().unwrap());
    layer.grantee = Some(account.clone());
    let plan = plan_layer(&layer, &[observed(&[("v1.0.0", "a")])]);
    assert_eq!(plan.destinations[0].permission.grant, Some(account.clone()));
    assert_eq!(plan.standing(), Standing::Grant);

    let mut granted = observed(&[("v1.0.0", "a")]);
    let statement = Statement {
        id: StatementId::of(&account),
        grantee: Some(account),
    };
    granted
        .contents
        .get_mut(&VersionNumber(1))
        .unwrap()
        .policy
        .statements
        .push(statement);
    assert_eq!(
        plan_layer(&layer, &[granted]).standing(),
        Standing::Unchanged
    );
}

#[test]
fn destinations_are_decided_one_by_one_and_planning_is_deterministic() {
    let layer = desired("v1.0.0", "a");
    let destinations = [
        observed(&[]),
        observed(&[("v1.0.0", "a")]),
        observed(&[("v1.0.0", "b")]),
    ];
    let plan = plan_layer(&layer, &destinations);
    assert_eq!(plan.standing(), Standing::Blocked);
    assert!(matches!(plan.destinations[0].action, Action::Create));
    assert!(matches!(
        plan.destinations[1].action,
        Action::Unchanged { .. }
    ));
    assert_eq!(plan, plan_layer(&layer, &destinations));
}
