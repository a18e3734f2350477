//! What a run needs of this machine: `uv`, and the interpreters of the layers' runtimes.

use super::Check;
use crate::ecosystem::Workbench;
use crate::layer::PythonVersion;

/// Whether there is a `uv` that runs. It is not installed for this.
pub async fn check_uv(bench: &Workbench<'_>) -> Check {
    match bench.uv_version().await {
        Ok(Some((program, version))) => {
            Check::passed("uv", format!("{version}, {}", program.display()))
        }
        Ok(None) => Check::warned(
            "uv",
            "not installed",
            "`lls` installs it into its cache when it needs it, which takes python3 with pip; or install it yourself: https://docs.astral.sh/uv/",
        ),
        Err(error) => Check::failed("uv", &error),
    }
}

/// Whether there is an interpreter of this version. Only tests need one.
pub async fn check_python(bench: &Workbench<'_>, version: PythonVersion) -> Check {
    let subject = format!("CPython {version}");
    match bench.python.find_python(version, bench.progress).await {
        Ok(Some(program)) => Check::passed(subject, program.display().to_string()),
        Ok(None) => Check::warned(
            subject,
            "not installed; `lls test` needs it",
            format!("run `uv python install {version}`"),
        ),
        Err(error) => Check::failed(subject, &error),
    }
}
