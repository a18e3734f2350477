//! What fills a layer, on the terminal.

use crate::build::Explanation;
use crate::layer::LayerName;
use crate::render::terminal::wrapped;
use crate::render::wording::size;

/// Renders what fills a layer.
pub fn render_explanation(layer: &LayerName, explanation: &Explanation) -> String {
    let packages = explanation.packages.iter();
    let mut rows: Vec<_> = packages
        .map(|package| {
            (
                format!("{} {}", package.name, package.version),
                package.unpacked_size,
            )
        })
        .collect();
    rows.push(("own files, RECORD files".to_owned(), explanation.others));
    if explanation.bytecode > 0 {
        rows.push(("bytecode".to_owned(), explanation.bytecode));
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("\n{layer}, unpacked:\n");
    for (name, bytes) in rows {
        text.push_str(&format!("  {name:width$}  {:>9}\n", size(bytes)));
    }
    for saving in &explanation.savings {
        text.push_str(&format!(
            "{}\n",
            wrapped("  ", &saving.to_string()).join("\n")
        ));
    }
    text
}
