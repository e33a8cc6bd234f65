//! Compiles and runs some programs together, and says what became of each.

use super::generate::Program;
use super::print;
use super::toolchain::{Fault, Toolchain};
use anyhow::{Context, bail, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// A batch of which no program ends for so long does not come to an end.
const SILENCE_MAX: Duration = Duration::from_secs(300);

/// `OUTGROWN` of `tests/src/equivalence/log.rs`: the plain function is too long or its values are
/// too large, before any machine has run.
const OUTGROWN: &str = "the plain function outgrows the comparison";

/// The calls of a program by how its plain copy ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) returned: usize,
    pub(super) panicked: usize,
}

/// `ENDS` of `tests/src/equivalence/compare.rs`: where the comparison writes how the plain copies ended.
const ENDS: &str = "EQUIVALENCE_ENDS";

/// What became of a program.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// Both copies did the same, and ended so.
    Equal(Ended),
    /// They did not: what the comparison says.
    Diverged(String),
    /// The plain copy is too long, or its values are too large: there is nothing to compare.
    Outgrown,
    /// The macro refused what rustc accepts: the code of the diagnostic, if it has one.
    Refused { code: Option<String>, text: String },
    /// rustc refused the plain copy: the generator is wrong.
    Invalid(String),
}

/// Compiles and runs programs in a directory.
pub(super) fn run(
    tools: &Toolchain,
    dir: &Path,
    programs: &[Program],
) -> anyhow::Result<Vec<Outcome>> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    for program in programs {
        fs::write(
            dir.join(format!("{}.rs", program.name)),
            print::both(program),
        )?;
    }
    let binary = dir.join("programs");
    let mut refused = BTreeMap::new();
    loop {
        let left: Vec<_> = programs
            .iter()
            .filter(|p| !refused.contains_key(&p.name))
            .collect();
        if left.is_empty() {
            break;
        }
        let faults = compile(tools, dir, &left, Some(&binary))?;
        if faults.is_empty() {
            break;
        }
        refused.extend(faults);
    }
    let invalid = invalid(tools, dir, programs, &refused)?;
    let (mut said, mut ended) = (BTreeMap::new(), BTreeMap::new());
    if refused.len() < programs.len() {
        let ends = dir.join("ends");
        said = execute(&binary, &ends)?;
        ended = self::ended(&fs::read_to_string(&ends).unwrap_or_default())?;
        fs::remove_file(&binary)?;
    }
    programs
        .iter()
        .map(|p| {
            Ok(
                match (
                    invalid.get(&p.name),
                    refused.get(&p.name),
                    said.remove(&p.name),
                ) {
                    (Some(text), _, _) => Outcome::Invalid(text.clone()),
                    (_, Some(text), _) => Outcome::Refused {
                        code: code(text),
                        text: text.clone(),
                    },
                    (_, _, Some(None)) => {
                        let ended = ended.get(&p.name).copied();
                        Outcome::Equal(ended.context("a program that ended, nobody knows how")?)
                    }
                    (_, _, Some(Some(text))) if text.contains(OUTGROWN) => Outcome::Outgrown,
                    (_, _, Some(Some(text))) => Outcome::Diverged(text),
                    _ => Outcome::Diverged("it does not come to an end".to_owned()),
                },
            )
        })
        .collect()
}

/// What rustc has against each program.
fn compile(
    tools: &Toolchain,
    dir: &Path,
    programs: &[&Program],
    binary: Option<&Path>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let root = dir.join("main.rs");
    fs::write(&root, print::root(programs))?;
    let mut by_program = BTreeMap::new();
    for Fault { program, text } in tools.compile(&root, binary)? {
        let program = program.with_context(|| format!("rustc fails outside programs:\n{text}"))?;
        ensure!(
            programs.iter().any(|p| p.name == program),
            "no program `{program}`:\n{text}"
        );
        let all: &mut String = by_program.entry(program).or_default();
        all.push_str(&text);
    }
    Ok(by_program)
}

