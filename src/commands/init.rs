//! `lls init`: a first manifest with a layer that can be published at once, and what belongs to it in a repository.
//!
//! It keeps files that already exist.

use std::path::{Path, PathBuf};

use super::ci_file::{self, Release};
use super::{Context, Environment, ExitStatus};
use crate::cache::{GIT_PATIENCE, write_file};
use crate::cli::{CiHost, InitOptions};
use crate::error::{Error, Failures, PathContext as _};
use crate::input::Repository;
use crate::manifest::folder_of;
use crate::process::Purpose;
use crate::reconcile::NewFiles;
use crate::render::{FileOutcome, ProjectFile, render_project};

/// The first manifest.
const MANIFEST: &str = r#"# The layers of this repository, and where to publish them.
default_target = "local"

[targets.local]              # a folder instead of AWS, to try things out; Git ignores it
directory = ".lls/registry"

[targets.aws]                # AWS, in the account and region of your environment

[defaults]                   # settings of all layers; a layer can override them
runtimes = ["python3.13"]
architecture = "x86_64"
permission = "my-account"

[layers.hello]               # the files in layers/hello
description = "v1.0.0"       # its version; after a change, run `lls bump hello`
prefix = "python"            # the folder in the archive: Python imports from `python`
"#;

/// The first layer.
const HELLO: &str = r#""""An example: functions with this layer `import hello`."""


def greet(name: str) -> str:
    return f"Hello, {name}!"
"#;

/// The line that keeps caches and the local registry out of Git.
const IGNORED: &str = ".lls/";

pub(super) async fn init(options: &InitOptions, context: &Context) -> Result<ExitStatus, Failures> {
    let manifest = context.options.manifest_path();
    let folder = folder_of(manifest);
    let inside = context.repository();
    let mut made = NewFiles::default();
    let mut files = Vec::new();
    files.push(write_new(manifest, MANIFEST, &inside, &mut made)?);
    let had_manifest = files[0].outcome == FileOutcome::Kept;
    // An old manifest has layers of its own.
    let layer = folder.join("layers/hello");
    let layer: PathBuf = layer.strip_prefix(".").unwrap_or(&layer).to_owned();
    if !had_manifest {
        files.push(write_new(
            &layer.join("hello.py"),
            HELLO,
            &inside,
            &mut made,
        )?);
    }
    let root = inside.root();
    let root = root.join(".git").exists().then_some(root);
    let ci = match (options.ci, root) {
        (Some(host), _) => host,
        (None, Some(root)) => host_of(root, context).await,
        (None, None) => CiHost::None,
    };
    let place = Place::of(manifest, inside.root(), &context.environment.folder);
    if let Some(name) = ci_file::name(ci) {
        let branch = default_branch(inside.root());
        let branch = branch.as_deref().unwrap_or("main");
        let text = ci_file::text(ci, Release::own(), branch, place.manifest.as_deref());
        files.push(write_new(&place.top.join(name), &text, &inside, &mut made)?);
    }
    let ignore = folder.join(".gitignore");
    files.push(ignore_caches(
        ignore.strip_prefix(".").unwrap_or(&ignore),
        &inside,
        &mut made,
    )?);
    made.keep();

    context.result(
        options.format,
        &render_project(&files),
        serde_json::json!({ "files": files }),
    )?;
    say_more(options, ci, &files, &place, context);
    Ok(ExitStatus::Success)
}

/// Writes a file, unless the path already exists.
fn write_new(
    path: &Path,
    text: &str,
    repository: &Repository,
    made: &mut NewFiles,
) -> Result<ProjectFile, Error> {
    repository.check_inside(path)?;
    let outcome = match path.symlink_metadata() {
        Ok(_) => FileOutcome::Kept,
        Err(_) => {
            made.write(path, text)?;
            FileOutcome::Made
        }
    };
    let path = path.to_owned();
    Ok(ProjectFile { path, outcome })
}

