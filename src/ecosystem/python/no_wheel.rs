//! Why no wheel of a package fits a runtime: asks the indexes which files there are, and which version would do.
//!
//! Only asked where uv found none. No code of packages is run: uv still takes nothing but wheels.

use std::collections::BTreeSet;

use super::requirement_lines::{RequirementPlace, bare_requirements, place_of};
use super::requirements::Requirements;
use super::uv::{Platform, ResolvedPackage, Uv, UvError, because};
use super::wheel::WheelName;
use crate::error::Failure;
use crate::layer::{Architecture, Glibc, LayerName, PackageName, PythonVersion};

/// The minor versions of Python 3 that wheels are looked for.
const MINORS: std::ops::RangeInclusive<u8> = 6..=15;

/// A package that has wheels, but none that fits.
#[derive(Debug, thiserror::Error)]
#[error("{} `{package}` {version}, which has {reason}", by(layer, place.as_ref()))]
pub struct NoWheelError {
    layer: LayerName,
    place: Option<RequirementPlace>,
    package: PackageName,
    version: String,
    reason: Reason,
    python: PythonVersion,
    architecture: Architecture,
    /// The newest version that has a wheel.
    newest: Option<String>,
}

fn by(layer: &LayerName, place: Option<&RequirementPlace>) -> String {
    match place {
        Some(place) => format!("{place} requires"),
        None => format!("layer `{layer}` needs"),
    }
}

/// What the wheels are for instead.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("wheels for glibc {needed} and later, but python{python} on Lambda has glibc {}", python.glibc())]
    Glibc {
        needed: Glibc,
        python: PythonVersion,
        /// The oldest newer runtime that one of the wheels fits.
        runtime: Option<PythonVersion>,
    },
    #[error("wheels for {} only, not for python{python}", list(.pythons))]
    Pythons {
        pythons: BTreeSet<PythonVersion>,
        python: PythonVersion,
    },
    #[error("wheels for {0} only, not for {1}")]
    Architecture(Architecture, Architecture),
    #[error("been yanked by its authors{}", because(.0))]
    Yanked(String),
    #[error("wheels for other systems than Lambda's Linux only, such as `{0}`")]
    Systems(WheelName),
}

fn list(pythons: &BTreeSet<PythonVersion>) -> String {
    let names: Vec<_> = pythons
        .iter()
        .map(|python| format!("python{python}"))
        .collect();
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

impl Failure for NoWheelError {
    fn hint(&self) -> Option<String> {
        let Self {
            package,
            python,
            architecture,
            ..
        } = self;
        let newest = self.newest.as_ref().map(|newest| {
            format!("require `{package}=={newest}`, the newest version with a wheel for python{python} on {architecture}")
        });
        let change = match &self.reason {
            Reason::Glibc {
                runtime: Some(runtime),
                ..
            } => Some(format!("set `runtimes` to python{runtime} or later")),
            Reason::Glibc { .. } | Reason::Systems(_) => None,
            Reason::Yanked(_) => Some(format!(
                "pin `{package}=={}` to take it all the same",
                self.version
            )),
            Reason::Pythons { pythons, .. } => pythons
                .last()
                .map(|newest| format!("set `runtimes` to python{newest}")),
            Reason::Architecture(other, _) => Some(format!("set `architecture` to \"{other}\"")),
        };
        let source = || {
            format!(
                "if it also comes as source code, add `build = [\"{package}\"]` to the layer in the manifest"
            )
        };
        Some(match (newest, change) {
            (Some(newest), Some(change)) => format!("{newest}; or {change}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => source(),
        })
    }
}

/// Why uv found no wheel; `None` where that is not what it said, or the indexes do not tell more.
pub(super) async fn no_wheel(
    uv: &Uv,
    (layer, requirements): (&LayerName, &Requirements),
    platform: Platform,
    error: &UvError,
) -> Option<NoWheelError> {
    let package: PackageName = match error {
        UvError::OnlySource { package, .. } => package.clone(),
        UvError::NoWheel { package, .. } => package.parse().ok()?,
        _ => return None,
    };
    let asked = bare_requirements(&requirements.sources, &package);
    let offered = offered(uv, &asked, requirements, platform).await;
    let (version, reason) = match offered {
        Some(found) => {
            let names: Vec<_> = found.wheels.into_iter().map(|wheel| wheel.name).collect();
            (found.version?, reason(&names, platform)?)
        }
        None => yanked(uv, error, requirements, platform).await?,
    };
    let any = [package.to_string()];
    let newest = uv.newest(&any, &requirements.index_options, platform).await;
    let newest = newest.ok().and_then(|packages| packages.into_iter().next());
    Some(NoWheelError {
        layer: layer.clone(),
        place: place_of(&requirements.sources, &package),
        version,
        reason,
        python: platform.python,
        architecture: platform.architecture,
        newest: newest.and_then(|package| package.version),
        package,
    })
}

/// The package with its wheels for any platform, for the runtime's Python and newer ones, else for older ones.
async fn offered(
    uv: &Uv,
    asked: &[String],
    requirements: &Requirements,
    platform: Platform,
) -> Option<ResolvedPackage> {
    // The oldest first, for uv lists no files for Pythons that are older than the one it is asked for.
    let minors = MINORS.filter(|minor| *minor < platform.python.minor);
    for minor in std::iter::once(platform.python.minor).chain(minors) {
        let python = PythonVersion {
            minor,
            ..platform.python
        };
        let platform = Platform { python, ..platform };
        let found = uv
            .offered(asked, &requirements.index_options, platform)
            .await;
        let package = found.ok().and_then(|packages| packages.into_iter().next());
        if let Some(package) = package.filter(|package| !package.wheels.is_empty()) {
            return Some(package);
        }
    }
    None
}

/// The version that is yanked, which uv takes only where it is pinned, and why; `None` where that is not so.
async fn yanked(
    uv: &Uv,
    error: &UvError,
    requirements: &Requirements,
    platform: Platform,
) -> Option<(String, Reason)> {
    let UvError::OnlySource {
        package,
        version: Some(version),
    } = error
    else {
        return None;
    };
    let pin = [format!("{package}=={version}")];
    let found = uv.newest(&pin, &requirements.index_options, platform).await;
    let found = found.ok()?.into_iter().next()?;
    Some((version.clone(), Reason::Yanked(found.yanked?)))
}

/// What wheels are for that do not fit; `None` where one does.
fn reason(names: &[WheelName], platform: Platform) -> Option<Reason> {
    let Platform {
        python,
        architecture,
    } = platform;
    let fits = |python, architecture| {
        let rank = |name: &WheelName| name.rank(python, architecture);
        names.iter().any(|name| rank(name).is_some())
    };
    if names.is_empty() || fits(python, architecture) {
        return None;
    }
    let versions = || MINORS.map(|minor| PythonVersion { minor, ..python });
    let needed = names
        .iter()
        .filter_map(|name| name.needed_glibc(python, architecture));
    if let Some(needed) = needed.min() {
        let runtime = versions().find(|other| *other > python && fits(*other, architecture));
        return Some(Reason::Glibc {
            needed,
            python,
            runtime,
        });
    }
    let pythons: BTreeSet<_> = versions()
        .filter(|other| fits(*other, architecture))
        .collect();
    if !pythons.is_empty() {
        return Some(Reason::Pythons { pythons, python });
    }
    let other = match architecture {
        Architecture::X86_64 => Architecture::Arm64,
        Architecture::Arm64 => Architecture::X86_64,
    };
    Some(if fits(python, other) {
        Reason::Architecture(other, architecture)
    } else {
        Reason::Systems(names[0].clone())
    })
}
