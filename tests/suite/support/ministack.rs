//! `ministack`, the AWS emulator behind the tests: one process for a test binary, and a second one that checks
//! signatures and IAM policies.
//! Both listen on 127.0.0.1 only and end with the test process, however that ends. Where `ministack` differs from
//! AWS is none of this file's business: see `lambda_api`.

pub mod install;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::plain_http;

/// Watches its standard input, a pipe that the test process holds, and ends with everything it started once that
/// is closed; `os._exit` alone would leave children behind, hence the process group.
const LAUNCHER: &str = r#"
import os, shutil, signal, sys, threading

def end_with_the_tests():
    sys.stdin.buffer.read()
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)

os.setsid()
threading.Thread(target=end_with_the_tests, daemon=True).start()
sys.path.insert(0, sys.argv.pop())
from ministack.app import main
main()
"#;

/// What of the environment reaches `ministack`: enough to find Python, nothing that configures AWS.
const INHERITED: [&str; 5] = [
    "PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "PYENV_ROOT",
    "PYENV_VERSION",
];

const STARTING_TAKES_AT_MOST: Duration = Duration::from_secs(60);
const LOG_STARTS_ANEW_AT: u64 = 4 << 20;

/// A running `ministack`.
pub struct Ministack {
    address: SocketAddr,
    site_packages: PathBuf,
    /// Holds the pipe whose closing ends the process.
    _process: Child,
}

/// An access key, its secret, and the ARN of whom it belongs to.
#[derive(Debug, Clone)]
pub struct AccessKey {
    pub id: String,
    pub secret: String,
    pub principal: String,
}

#[derive(Clone, Copy)]
enum Mode {
    Open,
    Authenticating,
}

impl Ministack {
    /// The process that all tests share: any signature is accepted and everything is allowed.
    ///
    /// Panics if it cannot be installed or started.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Ministack, String>> = OnceLock::new();
        Self::started(&SHARED, Mode::Open)
    }

    /// The process that checks signatures and IAM policies, started when it is first asked for.
    ///
    /// A key that is a 12-digit account id is that account's root here too, and its signature is not looked at.
    pub fn authenticating() -> &'static Self {
        static AUTHENTICATING: OnceLock<Result<Ministack, String>> = OnceLock::new();
        Self::started(&AUTHENTICATING, Mode::Authenticating)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder of its Python packages, `botocore` among them.
    pub fn site_packages(&self) -> &Path {
        &self.site_packages
    }

    /// Makes a user of `account` whose only policy allows `actions` (such as `lambda:ListLayers`), and a key for it.
    ///
    /// `ministack` knows all reads of layers as `lambda:ListLayers`, all their POSTs as `lambda:PublishLayerVersion`,
    /// and never denies a deletion; `LambdaApi::allowing` tells them apart.
    pub fn access_key(&self, account: &str, actions: &[&str]) -> AccessKey {
        static USERS: AtomicU64 = AtomicU64::new(1);
        let user = format!("user-{}", USERS.fetch_add(1, Ordering::Relaxed));
        let policy = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
        });
        self.iam(account, &format!("Action=CreateUser&UserName={user}"));
        self.iam(
            account,
            &format!(
                "Action=PutUserPolicy&UserName={user}&PolicyName=only&PolicyDocument={policy}"
            ),
        );
        let made = self.iam(account, &format!("Action=CreateAccessKey&UserName={user}"));
        AccessKey {
            id: element(&made, "AccessKeyId"),
            secret: element(&made, "SecretAccessKey"),
            principal: format!("arn:aws:iam::{account}:user/{user}"),
        }
    }

    fn iam(&self, account: &str, form: &str) -> String {
        let authorization = authorization(account, "us-east-1", "iam");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let form = format!("{form}&Version=2010-05-08");
        let reply = plain_http::send(self.address, "POST", "/", &headers, form.as_bytes())
            .expect("ministack answers an IAM request");
        assert_eq!(reply.status, 200, "`{form}`: {}", reply.text());
        reply.text()
    }

    fn started(cell: &'static OnceLock<Result<Self, String>>, mode: Mode) -> &'static Self {
        cell.get_or_init(|| {
            let site_packages = install::site_packages()?;
            // Another process may take the port between choosing and binding it: try another one.
            Self::start(&site_packages, mode).or_else(|_| Self::start(&site_packages, mode))
        })
        .as_ref()
        .unwrap_or_else(|problem| panic!("no `ministack` to test against: {problem}"))
    }

    fn start(site_packages: &Path, mode: Mode) -> Result<Self, String> {
        let address = free_port().map_err(|error| format!("no free port: {error}"))?;
        let port = address.port();
        let log_path = site_packages.with_extension(match mode {
            Mode::Open => "log",
            Mode::Authenticating => "auth.log",
        });
        let scratch = site_packages.with_extension(format!("{port}.tmp"));
        fs::create_dir_all(&scratch)
            .map_err(|error| format!("cannot make `{}`: {error}", scratch.display()))?;
        let log = open_log(&log_path)
            .map_err(|error| format!("cannot write `{}`: {error}", log_path.display()))?;
        let mut process = command(site_packages, port, mode)
            .env("TMPDIR", &scratch)
            .env("S3_DATA_DIR", scratch.join("s3"))
            .env(
                "DOCKER_HOST",
                format!("unix://{}", scratch.join("none").display()),
            )
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(|error| error.to_string())?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot run `python3`: {error}"))?;
        wait_until_ready(&mut process, address)
            .map_err(|problem| format!("{problem}; see `{}`", log_path.display()))?;
        Ok(Self {
            address,
            site_packages: site_packages.to_owned(),
            _process: process,
        })
    }
}

/// The header of a request as root of `account`; no signature of a root is ever checked.
pub fn authorization(account: &str, region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request, \
         SignedHeaders=host, Signature=unchecked"
    )
}

fn command(site_packages: &Path, port: u16, mode: Mode) -> Command {
    let mut command = Command::new("python3");
    // Isolated from the machine's packages: some of them make `ministack` open more ports, on every interface.
    command
        .args(["-I", "-S", "-c", LAUNCHER])
        .arg(site_packages);
    command.env_clear();
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0");
    if matches!(mode, Mode::Authenticating) {
        command.env("AUTH", "true");
    }
    command
}

fn wait_until_ready(process: &mut Child, address: SocketAddr) -> Result<(), String> {
    let started = Instant::now();
    while started.elapsed() < STARTING_TAKES_AT_MOST {
        if let Ok(Some(status)) = process.try_wait() {
            return Err(format!("`ministack` ended at once ({status})"));
        }
        let health = plain_http::send(address, "GET", "/_ministack/health", &[], b"");
        if health.is_ok_and(|reply| reply.status == 200) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    process.kill().ok();
    Err(format!(
        "`ministack` was not ready in {STARTING_TAKES_AT_MOST:?}"
    ))
}

fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn open_log(path: &Path) -> io::Result<File> {
    let anew = fs::metadata(path).is_ok_and(|log| log.len() > LOG_STARTS_ANEW_AT);
    if anew {
        fs::write(path, "")?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

fn element(xml: &str, name: &str) -> String {
    let inner = xml
        .split_once(&format!("<{name}>"))
        .and_then(|(_, rest)| rest.split_once("</"));
    let (value, _) = inner.unwrap_or_else(|| panic!("no `{name}` in {xml}"));
    value.to_owned()
}
