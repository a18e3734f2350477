//! The IAM policy of a limited access key, for the operations that `ministack` does not tell apart.

use super::super::ministack::{AccessKey, Ministack};
use super::received::Received;
use super::refusal::Refusal;

/// All that `ministack` knows of layers; which of them is really meant is decided here.
const COARSE: [&str; 2] = ["lambda:ListLayers", "lambda:PublishLayerVersion"];

/// An access key and the only actions that it may call.
pub struct Access {
    key: AccessKey,
    actions: Vec<String>,
}

impl Access {
    /// Makes a key of `account` that may call `actions`.
    pub fn new(server: &Ministack, account: &str, actions: &[&str]) -> Self {
        let known: Vec<&str> = actions.iter().copied().chain(COARSE).collect();
        Self {
            key: server.access_key(account, &known),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        }
    }

    pub fn key(&self) -> &AccessKey {
        &self.key
    }

    /// Why this key may not call a Lambda or Organizations operation; other services are left to the server.
    pub fn refusal(&self, operation: &str, request: &Received, account: &str) -> Option<Refusal> {
        let credential = request.credential().filter(|by| by.key == self.key.id)?;
        if operation == "DescribeOrganization" {
            let denied = "You don't have permissions to access this resource.";
            return (!self.allows("organizations:DescribeOrganization"))
                .then(|| Refusal::new(400, "AccessDeniedException", denied));
        }
        let segments = request.segments();
        let of_layers = segments.get(1).is_some_and(|kind| kind == "layers");
        if !of_layers && operation != "ListFunctions" {
            return None;
        }
        // IAM has one action for both ways to ask for a layer version.
        let action = format!("lambda:{}", operation.trim_end_matches("ByArn"));
        if self.allows(&action) {
            return None;
        }
        let resource = match &segments[2..] {
            [layer, _, version, ..] => {
                format!(
                    "arn:aws:lambda:{}:{account}:layer:{layer}:{version}",
                    credential.region
                )
            }
            [layer, ..] if operation == "PublishLayerVersion" => {
                format!(
                    "arn:aws:lambda:{}:{account}:layer:{layer}",
                    credential.region
                )
            }
            _ => "*".to_owned(),
        };
        let principal = &self.key.principal;
        let message = format!(
            "User: {principal} is not authorized to perform: {action} on resource: {resource} \
             because no identity-based policy allows the {action} action"
        );
        Some(Refusal::new(403, "AccessDeniedException", message))
    }

    fn allows(&self, action: &str) -> bool {
        self.actions
            .iter()
            .any(|allowed| match allowed.strip_suffix('*') {
                Some(beginning) => action.starts_with(beginning),
                None => allowed == action,
            })
    }
}
