//! The command line as real processes on a real database: exit codes, signals, supervision.
//!
//! This test binary is its own application: called with `DURABLE_TEST_APP`, it is what a user's
//! `main` would be.

use durable_runtime::prelude::*;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::mpsc::RecvTimeoutError;

#[activity]
async fn double(number: u64) -> u64 {
    number * 2
}

/// Doubles a number and refuses to go beyond a hundred.
#[workflow]
async fn doubled(number: u64) -> Result<u64, Error> {
    let result = double(number).await?;
    if result > 100 {
        return Err(Error::msg(format!("{result} is too large")));
    }
    Ok(result)
}

/// Sleeps until it is cancelled.
#[workflow]
async fn asleep() -> Result<(), Cancelled> {
    sleep(Duration::from_secs(3600)).await
}

/// Never gives its thread back, nor one that it has from the runtime.
#[activity(blocking)]
fn hang() {
    let for_ever = || loop {
        std::thread::park();
    };
    let runtime = tokio::runtime::Handle::current();
    drop(runtime.spawn_blocking(for_ever));
    eprintln!("it hangs");
    for_ever();
}

#[workflow]
async fn hung() -> Result<(), Error> {
    Ok(hang().await?)
}

fn main() -> ExitCode {
    if std::env::var_os("DURABLE_TEST_APP").is_some() {
        return durable_runtime::main();
    }
    let wanted = std::env::args().nth(1).filter(|arg| !arg.starts_with('-'));
    for (name, test) in [
        (
            "an_application_from_start_to_result",
            lifecycle as fn(&Path),
        ),
        ("questions_do_not_create_databases", missing_database),
        ("a_supervised_worker_survives_a_kill", supervised),
        ("a_supervisor_gives_up_with_an_error", given_up),
        ("an_interrupt_ends_a_wait", interrupted),
        ("no_thread_that_hangs_keeps_the_process", stopped_at_once),
    ] {
        if wanted
            .as_ref()
            .is_none_or(|wanted| name.contains(wanted.as_str()))
        {
            let folder = tempfile::tempdir().expect("a folder for the database");
            test(folder.path());
            println!("test {name} ... ok");
        }
    }
    ExitCode::SUCCESS
}

fn app(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.current_dir(folder).args(args);
    command
        .env("DURABLE_TEST_APP", "1")
        .env_remove("DURABLE_STORE");
    command
}

fn tool(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_durable-runtime"));
    command.current_dir(folder).args(args);
    command
        .env("DURABLE_TEST_APP", "1")
        .env_remove("DURABLE_STORE");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn exits(mut command: Command, code: i32) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let shown = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{command:?}\n{shown}");
    output
}

fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// A process whose standard error is read line by line.
struct Watched {
    child: std::process::Child,
    lines: std::io::Lines<BufReader<std::process::ChildStderr>>,
}

impl Watched {
    fn spawn(mut command: Command) -> Self {
        let stderr = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = stderr.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The first line from here on that contains this.
    fn until(&mut self, wanted: &str) -> String {
        let mut seen = String::new();
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            if line.contains(wanted) {
                return line;
            }
            seen = seen + &line + "\n";
        }
        panic!("it never said {wanted:?}, but:\n{seen}")
    }

    /// Asks it to stop; its exit code.
    fn stop(mut self) -> Option<i32> {
        signal(self.child.id(), rustix::process::Signal::TERM);
        for line in self.lines.by_ref() {
            line.unwrap();
        }
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Only a test that fails leaves a process behind.
        let _ = self.child.kill();
    }
}

