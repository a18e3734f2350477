//! Parameters of Systems Manager, read in batches and set at its own, lower rate.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use aws_sdk_ssm as ssm;
use ssm::types::ParameterType;

use super::calls::{Calls, Repeat};
use super::errors::{Outcome, missing};
use crate::layer::{HeldValue, ParameterName};
use crate::registry::{Parameter, RequestLimits};

/// How many parameters one request asks for at most (`GetParameters` of the SSM API model).
const BATCH: usize = 10;

/// By how much slower parameters are set than Lambda is asked: three a second by default, of the three that an account
/// has (AWS general reference, "Systems Manager quotas").
const SLOWER: (u32, u32) = (3, 8);

/// Systems Manager in one region.
pub(super) struct Parameters {
    client: ssm::Client,
    reads: Calls,
    writes: Calls,
}

impl Parameters {
    pub fn new(client: ssm::Client, limits: RequestLimits) -> Self {
        let (numerator, denominator) = SLOWER;
        let rate = limits.rate.get().saturating_mul(numerator) / denominator;
        let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
        Self {
            client,
            reads: Calls::new(limits),
            writes: Calls::new(RequestLimits { rate, ..limits }),
        }
    }

    /// What those of the parameters hold that are there.
    pub async fn get(
        &self,
        names: &[ParameterName],
    ) -> Outcome<BTreeMap<ParameterName, HeldValue>> {
        let mut held = BTreeMap::new();
        for batch in names.chunks(BATCH) {
            let asked = batch.iter().map(|name| name.as_str().to_owned()).collect();
            let request = self.client.get_parameters().set_names(Some(asked));
            let request = || request.clone().send();
            let output = self.reads.send(Repeat::Safe, request).await?;
            for parameter in output.parameters.unwrap_or_default() {
                let name = parameter.name.ok_or_else(|| missing("Parameters.Name"))?;
                let value = parameter.value.ok_or_else(|| missing("Parameters.Value"))?;
                let asked = batch.iter().find(|asked| asked.as_str() == name);
                held.extend(asked.map(|name| (name.clone(), HeldValue::of(&value))));
            }
        }
        Ok(held)
    }

    /// Sets a parameter: to set it twice to the same changes nothing more than to do it once.
    pub async fn put(&self, parameter: &Parameter<'_>) -> Outcome<()> {
        let request = self
            .client
            .put_parameter()
            .name(parameter.name.as_str())
            .value(parameter.value)
            .r#type(ParameterType::String)
            .overwrite(parameter.replaces);
        let request = || request.clone().send();
        self.writes.send(Repeat::Safe, request).await.map(drop)
    }
}
