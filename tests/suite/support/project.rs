//! A project folder to run `lls` in, built like a sentence: `Project::new().manifest(..).file(..)`.
//! Every run has a cleared environment: what the index clients need, a cache, and what the test adds.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::lambda_api::{LambdaApi, SECRET_TOKEN, account_at, mutations_at};
use super::ministack::install;
use super::programs::write_program;
use super::report_schema;
pub use super::run::Run;

/// A project folder, removed when it is dropped.
pub struct Project {
    folder: TempDir,
    /// What its runs have in no repository, such as a home folder.
    outside: TempDir,
    environment: Vec<(String, String)>,
}

/// A manifest with a directory target and one layer `hello` of own files.
pub const HELLO: &str = r#"[targets.local]
directory = "registry"

[layers.hello]
description = "v1.0.0"
runtimes = ["python3.12"]
prefix = "python"
permission = "my-account"
"#;

/// A manifest with a directory target and one layer `app` that has nothing but packages.
pub const APP: &str = r#"[targets.local]
directory = "registry"

[layers.app]
description = "v1.0.0"
runtimes = ["python3.12"]
"#;

impl Project {
    /// An empty folder, with the cache and the state folder that all tests share.
    pub fn new() -> Self {
        Self::inside(&std::env::temp_dir())
    }

    /// The same in a folder that has other things too.
    pub fn inside(folder: &Path) -> Self {
        let folder = tempfile::tempdir_in(folder).expect("a temporary folder can be made");
        let uv = install::uv().unwrap_or_else(|error| panic!("the tests need uv: {error}"));
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let environment = [
            ("LLS_UV", uv),
            ("LLS_CACHE_DIR", cache),
            ("LLS_STATE_DIR", shared_state()),
        ];
        let environment =
            environment.map(|(name, path)| (name.to_owned(), path.display().to_string()));
        Self {
            folder,
            outside: tempfile::tempdir().expect("a temporary folder can be made"),
            environment: environment.to_vec(),
        }
    }

    /// The project of [`HELLO`].
    pub fn hello() -> Self {
        Self::new().manifest(HELLO).file(
            "layers/hello/hello.py",
            "def hello():\n    return 'hello'\n",
        )
    }

    /// A project whose layer `app` has these requirements.
    pub fn app(requirements: &str) -> Self {
        Self::new()
            .manifest(APP)
            .file("layers/app/requirements.txt", requirements)
    }

    /// A project whose only target is AWS, to be run against `api`.
    pub fn hello_in(api: &LambdaApi) -> Self {
        let manifest = HELLO.replace("[targets.local]\ndirectory = \"registry\"", "[targets.aws]");
        Self::hello().manifest(&manifest).environment(api.env())
    }

    /// The same with a target of two regions.
    pub fn hello_in_two_regions(api: &LambdaApi) -> Self {
        let project = Self::hello_in(api);
        project.set_in_target("regions = [\"us-east-1\", \"eu-west-1\"]");
        project
    }

    /// Writes the manifest.
    pub fn manifest(self, text: &str) -> Self {
        self.file("layers.toml", text)
    }

