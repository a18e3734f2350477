//! A runner on which a repository is checked out: its home and other folders with secrets, its environment, its package
//! index, and the attacker's host, which the repository knows.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::canaries::{secret, variables};
use super::listener::{INDEX, Listener, USER};
use super::row::Row;
use super::snapshot::{LOCK_OF_UV, Snapshot};
use crate::support::ministack::install;
use crate::support::project::Project;

/// A runner with one repository.
pub struct Site {
    /// The repository.
    pub project: Project,
    /// The attacker's host.
    pub attacker: Listener,
    /// Variables of the runner beside those that all have.
    pub environment: Vec<(String, String)>,
    folder: TempDir,
}

impl Site {
    /// A runner with an empty repository, and the variables of a row.
    pub fn of(row: &Row) -> Self {
        let mut site = Self::new();
        let variables = row.variables.iter();
        let variables = variables.map(|(name, value)| ((*name).to_owned(), site.fill(value)));
        site.environment = variables.collect();
        site
    }

    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let write = |path: &str, text: String| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("folders can be made");
            fs::write(path, text).expect("the file can be written");
        };
        let keys = secret("~/.aws/credentials");
        write(
            "home/.aws/credentials",
            format!(
                "aws_secret_access_key={keys}\n[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {keys}\n"
            ),
        );
        write(
            "home/.aws/config",
            "[default]\nregion = us-east-1\n".to_owned(),
        );
        write(
            "home/.ssh/id_ed25519",
            format!("{}\n", secret("~/.ssh/id_ed25519")),
        );
        let netrc = format!(
            "machine 127.0.0.1\nlogin {USER}\npassword {}\nmachine internal.example\nlogin x\npassword {}\n",
            secret("password of the index"),
            secret("netrc")
        );
        write("home/.netrc", netrc);
        write(&format!("home/{LOCK_OF_UV}"), String::new());
        write("home/.bashrc", "# of the runner\n".to_owned());
        let sibling = secret("the sibling folder");
        write("sibling/secret.txt", format!("{sibling}\n"));
        write(
            "sibling/layer/secret.py",
            format!("PASSWORD = '{sibling}'\n"),
        );
        write("sibling/requirements.txt", format!("{sibling}\n"));
        write("sibling/layers.toml", format!("{sibling}\n"));
        let beside = secret("the file beside the repository");
        write("outside.txt", format!("{beside}\n"));
        for name in ["tmp", "cache", "state"] {
            fs::create_dir(folder.path().join(name)).expect("folders can be made");
        }
        Self {
            project: Project::inside(folder.path()),
            attacker: Listener::attacker(),
            environment: Vec::new(),
            folder,
        }
    }

    /// The folder that holds the repository and all around it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A text with the names of this site in place of `{attacker}`, `{index}`, `{login}`, `{around}` and `{root}`, and
    /// with the search path in place of `{path}`, without folders that have a uv. Nor
    /// has it a rustup, which writes to the home: pip asks it for the compiler.
    pub fn fill(&self, text: &str) -> String {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).filter(|folder| {
            let has = |name: &str| folder.join(name).exists();
            !has("uv") && !has("rustup")
        });
        let folders = std::env::join_paths(folders).expect("they were split");
        text.replace("{path}", &folders.to_string_lossy())
            .replace("{attacker}", &format!("localhost:{}", self.attacker.port))
            .replace("{index}", &format!("127.0.0.1:{}", INDEX.port))
            .replace("{login}", &login())
            .replace("{around}", &self.folder.path().display().to_string())
            .replace("{root}", &self.project.path("").display().to_string())
    }

    /// Makes a symlink in the repository.
    pub fn link(&self, path: &str, target: &str) {
        let path = self.make_way(path);
        symlink(self.fill(target), path).expect("a link can be made");
    }

    /// Makes a pipe with a name in the repository.
    pub fn fifo(&self, path: &str) {
        let path = self.make_way(path);
        let made = Command::new("mkfifo").arg(path).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    }

    /// Makes a file of `size` bytes in the repository that takes no room.
    pub fn sparse(&self, path: &str, size: u64) {
        let file = fs::File::create(self.make_way(path)).expect("a file can be made");
        file.set_len(size)
            .expect("the file system has sparse files");
    }

    /// Removes what is at `path`, and makes the folders that it needs.
    pub fn make_way(&self, path: &str) -> PathBuf {
        let path = self.project.path(path);
        let folder = path.parent().expect("it is below the repository");
        fs::create_dir_all(folder).expect("folders can be made");
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path).expect("it can be removed");
        } else if path.is_symlink() || path.exists() {
            fs::remove_file(&path).expect("it can be removed");
        }
        path
    }

    /// Writes a program into the repository that leaves a mark where it was run.
    pub fn program(&self, path: &str) {
        let script = format!(
            "#!/bin/sh\necho \"$0 $*\" >> '{}'\nexit 1\n",
            self.mark().display()
        );
        self.script(path, &script);
    }

    /// Writes a script into the repository.
    pub fn script(&self, path: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.make_way(path);
        fs::write(&path, script).expect("the script can be written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be run");
    }

    /// The file that is there once something ran that must not.
    pub fn mark(&self) -> PathBuf {
        self.folder.path().join("ran")
    }

    /// `lls` as the runner runs it in the repository.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.project.command(arguments);
        let around = |name: &str| self.folder.path().join(name);
        command.env_clear().stdin(Stdio::null());
        let uv = install::uv().unwrap_or_else(|error| panic!("the tests need uv: {error}"));
        let uv_cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-repositories-uv");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let index = format!("{}/simple", login());
        command
            .envs([("PATH", path)])
            .envs([
                ("HOME", around("home")),
                ("TMPDIR", around("tmp")),
                ("LLS_CACHE_DIR", around("cache")),
                ("LLS_STATE_DIR", around("state")),
                ("LLS_UV", uv),
                ("UV_CACHE_DIR", uv_cache),
            ])
            .envs([
                ("UV_DEFAULT_INDEX", index.as_str()),
                ("LANG", "C.UTF-8"),
                ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_EC2_METADATA_DISABLED", "true"),
                (
                    "AWS_ENDPOINT_URL",
                    &format!("http://127.0.0.1:{}", INDEX.port),
                ),
                ("UV_INDEX_INTERNAL_USERNAME", USER),
            ])
            .envs(variables());
        for (name, value) in &self.environment {
            match value.as_str() {
                "" => command.env_remove(name),
                value => command.env(name, value),
            };
        }
        command
    }

    /// Runs `lls` in the repository as the attacker did at home: nothing of it stays but what is in the repository.
    pub fn as_attacker(&self, arguments: &[&str]) {
        let home = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = self.command(arguments);
        for name in ["LLS_CACHE_DIR", "LLS_STATE_DIR", "HOME", "TMPDIR"] {
            command.env(name, home.path());
        }
        command.envs(variables().map(|(name, _)| (name, "x")));
        command.env("LLS_ALLOW_ENV", "INTERNAL_HOST");
        let output = command.output().expect("lls can be run");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}\n{message}");
    }

    /// Builds the layers of another repository on this runner, which has them in its cache then.
    pub fn build_elsewhere(&self, other: &Project) {
        let mut command = self.command(&["build"]);
        let output = command.current_dir(other.path("")).output();
        let output = output.expect("lls can be run");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{message}");
    }

    /// What is in the folders that nothing may be written to. No temporary file may stay.
    pub fn outside(&self) -> Snapshot {
        let names = ["home", "sibling", "tmp", "outside.txt"];
        Snapshot::of(&names.map(|name| self.folder.path().join(name)))
    }

    /// The folders where secrets must not come to, and those in them that are not looked through.
    pub fn searched(&self, unsearched: &[&'static str]) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let around = ["tmp", "cache", "state"].map(|name| self.folder.path().join(name));
        let repository = self.project.path("");
        let repository = repository.components().collect::<PathBuf>();
        let skipped = unsearched.iter().copied().chain([".git"]);
        let skipped = skipped.map(|name| repository.join(name)).collect();
        (around.into_iter().chain([repository]).collect(), skipped)
    }
}

/// The address of the runner's index with the runner's password.
fn login() -> String {
    let password = secret("password of the index");
    format!("http://{USER}:{password}@127.0.0.1:{}", INDEX.port)
}

impl Drop for Site {
    /// Removes what the standard library cannot: folders in folders, ten thousand deep.
    fn drop(&mut self) {
        let folder = self.project.path("layers");
        let _ = Command::new("rm").arg("-rf").arg(folder).status();
    }
}