/// Adds `.lls/` to a `.gitignore` that does not have it.
fn ignore_caches(
    path: &Path,
    repository: &Repository,
    made: &mut NewFiles,
) -> Result<ProjectFile, Error> {
    let note = format!("# Caches of lls, and its local registry\n{IGNORED}\n");
    if !path.exists() {
        return write_new(path, &note, repository, made);
    }
    repository.check_inside(path)?;
    let text = repository.read_text(path)?;
    let known = [".lls", ".lls/", "/.lls", "/.lls/"];
    let mut outcome = FileOutcome::Kept;
    if !text.lines().any(|line| known.contains(&line.trim())) {
        let is_windows = text.contains("\r\n");
        let line_end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let added = format!("{line_end}{note}");
        let added = if is_windows {
            added.replace('\n', "\r\n")
        } else {
            added
        };
        let target = std::fs::canonicalize(path).at("read", path)?;
        write_file(&target, (text + &added).as_bytes())?;
        outcome = FileOutcome::Extended;
    }
    let path = path.to_owned();
    Ok(ProjectFile { path, outcome })
}

/// Where the manifest is in the repository: CI finds its file at the top only.
struct Place {
    /// The top of the repository, as seen from the current folder.
    top: PathBuf,
    /// The manifest as seen from the top, unless it is `layers.toml` there.
    manifest: Option<String>,
}

impl Place {
    /// `root` is the top, without links.
    fn of(manifest: &Path, root: &Path, current: &Path) -> Self {
        let folder = folder_of(manifest);
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let in_root = real(&current.join(folder));
        let in_root = in_root.strip_prefix(root).unwrap_or(Path::new(""));
        let is_top = in_root.as_os_str().is_empty();
        let top = match real(current).strip_prefix(root) {
            _ if is_top => folder.strip_prefix(".").unwrap_or(folder).to_owned(),
            Ok(below) => below.iter().map(|_| "..").collect(),
            Err(_) => root.to_owned(),
        };
        let manifest = in_root.join(manifest.file_name().unwrap_or_default());
        let manifest =
            (manifest != Path::new("layers.toml")).then(|| manifest.display().to_string());
        Self { top, manifest }
    }
}

/// Whose CI a repository probably uses: files of a host tell it, else the address that it came from.
async fn host_of(root: &Path, context: &Context) -> CiHost {
    if root.join(".github").is_dir() {
        return CiHost::Github;
    }
    if root.join(".gitlab-ci.yml").exists() {
        return CiHost::Gitlab;
    }
    // Without git, or without an origin, there is no address.
    let address = origin_of(root, &context.environment).await;
    let address = address.unwrap_or_default();
    host_of_address(&String::from_utf8_lossy(&address))
}

/// The address of the origin, as Git prints it.
async fn origin_of(root: &Path, environment: &Environment) -> Option<Vec<u8>> {
    let repository = Repository::around(root, &environment.folder, &[]);
    let launcher = environment.launcher.clone().outside(&repository).ok()?;
    let configuration = environment.folder.join(git_folder(root)?).join("config");
    let mut git = launcher.child(&launcher.find("git")?, Purpose::Git).ok()?;
    git.args(["config", "--file"])
        .arg(configuration)
        .args(["--get", "remote.origin.url"]);
    Some(git.output_within(GIT_PATIENCE).await.ok()?.stdout)
}

/// The host in `https://host/path` or `user@host:path`.
fn host_of_address(address: &str) -> CiHost {
    let address = address.trim();
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    match host {
        _ if host.contains("github") => CiHost::Github,
        _ if host.contains("gitlab") => CiHost::Gitlab,
        _ => CiHost::None,
    }
}

