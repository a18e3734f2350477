//! What the script says of the imports, read line by line. The code that is imported can write such lines too, so they
//! are only ever shown.

use serde::Deserialize;

use super::{BroughtImport, FailedImport, Imports, Offer};
use crate::layer::ModuleName;

/// How many of the last lines of a traceback are kept.
const SHOWN_LINES: usize = 8;

/// How many characters of a line are kept.
const SHOWN_CHARACTERS: usize = 200;

/// The packages that Lambda's Python runtimes bring (AWS Lambda developer guide, "Runtime-included SDK versions"), by
/// the names that they are imported by.
const OF_RUNTIME: [&str; 6] = [
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "s3transfer",
    "urllib3",
];

/// A line of the script.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Python {
        python: String,
    },
    Begun {
        begun: String,
    },
    Failed {
        traceback: String,
        missing: Option<String>,
    },
    Imported {
        #[serde(rename = "imported")]
        _is_imported: bool,
    },
}

impl Imports {
    /// Takes in what a run of the script printed for `offers`, with `/opt` for where the layer is. Returns the module
    /// that was being imported at its end, if one was, and how many were begun.
    pub(super) fn take(
        &mut self,
        printed: &[u8],
        offers: &[Offer],
        opt: &str,
    ) -> (Option<ModuleName>, usize) {
        let (mut current, mut begun) = (None, 0);
        let text = String::from_utf8_lossy(printed);
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(Line::Python { python }) => self.python = python,
                // In order, each once, whatever else is written.
                Ok(Line::Begun { begun: name }) => {
                    let next = offers.get(begun).map(|offer| &offer.module);
                    if let Some(module) = next.filter(|module| module.as_str() == name) {
                        current = Some(module.clone());
                        begun += 1;
                    }
                }
                Ok(Line::Imported { .. }) => self.imported.extend(current.take()),
                Ok(Line::Failed { traceback, missing }) => {
                    if let Some(module) = current.take() {
                        self.fail(module, &traceback.replace(opt, "/opt"), missing);
                    }
                }
                Err(_) => {}
            }
        }
        (current, begun)
    }

    fn fail(&mut self, module: ModuleName, traceback: &str, missing: Option<String>) {
        let needs = missing.filter(|missing| {
            let package = missing.split('.').next().unwrap_or_default();
            OF_RUNTIME.contains(&package)
        });
        match needs {
            Some(needs) => self.brought.push(BroughtImport { module, needs }),
            None => self.failed.push(FailedImport {
                module,
                why: "cannot be imported".to_owned(),
                end: end_of(traceback),
            }),
        }
    }
}

/// The last lines of a text.
pub(super) fn end_of(text: &str) -> Vec<String> {
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    let shown = |line: &&str| line.chars().take(SHOWN_CHARACTERS).collect();
    last.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_others_change_no_order() {
        let modules = ["a", "b", "c", "d"].map(|name| name.parse::<ModuleName>().unwrap());
        let printed = r#"{"python": "3.12.1"}
{"begun": "a"}
{"begun": "c"}
not JSON
{"imported": true}
{"imported": true}
{"begun": "b"}
{"traceback": "x\n/tmp/z/opt/b.py\n\nModuleNotFoundError: no boto3", "missing": "boto3.session"}
{"begun": "c"}
{"traceback": "File /tmp/z/opt/c.py", "missing": null}
{"begun": "d"}
"#;
        let mut imports = Imports::default();
        let offers = modules.clone().map(|module| Offer {
            library: None,
            module,
        });
        let (current, begun) = imports.take(printed.as_bytes(), &offers, "/tmp/z/opt");
        assert_eq!((current, begun), (Some(modules[3].clone()), 4));
        assert_eq!(imports.imported, modules[..1]);
        assert_eq!(imports.brought[0].needs, "boto3.session");
        assert_eq!(imports.failed[0].end, ["File /opt/c.py"]);
    }

    #[test]
    fn only_the_end_of_a_text_is_kept() {
        let text: Vec<_> = (0..100)
            .map(|line| format!("{line}{}", "x".repeat(999)))
            .collect();
        let end = end_of(&text.join("\n\n"));
        assert_eq!(end.len(), SHOWN_LINES);
        assert!(end[0].starts_with("92x") && end[0].len() == SHOWN_CHARACTERS);
    }
}
