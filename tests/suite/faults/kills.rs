//! SIGKILL at any moment of an apply: the next one finishes what it left.

use std::thread;
use std::time::{Duration, Instant};

use super::places::Place;
use crate::support::share::rounds;

/// Rounds against the Lambda API and as many against a folder, of which a run takes a share.
const ROUNDS: usize = 150;

/// How many places are worked on at a time; each takes a part of the rounds.
const PLACES: usize = 3;

/// Kills applies after times that are spread over one that is left alone. At least a quarter must have been at work.
fn survives_kills(place: impl Fn() -> Place + Sync) {
    let all = rounds(ROUNDS);
    let part = |offset: usize| {
        let mut place = place();
        place.raise();
        let started = Instant::now();
        place.project.succeed(&["apply"]);
        let whole = started.elapsed();
        let mut killed = 0;
        for round in all.iter().skip(offset).step_by(PLACES) {
            place.raise();
            let delay = whole.mul_f64(*round as f64 / ROUNDS as f64);
            killed += usize::from(kill_after(&place, delay));
            place.project.succeed(&["apply"]);
            place.project.assert_converged();
        }
        place.check();
        place.check_once();
        killed
    };
    let part = &part;
    let killed: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..PLACES)
            .map(|offset| scope.spawn(move || part(offset)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    let count = all.len();
    assert!(
        killed > count / 4,
        "{killed} of {count} were killed at work"
    );
}

/// Whether the apply was still at work.
fn kill_after(place: &Place, delay: Duration) -> bool {
    let mut child = place.start();
    thread::sleep(delay);
    child.kill().expect("it can be killed");
    let output = place.end(child);
    place.settle();
    output.status.code().is_none()
}

#[test]
fn an_apply_to_lambda_that_is_killed_is_finished_by_the_next() {
    survives_kills(Place::in_aws);
}

#[test]
fn an_apply_to_a_folder_that_is_killed_is_finished_by_the_next() {
    survives_kills(Place::in_a_folder);
}