/// The branch that is probably the default one of the repository whose top is `root`: that of its origin, else `main` or
/// `master`, if there is one of them, else the one that is checked out. `None` where it is unknown, or has a name that
/// needs care in YAML.
///
/// The files are described in gitrepository-layout(5).
fn default_branch(root: &Path) -> Option<String> {
    let git = git_folder(root)?;
    let read = |name: &str| std::fs::read_to_string(git.join(name)).unwrap_or_default();
    let points_to = |name: &str, branches: &str| {
        let text = read(name);
        let branch = text.trim().strip_prefix("ref: ")?.strip_prefix(branches)?;
        Some(branch.to_owned())
    };
    let packed = read("packed-refs");
    let is_there = |branch: &&str| {
        let name = format!("refs/heads/{branch}");
        let is_it = |line: &str| line.split(' ').nth(1) == Some(&name);
        git.join(&name).is_file() || packed.lines().any(is_it)
    };
    let usual = || ["main", "master"].into_iter().find(is_there);
    let branch = points_to("refs/remotes/origin/HEAD", "refs/remotes/origin/")
        .or_else(|| usual().map(str::to_owned))
        .or_else(|| points_to("HEAD", "refs/heads/"))?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let begins_plainly = branch.starts_with(|c: char| c.is_ascii_alphabetic());
    (begins_plainly && branch.chars().all(is_plain)).then_some(branch)
}

/// What all worktrees of the repository share. `.git` of a worktree or a submodule is a file that says where its own
/// folder is, and that one of a worktree has `commondir`, which says where the shared one is.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let named = root.join(".git");
    let own = match std::fs::read_to_string(&named) {
        Ok(text) => root.join(text.trim_end().strip_prefix("gitdir: ")?),
        Err(_) => named,
    };
    let shared = std::fs::read_to_string(own.join("commondir"));
    Some(shared.map_or_else(|_| own.clone(), |path| own.join(path.trim_end())))
}

fn say_more(
    options: &InitOptions,
    ci: CiHost,
    files: &[ProjectFile],
    place: &Place,
    context: &Context,
) {
    let mut text = String::new();
    if ci == CiHost::None && options.ci.is_none() {
        text.push_str(
            "No CI file was created, because this is not a Git repository from GitHub or GitLab. To create one, use `--ci HOST`.\n",
        );
    }
    let is_new = |file: &ProjectFile| file.outcome == FileOutcome::Made;
    let is_yaml = |file: &&ProjectFile| file.path.extension().is_some_and(|end| end == "yml");
    if let Some(file) = files.iter().find(is_yaml) {
        let path = file.path.display();
        if is_new(file) {
            text.push_str(&format!(
                "The comment at the top of {path} describes what else to set up.\n"
            ));
        } else {
            text.push_str(&missing_in(&file.path, place, &context.repository()));
        }
    }
    if files.first().is_some_and(is_new) {
        text.push_str(
            "Next, run `lls plan` and `lls apply`. To add your own layer, run `lls add NAME`.\n",
        );
    }
    context.output.message(&text);
}

/// What an existing CI file is missing.
fn missing_in(path: &Path, place: &Place, repository: &Repository) -> String {
    let text = repository.read_text(path).unwrap_or_default();
    let runs = ["lls apply", "command: apply", "/lls.yml"];
    let path = path.display();
    if !runs.iter().any(|run| text.contains(run)) {
        return format!(
            "{path} does not run `lls`. To generate jobs that you can copy into it, run `lls init --ci HOST` in an empty folder.\n"
        );
    }
    match &place.manifest {
        Some(manifest) if !text.contains(manifest.as_str()) => format!(
            "{path} does not work on {manifest}: copy its jobs, and set LLS_MANIFEST to that path in them.\n"
        ),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_addresses() {
        for (address, host) in [
            ("https://github.com/acme/layers.git", CiHost::Github),
            (
                "git@gitlab.acme.example:github/layers.git\n",
                CiHost::Gitlab,
            ),
            ("ssh://git@github.acme.example:22/a/b", CiHost::Github),
            ("https://git.example.com/gitlab/layers", CiHost::None),
            ("", CiHost::None),
        ] {
            assert_eq!(host_of_address(address), host, "{address}");
        }
    }
}
