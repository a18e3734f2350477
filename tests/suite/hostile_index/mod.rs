//! Package indexes that stall, send without end, redirect elsewhere or lie: every run of `lls` ends soon, with one clear
//! error, leaves nothing behind, and gives no secret to anyone.

mod files;
mod pages;
mod ranges;
mod server;

use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use expect_test::expect_file;

use crate::support::package_index::wheel;
use crate::support::project::{Project, Run};
use server::{Behave, HostileIndex, Request};

/// Secrets that nobody may see, but for the index, which is given the first of them.
const INDEX_SECRET: &str = "canary-of-the-index";
const SECRETS: [&str; 4] = [
    INDEX_SECRET,
    "canary-of-netrc",
    "canary-of-everyone",
    "canary-of-the-environment",
];

/// How many rows are tried at a time: most of them wait.
const PARALLEL: usize = 12;

/// How long any run may take here, whatever else the machine does.
const LONGEST: Duration = Duration::from_secs(100);

/// What an index does, and when.
struct Row {
    name: &'static str,
    when: When,
    behave: Behave,
    wheel: Vec<u8>,
    patience: &'static str,
    /// Whether the run is to succeed all the same.
    is_fine: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// While the lock is made.
    Locking,
    /// While the locked wheels are looked for.
    Locating,
    /// While they are downloaded.
    Downloading,
}

impl Row {
    fn new(name: &'static str, when: When, behave: Behave) -> Self {
        Self {
            name,
            when,
            behave,
            wheel: alpha(),
            patience: "2",
            is_fine: false,
        }
    }

    fn fine(mut self) -> Self {
        self.is_fine = true;
        self
    }

    fn patience(mut self, seconds: &'static str) -> Self {
        self.patience = seconds;
        self
    }

    fn wheel(mut self, bytes: Vec<u8>) -> Self {
        self.wheel = bytes;
        self
    }

    /// Runs `lls` against the index, and gives what it said.
    fn verdict(&self) -> String {
        let (page, file) = match self.when {
            When::Downloading => (None, Some(self.behave)),
            _ => (Some(self.behave), None),
        };
        let index = HostileIndex::start(self.wheel.clone(), page, file);
        let project = project(&index);
        let commands: &[&str] = match self.when {
            When::Locking => &["lock", "plan"],
            _ => {
                project.write("layers/app/requirements.lock", lock_of(&self.wheel));
                &["plan"]
            }
        };
        index.turn_hostile();
        let mut said = Vec::new();
        for command in commands {
            let began = Instant::now();
            let run = self.run(&project, command);
            let time = began.elapsed();
            assert!(time < LONGEST, "{}: {time:?}", self.name);
            self.check(&run, &project);
            said.push(run.stderr);
        }
        self.check_requests(&index);
        said.swap_remove(0)
    }

    fn run(&self, project: &Project, command: &str) -> Run {
        let mut command = project.command(&[command]);
        command.env("LLS_DOWNLOAD_TIMEOUT", self.patience);
        project.finish(command)
    }

    fn check(&self, run: &Run, project: &Project) {
        let name = self.name;
        let wheels = std::fs::read_dir(project.path("cold-cache/wheels"));
        let kept: Vec<_> = wheels
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        if self.is_fine {
            assert_eq!(run.status, 0, "{name}: {run}");
        } else {
            assert_eq!(run.status, 1, "{name}: {run}");
            let errors = run
                .stderr
                .lines()
                .filter(|line| line.starts_with("error: "));
            assert_eq!(errors.count(), 1, "{name}: {run}");
            assert!(run.stderr.len() < 4000, "{name}: {run}");
            assert_eq!(kept, [""; 0], "{name}: left in the cache");
        }
        let raw = |c: char| c.is_control() && c != '\n';
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(raw), "{name}: {text:?}");
            for secret in SECRETS {
                assert!(!reveals(text, secret), "{name}: {run}");
            }
        }
    }

    /// No secret left for a server that it was not given for, and none but the index's left at all.
    fn check_requests(&self, index: &HostileIndex) {
        let requests = index.requests();
        if self.when == When::Downloading {
            let is_given = |request: &Request| {
                let is_own = !request.is_uv && request.host == index.host();
                is_own && reveals(&request.head, INDEX_SECRET)
            };
            assert!(requests.iter().any(is_given), "{}: {requests:?}", self.name);
        }
        for request in requests {
            for secret in SECRETS {
                let is_given = secret == INDEX_SECRET && request.host == index.host();
                let is_told = reveals(&request.head, secret);
                assert!(is_given || !is_told, "{}: {request:?}", self.name);
            }
            let is_named = request.head.to_lowercase().contains("\nauthorization:");
            let may_be = request.is_uv || request.host == index.host();
            assert!(may_be || !is_named, "{}: {request:?}", self.name);
            let has_referer = request.head.to_lowercase().contains("\nreferer:");
            assert!(!has_referer, "{}: {request:?}", self.name);
        }
    }
}

