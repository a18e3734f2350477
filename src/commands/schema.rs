//! `lls schema`: the JSON Schema of the manifest, for editors.

use super::{Context, ExitStatus};
use crate::error::Failures;
use crate::manifest::schema as manifest_schema;

pub(super) fn schema(context: &Context) -> Result<ExitStatus, Failures> {
    context
        .output
        .result(&format!("{:#}\n", manifest_schema()))?;
    Ok(ExitStatus::Success)
}
