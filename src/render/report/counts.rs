//! How many layers are in which state.

use serde::Serialize;

use crate::plan::{Plan, Standing};
use crate::render::wording::count;

/// How many layers stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// Layers of which the first version is to be published.
    pub create: usize,
    /// Layers of which a further version is to be published.
    pub publish: usize,
    /// Layers of which only the permission is to be changed.
    pub permission: usize,
    /// Layers of which only parameters are to be set.
    pub parameters: usize,
    /// Layers to which nothing happens.
    pub unchanged: usize,
    /// Layers that something stands in the way of.
    pub blocked: usize,
}

impl Counts {
    /// Counts the layers of a plan; each counts once, by the weightiest thing that happens to it.
    pub fn of(plan: &Plan) -> Self {
        Self {
            create: plan.count(Standing::Create),
            publish: plan.count(Standing::Publish),
            permission: plan.count(Standing::Grant),
            parameters: plan.count(Standing::Parameters),
            unchanged: plan.count(Standing::Unchanged),
            blocked: plan.count(Standing::Blocked),
        }
    }

    /// `1 layer to create, 2 versions to publish; 12 unchanged, 1 blocked`.
    pub fn sentence(self) -> String {
        let parts = [
            (self.create, "layer", "to create"),
            (self.publish, "version", "to publish"),
            (self.permission, "permission", "to change"),
            (self.parameters, "layer", "with parameters to set"),
        ];
        let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
        let parts: Vec<_> = parts
            .map(|(number, noun, verb)| format!("{} {verb}", count(number, noun)))
            .collect();
        let changes = if parts.is_empty() {
            "no changes".to_owned()
        } else {
            parts.join(", ")
        };
        format!(
            "{changes}; {} unchanged, {} blocked",
            self.unchanged, self.blocked
        )
    }

    /// The sum of both.
    pub fn and(self, other: Self) -> Self {
        Self {
            create: self.create + other.create,
            publish: self.publish + other.publish,
            permission: self.permission + other.permission,
            parameters: self.parameters + other.parameters,
            unchanged: self.unchanged + other.unchanged,
            blocked: self.blocked + other.blocked,
        }
    }
}
