//! Children and everything they start: each child leads a process group, which is killed as a whole.
//!
//! Ctrl-C in a terminal does not reach another process group, so `lls` kills the group itself: when nothing waits for the
//! child any more, when its time is up, and before `lls` exits.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// The groups that are running.
#[derive(Clone, Default)]
pub(super) struct Groups(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    running: BTreeSet<i32>,
    is_ended: bool,
}

impl Groups {
    /// Starts a child with `spawn`, which gives it a group of its own and returns the child with its process id.
    ///
    /// # Errors
    /// If it cannot be started, or if all groups have been killed.
    pub fn start<C>(
        &self,
        spawn: impl FnOnce() -> io::Result<(C, Option<u32>)>,
    ) -> io::Result<(C, Group)> {
        let mut state = self.state();
        if state.is_ended {
            return Err(ErrorKind::Interrupted.into());
        }
        let (child, id) = spawn()?;
        let leader = id.and_then(|id| i32::try_from(id).ok());
        state.running.extend(leader);
        let group = Group {
            leader,
            groups: self.clone(),
        };
        Ok((child, group))
    }

    /// Kills all of them. No more are started.
    pub fn end(&self) {
        let mut state = self.state();
        state.is_ended = true;
        for leader in std::mem::take(&mut state.running) {
            kill(leader);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The group of a child, which is killed when this value is dropped.
pub(super) struct Group {
    leader: Option<i32>,
    groups: Groups,
}

impl Group {
    /// Lets processes live on that a finished child has left running, such as a credential agent.
    pub fn leave(mut self) {
        if let Some(leader) = self.leader.take() {
            self.groups.state().running.remove(&leader);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(leader) = self.leader else { return };
        if self.groups.state().running.remove(&leader) {
            kill(leader);
        }
    }
}

fn kill(leader: i32) {
    if let Some(leader) = Pid::from_raw(leader) {
        // An error means that the group is gone already.
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    use crate::process::{Child, Exceeded, Launcher, Purpose, Unfinished};

    /// A child that starts another one and writes its process id to `note`.
    fn child(launcher: &Launcher, note: &Path) -> Child {
        let program = launcher.find("sh").unwrap();
        let mut child = launcher.child(&program, Purpose::InstallUv).unwrap();
        let script = "sleep 600 & echo $! > \"$1.new\"; mv \"$1.new\" \"$1\"; wait";
        child.args(["-c", script, "sh"]).arg(note);
        child
    }

    fn wait_until(is_so: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn is_running(note: &Path) -> bool {
        let process = std::fs::read_to_string(note).unwrap();
        // A zombie has no `exe`.
        let program = PathBuf::from("/proc").join(process.trim()).join("exe");
        program.read_link().is_ok()
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn what_a_child_has_started_ends_with_it() {
        let launcher = Launcher::new(std::env::vars_os());
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("late");
        let time = Duration::from_millis(500);
        let outcome = child(&launcher, &note).output_within(time).await;
        let why = outcome.unwrap_err();
        assert!(matches!(why, Unfinished::Exceeded(Exceeded::Time(_))));
        wait_until(|| !is_running(&note));

        let note = folder.path().join("dropped");
        let output = child(&launcher, &note).output_within(Duration::MAX);
        assert!(tokio::time::timeout(time, output).await.is_err());
        wait_until(|| !is_running(&note));

        let note = folder.path().join("ended");
        let output = child(&launcher, &note).output_within(Duration::MAX);
        let running = tokio::spawn(output);
        tokio::time::sleep(time).await;
        assert!(is_running(&note));
        launcher.clone().end_children();
        wait_until(|| !is_running(&note));
        let _ = running.await;
        let output = child(&launcher, &note).output_within(Duration::MAX);
        assert!(output.await.is_err(), "none is started any more");
    }
}
