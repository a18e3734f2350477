//! Which variables of the environment a child process may have: one table for each part of what children do.
//!
//! What is not named here reaches no child: neither `AWS_*` and `LLS_*`, nor tokens of CI, nor what steers an
//! interpreter or a surrounding Git (`PYTHONPATH`, `LD_PRELOAD`, `GIT_DIR`).

use super::purpose::Purpose;

/// A list of names; one that ends with `*` stands for all that begin so.
type Names = &'static [&'static str];

/// For every child: where things are, the language, certificates and proxies. `PATH` is not among them: a child gets
/// the folders that programs are found in.
const COMMON: Names = &[
    "HOME",
    "TMPDIR",
    "TZ",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    // Libraries of interpreters that CI installs, and which of several interpreters a shim starts.
    "LD_LIBRARY_PATH",
    "PYENV_ROOT",
    "PYENV_VERSION",
    // Where NixOS keeps certificates, and the loader and libraries of programs built for other systems.
    "NIX_LD",
    "NIX_LD_LIBRARY_PATH",
    "NIX_SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "all_proxy",
    "https_proxy",
    "http_proxy",
    "no_proxy",
];

/// For uv: indexes, caches, network, and which versions are wanted. `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD` are not
/// here: `uv` passes those whose names the runner has given a host.
const UV: Names = &[
    // Where keyrings are that uv asks if it is told to.
    "CLOUDSDK_CONFIG",
    "DBUS_SESSION_BUS_ADDRESS",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "XDG_RUNTIME_DIR",
    "HTTP_TIMEOUT",
    "SSL_CLIENT_CERT",
    "UV_BUILD_CONSTRAINT",
    "UV_CACHE_DIR",
    "UV_CONCURRENT_BUILDS",
    "UV_CONCURRENT_CACHE_READS",
    "UV_CONCURRENT_DOWNLOADS",
    "UV_CONCURRENT_INSTALLS",
    "UV_CONSTRAINT",
    "UV_CREDENTIALS_DIR",
    "UV_DEFAULT_INDEX",
    "UV_EXCLUDE",
    "UV_EXCLUDE_NEWER",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_FORK_STRATEGY",
    "UV_HTTP_CONNECT_TIMEOUT",
    "UV_HTTP_RETRIES",
    "UV_HTTP_TIMEOUT",
    "UV_INDEX",
    "UV_INDEX_STRATEGY",
    "UV_INDEX_URL",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
    "UV_LINK_MODE",
    "UV_LOCK_TIMEOUT",
    "UV_MANAGED_PYTHON",
    "UV_NATIVE_TLS",
    "UV_NO_CACHE",
    "UV_NO_INDEX",
    "UV_NO_MANAGED_PYTHON",
    "UV_OFFLINE",
    "UV_OVERRIDE",
    "UV_PRERELEASE",
    "UV_PYTHON_INSTALL_DIR",
    "UV_PYTHON_PREFERENCE",
    "UV_PYTHON_SEARCH_PATH",
    "UV_REQUEST_TIMEOUT",
    "UV_RESOLUTION",
    "UV_SYSTEM_CERTS",
];

/// For uv that resolves: the identity that a keyring or Kerberos gives to an index.
const LOGIN: Names = &["KRB5CCNAME", "PYTHON_KEYRING_BACKEND"];

/// For pip, which installs uv.
const PIP: Names = &["CURL_CA_BUNDLE", "NETRC", "PIP_*", "REQUESTS_CA_BUNDLE"];

/// For Git: how it reaches repositories and who is asking, as for whoever runs `lls`; nothing that names a repository.
const GIT: Names = &[
    "CURL_CA_BUNDLE",
    "GIT_ASKPASS",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_KEY_*",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_VALUE_*",
    "GIT_EXEC_PATH",
    "GIT_PROXY_SSL_*",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_*",
    "SSH_AUTH_SOCK",
];

/// For builds of packages: compilers, their flags, and where libraries are.
const BUILD: Names = &[
    "AR",
    "ARCHFLAGS",
    "AS",
    "CARGO_HOME",
    "CC",
    "CFLAGS",
    "CMAKE_*",
    "CPATH",
    "CPP",
    "CPPFLAGS",
    "CPLUS_INCLUDE_PATH",
    "CXX",
    "CXXFLAGS",
    "C_INCLUDE_PATH",
    "FC",
    "FFLAGS",
    "LD",
    "LDFLAGS",
    "LDSHARED",
    "LIBRARY_PATH",
    "MAKEFLAGS",
    "NM",
    "PKG_CONFIG",
    "PKG_CONFIG_*",
    "RANLIB",
    "RUSTFLAGS",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "SDKROOT",
    "STRIP",
];

