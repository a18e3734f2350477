//! Chooses what a command works on: a target, and layers by globs over their names.

use std::path::PathBuf;

use globset::{GlobBuilder, GlobMatcher};

use super::problem::nearest;
use super::{AwsTarget, LayerSettings, Manifest, Place, Target};
use crate::error::Failure;
use crate::layer::{LayerName, Permission};

/// How many layers are listed in a hint at most.
const LISTED: usize = 10;

/// Why a command has nothing to work on, or may not.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// No target has this name.
    #[error("`{}` declares no target `{name}`", manifest.display())]
    UnknownTarget {
        /// The manifest.
        manifest: PathBuf,
        /// The name.
        name: String,
        /// The targets that there are.
        known: Vec<String>,
    },
    /// The manifest has no targets.
    #[error("`{}` declares no target", .0.display())]
    NoTarget(PathBuf),
    /// The manifest has several and says not which.
    #[error("`{}` declares several targets and no `default_target`", manifest.display())]
    SeveralTargets {
        /// The manifest.
        manifest: PathBuf,
        /// The targets that there are.
        known: Vec<String>,
    },
    /// A region is asked for that the target does not have.
    #[error("target `{target}` has no region `{region}`")]
    OtherRegion {
        /// The target.
        target: String,
        /// The region.
        region: String,
        /// The target's regions.
        known: Vec<String>,
    },
    /// A glob is malformed.
    #[error("`{glob}` is not a glob over layer names: {reason}")]
    Glob {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A glob matches no layer.
    #[error("no layer of `{}` matches `{glob}`", manifest.display())]
    NoLayer {
        /// The manifest.
        manifest: PathBuf,
        /// The glob.
        glob: String,
        /// The layer that was probably meant.
        near: Option<String>,
        /// The layers that there are.
        known: Vec<String>,
    },
    /// A layer is for everyone, which the target does not allow.
    #[error("layer `{layer}` is public ({place}), which target `{target}` does not allow")]
    Public {
        /// The manifest and, if known, the line.
        place: String,
        /// The layer.
        layer: LayerName,
        /// The target.
        target: String,
    },
}

impl Failure for SelectError {
    fn hint(&self) -> Option<String> {
        let list = |known: &[String]| known.join(", ");
        Some(match self {
            Self::UnknownTarget { name, known, .. }
            | Self::OtherRegion {
                region: name,
                known,
                ..
            } => {
                let what = match self {
                    Self::OtherRegion { .. } => "its regions",
                    _ => "known targets",
                };
                match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("{what}: {}", list(known)),
                }
            }
            Self::NoTarget(_) => {
                "add one, such as `[targets.local]` with `directory = \".lls/registry\"`".into()
            }
            Self::SeveralTargets { known, .. } => {
                format!(
                    "choose one with `--target`, or set `default_target` to one of: {}",
                    list(known)
                )
            }
            Self::Glob { .. } => {
                "`*` matches any characters, `?` matches one character, `[ab]` matches one of the characters in the brackets, and `{a,b}` matches one of the alternatives"
                    .into()
            }
            Self::NoLayer {
                near: Some(near), ..
            } => format!("did you mean `{near}`?"),
            Self::NoLayer { known, .. } if known.len() <= LISTED => {
                format!("known layers: {}", list(known))
            }
            Self::NoLayer { .. } => "look up the names in the manifest".into(),
            Self::Public { target, .. } => {
                format!(
                    "set `allow_public = true` in [targets.{target}], or choose another permission"
                )
            }
        })
    }
}

impl Target {
    /// Checks that the target has the region that was asked for, if one was.
    pub fn check_region(&self, region: Option<&str>) -> Result<(), SelectError> {
        let (Place::Aws(AwsTarget { regions, .. }), Some(region)) = (&self.place, region) else {
            return Ok(());
        };
        let known: Vec<_> = regions
            .iter()
            .map(|known| known.as_str().to_owned())
            .collect();
        if known.is_empty() || known.iter().any(|known| known == region) {
            return Ok(());
        }
        let (target, region) = (self.name.clone(), region.to_owned());
        Err(SelectError::OtherRegion {
            target,
            region,
            known,
        })
    }
}

/// Matches the names of layers.
pub fn layer_glob(glob: &str) -> Result<GlobMatcher, SelectError> {
    let built = GlobBuilder::new(glob).build();
    let built = built.map_err(|error| SelectError::Glob {
        glob: glob.to_owned(),
        reason: error.kind().to_string(),
    })?;
    Ok(built.compile_matcher())
}

impl Manifest {
    /// The target with this name, or the default one, or the only one.
    pub fn target(&self, name: Option<&str>) -> Result<&Target, SelectError> {
        let known = || self.targets.keys().cloned().collect();
        let manifest = || self.path.clone();
        match name.or(self.default_target.as_deref()) {
            Some(name) => self
                .targets
                .get(name)
                .ok_or_else(|| SelectError::UnknownTarget {
                    manifest: manifest(),
                    name: name.to_owned(),
                    known: known(),
                }),
            None => {
                let mut targets = self.targets.values();
                match (targets.next(), targets.next()) {
                    (Some(target), None) => Ok(target),
                    (None, _) => Err(SelectError::NoTarget(manifest())),
                    _ => Err(SelectError::SeveralTargets {
                        manifest: manifest(),
                        known: known(),
                    }),
                }
            }
        }
    }

    /// The layers that one of the globs matches, or all layers without globs, sorted by name.
    pub fn select(
        &self,
        globs: &[String],
    ) -> Result<Vec<(&LayerName, &LayerSettings)>, SelectError> {
        let mut chosen = vec![globs.is_empty(); self.layers.len()];
        for glob in globs {
            let matcher = layer_glob(glob)?;
            let mut found = false;
            for (chosen, name) in chosen.iter_mut().zip(self.layers.keys()) {
                let matches = matcher.is_match(name.as_str());
                *chosen |= matches;
                found |= matches;
            }
            if !found {
                return Err(self.no_layer(glob));
            }
        }
        Ok(self
            .layers
            .iter()
            .zip(chosen)
            .filter(|(_, chosen)| *chosen)
            .map(|(layer, _)| layer)
            .collect())
    }

    /// The layer with this name.
    pub fn layer(&self, name: &LayerName) -> Result<(&LayerName, &LayerSettings), SelectError> {
        let found = self.layers.get_key_value(name);
        found.ok_or_else(|| self.no_layer(name.as_str()))
    }

    fn no_layer(&self, glob: &str) -> SelectError {
        let names = || self.layers.keys().map(LayerName::as_str);
        SelectError::NoLayer {
            manifest: self.path.clone(),
            glob: glob.to_owned(),
            near: nearest(glob, names()).map(str::to_owned),
            known: names().map(str::to_owned).collect(),
        }
    }

    /// Refuses layers for everyone on a target that does not allow them.
    pub fn check_public(
        &self,
        target: &Target,
        layers: &[(&LayerName, &LayerSettings)],
    ) -> Result<(), SelectError> {
        let public = layers
            .iter()
            .find(|(_, settings)| settings.permission == Permission::Public);
        match public.filter(|_| !target.allow_public) {
            None => Ok(()),
            Some((layer, settings)) => Err(SelectError::Public {
                place: match settings.permission_position {
                    Some(position) => format!("{}:{}", self.path.display(), position.line),
                    None => self.path.display().to_string(),
                },
                layer: (*layer).clone(),
                target: target.name.clone(),
            }),
        }
    }
}
