//! Two to eight applies at once: all of them succeed, and report the same version.

use std::collections::BTreeSet;
use std::process::Child;
use std::thread;

use serde_json::Value;

use super::places::{LAYERS, Place};
use crate::support::share::rounds;

/// Rounds against the Lambda API and as many against a folder, of which a run takes a share.
const ROUNDS: usize = 100;

/// How many places are worked on at a time; each takes a part of the rounds.
const PLACES: usize = 2;

fn converges(place: impl Fn() -> Place + Sync, check: impl Fn(&Place) + Sync) {
    let (place, check, rounds) = (&place, &check, &rounds(ROUNDS));
    thread::scope(|scope| {
        for offset in 0..PLACES {
            scope.spawn(move || {
                let mut place = place();
                for round in rounds.iter().skip(offset).step_by(PLACES) {
                    place.raise();
                    race(&place, 2 + *round % 7);
                    place.project.assert_converged();
                }
                place.check();
                check(&place);
            });
        }
    });
}

/// Runs that many applies at once, which must agree.
fn race(place: &Place, runners: usize) {
    let children: Vec<_> = (0..runners).map(|_| place.start()).collect();
    let summaries: Vec<_> = children
        .into_iter()
        .map(|child| summary(place, child))
        .collect();
    for (index, layer) in LAYERS.iter().enumerate() {
        let current = |summary: &Value| {
            let destination = &summary["layers"][index]["destinations"][0];
            destination["current"]["number"]
                .as_u64()
                .expect("a current version")
        };
        let current: BTreeSet<u64> = summaries.iter().map(current).collect();
        assert_eq!(current.len(), 1, "{layer}: {summaries:#?}");
        // The lowest one with the newest description.
        let versions = place.versions(layer);
        let newest = &versions.last().expect("a version").1;
        let lowest = versions
            .iter()
            .find(|(_, description)| description == newest);
        assert_eq!(
            current.first(),
            lowest.map(|(number, _)| number),
            "{layer}: {versions:?}"
        );
    }
}

fn summary(place: &Place, child: Child) -> Value {
    let output = place.end(child);
    let (text, said) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "{}{said}",
        String::from_utf8_lossy(&text)
    );
    serde_json::from_slice(&text).expect("a summary in JSON")
}

#[test]
fn applies_to_lambda_at_once_agree() {
    converges(Place::in_aws, Place::check_grants);
}

#[test]
fn applies_to_a_folder_at_once_agree_and_publish_once() {
    converges(Place::in_a_folder, Place::check_once);
}
