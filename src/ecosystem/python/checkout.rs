//! Checks out a commit of a Git repository with `git`, which knows how to reach it and who may read it.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use humantime::format_duration;

use super::lock::Commit;
use super::uv::without_secrets;
use crate::error::Failure;
use crate::process::{Child, Launcher, Purpose, Unfinished};

/// Why a commit could not be checked out.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// There is no `git`.
    #[error("cannot run `git`")]
    NotStarted(#[source] std::io::Error),
    /// `git` took too much time.
    #[error("git did not finish within {}", format_duration(*.0))]
    Late(Duration),
    /// `git` failed.
    #[error("git could not check out commit {commit}: {message}")]
    Failed {
        commit: Commit,
        /// The last line that git printed, without what may be secret.
        message: String,
    },
}

impl Failure for CheckoutError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotStarted(_) => "install git, and put it on PATH".into(),
            Self::Late(_) => "check that git can read the repository; where it is just slow, raise `--download-timeout` (LLS_DOWNLOAD_TIMEOUT)".into(),
            Self::Failed { .. } => {
                "check that git can read the repository without asking: credentials are those of git's helpers or of SSH, not of the address".into()
            }
        })
    }
}

/// Clones the repository at `url` with its history, from which some packages take their version, into the new folder
/// `folder`, and checks out `commit` with its submodules. No step may take longer than `longest`.
pub(super) async fn checkout(
    url: &str,
    commit: &Commit,
    folder: &Path,
    (launcher, longest): (&Launcher, Duration),
) -> Result<(), CheckoutError> {
    let id = commit.to_string();
    let mut clone = git(launcher)?;
    clone
        .args(["clone", "--quiet", "--no-checkout", "--", url])
        .arg(folder);
    run(clone, commit, longest).await?;
    let inside = async |arguments: &[&str]| {
        let mut command = git(launcher)?;
        command.arg("-C").arg(folder).args(arguments);
        run(command, commit, longest).await
    };
    let switch = ["checkout", "--quiet", "--detach", &id];
    if inside(&switch).await.is_err() {
        // A commit that no branch or tag leads to, such as that of a pull request, does not come with a clone.
        inside(&["fetch", "--quiet", "origin", &id]).await?;
        inside(&switch).await?;
    }
    inside(&["submodule", "--quiet", "update", "--init", "--recursive"]).await
}

fn git(launcher: &Launcher) -> Result<Child, CheckoutError> {
    let missing = || std::io::Error::new(ErrorKind::NotFound, "it is not on PATH");
    let program = launcher.find("git").ok_or_else(missing);
    let child = program.and_then(|program| launcher.child(&program, Purpose::Git));
    child.map_err(CheckoutError::NotStarted)
}

async fn run(command: Child, commit: &Commit, longest: Duration) -> Result<(), CheckoutError> {
    let outcome = command.output_within(longest).await;
    let outcome = outcome.map_err(|why| match why {
        Unfinished::Failed(source) => CheckoutError::NotStarted(source),
        Unfinished::Exceeded(_) => CheckoutError::Late(longest),
    })?;
    if outcome.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&outcome.stderr);
    let message = text.trim().lines().last().unwrap_or("no message");
    Err(CheckoutError::Failed {
        commit: commit.clone(),
        message: without_secrets(message),
    })
}
