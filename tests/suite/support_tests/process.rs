//! That no `ministack` outlives its test process, and that it listens on this machine only.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::super::support::lambda_api::LambdaApi;
use super::super::support::ministack::Ministack;

/// Makes this program hold a server until it is killed, which the next test does.
const HOLD: &str = "LLS_TESTS_HOLD_A_SERVER";

#[test]
fn holds_a_server_until_it_is_killed() {
    if env::var_os(HOLD).is_none() {
        return;
    }
    println!("\nlistening on {}", Ministack::shared().address());
    thread::sleep(Duration::from_secs(60));
}

#[test]
fn the_server_ends_with_a_killed_test_process() {
    let mut tests = Command::new(env::current_exe().expect("the path of this program"))
        .args(["holds_a_server_until_it_is_killed", "--nocapture"])
        .env(HOLD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program runs");
    let output = BufReader::new(tests.stdout.take().expect("a pipe"));
    let address: SocketAddr = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening on ")?.parse().ok())
        .expect("an address");
    assert!(TcpStream::connect(address).is_ok());
    tests.kill().expect("SIGKILL is sent");
    tests.wait().expect("it ends");
    let killed = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(
            killed.elapsed() < Duration::from_secs(10),
            "the server goes on"
        );
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn addresses_are_loopback() {
    assert!(Ministack::shared().address().ip().is_loopback());
    assert!(LambdaApi::start().address().ip().is_loopback());
}

#[tokio::test]
async fn it_works_inside_a_runtime() {
    let api = LambdaApi::start();
    assert!(api.versions("us-east-1", "none").is_empty());
}
