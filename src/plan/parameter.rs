//! From the parameters that are there, and the version that is current, to those that must be set.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::layer::{HeldValue, ParameterName, ParameterNames};

/// A parameter that is to hold the ARN of the current version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParameterChange {
    /// The parameter.
    pub name: ParameterName,
    /// What it holds; `None` where it is not there.
    pub before: Option<HeldValue>,
}

/// Plans the parameters of a layer. `arn` is that of its current version; `None` where that is yet to be published, so
/// that no parameter can hold it.
///
/// A parameter that holds anything else is set, whatever it is: what each of them must hold follows from the published
/// versions, as everything does that `lls` keeps.
pub fn plan_parameters(
    names: &ParameterNames,
    held: &BTreeMap<ParameterName, HeldValue>,
    arn: Option<&str>,
) -> Vec<ParameterChange> {
    let holds =
        |name: &&ParameterName| arn.is_some() && held.get(*name).map(HeldValue::as_str) == arn;
    let wrong = names.iter().filter(|name| !holds(name));
    wrong
        .map(|name| ParameterChange {
            name: name.clone(),
            before: held.get(name).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_hold_the_current_version_is_set() {
        let prefix = "/acme".parse().unwrap();
        let description = "v1.0.0".parse().unwrap();
        let names = ParameterNames::new(&prefix, &"a".parse().unwrap(), &description).unwrap();
        let arn = |number: u64| format!("arn:aws:lambda:us-east-1:123456789012:layer:a:{number}");
        let (first, second) = (arn(1), arn(2));
        let held = [
            (names.described.clone(), HeldValue::of(&second)),
            (names.current.clone(), HeldValue::of(&first)),
        ];
        let held = BTreeMap::from(held);
        let change = |name: &ParameterName, before: Option<&str>| ParameterChange {
            name: name.clone(),
            before: before.map(HeldValue::of),
        };
        let current = change(&names.current, Some(&first));
        let plan = |held, arn| plan_parameters(&names, held, arn);
        assert_eq!(plan(&held, Some(&second)), std::slice::from_ref(&current));
        let described = change(&names.described, Some(&second));
        assert_eq!(
            plan(&held, None),
            [described, current],
            "a new version has another ARN"
        );
        let nothing = BTreeMap::new();
        let both = [change(&names.described, None), change(&names.current, None)];
        assert_eq!(plan(&nothing, Some(&second)), both);
    }
}
