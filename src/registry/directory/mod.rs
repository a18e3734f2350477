//! The embedded registry: `<layer>/<number>.zip` and `<layer>/<number>.json` in a folder, with the rules of AWS.
//!
//! The JSON file is what makes a version exist. Changes of a layer are made under a lock on `<layer>/.lock`, which
//! also keeps the highest number ever given, so that numbers are never reused.

mod archive;
mod dry_run;
mod lock;
mod parameters;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::error::Outcome;
use super::{
    ArchiveAddress, DescribedVersion, DryRun, ListedLayer, Operation, Parameter, PublishRequest,
    ReadRegistry, Registry, RegistryErrorKind, Result,
};
use crate::cache::write_file;
use crate::digest::Sha256;
use crate::error::PathContext as _;
use crate::input::{FileKind, Repository};
use crate::layer::{
    AccountId, FunctionLayers, HeldValue, LayerName, LayerVersionArn, ParameterName, Policy,
    PublishedVersion, Runtime, Statement, StatementId, VersionNumber,
};
use crate::progress::Progress;

use lock::{Begun, LayerLock, file_names};
use record::{Record, StoredPolicy, StoredStatement};

/// A registry in a folder.
#[derive(Clone)]
pub struct DirectoryRegistry {
    folder: PathBuf,
    repository: Repository,
    destination: String,
    progress: Arc<dyn Progress>,
}

impl DirectoryRegistry {
    /// The registry in `folder`, which is made when something is published. It is part of `repository`, whose author
    /// may have put anything there.
    ///
    /// `progress` is told of other processes that are waited for, and says when that is to end.
    pub fn new(folder: PathBuf, repository: Repository, progress: Arc<dyn Progress>) -> Self {
        let destination = folder.display().to_string();
        Self {
            folder,
            repository,
            destination,
            progress,
        }
    }

    fn layer_folder(&self, layer: &LayerName) -> PathBuf {
        self.folder.join(layer.as_str())
    }

    fn file(&self, layer: &LayerName, number: VersionNumber, extension: &str) -> PathBuf {
        self.layer_folder(layer)
            .join(format!("{number}.{extension}"))
    }

    fn read_record(&self, layer: &LayerName, number: VersionNumber) -> Outcome<Option<Record>> {
        let path = self.file(layer, number, "json");
        match self.repository.read(&path, FileKind::Text) {
            Err(error) if error.is_missing() => Ok(None),
            outcome => {
                let bytes = outcome?;
                let record = serde_json::from_slice(&bytes);
                record
                    .map(Some)
                    .map_err(|_| RegistryErrorKind::Damaged(path.display().to_string()))
            }
        }
    }

    fn write_record(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        record: &Record,
    ) -> Outcome<()> {
        let mut text = serde_json::to_vec_pretty(record).unwrap_or_default();
        text.push(b'\n');
        Ok(write_file(&self.file(layer, number, "json"), &text)?)
    }

    /// The numbers of a layer's versions, newest first.
    fn numbers(&self, layer: &LayerName) -> Outcome<Vec<VersionNumber>> {
        let folder = self.layer_folder(layer);
        match self.repository.check_folder(&folder) {
            Err(error) if error.is_missing() => return Ok(Vec::new()),
            outcome => outcome?,
        }
        let names = file_names(&folder)?;
        let number = |name: &String| name.strip_suffix(".json")?.parse().ok().map(VersionNumber);
        let mut numbers: Vec<_> = names.iter().filter_map(number).collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        Ok(numbers)
    }

    fn list(&self, layer: &LayerName, runtime: Option<&Runtime>) -> Outcome<Vec<PublishedVersion>> {
        let mut versions = Vec::new();
        for number in self.numbers(layer)? {
            // A version that was deleted in the meantime is none.
            let Some(record) = self.read_record(layer, number)? else {
                continue;
            };
            if runtime.is_none_or(|runtime| record.metadata.runtimes.contains(runtime)) {
                versions.push(record.published(layer, number));
            }
        }
        Ok(versions)
    }

    fn list_layers(
        &self,
        runtime: Option<&Runtime>,
        known: &BTreeSet<LayerName>,
    ) -> Outcome<Vec<ListedLayer>> {
        let mut names: Vec<LayerName> = file_names(&self.folder)?
            .iter()
            .filter_map(|name| name.parse().ok())
            .filter(|name| !known.contains(name))
            .collect();
        names.sort();
        let mut layers = Vec::new();
        for name in names {
            let newest = self.list(&name, runtime)?.into_iter().next();
            layers.extend(newest.map(|latest| ListedLayer { name, latest }));
        }
        Ok(layers)
    }

