//! `[targets.<name>]`: a place to publish to, in AWS or in a folder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use toml::Value;

use super::LayerSettings;
use super::context::Context;
use super::directory::check_registry;
use super::problem::{Problem, Problems};
use super::staging::StagingBucket;
use super::table::{Located, Table, advice};
use crate::error::Failure as _;
use crate::layer::{AccountId, LayerName, ParameterNames, ParameterPrefix};

/// A place to publish to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name in the manifest.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// The path of the parameters that hold the ARNs of its layers. `None` for no parameters.
    pub ssm_prefix: Option<ParameterPrefix>,
    /// Whether layers may be granted to everyone.
    pub allow_public: bool,
}

/// The keys that only a target in AWS may have.
pub(super) const AWS_KEYS: [&str; 6] = [
    "regions",
    "profile",
    "role_arn",
    "external_id",
    "account",
    "staging_bucket",
];

/// Where a target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// AWS Lambda, in one or several regions.
    Aws(AwsTarget),
    /// The embedded registry: a folder, relative to the manifest's.
    Directory(PathBuf),
}

/// How to reach AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsTarget {
    /// The regions to publish in; empty for the one of the environment or profile.
    pub regions: Vec<Region>,
    /// The profile of the shared configuration to use.
    pub profile: Option<String>,
    /// The role to assume first.
    pub role_arn: Option<RoleArn>,
    /// The external id that the role asks for.
    pub external_id: Option<String>,
    /// The only account to work in.
    pub account: Option<AccountId>,
    /// The bucket of each region that large archives go through.
    pub staging_bucket: Option<StagingBucket>,
}

/// The name of an AWS region, such as `eu-west-1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

/// The ARN of an IAM role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn(String);

impl Region {
    /// The region's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.split('-').collect();
        let words = parts.len() >= 3
            && parts[..parts.len() - 1]
                .iter()
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()));
        let number = parts
            .last()
            .is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        if words && number {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is not a region, such as `eu-west-1`"))
        }
    }
}

impl RoleArn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleArn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "iam", "", account, role]
                if role.starts_with("role/") && account.parse::<AccountId>().is_ok() =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(format!(
                "`{text}` is not a role, such as `arn:aws:iam::123456789012:role/layers`"
            )),
        }
    }
}

impl Place {
    /// Whether it is a folder, to which AWS settings do not apply.
    pub fn is_folder(&self) -> bool {
        matches!(self, Self::Directory(_))
    }
}

