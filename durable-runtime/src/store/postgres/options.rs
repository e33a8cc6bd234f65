//! The URL of a PostgreSQL store.

use crate::store::StoreError;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// The schema that holds the tables, unless the URL names another one.
const SCHEMA: &str = "durable";

/// How many connections write, and how many read.
const CONNECTIONS: usize = 4;

/// How long to try to connect, where the URL does not say.
const CONNECT: Duration = Duration::from_secs(10);

/// How long what was sent may stay without an answer of the network before the link counts as cut: within
/// a lease, with time left to connect again.
const UNANSWERED: Duration = Duration::from_secs(5);

/// How long a link is silent before it is asked for a sign of life, and how often it is asked in vain.
const SILENCE: Duration = Duration::from_secs(3);
const ASKED_MAX: u32 = 3;

/// How long a transaction may wait for a lock, and stand still before the server ends it: less than a third
/// of a lease, so that who waits for a frozen process has beaten in time.
const PATIENCE: Duration = Duration::from_secs(4);

/// The longest name that PostgreSQL does not shorten, in bytes.
const NAME_BYTES_MAX: usize = 63;

/// How to reach a database, and what to use there.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) config: Config,
    /// The schema of the tables: a name that needs no quotes.
    pub(super) schema: String,
    /// How many connections write, and as many read.
    pub(super) connections: usize,
    /// How long a transaction may wait for a lock, and stand still.
    pub(super) patience: Duration,
}

impl Options {
    /// What a URL says: PostgreSQL's own parameters, and of ours `schema`, `connections`
    /// and `patience` (in milliseconds).
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let (mut schema, mut connections) = (SCHEMA.to_owned(), CONNECTIONS);
        let mut patience = PATIENCE;
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("schema", name)) => schema = checked(name)?,
                Some(("connections", count)) => {
                    connections = counted("connections", count, 1_000)?;
                }
                Some(("patience", millis)) => {
                    let millis = counted("patience", millis, 600_000)?;
                    patience = Duration::from_millis(millis as u64);
                }
                _ => rest.push(pair),
            }
        }
        let plain = if rest.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{}", rest.join("&"))
        };
        // The error names the parameter, and never the URL, which may have a password.
        let mut config: Config = plain.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error)
                .map_or_else(String::new, |cause| format!(": {cause}"));
            StoreError::Unusable(format!("{error}{cause}; {EXAMPLE}"))
        })?;
        if config.get_hosts().is_empty() {
            return Err(StoreError::Unusable(format!("it names no host; {EXAMPLE}")));
        }
        if config.get_ssl_mode() == SslMode::Require {
            return Err(StoreError::Unusable(
                "this build has no TLS, and the URL has sslmode=require; connect by a socket, a tunnel or a \
                 network of your own"
                    .into(),
            ));
        }
        if config.get_application_name().is_none() {
            config.application_name("durable");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNANSWERED);
            config.keepalives_idle(SILENCE);
            config.keepalives_interval(Duration::from_secs(1));
            config.keepalives_retries(ASKED_MAX);
        }
        // Of several hosts the primary: what decides about work is never read from a standby.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self {
            config,
            schema,
            connections,
            patience,
        })
    }

    /// Where that is, for people.
    pub(super) fn place(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => "no host".into(),
        };
        let database = self.config.get_dbname().unwrap_or("its own database");
        format!("{database} at {host}, schema {}", self.schema)
    }
}

const EXAMPLE: &str = "write postgres://user:password@host/database?schema=durable";

/// A name that needs no quotes anywhere.
fn checked(name: &str) -> Result<String, StoreError> {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_';
    let begins = |char: char| char.is_ascii_lowercase() || char == '_';
    if name.len() > NAME_BYTES_MAX
        || !name.starts_with(begins)
        || name.starts_with("pg_")
        || !name.chars().all(plain)
    {
        return Err(StoreError::Unusable(format!(
            "schema={name}: its name has small letters, digits and underscores, {NAME_BYTES_MAX} at most, \
             and begins with none of the digits and not with pg_"
        )));
    }
    Ok(name.to_owned())
}

fn counted(what: &str, count: &str, most: usize) -> Result<usize, StoreError> {
    match count.parse() {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(StoreError::Unusable(format!(
            "{what}={count}: write a number from 1 to {most}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_parameters_are_taken_out_of_the_url() {
        let url =
            "postgres://jane:secret@db.example/orders?schema=app_2&connect_timeout=3&connections=7";
        let options = Options::parse(url).expect("a good URL");
        assert_eq!((&*options.schema, options.connections), ("app_2", 7));
        assert_eq!(
            options.config.get_connect_timeout(),
            Some(&Duration::from_secs(3))
        );
        assert_eq!(options.place(), "orders at db.example, schema app_2");
        let options = Options::parse("postgresql://db.example").expect("a good URL");
        assert_eq!(
            (&*options.schema, options.connections),
            (SCHEMA, CONNECTIONS)
        );
        assert_eq!(options.config.get_connect_timeout(), Some(&CONNECT));
        let primary = TargetSessionAttrs::ReadWrite;
        assert_eq!(options.config.get_target_session_attrs(), primary);
    }

    #[test]
    fn a_bad_url_says_what_is_wrong_and_not_the_password() {
        for (url, why) in [
            ("postgres://u:secret@h/d?schema=Orders", "small letters"),
            ("postgres://u:secret@h/d?schema=", "small letters"),
            ("postgres://u:secret@h/d?schema=pg_x", "not with pg_"),
            ("postgres://u:secret@h/d?schema=a%22b", "small letters"),
            ("postgres://u:secret@h/d?connections=0", "from 1 to 1000"),
            ("postgres://u:secret@h/d?patience=4s", "from 1 to 600000"),
            (
                "postgres://u:secret@h/d?shema=orders",
                "unknown option `shema`",
            ),
            ("postgres://u:secret@h:port/d", "port"),
            ("postgres:///d", "it names no host"),
            ("postgres://u:secret@h/d?sslmode=require", "no TLS"),
        ] {
            let error = Options::parse(url).expect_err(url).to_string();
            assert!(error.contains(why), "{url}: {error}");
            assert!(!error.contains("secret"), "{url}: {error}");
        }
    }
}