/// Whether a child that is started for `purpose` may have the variable.
pub(super) fn may_have(purpose: Purpose, name: &str) -> bool {
    let lists: &[Names] = match purpose {
        Purpose::Resolve => &[COMMON, UV, LOGIN],
        Purpose::ResolveFromSource => &[COMMON, UV, LOGIN, GIT, BUILD],
        Purpose::BuildWheel => &[COMMON, UV, BUILD],
        Purpose::InstallUv => &[COMMON, PIP],
        Purpose::Git => &[COMMON, GIT],
        // Code of a layer, and what reads it, gets nothing of the runner's.
        Purpose::Import | Purpose::Compile => &[],
    };
    lists.iter().any(|names| is_among(names, name))
}

/// The name of the index that `UV_INDEX_<NAME>_USERNAME` or `_PASSWORD` is for.
pub fn index_login_name(variable: &str) -> Option<&str> {
    let rest = variable.strip_prefix("UV_INDEX_")?;
    rest.strip_suffix("_USERNAME")
        .or_else(|| rest.strip_suffix("_PASSWORD"))
}

fn is_among(names: Names, name: &str) -> bool {
    names.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => *known == name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::VariableName;

    const PURPOSES: [Purpose; 5] = [
        Purpose::Resolve,
        Purpose::ResolveFromSource,
        Purpose::BuildWheel,
        Purpose::InstallUv,
        Purpose::Git,
    ];

    #[test]
    fn secrets_reach_no_child() {
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "AWS_PROFILE",
            "LLS_CACHE_DIR",
            "GITHUB_TOKEN",
            "CI_JOB_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "UV_PUBLISH_TOKEN",
            "UV_INDEX_CORP_PASSWORD",
            "HF_TOKEN",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "LD_PRELOAD",
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_OBJECT_DIRECTORY",
            "PATH",
            "VIRTUAL_ENV",
            "UV_CONFIG_FILE",
            "UV_NO_BINARY",
            "UV_PROJECT",
        ] {
            for purpose in PURPOSES {
                assert!(!may_have(purpose, name), "{name}");
            }
        }
    }

    #[test]
    fn code_of_layers_gets_nothing() {
        for name in ["HOME", "LANG", "HTTPS_PROXY", "NETRC", "GIT_CONFIG_VALUE_0"] {
            assert!(!may_have(Purpose::Import, name), "{name}");
        }
    }

    #[test]
    fn what_is_for_one_program_reaches_no_other() {
        for purpose in PURPOSES {
            assert!(may_have(purpose, "HTTPS_PROXY") && may_have(purpose, "LC_ALL"));
            let is_git = [Purpose::Git, Purpose::ResolveFromSource].contains(&purpose);
            assert_eq!(may_have(purpose, "GIT_CONFIG_VALUE_0"), is_git);
            assert_eq!(may_have(purpose, "SSH_AUTH_SOCK"), is_git);
            let is_resolver = [Purpose::Resolve, Purpose::ResolveFromSource].contains(&purpose);
            assert_eq!(may_have(purpose, "KRB5CCNAME"), is_resolver);
            assert!(may_have(purpose, "NIX_SSL_CERT_FILE"));
            let is_build = [Purpose::BuildWheel, Purpose::ResolveFromSource].contains(&purpose);
            assert_eq!(may_have(purpose, "SDKROOT"), is_build);
            let is_pip = purpose == Purpose::InstallUv;
            assert_eq!(may_have(purpose, "PIP_INDEX_URL"), is_pip);
            assert_eq!(may_have(purpose, "UV_INDEX_URL"), purpose.is_uv());
        }
    }

    #[test]
    fn names_of_secrets_cannot_be_allowed() {
        for name in [
            "AWS_REGION",
            "LLS_UV",
            "GITHUB_ACTOR",
            "GH_X",
            "CI_JOB_ID",
            "ci_job_id",
            "UV_INDEX_URL",
            "PIP_INDEX_URL",
            "MY_TOKEN",
            "TOKEN",
            "TOKENS_OF_CI",
            "DB_PASSWORD",
            "API_KEY",
            "NPM_AUTH",
            "PGPASSWORD",
            "PGPASSFILE_PASSPHRASE",
            "MYSQL_PWD",
            "APIKEY",
            "MYTOKEN",
            "TOKENIZER_TOKEN",
            "npmtoken",
            "CLIENTSECRET",
            "DBPASSWD",
            "MY_PRIVATE_THING",
            "GOOGLECREDENTIALS",
        ] {
            assert!(name.parse::<VariableName>().is_err(), "{name}");
        }
        for name in ["", "A B", "A-B", "1A", "É"] {
            assert!(name.parse::<VariableName>().is_err(), "{name}");
        }
        for name in [
            "INDEX_HOST",
            "TOKENIZER_VERSION",
            "KEYBOARD",
            "COMPASS",
            "PATH_OF_WHEELS",
            "AUTHOR",
            "_x",
            "CIRCLE",
            "AWSUM",
        ] {
            assert!(name.parse::<VariableName>().is_ok(), "{name}");
        }
    }
}
