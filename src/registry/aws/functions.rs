//! The functions of a region, with the layer versions that they use.

use aws_sdk_lambda as lambda;
use lambda::types::FunctionConfiguration;

use super::AwsRegistry;
use super::errors::{Outcome, kind_of, missing};
use crate::layer::{FunctionLayers, FunctionVersion};
use crate::registry::RegistryErrorKind;

impl AwsRegistry {
    /// All versions of all functions, the published ones and `$LATEST` (`FunctionVersion=ALL`).
    pub(super) async fn list_functions(&self) -> Outcome<Vec<FunctionLayers>> {
        let all = lambda::types::FunctionVersion::All;
        let request = self.client.list_functions().function_version(all);
        let mut pages = request.into_paginator().send();
        let mut functions = Vec::new();
        while let Some(page) = pages.next().await {
            let listed = page.map_err(kind_of)?.functions.unwrap_or_default();
            let read: Outcome<Vec<_>> = listed.into_iter().map(function_layers).collect();
            functions.extend(read?);
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
