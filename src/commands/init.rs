//! `lls init`: a first manifest with a layer that can be published at once, and what belongs to it in a repository.
//!
//! What is there stays as it is.

use std::path::{Path, PathBuf};

use super::edited::NewFiles;
use super::tracked::PATIENCE;
use super::{Context, Environment, ExitStatus};
use crate::cache::write_file;
use crate::cli::{CiHost, Format, InitOptions};
use crate::error::{Error, Failures, PathContext as _};
use crate::input::Repository;
use crate::manifest::folder_of;
use crate::process::Purpose;
use crate::render::{Document, FileOutcome, ProjectFile, render_project};

/// The first manifest.
const MANIFEST: &str = r#"# What the layers are, and where they are published.
default_target = "local"

[targets.local]              # a folder in place of AWS, to try things out; Git leaves it out
directory = ".lls/registry"

[targets.aws]                # the account and region of your environment: `lls plan --target aws`

[defaults]                   # what holds for each layer that says nothing else
runtimes = ["python3.13"]
architecture = "x86_64"
permission = "my-account"

[layers.hello]               # the files in layers/hello
description = "v1.0.0"       # its version: when the layer changes, `lls bump hello` raises it
prefix = "python"            # where its files go in the archive: onto the import path
"#;

/// The first layer.
const HELLO: &str = r#""""An example: functions with this layer `import hello`."""


def greet(name: str) -> str:
    return f"Hello, {name}!"
"#;

/// The line that keeps caches and the local registry out of Git.
const IGNORED: &str = ".lls/";

const GITHUB: &str = include_str!("../../docs/ci/github-actions.yml");
const GITLAB: &str = include_str!("../../docs/ci/gitlab-ci.yml");

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
    let repository = repository_of(folder);
    let ci = match (options.ci, &repository) {
        (Some(host), _) => host,
        (None, Some(root)) => host_of(root, context).await,
        (None, None) => CiHost::None,
    };
    if let Some((name, text)) = ci_file(ci) {
        let path = folder.join(name);
        let path = path.strip_prefix(".").unwrap_or(&path);
        let branch = default_branch(folder);
        let text = for_branch(text, branch.as_deref().unwrap_or("main"));
        files.push(write_new(path, &text, &inside, &mut made)?);
    }
    let ignore = folder.join(".gitignore");
    files.push(ignore_caches(
        ignore.strip_prefix(".").unwrap_or(&ignore),
        &inside,
        &mut made,
    )?);
    made.keep();

    context.output.result(&match options.format.format {
        Format::Terminal => render_project(&files),
        Format::Json => Document::new(serde_json::json!({ "files": files })).render(),
    })?;
    say_more(options, ci, &files, context);
    Ok(ExitStatus::Success)
}

/// Writes a file, unless something is there.
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
        let line_end = match text.is_empty() || text.ends_with('\n') {
            true => "",
            false => "\n",
        };
        let added = format!("{line_end}{note}");
        let added = match is_windows {
            true => added.replace('\n', "\r\n"),
            false => added,
        };
        let target = std::fs::canonicalize(path).at("read", path)?;
        write_file(&target, (text + &added).as_bytes())?;
        outcome = FileOutcome::Extended;
    }
    let path = path.to_owned();
    Ok(ProjectFile { path, outcome })
}

/// The top of the Git repository whose top is `folder`; CI runs there.
fn repository_of(folder: &Path) -> Option<PathBuf> {
    folder.join(".git").exists().then(|| folder.to_owned())
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

/// What git says of the address of the origin.
async fn origin_of(root: &Path, environment: &Environment) -> Option<Vec<u8>> {
    let repository = Repository::around(root, &environment.folder, &[]);
    let launcher = environment.launcher.clone().outside(&repository).ok()?;
    let configuration = environment.folder.join(git_folder(root)?).join("config");
    let mut git = launcher.child(&launcher.find("git")?, Purpose::Git).ok()?;
    git.args(["config", "--file"])
        .arg(configuration)
        .args(["--get", "remote.origin.url"]);
    let outcome = git.output_within(PATIENCE).await;
    Some(outcome.ok()?.ok()?.stdout)
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
/// What stands where: gitrepository-layout(5).
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

/// A file for CI whose default branch is `branch` in place of `main`.
fn for_branch(text: &str, branch: &str) -> String {
    let places = ["refs/heads/main`", "ref:main`", "not `main`", "[main]"];
    places.iter().fold(text.to_owned(), |text, place| {
        text.replace(place, &place.replace("main", branch))
    })
}

fn ci_file(host: CiHost) -> Option<(&'static str, &'static str)> {
    match host {
        CiHost::Github => Some((".github/workflows/layers.yml", GITHUB)),
        CiHost::Gitlab => Some((".gitlab-ci.yml", GITLAB)),
        CiHost::None => None,
    }
}

fn say_more(options: &InitOptions, ci: CiHost, files: &[ProjectFile], context: &Context) {
    let mut text = String::new();
    if ci == CiHost::None && options.ci.is_none() {
        text.push_str(
            "No file for CI: this is not the top of a Git repository at GitHub or GitLab. `--ci` names one.\n",
        );
    }
    let is_new = |file: &ProjectFile| file.outcome == FileOutcome::Made;
    let is_yaml = |file: &&ProjectFile| file.path.extension().is_some_and(|end| end == "yml");
    if let Some(file) = files.iter().find(is_yaml) {
        let path = file.path.display();
        if is_new(file) {
            text.push_str(&format!("The head of {path} says what else CI needs.\n"));
        } else if !runs_lls(&file.path, &context.repository()) {
            text.push_str(&format!(
                "{path} does not run lls: `lls init` in an empty folder, with `--ci`, makes jobs to copy into it.\n"
            ));
        }
    }
    if files.first().is_some_and(is_new) {
        text.push_str(
            "Next: `lls plan`, then `lls apply`, and `lls add NAME` for a layer of your own.\n",
        );
    }
    context.output.message(&text);
}

fn runs_lls(path: &Path, repository: &Repository) -> bool {
    let text = repository.read_text(path);
    text.is_ok_and(|text| text.contains("lls apply"))
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
