//! Lines that many new layers have in common: they are shown once, below the layers.

use std::collections::BTreeMap;

use super::lines::wrapped;
use crate::plan::{Action, Plan};
use crate::render::wording::{grant, groups, metadata};

/// How many new layers must have a line for it to be shown once.
const MANY: usize = 3;

/// The shared lines, each with what it is shown behind.
#[derive(Default)]
pub struct SharedLines(BTreeMap<String, String>);

impl SharedLines {
    /// The runtimes and the grant that most new layers of a plan have, if all of them have such a line.
    pub fn of(plan: &Plan) -> Self {
        let groups = plan.layers.iter().flat_map(|layer| {
            let groups = groups(layer).into_iter().map(|group| group.first());
            let new = groups.filter(|plan| plan.action == Action::Create);
            new.map(move |plan| (layer, plan))
        });
        let groups: Vec<_> = groups.collect();
        let metadata = groups.iter().map(|(layer, _)| Some(metadata(layer)));
        let grants = groups.iter().map(|(_, plan)| grant(&plan.permission));
        let shared = [most_common(metadata), most_common(grants)];
        Self(shared.into_iter().flatten().collect())
    }

    /// Whether a line below a new layer is shown once instead.
    pub fn has(&self, line: &str) -> bool {
        self.0.contains_key(line)
    }

    /// The lines below the layers.
    pub fn render(&self) -> String {
        let lines = self.0.iter();
        let mut lines: Vec<_> = lines
            .flat_map(|(line, first)| wrapped(first, line))
            .collect();
        if !lines.is_empty() {
            lines.insert(0, String::new());
            lines.push(String::new());
        }
        lines.join("\n")
    }
}

/// The line that most layers have, if they are many and no layer is without such a line.
fn most_common(lines: impl Iterator<Item = Option<String>>) -> Option<(String, String)> {
    let lines: Vec<_> = lines.collect::<Option<_>>()?;
    let all = lines.len();
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line).or_insert(0) += 1;
    }
    let (line, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let which = if count == all { "All" } else { "The other" };
    (count >= MANY).then(|| (line, format!("  {which} {count} new layers: ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(lines: &[Option<&str>]) -> Option<(String, String)> {
        most_common(lines.iter().map(|line| line.map(str::to_owned)))
    }

    #[test]
    fn a_line_is_shared_by_three_layers_if_all_have_one() {
        let shared = |first: &str| Some(("a".to_owned(), first.to_owned()));
        assert_eq!(common(&[Some("a"); 2]), None);
        assert_eq!(common(&[Some("a"); 3]), shared("  All 3 new layers: "));
        let mixed = [Some("a"), Some("b"), Some("a"), Some("a")];
        assert_eq!(common(&mixed), shared("  The other 3 new layers: "));
        // Without a line of its own, the layer would seem to have the shared one.
        assert_eq!(common(&[Some("a"), Some("a"), Some("a"), None]), None);
    }
}
