//! `docs/iam`: the words to fill in, the command that does it, how narrow the policies are, and whom roles trust.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::lambda_api::iam;

/// The actions that know no resource but `*` (Service Authorization Reference).
const WITHOUT_RESOURCES: [&str; 5] = [
    "sts:GetCallerIdentity",
    "organizations:DescribeOrganization",
    "lambda:ListLayers",
    "lambda:ListLayerVersions",
    "lambda:ListFunctions",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/iam")
}

/// The policies of a folder by name, sorted.
fn policies(folder: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let is_policy = |path: &PathBuf| path.extension().is_some_and(|end| end == "json");
    let mut paths: Vec<_> = paths.filter(is_policy).collect();
    paths.sort();
    let named = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths
        .iter()
        .map(|path| (named(path), std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// The words in capitals that are to be filled in.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphabetic());
    let is_to_fill = |word: &&str| word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase());
    words.filter(is_to_fill).map(str::to_owned).collect()
}

#[test]
fn the_table_has_the_words_to_fill_in_and_no_others() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let rows = readme.lines().filter_map(|line| {
        let word = line.strip_prefix("| `")?.split('`').next()?;
        words(word).contains(word).then(|| word.to_owned())
    });
    let listed: BTreeSet<_> = rows.collect();
    let policies = policies(&folder());
    let used: BTreeSet<_> = policies.iter().flat_map(|(_, text)| words(text)).collect();
    assert_eq!(listed, used);
}

#[test]
fn the_command_fills_every_word_in() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let command = readme.lines().find(|line| line.starts_with("mkdir filled"));
    let copy = tempfile::tempdir().unwrap();
    for (name, text) in policies(&folder()) {
        std::fs::write(copy.path().join(format!("{name}.json")), text).unwrap();
    }
    let mut shell = Command::new("bash");
    shell.args(["-euc", command.unwrap()]);
    let output = shell.current_dir(copy.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let filled = policies(&copy.path().join("filled"));
    assert_eq!(filled.len(), policies(&folder()).len());
    for (name, text) in filled {
        assert_eq!(words(&text), BTreeSet::new(), "{name}");
        iam::statements(&text);
    }
}

#[test]
fn only_actions_without_resources_are_allowed_on_everything() {
    for (name, text) in policies(&folder()) {
        for statement in iam::statements(&text) {
            let actions = statement["Action"].as_array().unwrap();
            let actions: Vec<_> = actions
                .iter()
                .map(|action| action.as_str().unwrap())
                .collect();
            assert!(!actions.iter().any(|action| action.contains('*')), "{name}");
            let Some(resource) = statement["Resource"].as_str() else {
                assert!(statement["Principal"].is_object(), "{name}: {statement}");
                continue;
            };
            let knows_none = |action: &&str| WITHOUT_RESOURCES.contains(action);
            assert_eq!(
                resource == "*",
                actions.iter().all(knows_none),
                "{name}: {statement}"
            );
            // Lists are held to the region, and buckets to the account.
            let is_list = actions
                .iter()
                .any(|action| action.starts_with("lambda:List"));
            let region = &statement["Condition"]["StringLike"]["aws:RequestedRegion"];
            assert_eq!(
                region.as_str(),
                is_list.then_some("REGION"),
                "{name}: {statement}"
            );
            let owner = &statement["Condition"]["StringEquals"]["aws:ResourceAccount"];
            let is_bucket = resource.starts_with("arn:aws:s3:::BUCKET/lls/");
            assert_eq!(
                owner.as_str(),
                is_bucket.then_some("ACCOUNT"),
                "{name}: {statement}"
            );
            let is_own = resource == "*" || is_bucket || resource.contains(":ACCOUNT:");
            assert!(is_own, "{name}: {statement}");
        }
    }
}

/// The conditions of a trust policy as `operator key value`, sorted.
fn conditions(policy: &str) -> Vec<String> {
    let statements = iam::statements(policy);
    let [statement] = &statements[..] else {
        panic!("one statement: {policy}");
    };
    assert_eq!(
        statement["Action"],
        serde_json::json!(["sts:AssumeRoleWithWebIdentity"])
    );
    let mut conditions = Vec::new();
    for (operator, keys) in statement["Condition"].as_object().unwrap() {
        for (key, value) in keys.as_object().unwrap() {
            let value = value.as_str().unwrap();
            conditions.push(format!("{operator} {key} {value}"));
        }
    }
    conditions.sort();
    conditions
}

#[test]
fn roles_trust_one_repository_and_the_apply_role_one_branch() {
    let all = policies(&folder());
    let is_trust = |(name, _): &&(String, String)| name.starts_with("trust-");
    let trusts = all.iter().filter(is_trust).map(|(name, text)| {
        let provider = iam::statements(text)[0]["Principal"]["Federated"].clone();
        let Value::String(provider) = provider else {
            panic!("{name} trusts no identity provider");
        };
        format!(
            "{name}\n  {provider}\n  {}\n",
            conditions(text).join("\n  ")
        )
    });
    expect_test::expect![[r#"
        trust-github-apply
          arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com
          StringEquals token.actions.githubusercontent.com:aud sts.amazonaws.com
          StringEquals token.actions.githubusercontent.com:sub repo:REPOSITORY:ref:refs/heads/BRANCH
        trust-github-plan
          arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com
          StringEquals token.actions.githubusercontent.com:aud sts.amazonaws.com
          StringEquals token.actions.githubusercontent.com:sub repo:REPOSITORY:pull_request
        trust-gitlab-apply
          arn:aws:iam::ACCOUNT:oidc-provider/gitlab.com
          StringEquals gitlab.com:aud https://gitlab.com
          StringEquals gitlab.com:sub project_path:REPOSITORY:ref_type:branch:ref:BRANCH
        trust-gitlab-plan
          arn:aws:iam::ACCOUNT:oidc-provider/gitlab.com
          StringEquals gitlab.com:aud https://gitlab.com
          StringLike gitlab.com:sub project_path:REPOSITORY:ref_type:branch:ref:*
    "#]]
    .assert_eq(&trusts.collect::<String>());
}
