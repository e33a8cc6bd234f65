//! A private PostgreSQL in a temporary folder, which ends with this process, however that ends.
//!
//! A shell stands between: it waits for the end of its standard input, which only this process can write
//! to, and then stops the server and removes the folder. A killed process closes it as well as any other.

use std::ffi::OsStr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Makes a database and starts the server, and stops it when nobody holds the other end of its input any
/// more: `TERM` ends what is not the server yet, of its whole process group, and `QUIT` the server at once.
const KEEPER: &str = r#"
folder=$1; programs=$2; shift 2
(
  "$programs/initdb" -U postgres -A trust -E UTF8 --locale=C --no-sync -D "$folder/data" &&
    exec "$programs/postgres" -D "$folder/data" -k "$folder" "$@"
  touch "$folder/failed"
) >"$folder/log" 2>&1 &
cat >/dev/null
trap '' TERM
kill -TERM 0; kill -QUIT $!; wait $!
until rm -rf "$folder" && [ ! -e "$folder" ]; do :; done"#;

/// Nothing of it outlives the tests, so that it need not be on disk.
const SETTINGS: [&str; 6] = [
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=on",
    "max_connections=300",
    "shared_buffers=64MB",
];

/// How long it may take to start.
const START: Duration = Duration::from_secs(30);

/// A server. It ends when its keeper's input does.
pub(crate) struct Server {
    url: String,
    _keeper: Child,
}

impl Server {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Starts one, or says why there is none.
    pub(crate) fn start() -> Result<Self, String> {
        let programs = programs().ok_or("there is no `initdb` and `postgres` here")?;
        let user = unprivileged()?;
        let failed = |what: &str| {
            let what = what.to_owned();
            move |error: std::io::Error| format!("cannot {what}: {error}")
        };
        let folder = tempfile::Builder::new().prefix("durable-pg-").tempdir();
        let temporary = folder.map_err(failed("make a temporary folder"))?;
        let folder = temporary.path().to_owned();
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(&folder, Some(user), Some(group))
                .map_err(failed("give a folder away"))?;
        }
        let mut keeper = as_user("/bin/sh".as_ref(), user);
        keeper.args(["-c", KEEPER, "keeper"]);
        keeper.arg(&folder).arg(programs);
        for setting in SETTINGS {
            keeper.args(["-c", setting]);
        }
        // What the terminal sends to this process is none of its business: it waits for the end.
        let keeper = keeper.process_group(0).stdin(Stdio::piped());
        let keeper = keeper.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let keeper = keeper.map_err(failed("start a shell"))?;
        // From now on it is removed with the server, by the shell.
        let folder = temporary.keep();
        let host = folder.display();
        let server = Self {
            url: format!("postgres:///postgres?host={host}&user=postgres"),
            _keeper: keeper,
        };
        ready(&folder)?;
        Ok(server)
    }
}

/// Waits until it says in its file that it takes connections.
fn ready(folder: &Path) -> Result<(), String> {
    let deadline = Instant::now() + START;
    let state = folder.join("data/postmaster.pid");
    loop {
        let text = std::fs::read_to_string(&state).unwrap_or_default();
        if text.lines().any(|line| line.trim() == "ready") {
            return Ok(());
        }
        if Instant::now() > deadline || folder.join("failed").exists() {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(format!("the server did not start: {}", log.trim()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The folder of the programs: in the path, or where Debian and Red Hat put them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
    {
        let version = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        versions.extend(version.map(|version| (version, entry.path().join("bin"))));
    }
    versions.sort_unstable_by(|a, b| b.cmp(a));
    folders.extend(versions.into_iter().map(|(_, folder)| folder));
    folders.push("/usr/pgsql/bin".into());
    let is_program = |path: PathBuf| {
        std::fs::metadata(path)
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    folders
        .into_iter()
        .find(|folder| is_program(folder.join("initdb")) && is_program(folder.join("postgres")))
}

/// Who runs the server: it refuses to be run by root.
fn unprivileged() -> Result<Option<(u32, u32)>, String> {
    let root = std::fs::metadata("/proc/self").map_or(1, |process| process.uid()) == 0;
    if !root {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = user("postgres").or_else(|| user("nobody"));
    let missing = "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`";
    found.map(Some).ok_or_else(|| missing.to_owned())
}

fn as_user(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new::<&OsStr>(program.as_ref());
    command
        .current_dir("/")
        .env_remove("LC_ALL")
        .env("LANG", "C");
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

/// Runs statements on a connection of their own.
pub(crate) fn execute(url: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        let driver = tokio::spawn(connection);
        let done = client.batch_execute(sql).await;
        drop(client);
        let _ = driver.await;
        done
    })
}