    fn describe_version(
        &self,
        layer: &LayerName,
        number: VersionNumber,
    ) -> Outcome<Option<DescribedVersion>> {
        let Some(record) = self.read_record(layer, number)? else {
            return Ok(None);
        };
        let archive = ArchiveAddress(self.file(layer, number, "zip").display().to_string());
        let (sha256, size) = (record.sha256, record.size);
        Ok(Some(DescribedVersion {
            version: record.published(layer, number),
            sha256,
            size,
            archive,
        }))
    }

    async fn publish_version(&self, request: &PublishRequest<'_>) -> Outcome<DescribedVersion> {
        let mut lock = self.lock(request.layer, Begun::No).await?;
        let numbers = self.numbers(request.layer)?;
        let newest = numbers.first().copied().unwrap_or(VersionNumber(0));
        if request.after.is_some_and(|after| after != newest) {
            return Err(RegistryErrorKind::Overtaken(newest));
        }
        let number = lock.highest()?.max(newest.0).checked_add(1);
        let number = number.map(VersionNumber).ok_or_else(|| {
            let folder = self.layer_folder(request.layer);
            RegistryErrorKind::Damaged(folder.display().to_string())
        })?;
        write_file(
            &self.file(request.layer, number, "zip"),
            &request.archive.bytes,
        )?;
        let record = Record {
            metadata: request.metadata.clone(),
            created: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            sha256: Sha256::of(&*request.archive.bytes),
            size: request.archive.bytes.len() as u64,
            policy: StoredPolicy::default(),
        };
        self.write_record(request.layer, number, &record)?;
        // Only now, so that a publish that is cut off leaves no gap. Until then the record keeps the number.
        lock.set_highest(number.0)?;
        let described = self.describe_version(request.layer, number)?;
        described.ok_or_else(|| {
            RegistryErrorKind::NotFound(format!("version {number} was deleted at once"))
        })
    }

    /// Changes the statements of a version's policy, under the layer's lock.
    async fn change_policy(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        revision: Option<&str>,
        change: impl FnOnce(&mut Vec<StoredStatement>) -> Outcome<()> + Send,
    ) -> Outcome<()> {
        let missing =
            || RegistryErrorKind::NotFound(format!("layer {layer} has no version {number}"));
        if self.read_record(layer, number)?.is_none() {
            return Err(missing());
        }
        let _lock = self.lock(layer, Begun::Perhaps).await?;
        let mut record = self.read_record(layer, number)?.ok_or_else(missing)?;
        let policy = &mut record.policy;
        if revision.is_some() && revision != policy.revision.as_deref() {
            return Err(RegistryErrorKind::Changed(
                "the revision is another one".to_owned(),
            ));
        }
        change(&mut policy.statements)?;
        let previous = policy.revision.take().unwrap_or_default();
        let statements = serde_json::to_string(&policy.statements).unwrap_or_default();
        policy.revision = Some(Sha256::of(format!("{previous}{statements}")).to_string());
        self.write_record(layer, number, &record)
    }

    async fn delete_version(&self, layer: &LayerName, number: VersionNumber) -> Outcome<()> {
        if self.read_record(layer, number)?.is_none() {
            return Ok(());
        }
        let mut lock = self.lock(layer, Begun::No).await?;
        let highest = lock.highest()?.max(number.0);
        lock.set_highest(highest)?;
        for extension in ["json", "zip"] {
            let path = self.file(layer, number, extension);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                outcome => outcome.at("delete", &path)?,
            }
        }
        Ok(())
    }

    async fn lock(&self, layer: &LayerName, begun: Begun) -> Outcome<LayerLock> {
        let folder = self.layer_folder(layer);
        self.repository
            .check_inside(&folder.join(LayerLock::FILE_NAME))?;
        LayerLock::take(&folder, begun, self.progress.as_ref()).await
    }

    fn at<T>(&self, operation: Operation<'_>, outcome: Outcome<T>) -> Result<T> {
        outcome.map_err(|kind| kind.at(&self.destination, operation.to_string()))
    }
}

#[async_trait]
impl ReadRegistry for DirectoryRegistry {
    fn destination(&self) -> &str {
        &self.destination
    }

    fn settle_time(&self) -> Duration {
        Duration::ZERO
    }