fn lifecycle(folder: &Path) {
    let start = |id, number| ["start", "doubled", "--id", id, "--input", number];
    exits(app(folder, &start("small", "21")), 0);
    exits(app(folder, &start("small", "21")), 5);
    exits(app(folder, &start("large", "99")), 0);
    exits(app(folder, &start("wrong", "\"x\"")), 2);
    exits(app(folder, &["start", "asleep", "--id", "sleeper"]), 0);
    exits(tool(folder, &["result", "small"]), 1);
    exits(tool(folder, &["show", "nobody"]), 4);

    let mut worker = Watched::spawn(app(folder, &["worker"]));
    worker.until("ready");
    let result = exits(tool(folder, &["result", "small", "--wait"]), 0);
    assert_eq!(text(&result.stdout), "{\n  \"Ok\": 42\n}\n");
    let failed = exits(
        tool(folder, &["result", "large", "--wait", "-o", "json"]),
        6,
    );
    assert!(text(&failed.stdout).contains("198 is too large"));
    exits(app(folder, &["check"]), 0);
    exits(tool(folder, &["cancel", "sleeper"]), 0);
    let ended = exits(
        tool(folder, &["result", "sleeper", "--wait", "-o", "json"]),
        6,
    );
    assert!(
        text(&ended.stdout).contains("\"phase\": \"cancelled\""),
        "{ended:?}"
    );
    exits(tool(folder, &["cancel", "sleeper"]), 5);

    let listed = exits(tool(folder, &["list", "-o", "ids"]), 0);
    // Starts of different processes within some milliseconds may be listed either way round.
    let listed = text(&listed.stdout);
    let mut ids: Vec<_> = listed.lines().collect();
    ids.sort_unstable();
    assert_eq!(ids, ["large", "sleeper", "small"]);
    assert_eq!(
        text(&exits(tool(folder, &["workers", "-o", "ids"]), 0).stdout)
            .lines()
            .count(),
        1
    );
    assert_eq!(worker.stop(), Some(0));
    assert_eq!(
        text(&exits(tool(folder, &["workers", "-o", "ids"]), 0).stdout),
        ""
    );
}

fn missing_database(folder: &Path) {
    let output = exits(tool(folder, &["list"]), 1);
    assert!(text(&output.stderr).contains("there is no database at durable.db"));
    exits(tool(folder, &["--store", "oracle://x", "list"]), 1);
    exits(tool(folder, &["lst"]), 2);
    exits(tool(folder, &["--version"]), 0);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
}

fn supervised(folder: &Path) {
    let this = std::env::current_exe().unwrap();
    let args = [
        "worker",
        "--store",
        "sqlite://it.db",
        "--",
        this.to_str().unwrap(),
    ];
    let mut supervisor = Watched::spawn(tool(folder, &args));
    let pid = |line: &str| line.rsplit(' ').next().unwrap().parse::<u32>().unwrap();
    let first = pid(&supervisor.until("started, pid"));
    supervisor.until("ready");
    signal(first, rustix::process::Signal::KILL);
    supervisor.until("starts again in 1.0s");
    let second = pid(&supervisor.until("started, pid"));
    assert_ne!(first, second);
    supervisor.until("ready");
    let start = [
        "--store",
        "sqlite://it.db",
        "start",
        "doubled",
        "--id",
        "a",
        "--input",
        "4",
    ];
    exits(app(folder, &start), 0);
    let result = ["--store", "sqlite://it.db", "result", "a", "--wait"];
    exits(app(folder, &result), 0);
    assert_eq!(supervisor.stop(), Some(0));
}

fn given_up(folder: &Path) {
    let failed = exits(
        tool(folder, &["worker", "--max-failures", "1", "--", "false"]),
        1,
    );
    assert!(
        text(&failed.stderr).contains("failed too often in a row (1)"),
        "{failed:?}"
    );
    exits(tool(folder, &["worker", "--", "/nowhere/app"]), 1);
    exits(tool(folder, &["worker"]), 2);
}

fn interrupted(folder: &Path) {
    exits(app(folder, &["start", "asleep", "--id", "sleeper"]), 0);
    if !Path::new("/proc/self/status").exists() {
        println!("skipped: no /proc to see when the signal is handled");
        return;
    }
    let mut waiting = tool(folder, &["result", "sleeper", "--wait"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    // Once it catches the signal, it has a handler: wait for that instead of for a while.
    let status = format!("/proc/{}/status", waiting.id());
    let catches = |mask: &str| u64::from_str_radix(mask.trim(), 16).unwrap() & 0b10 != 0;
    while !std::fs::read_to_string(&status)
        .unwrap()
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .is_some_and(catches)
    {
        std::thread::yield_now();
    }
    signal(waiting.id(), rustix::process::Signal::INT);
    assert_eq!(waiting.wait().unwrap().code(), Some(130));
}

fn stopped_at_once(folder: &Path) {
    exits(app(folder, &["start", "hung", "--id", "h"]), 0);
    let mut worker = Watched::spawn(app(folder, &["worker"]));
    worker.until("it hangs");
    let pid = worker.child.id();
    signal(pid, rustix::process::Signal::TERM);
    worker.until("a second signal stops at once");
    signal(pid, rustix::process::Signal::TERM);
    let (ended, waits) = std::sync::mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if waits.recv_timeout(Duration::from_secs(30)) == Err(RecvTimeoutError::Timeout) {
            signal(pid, rustix::process::Signal::KILL);
        }
    });
    let status = worker.child.wait().unwrap();
    drop(ended);
    watchdog.join().unwrap();
    assert_eq!(status.code(), Some(130), "{status}");
}
