//! The fault matrix: every call that an apply makes without a staging bucket or a role, every fault, for the first, a
//! middle and the last layer, at the times that tell something new. After each the next apply heals what is left, and nothing was ever published twice or granted to others.

mod cell;
mod kills;
mod other_commands;
mod places;
mod races;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use cell::{Cell, LAYERS, When, kinds};

/// The calls that are made for a layer, and when each is hit.
const OF_LAYERS: [(&str, &[When]); 7] = [
    (
        "ListLayerVersions",
        &[When::First, When::Second, When::Always],
    ),
    ("GetLayerVersion", &[When::First, When::Always]),
    (
        "GetLayerVersionPolicy",
        &[When::First, When::Second, When::Always],
    ),
    ("GetArchive", &[When::First, When::Always]),
    ("PublishLayerVersion", &[When::First, When::Always]),
    ("AddLayerVersionPermission", &[When::First, When::Always]),
    ("RemoveLayerVersionPermission", &[When::First, When::Always]),
];

/// The calls that are made once for all layers.
const OF_ALL: [&str; 2] = ["GetCallerIdentity", "DescribeOrganization"];

/// More than there are cores: a cell mostly waits.
const WORKERS: usize = 16;

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for kind in kinds() {
        for (operation, times) in OF_LAYERS {
            for when in times {
                // Where the call is hit again or for ever, one layer is enough.
                let layers = match when {
                    When::First => &LAYERS[..],
                    When::Second | When::Always => &LAYERS[..1],
                };
                cells.extend(layers.iter().map(|layer| Cell {
                    operation,
                    kind: kind.clone(),
                    when: *when,
                    layer: Some(layer),
                }));
            }
        }
        for operation in OF_ALL {
            cells.extend([When::First, When::Always].map(|when| Cell {
                operation,
                kind: kind.clone(),
                when,
                layer: None,
            }));
        }
    }
    cells
}

#[test]
fn whatever_fails_the_next_apply_heals_it() {
    let cells = cells();
    let (next, results) = (Mutex::new(cells.iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(cell) = { next.lock().unwrap().next() } {
                    let outcome = catch_unwind(AssertUnwindSafe(|| cell.check()));
                    results.lock().unwrap().push((cell, outcome.err()));
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    assert_eq!(results.len(), cells.len());
    let failed: Vec<_> = results
        .iter()
        .filter(|(_, problem)| problem.is_some())
        .collect();
    let report = report(
        &cells,
        &failed.iter().map(|(cell, _)| *cell).collect::<Vec<_>>(),
    );
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fault-matrix.txt");
    std::fs::write(path, &report).unwrap();
    // Past the capture of the test harness, so that every run shows it.
    std::io::stdout().write_all(report.as_bytes()).unwrap();
    let problems: Vec<_> = failed
        .iter()
        .map(|(cell, problem)| {
            let problem = problem
                .as_ref()
                .and_then(|problem| problem.downcast_ref::<String>());
            let Cell {
                operation,
                when,
                layer,
                ..
            } = cell;
            format!(
                "{operation}, {}, {when:?}, {layer:?}: {problem:?}",
                cell.kind.name
            )
        })
        .collect();
    assert!(problems.is_empty(), "{report}\n{}", problems.join("\n"));
}

/// A table of calls and faults with the numbers of cells, and of those that failed.
fn report(cells: &[Cell], failed: &[&Cell]) -> String {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for cell in cells {
        counts.entry(cell.operation).or_default().0 += 1;
    }
    for cell in failed {
        counts.entry(cell.operation).or_default().1 += 1;
    }
    let mut text = format!(
        "fault matrix: {} cells of {} calls of apply and {} faults, {} failed; a call is hit once (in the first, a middle or the last layer), where it tells something new a second time, or always (in one layer)\n",
        cells.len(),
        counts.len(),
        kinds().len(),
        failed.len()
    );
    for (operation, (all, failed)) in counts {
        let _ = writeln!(text, "  {operation:<30} {all:>4} cells {failed:>4} failed");
    }
    text
}
