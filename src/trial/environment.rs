//! The environment that a layer's code finds: as on Lambda, as far as this machine can give it, and without credentials.

use std::ffi::OsString;
use std::path::Path;

use super::Unpacked;
use crate::layer::PythonVersion;

/// The variables of the child, beside none of the runner's (AWS Lambda developer guide, "Defined runtime environment
/// variables"). Paths below `/opt` are those of the unpacked layer.
pub(super) fn variables(
    unpacked: &Unpacked,
    python: &Path,
    version: PythonVersion,
) -> Vec<(&'static str, OsString)> {
    let (opt, home) = (unpacked.opt(), unpacked.home());
    let mut path = OsString::from("/usr/local/bin:/usr/bin:/bin:");
    path.push(opt.join("bin"));
    // As Lambda has the interpreter's own libraries first, in `/var/lang/lib`, and the layers' last.
    let python = python.canonicalize().unwrap_or_else(|_| python.to_owned());
    let own = python.ancestors().nth(2).unwrap_or(Path::new("/usr"));
    let mut libraries = own.join("lib").into_os_string();
    libraries.push(":");
    libraries.push(opt.join("lib"));
    let text = OsString::from;
    vec![
        ("PATH", path),
        ("LD_LIBRARY_PATH", libraries),
        ("LAMBDA_TASK_ROOT", home.clone().into()),
        ("HOME", home.into()),
        ("TMPDIR", unpacked.temporary().into()),
        ("LANG", text("en_US.UTF-8")),
        ("TZ", text(":UTC")),
        ("AWS_REGION", text("us-east-1")),
        ("AWS_DEFAULT_REGION", text("us-east-1")),
        (
            "AWS_EXECUTION_ENV",
            format!("AWS_Lambda_python{version}").into(),
        ),
        ("AWS_LAMBDA_FUNCTION_NAME", text("lls-test")),
        ("AWS_LAMBDA_FUNCTION_VERSION", text("$LATEST")),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", text("2048")),
        // The SDK asks no machine for credentials.
        ("AWS_EC2_METADATA_DISABLED", text("true")),
    ]
}
