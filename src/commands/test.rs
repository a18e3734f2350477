//! `lls test`: imports the modules of layers. Only this command and `lls lock` run the code of packages.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;

use super::build::PARALLEL_BUILDS;
use super::{Context, ExitStatus};
use crate::archive::Listing;
use crate::build::{Builder, Inputs};
use crate::cache::StoredArchive;
use crate::cli::TestOptions;
use crate::error::{Error, Failure, Failures};
use crate::layer::{LayerName, ModuleName, PythonVersion, Runtime};
use crate::manifest::{LayerSettings, nearest};
use crate::progress::{Step, begin};
use crate::render::{TestOutcome, TestedLayer, render_tests};
use crate::trial::{
    Interpreter, Offer, Unpacked, Untestable, Untested, import, offered_modules, other_machine,
};

/// Variables that give whoever reads them rights.
const CREDENTIALS: [&str; 6] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "GITHUB_TOKEN",
    "GH_TOKEN",
];

/// Modules of a layer cannot be imported.
#[derive(Debug, thiserror::Error)]
#[error("modules of layer `{layer}` cannot be imported with {runtime}")]
struct FailedLayer {
    layer: LayerName,
    runtime: Runtime,
}

impl Failure for FailedLayer {
    fn hint(&self) -> Option<String> {
        Some("add what is missing to its requirements; or, for modules that no function imports, add their names to the layer's `skip_imports`".into())
    }
}

pub(super) async fn test(options: &TestOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let manifest = context.manifest()?;
    let layers = manifest.select(&options.layers.globs())?;
    let builder = context.builder(manifest.folder(), &manifest.repository, options.inputs)?;
    warn_of_credentials(context);
    let tracked = context.tracked_caches(&manifest, &builder);
    let interpreters = find_interpreters(&layers, &builder).await?;
    let prepared = builder.prepare(&layers).await;
    let settings = layers.iter().map(|(_, settings)| *settings);
    let tests = settings.zip(prepared).map(|(settings, inputs)| {
        let tests = Tests {
            builder: &builder,
            interpreters: &interpreters,
            options,
            context,
        };
        async move { tests.layer(inputs?, settings).await }
    });
    let tested: Vec<_> = futures::stream::iter(tests)
        .buffered(PARALLEL_BUILDS)
        .collect()
        .await;
    tracked.warn(context.progress.as_ref()).await;
    let mut failures = Failures::default();
    let tested = tested
        .into_iter()
        .filter_map(|outcome| failures.keep::<_, Error>(outcome));
    let tested: Vec<TestedLayer> = tested.flatten().collect();
    for layer in &tested {
        judge(layer, options, context, &mut failures);
    }
    let texts: Vec<_> = failures.0.iter().map(Error::to_string).collect();
    context.result(
        options.format,
        &render_tests(&tested),
        serde_json::json!({ "layers": tested, "failures": texts }),
    )?;
    context.report(&failures);
    Ok(ExitStatus::of(failures.0.is_empty()))
}

/// Adds a failure if a layer fails, or if it must be tested and cannot be.
fn judge(layer: &TestedLayer, options: &TestOptions, context: &Context, failures: &mut Failures) {
    let Some(runtime) = &layer.runtime else {
        return;
    };
    match &layer.outcome {
        TestOutcome::Passed(_) | TestOutcome::Nothing => {}
        TestOutcome::Failed(_) => failures.extend([Error::from(FailedLayer {
            layer: layer.layer.clone(),
            runtime: runtime.clone(),
        })]),
        TestOutcome::Untested(why) => {
            let untested = Untested {
                layer: layer.layer.to_string(),
                runtime: runtime.to_string(),
                why: why.clone(),
            };
            if options.allow_untested {
                context.warn(&untested.to_string());
            } else {
                failures.extend([Error::from(untested)]);
            }
        }
    }
}

/// The code of layers runs as the same user, so that a cleared environment keeps nothing from it.
fn warn_of_credentials(context: &Context) {
    let launcher = &context.environment.launcher;
    let found = CREDENTIALS
        .into_iter()
        .find(|name| launcher.value(name).is_some());
    if let Some(name) = found {
        context.warn(&format!(
            "{name} is set, and the code of layers can read it: run `lls test` where there are no credentials"
        ));
    }
}

/// The interpreters of the layers' runtimes, as far as there are any.
async fn find_interpreters(
    layers: &[(&LayerName, &LayerSettings)],
    builder: &Builder<'_>,
) -> Result<BTreeMap<PythonVersion, Interpreter>, Error> {
    let runtimes = layers.iter().flat_map(|(_, settings)| &settings.runtimes);
    let versions: BTreeSet<_> = runtimes.filter_map(Runtime::python).collect();
    let mut found = BTreeMap::new();
    for version in versions {
        let bench = &builder.bench;
        if let Some(program) = bench.python.find_python(version, bench.progress).await? {
            found.insert(version, Interpreter { program, version });
        }
    }
    Ok(found)
}