impl Target {
    /// A target with this name in AWS, without any settings.
    pub fn in_aws(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            place: Place::Aws(AwsTarget::default()),
            ssm_prefix: None,
            allow_public: false,
        }
    }

    /// The keys that say where it is, in the order of the manifest reference.
    pub fn keys(&self) -> Vec<(&'static str, Value)> {
        let text = |text: &str| Value::from(text);
        let mut keys = Vec::new();
        match &self.place {
            Place::Directory(folder) => {
                keys.push(("directory", text(&folder.display().to_string())));
            }
            Place::Aws(aws) => {
                let regions: Vec<_> = aws.regions.iter().map(Region::as_str).collect();
                keys.push(("regions", regions.into()));
                let given = [
                    ("profile", aws.profile.as_deref()),
                    ("role_arn", aws.role_arn.as_ref().map(RoleArn::as_str)),
                    ("external_id", aws.external_id.as_deref()),
                    ("account", aws.account.as_ref().map(AccountId::as_str)),
                    (
                        "staging_bucket",
                        aws.staging_bucket.as_ref().map(StagingBucket::as_str),
                    ),
                ];
                let given = given.into_iter();
                keys.extend(given.filter_map(|(key, value)| Some((key, text(value?)))));
            }
        }
        let prefix = self.ssm_prefix.as_ref();
        keys.extend(prefix.map(|prefix| ("ssm_prefix", text(prefix.as_str()))));
        keys
    }

    /// Reports layers that cannot have the parameters that `ssm_prefix` asks for.
    pub(super) fn check_parameters(
        &self,
        layers: &BTreeMap<LayerName, LayerSettings>,
        problems: &mut Problems,
    ) {
        let Some(prefix) = &self.ssm_prefix else {
            return;
        };
        for (layer, settings) in layers {
            if let Err(error) = ParameterNames::new(prefix, layer, &settings.description) {
                let span = settings.description_span.clone();
                let message = format!("{error} (`ssm_prefix` of target `{}`)", self.name);
                problems.add(Problem::new(span, message).hint(error.hint().unwrap_or_default()));
            }
        }
    }

    pub(super) fn read(
        name: &Located<String>,
        mut table: Table<'_>,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let ssm_prefix = table.parsed("ssm_prefix", problems);
        let allow_public = table.boolean("allow_public", problems).unwrap_or(false);
        let directory = table.text("directory", problems);
        if directory.is_some() {
            for key in AWS_KEYS {
                if let Some(span) = table.span_of(key) {
                    let message =
                        format!("`{key}` and `directory` exclude each other in one target");
                    problems.add(
                        Problem::new(span, message)
                            .hint("a target is in AWS or in a folder; declare two targets"),
                    );
                }
            }
        }
        let aws = read_aws(&mut table, problems);
        table.finish(problems);
        if name.value.is_empty() {
            let problem = Problem::new(name.span.clone(), "the name of a target cannot be empty");
            problems.add(problem.hint("give it one, such as `[targets.operations]`"));
        }
        let place = match directory {
            Some(directory) if directory.value.is_empty() => {
                problems.add(
                    Problem::new(directory.span, "`directory` cannot be empty")
                        .hint(advice("directory")),
                );
                return None;
            }
            Some(directory) => {
                check_registry(&directory, context, problems);
                Place::Directory(directory.value.into())
            }
            None => Place::Aws(aws),
        };
        Some(Self {
            name: name.value.clone(),
            place,
            ssm_prefix: ssm_prefix.map(|prefix| prefix.value),
            allow_public,
        })
    }
}

/// How many regions a target may have: more than AWS has.
const MOST_REGIONS: usize = 100;

fn read_aws(table: &mut Table<'_>, problems: &mut Problems) -> AwsTarget {
    let regions = table.list("regions", problems);
    if let Some(list) = regions.as_ref().filter(|list| list.value.is_empty()) {
        let problem = Problem::new(list.span.clone(), "`regions` cannot be empty");
        problems.add(problem.hint("remove it to use the region of the environment or profile"));
    }
    if let Some(list) = regions
        .as_ref()
        .filter(|list| list.value.len() > MOST_REGIONS)
    {
        let count = list.value.len();
        let message =
            format!("`regions` has {count} entries, but at most {MOST_REGIONS} are allowed");
        problems.add(Problem::new(list.span.clone(), message).hint("name each region once"));
    }
    let external_id_span = table.span_of("external_id");
    let role_arn = table.parsed("role_arn", problems);
    let external_id = table.text("external_id", problems);
    if let Some(span) = external_id_span.filter(|_| role_arn.is_none()) {
        let problem = Problem::new(span, "`external_id` is of no use without `role_arn`");
        problems.add(problem.hint("add the role that requires it, or remove `external_id`"));
    }
    let staging_bucket: Option<Located<StagingBucket>> = table.parsed("staging_bucket", problems);
    let is_fanned_out = regions.as_ref().is_some_and(|list| list.value.len() > 1);
    if let Some(bucket) = staging_bucket.as_ref().filter(|_| is_fanned_out)
        && !bucket.value.is_regional()
    {
        let message = "`staging_bucket` is one bucket, but the target has several regions";
        let problem = Problem::new(bucket.span.clone(), message);
        problems.add(problem.hint(
            "Lambda reads only from buckets in its own region: add `{region}` to the bucket name",
        ));
    }
    AwsTarget {
        staging_bucket: staging_bucket.map(|bucket| bucket.value),
        regions: regions
            .map(|list| list.value.into_iter().map(|region| region.value).collect())
            .unwrap_or_default(),
        profile: table.text("profile", problems).map(|profile| profile.value),
        role_arn: role_arn.map(|role| role.value),
        external_id: external_id.map(|id| id.value),
        account: table
            .parsed("account", problems)
            .map(|account| account.value),
    }
}
