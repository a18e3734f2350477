//! A layer with what its archive is made of: the same for every target, however it is published there.

use std::sync::Arc;

use crate::build::{Builder, Inputs};
use crate::cache::StoredArchive;
use crate::error::Error;
use crate::layer::{Grantee, LayerName, VersionMetadata};
use crate::manifest::LayerSettings;
use crate::plan::{Desired, DesiredArchive};

/// Which layers to build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rebuild {
    /// Those that a destination is not recognised to have, unless their archive is stored here.
    #[default]
    Unrecognised,
    /// All, and what is published is compared with that instead of believing archives' comments.
    All,
}

/// A layer whose inputs are known.
pub struct Prepared<'a> {
    /// What the manifest says of it.
    pub settings: &'a LayerSettings,
    /// What its archive is made of.
    pub inputs: Inputs,
    /// What is to describe a version of it.
    pub metadata: VersionMetadata,
    /// Its archive, where it was to be built whatever is published.
    rebuilt: Option<Built>,
}

/// An archive that was built.
#[derive(Clone)]
pub struct Built {
    /// Where it is stored.
    pub stored: Arc<StoredArchive>,
    /// What is in it.
    pub archive: DesiredArchive,
}

impl<'a> Prepared<'a> {
    /// Takes down what a layer is made of, and builds it if all are to be built.
    pub async fn new(
        inputs: Inputs,
        settings: &'a LayerSettings,
        builder: &Builder<'_>,
        rebuild: Rebuild,
    ) -> Result<Self, Error> {
        let license = settings.license.as_ref();
        let metadata = VersionMetadata {
            description: settings.description.as_str().to_owned(),
            runtimes: settings.runtimes.clone(),
            architectures: [settings.architecture].into(),
            license: license.map(|license| license.as_str().to_owned()),
        };
        let rebuilt = match rebuild {
            Rebuild::All => Some(Built::new(
                &inputs,
                builder.rebuild(&inputs, settings).await?,
            )),
            Rebuild::Unrecognised => None,
        };
        Ok(Self {
            settings,
            inputs,
            metadata,
            rebuilt,
        })
    }

    /// The layer.
    pub fn layer(&self) -> &LayerName {
        &self.inputs.layer
    }

    /// Its archive: built unless that was done before.
    pub async fn open(&self, builder: &Builder<'_>) -> Result<StoredArchive, Error> {
        builder.open(&self.inputs, self.settings).await
    }

    /// Its archive with what is in it.
    pub async fn build(&self, builder: &Builder<'_>) -> Result<Built, Error> {
        match &self.rebuilt {
            Some(rebuilt) => Ok(rebuilt.clone()),
            None => Ok(Built::new(&self.inputs, self.open(builder).await?)),
        }
    }

    /// What it should be where `grantee` may use it; of its archive no more is known than was built with it.
    pub fn desired(&self, grantee: Option<Grantee>) -> Desired {
        let rebuilt = self.rebuilt.as_ref();
        Desired {
            layer: self.inputs.layer.clone(),
            description: self.settings.description.clone(),
            description_position: self.settings.description_position,
            metadata: self.metadata.clone(),
            comment: self.inputs.comment,
            without_bytecode: self.inputs.without_bytecode,
            trusts_comments: rebuilt.is_none(),
            sha256: rebuilt.map(|built| built.stored.summary.sha256),
            archive: rebuilt.map(|built| built.archive.clone()),
            grantee,
            parameters: None,
            republish: self.settings.republish,
        }
    }
}

impl Built {
    fn new(inputs: &Inputs, stored: StoredArchive) -> Self {
        let own_files = inputs.own_files.iter().map(|file| file.path.clone());
        let archive = DesiredArchive {
            size: stored.summary.size,
            listing: stored.listing(),
            own_files: own_files.collect(),
            packages: stored.summary.packages.clone(),
        };
        let stored = Arc::new(stored);
        Self { stored, archive }
    }
}