    /// Writes a file, and the folders that it needs.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    /// Writes a file outside of it, and the folders that it needs.
    pub fn outside_file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.outside(path);
        self.file(path.to_str().expect("it is UTF-8"), content)
    }

    /// Has every run use a shell script for `uv`.
    pub fn uv_script(self, script: &str) -> Self {
        let path = self.outside("uv");
        write_program(&path, script);
        self.variable("LLS_UV", path)
    }

    /// A path in a folder of the project that is outside of it, and of every repository.
    pub fn outside(&self, path: &str) -> PathBuf {
        self.outside.path().join(path)
    }

    /// Sets variables for every run.
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    /// Sets one variable for every run.
    pub fn variable(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let value = value
            .as_ref()
            .to_str()
            .expect("a test's variables are UTF-8")
            .to_owned();
        self.environment([(name.to_owned(), value)])
    }

    /// Gives the project a cache of its own, so that nothing is there yet.
    pub fn cold_cache(self) -> Self {
        let cache = self.path("cold-cache");
        self.variable("LLS_CACHE_DIR", cache)
    }

    /// Gives the project a state folder of its own, so that no note that is there is believed, as on another machine.
    pub fn fresh_state(self) -> Self {
        let state = self.outside("state");
        self.variable("LLS_STATE_DIR", state)
    }

    /// The folder that its runs keep their state in.
    pub fn state_folder(&self) -> PathBuf {
        let mut variables = self.environment.iter().rev();
        let named = variables.find(|(name, _)| name == "LLS_STATE_DIR");
        named.map_or_else(shared_state, |(_, folder)| PathBuf::from(folder))
    }

    /// Writes a file, and the folders that it needs.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is below the project"))
            .expect("folders can be made");
        fs::write(&path, content).expect("a file of the project can be written");
    }

    /// Replaces a part of the manifest that must be there.
    pub fn edit_manifest(&self, from: &str, to: &str) {
        let text = self.read("layers.toml");
        assert!(text.contains(from), "the manifest has no `{from}`");
        self.write("layers.toml", text.replacen(from, to, 1));
    }

    /// Adds a line to the manifest's only target.
    pub fn set_in_target(&self, line: &str) {
        let text = self.read("layers.toml");
        let headers = text.lines().filter(|line| line.starts_with("[targets."));
        let [header] = headers.collect::<Vec<_>>()[..] else {
            panic!("the manifest has not one target:\n{text}");
        };
        self.edit_manifest(header, &format!("{header}\n{line}"));
    }

    /// Adds a line to the manifest's layer `app`.
    pub fn set_in_app(&self, line: &str) {
        self.edit_manifest("[layers.app]", &format!("[layers.app]\n{line}"));
    }

    /// Adds a table to the end of the manifest.
    pub fn extend_manifest(&self, table: &str) {
        self.write("layers.toml", self.read("layers.toml") + "\n" + table);
    }

    /// Reads a file as text.
    pub fn read(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path)).expect("it is UTF-8")
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A path in the project.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Forgets every build.
    pub fn forget_builds(&self) {
        fs::remove_dir_all(self.path(".lls")).ok();
    }

    /// Runs `lls` to its end.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let mutations = || self.endpoint().map_or(0, mutations_at);
        let before = mutations();
        let run = self.finish(self.command(arguments));
        report_schema::check(arguments, &run.stdout);
        if arguments.first() == Some(&"plan") {
            assert_eq!(mutations(), before, "a plan changed something");
        }
        self.compare_with_schema(arguments, &run);
        run
    }

    /// The address of the Lambda API that the project's runs ask.
    fn endpoint(&self) -> Option<&str> {
        let mut variables = self.environment.iter().rev();
        let endpoint = variables.find(|(name, _)| name == "AWS_ENDPOINT_URL");
        endpoint.map(|(_, url)| url.as_str())
    }

    /// Compares what a run says of the manifest with what its schema says.
    fn compare_with_schema(&self, arguments: &[&str], run: &Run) {
        let is_read = matches!(arguments, ["plan" | "apply" | "validate" | "build", ..]);
        let is_default = !arguments.contains(&"-m") && !arguments.contains(&"--manifest");
        let text = fs::read_to_string(self.path("layers.toml"));
        if let Some(text) = text.ok().filter(|_| is_read && is_default) {
            super::manifest_schema::compare(&text, run);
        }
    }

    /// Runs a command of this project to its end.
    pub fn finish(&self, mut command: Command) -> Run {
        let output = command.output().expect("lls can be run");
        let run = Run {
            status: output.status.code().unwrap_or(-1),
            stdout: self.normalised(&output.stdout),
            stderr: in_order(&self.normalised(&output.stderr)),
            hidden: self.hidden(),
        };
        self.assert_clean(&run.stdout);
        self.assert_clean(&run.stderr);
        run
    }

    fn hidden(&self) -> Vec<(String, &'static str)> {
        let Some((endpoint, account)) = self
            .endpoint()
            .and_then(|url| Some((url, account_at(url)?)))
        else {
            return Vec::new();
        };
        vec![(account, "[account]"), (endpoint.to_owned(), "[endpoint]")]
    }

    /// Asserts that an output of a run holds no secret and tells of no panic.
    pub fn assert_clean(&self, text: &str) {
        let names = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        let variables = self.environment.iter();
        let secrets = variables.filter(|(name, _)| names.contains(&name.as_str()));
        let secrets = secrets.map(|(_, value)| value.as_str());
        for secret in secrets.chain([SECRET_TOKEN, "X-Amz-"]) {
            assert!(!text.contains(secret), "a secret was printed:\n{text}");
        }
        assert!(!text.contains("panicked"), "lls panicked:\n{text}");
    }

    /// Runs `lls`, which must succeed.
    pub fn succeed(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.status, 0, "{arguments:?}\n{run}");
        run
    }

    /// Runs `lls`, which must fail.
    pub fn fail(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.status, 1, "{arguments:?}\n{run}");
        run
    }

    /// Asserts that planning again finds nothing to do.
    pub fn assert_converged(&self) {
        let run = self.succeed(&["plan", "--detailed-exitcode"]);
        assert!(run.stdout.starts_with("No changes."), "{run}");
    }

    /// The command for a run, for tests that need more than its end.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lls"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env_clear();
        let passed = std::env::vars().filter(|(name, _)| is_passed(name));
        command.envs(passed).envs(self.environment.iter().cloned());
        command
    }

    /// The command for a run that another program starts: its arguments are `before`, then `lls` and `arguments`.
    pub fn command_through(&self, before: &[&str], arguments: &[&str]) -> Command {
        let lls = self.command(arguments);
        let mut command = Command::new(before[0]);
        command
            .args(&before[1..])
            .arg(lls.get_program())
            .args(lls.get_args())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env_clear();
        let variables = lls.get_envs();
        command.envs(variables.filter_map(|(name, value)| Some((name, value?))));
        command
    }

    /// A text in which the project's folder has the same name in every run.
    pub fn normalised(&self, text: &[u8]) -> String {
        String::from_utf8_lossy(text)
            .replace(&self.folder.path().display().to_string(), "[project]")
            .replace(&self.outside.path().display().to_string(), "[outside]")
    }
}

/// A text in which neighbouring lines about finished steps are sorted: layers and destinations do not wait for each
/// other.
fn in_order(text: &str) -> String {
    let is_step = |line: &str| line.starts_with("Built ") || line.starts_with("Published ");
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let blocks = lines.chunk_by(|a, b| is_step(a) && is_step(b));
    let sorted = blocks.flat_map(|block| {
        let mut block = block.to_vec();
        block.sort_unstable();
        block
    });
    sorted.collect()
}

/// The state folder that all tests share.
fn shared_state() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("state")
}

/// What package index clients need: programs, certificates, proxies and the indexes that they are set up for.
fn is_passed(name: &str) -> bool {
    let prefixes = ["PIP_", "UV_", "SSL_CERT_"];
    let names = [
        "PATH",
        "HOME",
        "LANG",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    ];
    names.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}