    async fn layers(&self, runtime: Option<&Runtime>) -> Result<Vec<ListedLayer>> {
        self.at(
            Operation::Layers,
            self.list_layers(runtime, &BTreeSet::new()),
        )
    }

    async fn layers_except(&self, known: &BTreeSet<LayerName>) -> Result<Vec<ListedLayer>> {
        self.at(Operation::Layers, self.list_layers(None, known))
    }

    async fn versions(
        &self,
        layer: &LayerName,
        runtime: Option<&Runtime>,
    ) -> Result<Vec<PublishedVersion>> {
        self.at(Operation::Versions(layer), self.list(layer, runtime))
    }

    async fn describe(
        &self,
        layer: &LayerName,
        number: VersionNumber,
    ) -> Result<Option<DescribedVersion>> {
        self.at(
            Operation::Describe(layer, number),
            self.describe_version(layer, number),
        )
    }

    async fn describe_arn(&self, arn: &LayerVersionArn) -> Result<Option<DescribedVersion>> {
        let described = self.describe(&arn.layer, arn.number).await?;
        let has_arn = |described: &DescribedVersion| described.version.arn == arn.to_string();
        Ok(described.filter(has_arn))
    }

    async fn policy(&self, layer: &LayerName, number: VersionNumber) -> Result<Policy> {
        let record = self.at(
            Operation::Policy(layer, number),
            self.read_record(layer, number),
        )?;
        let policy = record.map(|record| record.policy).unwrap_or_default();
        let statement = |stored: StoredStatement| Statement {
            id: stored.id,
            grantee: stored.grantee,
        };
        let statements = policy.statements.into_iter().map(statement).collect();
        Ok(Policy {
            statements,
            revision: policy.revision,
        })
    }

    async fn functions(&self) -> Result<Option<Vec<FunctionLayers>>> {
        Ok(None)
    }

    async fn archive_range(
        &self,
        archive: &ArchiveAddress,
        range: Range<u64>,
    ) -> Result<Option<Vec<u8>>> {
        self.at(
            Operation::ReadArchive,
            self.read_range(archive, range).map(Some),
        )
    }

    async fn check_archive(&self, described: &DescribedVersion) -> Result<()> {
        self.at(Operation::ReadArchive, self.check_hash(described))
    }

    async fn parameters(
        &self,
        names: &[ParameterName],
    ) -> Result<BTreeMap<ParameterName, HeldValue>> {
        self.at(Operation::Parameters, self.get_parameters(names))
    }
}

#[async_trait]
impl Registry for DirectoryRegistry {
    async fn publish(&self, request: &PublishRequest<'_>) -> Result<DescribedVersion> {
        self.at(
            Operation::Publish(request.layer),
            self.publish_version(request).await,
        )
    }

    async fn grant(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        statement: &Statement,
        revision: Option<&str>,
    ) -> Result<()> {
        let outcome = self.change_policy(layer, number, revision, |statements| {
            if statements.iter().any(|known| known.id == statement.id) {
                return Err(RegistryErrorKind::Exists(format!(
                    "statement {}",
                    statement.id
                )));
            }
            statements.push(StoredStatement {
                id: statement.id.clone(),
                grantee: statement.grantee.clone(),
            });
            Ok(())
        });
        self.at(Operation::Grant(layer, number), outcome.await)
    }

    async fn revoke(
        &self,
        layer: &LayerName,
        number: VersionNumber,
        statement: &StatementId,
        revision: Option<&str>,
    ) -> Result<()> {
        let outcome = self.change_policy(layer, number, revision, |statements| {
            let before = statements.len();
            statements.retain(|known| known.id != *statement);
            if statements.len() == before {
                Err(RegistryErrorKind::NotFound(format!(
                    "statement {statement}"
                )))
            } else {
                Ok(())
            }
        });
        self.at(Operation::Revoke(layer, number, statement), outcome.await)
    }

    async fn set_parameter(&self, parameter: &Parameter<'_>) -> Result<()> {
        let outcome = self.put_parameter(parameter);
        self.at(Operation::SetParameter(parameter.name), outcome)
    }

    async fn delete(&self, layer: &LayerName, number: VersionNumber) -> Result<()> {
        self.at(
            Operation::Delete(layer, number),
            self.delete_version(layer, number).await,
        )
    }

    async fn dry_run(&self, layer: &LayerName, _: &AccountId) -> Vec<DryRun> {
        let outcome = self.check_writable();
        vec![DryRun {
            change: "publish",
            outcome: self.at(Operation::Publish(layer), outcome),
        }]
    }
}