/// Of those that were refused: those whose plain copy rustc refuses too.
fn invalid(
    tools: &Toolchain,
    dir: &Path,
    programs: &[Program],
    refused: &BTreeMap<String, String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut left: Vec<_> = programs
        .iter()
        .filter(|p| refused.contains_key(&p.name))
        .collect();
    let dir = dir.join("plain");
    let mut invalid = BTreeMap::new();
    while !left.is_empty() {
        fs::create_dir_all(&dir)?;
        for program in &left {
            fs::write(
                dir.join(format!("{}.rs", program.name)),
                print::plain(program),
            )?;
        }
        let faults = compile(tools, &dir, &left, None)?;
        if faults.is_empty() {
            break;
        }
        left.retain(|p| !faults.contains_key(&p.name));
        invalid.extend(faults);
    }
    Ok(invalid)
}

/// Rules that rustc keeps for the macro, in its own words: `docs/diagnostics.md` explains each.
const KEPT_BY_RUSTC: [&str; 6] = ["E0499", "E0506", "E0597", "E0659", "E0695", "E0728"];

/// The code of a diagnostic of ours, or that of a rule which rustc keeps for us.
fn code(text: &str) -> Option<String> {
    let ours = text.split("durable D").skip(1).find_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (digits.len() == 2).then(|| format!("D{digits}"))
    });
    let kept = || {
        let mut kept = KEPT_BY_RUSTC.iter();
        kept.find(|code| text.contains(&format!("error[{code}]")))
    };
    ours.or_else(|| kept().map(|code| (*code).to_owned()))
}

/// Reads which programs ended how: a line for each call.
fn ended(lines: &str) -> anyhow::Result<BTreeMap<String, Ended>> {
    let mut by_program = BTreeMap::<String, Ended>::new();
    for line in lines.lines() {
        let (how, program) = line.split_once(' ').context("how a program ended")?;
        let ended = by_program.entry(program.to_owned()).or_default();
        match how {
            "returned" => ended.returned += 1,
            "panicked" => ended.panicked += 1,
            other => bail!("`{program}` has `{other}`"),
        }
    }
    Ok(by_program)
}

/// Runs a test binary: of each test that ended, what it said if it failed. How each call of a plain copy ended is then
/// in the file `ends`.
fn execute(binary: &Path, ends: &Path) -> anyhow::Result<BTreeMap<String, Option<String>>> {
    let mut child = Command::new(binary)
        .args(["--test-threads", "1"])
        .env("RUST_BACKTRACE", "0")
        .env(ENDS, ends)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot run {}", binary.display()))?;
    let stdout = child.stdout.take().context("its output is captured")?;
    let (said, lines) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stdout).split(b'\n') {
            // Nobody listens any more when it was silent for too long.
            if said.send(line?).is_err() {
                break;
            }
        }
        std::io::Result::Ok(())
    });
    let mut text = String::new();
    loop {
        match lines.recv_timeout(SILENCE_MAX) {
            Ok(line) => {
                text.push_str(&String::from_utf8_lossy(&line));
                text.push('\n');
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                child.kill()?;
                break;
            }
        }
    }
    child.wait()?;
    drop(lines);
    let read = reader.join().ok();
    read.context("the reader of the output panicked")??;
    Ok(results(&text))
}

/// Reads what the test harness prints.
fn results(text: &str) -> BTreeMap<String, Option<String>> {
    let name = |test: &str| test.split("::").next().unwrap_or_default().to_owned();
    let mut results = BTreeMap::new();
    for line in text.lines() {
        let Some(test) = line.strip_prefix("test ") else {
            continue;
        };
        if let Some(test) = test.strip_suffix(" ... ok") {
            results.insert(name(test), None);
        } else if let Some(test) = test.strip_suffix(" ... FAILED") {
            results.insert(name(test), Some(String::new()));
        }
    }
    for part in text.split("\n---- ").skip(1) {
        if let Some((test, said)) = part.split_once(" stdout ----\n") {
            let said = said.split("\nfailures:").next().unwrap_or_default();
            results.insert(name(test), Some(said.trim().to_owned()));
        }
    }
    results
}