/// What all layers are tested with.
struct Tests<'a> {
    builder: &'a Builder<'a>,
    interpreters: &'a BTreeMap<PythonVersion, Interpreter>,
    options: &'a TestOptions,
    context: &'a Context,
}

impl Tests<'_> {
    /// Builds a layer, and imports what it offers with each of its runtimes.
    async fn layer(
        &self,
        inputs: Inputs,
        settings: &LayerSettings,
    ) -> Result<Vec<TestedLayer>, Error> {
        let layer = &inputs.layer;
        let archive = self.builder.open(&inputs, settings).await?;
        let listing = archive.listing();
        let runtimes = settings.runtimes.iter();
        let offers: Vec<_> = runtimes
            .filter_map(|runtime| Some((runtime, runtime.python()?)))
            .map(|(runtime, version)| (runtime, version, offered(&listing, version)))
            .collect();
        self.warn_of_unused((layer, settings), &offers);
        let row = |runtime: Option<&Runtime>, skipped, outcome| TestedLayer {
            layer: layer.clone(),
            runtime: runtime.cloned(),
            packages: archive.summary.packages.len(),
            skipped,
            outcome,
        };
        if offers.is_empty() {
            return Ok(vec![row(None, Vec::new(), TestOutcome::Nothing)]);
        }
        let running = begin(self.builder.bench.progress, Step::Import { layer });
        let unpacked = Unpacked::of(&archive.bytes).await?;
        let mut tested = Vec::new();
        for (runtime, version, offered) in offers {
            let is_skipped = |offer: &Offer| {
                let mut skipped = settings.skip_imports.iter();
                skipped.any(|skipped| offer.module.is_within(skipped))
            };
            let (skipped, modules): (Vec<_>, Vec<_>) =
                offered.into_iter().partition(|offer| is_skipped(offer));
            let skipped = skipped.into_iter().map(|offer| offer.module).collect();
            let outcome = match self.hindrance(&archive, settings, version) {
                _ if modules.is_empty() => TestOutcome::Nothing,
                Err(why) => TestOutcome::Untested(why),
                Ok(python) => self.outcome(python, &unpacked, &modules).await?,
            };
            tested.push(row(Some(runtime), skipped, outcome));
        }
        running.done(0);
        Ok(tested)
    }

    /// The interpreter of this version, or why the layer cannot be tried with it here.
    fn hindrance(
        &self,
        archive: &StoredArchive,
        settings: &LayerSettings,
        version: PythonVersion,
    ) -> Result<&Interpreter, Untestable> {
        let other = other_machine(settings.architecture);
        if let Some(other) = other.filter(|_| !archive.native.is_empty()) {
            return Err(other);
        }
        let found = self.interpreters.get(&version);
        found.ok_or_else(|| Untestable::NoPython {
            python: version.to_string(),
        })
    }

    async fn outcome(
        &self,
        python: &Interpreter,
        unpacked: &Unpacked,
        offers: &[Offer],
    ) -> Result<TestOutcome, Error> {
        let launcher = &self.builder.bench.python.uv_source.launcher;
        let longest = self.options.longest();
        let imports = import(launcher, python, unpacked, offers, longest).await?;
        Ok(if imports.failed.is_empty() {
            TestOutcome::Passed(imports)
        } else {
            TestOutcome::Failed(imports)
        })
    }

    /// Warns about modules in `skip_imports` that the layer does not have.
    fn warn_of_unused(
        &self,
        (layer, settings): (&LayerName, &LayerSettings),
        offers: &[(&Runtime, PythonVersion, BTreeSet<Offer>)],
    ) {
        let offered: BTreeSet<_> = offers
            .iter()
            .flat_map(|(_, _, offered)| offered)
            .map(|offer| &offer.module)
            .collect();
        let entries = settings.entries.iter();
        for entry in entries.filter(|entry| entry.key == "skip_imports") {
            let Ok(skipped) = entry.text.parse::<ModuleName>() else {
                continue;
            };
            if offered.iter().any(|module| module.is_within(&skipped)) {
                continue;
            }
            let near = nearest(
                skipped.as_str(),
                offered.iter().map(|module| module.as_str()),
            );
            let near = near.map(|near| format!(": did you mean `{near}`?"));
            self.context.warn(&format!(
                "{}: `skip_imports` of layer `{layer}` has `{skipped}`, which `lls test` would not import anyway{}",
                entry.place,
                near.unwrap_or_default()
            ));
        }
    }
}

/// What an archive offers to a runtime.
fn offered(listing: &Listing, version: PythonVersion) -> BTreeSet<Offer> {
    offered_modules(listing.0.iter().map(|entry| &entry.path), version)
}
