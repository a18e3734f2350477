//! The profile to work with: which setting names it, and whether the AWS configuration has it.
//!
//! The SDK ignores a profile that does not exist if there are keys in the environment.

use crate::manifest::{AwsTarget, nearest};
use crate::registry::{ConnectOptions, NoProfile, RegistryErrorKind};

use super::errors::Outcome;

/// How many profiles a hint lists.
const LISTED: usize = 10;

/// Checks that the AWS configuration has the profile that `--profile`, the target, or `AWS_PROFILE` names.
///
/// A configuration that cannot be read is not reported here: the SDK does it when it needs it.
///
/// # Errors
/// If there is no such profile. `AWS_PROFILE` may name `default`, even if nothing is configured.
pub(super) async fn check_profile(
    name: &str,
    target: &AwsTarget,
    options: &ConnectOptions,
) -> Outcome<()> {
    let from = [
        ("`--profile` or LLS_PROFILE".to_owned(), &options.profile),
        (format!("target `{name}`"), &target.profile),
    ];
    let mut given = from
        .into_iter()
        .filter_map(|(from, profile)| Some((from, profile.clone()?)));
    let given = given.next();
    let (disk, environment, files) = Default::default();
    let loaded = aws_config::profile::load(&disk, &environment, &files, None);
    let Ok(profiles) = loaded.await else {
        return Ok(());
    };
    let selected = profiles.selected_profile();
    let (from, profile) = match given {
        Some(given) => given,
        None if ["", "default"].contains(&selected) => return Ok(()),
        None => ("AWS_PROFILE".to_owned(), selected.to_owned()),
    };
    if profiles.get_profile(&profile).is_some() {
        return Ok(());
    }
    let mut known: Vec<_> = profiles.profiles().collect();
    known.sort_unstable();
    let remedy = remedy(&profile, &known);
    let missing = NoProfile {
        from,
        profile,
        remedy,
    };
    Err(RegistryErrorKind::NoProfile(Box::new(missing)))
}

/// What to do about a profile that does not exist.
fn remedy(profile: &str, known: &[&str]) -> String {
    if let Some(near) = nearest(profile, known.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if known.is_empty() {
        return format!("create it with `aws configure --profile {profile}`");
    }
    let listed = &known[..known.len().min(LISTED)];
    let more = if known.len() > LISTED { ", ..." } else { "" };
    format!("the profiles are: {}{more}", listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_suggested_and_others_are_listed() {
        let known = ["dev", "operations", "prod"];
        assert_eq!(remedy("operatons", &known), "did you mean `operations`?");
        assert_eq!(
            remedy("x", &known),
            "the profiles are: dev, operations, prod"
        );
        let many: Vec<_> = (0..11).map(|number| format!("team-{number}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert!(remedy("x", &many).ends_with("team-9, ..."));
        assert_eq!(
            remedy("x", &[]),
            "create it with `aws configure --profile x`"
        );
    }
}
