//! The functions of a region, with the layer versions that they use.

use aws_sdk_lambda as lambda;
use lambda::operation::list_functions::ListFunctionsOutput;
use lambda::types::FunctionConfiguration;

use super::AwsRegistry;
use super::errors::{Outcome, missing};
use crate::layer::{FunctionLayers, FunctionVersion};
use crate::registry::RegistryErrorKind;

impl AwsRegistry {
    /// All versions of all functions, the published ones and `$LATEST` (`FunctionVersion=ALL`).
    pub(super) async fn list_functions(&self) -> Outcome<Vec<FunctionLayers>> {
        let all = lambda::types::FunctionVersion::All;
        let request = self.client.list_functions().function_version(all);
        let page = |marker| request.clone().set_marker(marker).send();
        let pages = self.calls.pages(page, ListFunctionsOutput::next_marker);
        let listed = pages.await?.into_iter();
        let listed = listed.flat_map(|page| page.functions.unwrap_or_default());
        listed.map(function_layers).collect()
    }
}

/// A layer that cannot be read is a failure: what uses it must not be taken for unused.
fn function_layers(listed: FunctionConfiguration) -> Outcome<FunctionLayers> {
    let arns = listed.layers.unwrap_or_default().into_iter();
    let layers = arns.map(|layer| {
        let arn = layer.arn.ok_or_else(|| missing("Layers.Arn"))?;
        let parsed = arn.parse();
        parsed.map_err(|error: crate::layer::LayerVersionArnError| {
            RegistryErrorKind::Unreachable(error.to_string())
        })
    });
    Ok(FunctionLayers {
        layers: layers.collect::<Outcome<_>>()?,
        function: FunctionVersion {
            function: listed
                .function_name
                .ok_or_else(|| missing("FunctionName"))?,
            version: listed.version.ok_or_else(|| missing("Version"))?,
        },
    })
}
