//! What came of importing layers, for the terminal and as data for JSON.

use serde::Serialize;

use crate::layer::{LayerName, ModuleName, Runtime};
use crate::render::wording::{count, visible};
use crate::trial::{FailedImport, Imports, Untestable};

/// How many modules that cannot be imported are shown of a layer.
const SHOWN_FAILURES: usize = 5;

/// What came of a layer with one of its runtimes.
#[derive(Debug, Serialize)]
pub struct TestedLayer {
    /// The layer.
    pub layer: LayerName,
    /// The runtime; `None` where none of the layer's is Python.
    pub runtime: Option<Runtime>,
    /// The number of packages in it.
    pub packages: usize,
    /// The modules that the manifest leaves out.
    pub skipped: Vec<ModuleName>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: TestOutcome,
}

/// What came of importing a layer.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum TestOutcome {
    /// Everything that it offers can be imported.
    Passed(Imports),
    /// Something cannot be imported.
    Failed(Imports),
    /// It offers nothing.
    Nothing,
    /// It cannot be tried here.
    Untested(Untestable),
}

impl TestedLayer {
    /// How many modules cannot be imported.
    pub fn failures(&self) -> usize {
        match &self.outcome {
            TestOutcome::Failed(imports) => imports.failed.len(),
            _ => 0,
        }
    }
}

/// Renders what came of layers.
pub fn render_tests(tested: &[TestedLayer]) -> String {
    let name = |layer: &TestedLayer| layer.layer.to_string();
    let width = tested.iter().map(|layer| name(layer).len()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for layer in tested {
        let sign = match layer.outcome {
            TestOutcome::Passed(_) => "\u{2713}",
            TestOutcome::Failed(_) => "!",
            TestOutcome::Nothing | TestOutcome::Untested(_) => "-",
        };
        text.push_str(&format!(
            "  {sign} {:width$}  {}\n",
            name(layer),
            said(layer)
        ));
        if let TestOutcome::Failed(imports) = &layer.outcome {
            text.push_str(&failures(imports));
        }
    }
    text
}

fn said(layer: &TestedLayer) -> String {
    let skipped = match layer.skipped.len() {
        0 => String::new(),
        number => format!("; {number} skipped"),
    };
    match &layer.outcome {
        TestOutcome::Passed(imports) => {
            let modules = count(imports.imported.len(), "module");
            let what = match layer.packages {
                0 => modules,
                number => format!("{} ({modules})", count(number, "package")),
            };
            format!(
                "imports {what} {}{}{skipped}",
                with(imports),
                brought(imports)
            )
        }
        TestOutcome::Failed(imports) => {
            let (failed, untried) = (imports.failed.len(), imports.untried.len());
            let all = imports.imported.len() + imports.brought.len() + failed + untried;
            format!(
                "{failed} of {} failed {}{}{skipped}",
                count(all, "module"),
                with(imports),
                brought(imports)
            )
        }
        TestOutcome::Nothing => format!("offers no module to import{skipped}"),
        TestOutcome::Untested(why) => match &layer.runtime {
            Some(runtime) => format!("not tested for {runtime}: {why}"),
            None => format!("not tested: {why}"),
        },
    }
}

fn with(imports: &Imports) -> String {
    format!("with CPython {}", visible(&imports.python))
}

fn brought(imports: &Imports) -> String {
    let Some(first) = imports.brought.first() else {
        return String::new();
    };
    let needs = visible(first.needs.split('.').next().unwrap_or_default());
    match imports.brought.len() {
        1 => format!("; 1 needs the runtime's {needs}"),
        number => format!("; {number} need the runtime's {needs}"),
    }
}

fn failures(imports: &Imports) -> String {
    let mut text = String::new();
    for FailedImport { module, why, end } in imports.failed.iter().take(SHOWN_FAILURES) {
        text.push_str(&format!("      {module} {}\n", visible(why)));
        for line in end {
            text.push_str(&format!("        {}\n", visible(line)));
        }
    }
    let more = imports.failed.len().saturating_sub(SHOWN_FAILURES);
    if more > 0 {
        text.push_str(&format!("      and {more} more\n"));
    }
    if !imports.untried.is_empty() {
        let untried = count(imports.untried.len(), "module");
        text.push_str(&format!("      {untried} not tried\n"));
    }
    text
}
