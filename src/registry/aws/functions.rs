//! The functions of a region, with the layer versions that they use.

use aws_sdk_lambda as lambda;
use lambda::types::FunctionConfiguration;

use super::AwsRegistry;
use super::calls::Repeat;
use super::errors::{Outcome, missing};
use crate::layer::{FunctionLayers, FunctionVersion};
use crate::registry::RegistryErrorKind;

impl AwsRegistry {
    /// All versions of all functions, the published ones and `$LATEST` (`FunctionVersion=ALL`).
    pub(super) async fn list_functions(&self) -> Outcome<Vec<FunctionLayers>> {
        let all = lambda::types::FunctionVersion::All;
        let request = self.client.list_functions().function_version(all);
        let (mut functions, mut marker) = (Vec::new(), None);
        loop {
            let page = || request.clone().set_marker(marker.clone()).send();
            let page = self.calls.send(Repeat::Safe, page).await?;
            let listed = page.functions.unwrap_or_default().into_iter();
            functions.extend(listed.map(function_layers).collect::<Outcome<Vec<_>>>()?);
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                break;
            }
        }
        Ok(functions)
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