/// Whether a text has a secret in it, as it is or in the form of RFC 7617.
fn reveals(text: &str, secret: &str) -> bool {
    let mut words = text.split_whitespace();
    let decoded = words.any(|word| {
        let word = BASE64.decode(word).unwrap_or_default();
        String::from_utf8_lossy(&word).contains(secret)
    });
    decoded || text.contains(secret)
}

/// The lock that an honest index with this wheel leads to. It names no address, so that one serves all rows.
fn lock_of(bytes: &[u8]) -> String {
    static LOCK: LazyLock<String> = LazyLock::new(|| lock_at(&alpha()));
    if bytes == alpha() {
        LOCK.clone()
    } else {
        lock_at(bytes)
    }
}

fn lock_at(bytes: &[u8]) -> String {
    let project = project(&HostileIndex::start(bytes.to_owned(), None, None));
    project.succeed(&["lock"]);
    project.read("layers/app/requirements.lock")
}

fn alpha() -> Vec<u8> {
    wheel("alpha", "1.0", &[("alpha.py", "x = 1\n")])
}

/// A project that requires what the index has, with secrets in all places that a runner has them in.
fn project(index: &HostileIndex) -> Project {
    let [of_index, of_netrc, of_everyone, of_environment] = SECRETS;
    let host = index.host();
    let netrc = format!(
        "machine elsewhere.example login me password {of_netrc}\ndefault login me password {of_everyone}\n"
    );
    let project = Project::app("alpha\n")
        .cold_cache()
        .outside_file("home/.netrc", netrc);
    let home = project.outside("home");
    project
        .variable(
            "UV_DEFAULT_INDEX",
            format!("http://me:{of_index}@{host}/simple"),
        )
        .variable("UV_NO_CACHE", "1")
        .variable("UV_FIND_LINKS", "")
        .variable("UV_HTTP_RETRIES", "0")
        .variable("NO_PROXY", "127.0.0.1,localhost")
        .variable("HOME", home)
        .variable("AWS_SECRET_ACCESS_KEY", of_environment)
        .variable("GITHUB_TOKEN", of_environment)
}

/// Tries all rows, some at a time, and gives the table of what was said, in their order.
fn table(rows: &[Row]) -> String {
    let next = Mutex::new(0..rows.len());
    let verdicts = Mutex::new(vec![String::new(); rows.len()]);
    thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                loop {
                    let Some(number) = next.lock().unwrap().next() else {
                        break;
                    };
                    let verdict = rows[number].verdict();
                    verdicts.lock().unwrap()[number] = verdict;
                }
            });
        }
    });
    let verdicts = verdicts.into_inner().unwrap();
    let rows = rows.iter().zip(verdicts);
    let shown = rows.map(|(row, verdict)| {
        let verdict = if row.is_fine {
            "(fine)\n".to_owned()
        } else {
            verdict
        };
        format!("## {}\n{verdict}", row.name)
    });
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn files_of_hostile_indexes_are_refused() {
    let rows = files::rows();
    expect_file!["files.txt"].assert_eq(&table(&rows));
    println!("hostile indexes: {} files, 0 leaks, 0 hangs", rows.len());
}

#[test]
fn pages_of_hostile_indexes_are_refused() {
    let rows = pages::rows();
    expect_file!["pages.txt"].assert_eq(&table(&rows));
    println!("hostile indexes: {} pages, 0 leaks, 0 hangs", rows.len());
}

/// One after another, for each takes as much memory as uv may.
#[test]
#[cfg(target_os = "linux")]
fn pages_without_end_do_not_fill_the_memory() {
    for row in pages::without_end() {
        let said = row.verdict();
        let expected =
            "uv used more than 2 GiB of memory: a package index may be sending endless pages";
        assert!(said.contains(expected), "{}: {said}", row.name);
    }
}
