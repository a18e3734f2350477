//! Runs of `lls` that may write less than others: files up to a size, and never where permissions forbid it.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use crate::support::ministack::install;
use crate::support::project::{Project, Run};

/// Gives up what lets root write everywhere, limits the size of files, and becomes `lls`.
///
/// A write that a limit forbids fails with `EFBIG`, or, where SIGXFSZ is not ignored, kills the process.
const SCRIPT: &str = r"
import ctypes, os, resource, signal, sys
limit, action, lls = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
if sys.platform == 'linux' and os.geteuid() == 0:
    assert ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) == 0
signal.signal(signal.SIGXFSZ, getattr(signal, action))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
if limit >= 0:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
os.execv(lls[0], lls)
";

/// What becomes of a write beyond the limit.
#[derive(Clone, Copy, PartialEq)]
pub enum Beyond {
    /// It fails.
    Fails,
    /// The process is killed at once.
    Kills,
}

/// The interpreter itself: what is called `python3` may be a slow script that looks for it.
static PYTHON: LazyLock<String> = LazyLock::new(|| {
    let mut python = Command::new("python3");
    python.args(["-c", "import sys; print(sys.executable)"]);
    let output = python.output().expect("python3 is on PATH");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
});

/// Makes `uv` run without a limit, so that every failure is one of `lls` itself.
pub fn without_limit_for_uv(project: Project) -> Project {
    let uv = install::uv().expect("the project has it");
    let script = format!("ulimit -f unlimited\nexec '{}' \"$@\"\n", uv.display());
    project.uv_script(&script)
}

/// Runs `lls` where no file may grow beyond `limit` bytes.
pub fn run_with_limit(project: &Project, limit: u64, beyond: Beyond, arguments: &[&str]) -> Run {
    run(project, &limit.to_string(), beyond, arguments)
}

/// Runs `lls` as somebody whom permissions hold, even where the tests run as root.
pub fn run_without_privileges(project: &Project, arguments: &[&str]) -> Run {
    run(project, "-1", Beyond::Fails, arguments)
}

fn run(project: &Project, limit: &str, beyond: Beyond, arguments: &[&str]) -> Run {
    let action = match beyond {
        Beyond::Fails => "SIG_IGN",
        Beyond::Kills => "SIG_DFL",
    };
    let before = [&PYTHON, "-I", "-S", "-c", SCRIPT, limit, action];
    project.finish(project.command_through(&before, arguments))
}

/// A folder in which nothing can be made or removed until this is dropped.
pub struct Sealed<'a>(&'a Path);

impl<'a> Sealed<'a> {
    pub fn new(folder: &'a Path) -> Self {
        set_mode(folder, 0o555);
        Self(folder)
    }
}

impl Drop for Sealed<'_> {
    fn drop(&mut self) {
        set_mode(self.0, 0o755);
    }
}

fn set_mode(path: &Path, mode: u32) {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(path, permissions).unwrap();
}
