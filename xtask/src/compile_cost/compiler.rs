//! rustc, called as cargo calls it, on one file beside the runtime that cargo has built.

use super::sources::{Form, Program};
use anyhow::{Context, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How far a crate is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// As `cargo check` does.
    Check,
    /// As `cargo build` does.
    Debug,
    /// As `cargo build --release` does.
    Release,
}

impl Stage {
    pub(super) const ALL: [Stage; 3] = [Stage::Check, Stage::Debug, Stage::Release];

    /// The command of cargo that it measures.
    pub(super) fn title(self) -> &'static str {
        match self {
            Stage::Check => "check",
            Stage::Debug => "build",
            Stage::Release => "build --release",
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Stage::Check => &["--emit=metadata", "-Cdebuginfo=2"],
            Stage::Debug => &["--emit=metadata,link", "-Cdebuginfo=2"],
            Stage::Release => &[
                "--emit=metadata,link",
                "-Copt-level=3",
                "-Cembed-bitcode=no",
            ],
        }
    }
}

/// The runtime as cargo has built it, and a place for files.
pub(super) struct Compiler {
    debug: Library,
    release: Option<Library>,
    dir: PathBuf,
}

struct Library {
    file: PathBuf,
    dependencies: PathBuf,
}

impl Compiler {
    /// Builds the runtime, with macros of this optimisation level, for all stages or for those
    /// without optimisation.
    pub(super) fn new(dir: &Path, macros: u8, optimised: bool) -> anyhow::Result<Self> {
        Ok(Self {
            debug: Library::built("DEV", &[], macros)?,
            release: optimised
                .then(|| Library::built("RELEASE", &["--release"], macros))
                .transpose()?,
            dir: dir.to_owned(),
        })
    }

    /// How long it takes to compile the program.
    pub(super) fn time(
        &self,
        program: Program,
        form: Form,
        stage: Stage,
    ) -> anyhow::Result<Duration> {
        let library = match stage {
            Stage::Release => self.release.as_ref().context("the runtime is not built")?,
            Stage::Check | Stage::Debug => &self.debug,
        };
        self.rustc(library, program, form, stage.flags())
    }

    /// The lines of LLVM IR that rustc makes of the program without optimisation. The same in each
    /// run of the same rustc.
    pub(super) fn lines(&self, program: Program, form: Form) -> anyhow::Result<usize> {
        let flags = ["--emit=llvm-ir", "-Ccodegen-units=1", "-Cdebuginfo=0"];
        self.rustc(&self.debug, program, form, &flags)?;
        let code = fs::read_to_string(self.dir.join("cost.ll"))?;
        // Instructions are indented, all else is not.
        Ok(code.lines().filter(|l| l.starts_with("  ")).count())
    }

    fn rustc(
        &self,
        library: &Library,
        program: Program,
        form: Form,
        flags: &[&str],
    ) -> anyhow::Result<Duration> {
        let file = self
            .dir
            .join(format!("{program:?}-{form:?}.rs").to_lowercase());
        fs::write(&file, program.source(form))?;
        let mut rustc = Command::new("rustc");
        rustc
            .args(["--edition=2024", "--crate-type=lib", "--crate-name=cost"])
            .args(flags)
            .arg("-L")
            .arg(format!("dependency={}", library.dependencies.display()))
            .arg("--extern")
            .arg(format!("durable_runtime={}", library.file.display()))
            .arg("--out-dir")
            .arg(&self.dir)
            .arg(&file);
        let begun = Instant::now();
        let done = rustc.output().context("rustc does not start")?;
        let took = begun.elapsed();
        ensure!(
            done.status.success(),
            "{}: {}",
            file.display(),
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(took)
    }
}

impl Library {
    fn built(profile: &str, flags: &[&str], macros: u8) -> anyhow::Result<Self> {
        let done = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "durable-runtime", "--lib"])
            .args(["--message-format", "json"])
            .args(flags)
            .env(
                format!("CARGO_PROFILE_{profile}_BUILD_OVERRIDE_OPT_LEVEL"),
                macros.to_string(),
            )
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .context("cargo does not start")?;
        ensure!(done.status.success(), "durable-runtime does not compile");
        let messages = String::from_utf8(done.stdout)?;
        let file = messages
            .split('"')
            .filter(|part| part.contains("libdurable_runtime"))
            .map(PathBuf::from)
            .find(|path| path.extension().is_some_and(|e| e == "rlib"))
            .context("cargo does not say where it put durable-runtime")?;
        // cargo names its copy for people first, on whose side `deps` stands.
        let directory = file.parent().context("a file has a directory")?;
        let deps = directory.join("deps");
        let dependencies = if deps.exists() {
            deps
        } else {
            directory.to_owned()
        };
        Ok(Self { file, dependencies })
    }
}

/// The rustc that compiles, with its version.
pub(super) fn version() -> anyhow::Result<String> {
    let done = Command::new("rustc").arg("--version").output()?;
    Ok(String::from_utf8(done.stdout)?.trim().to_owned())
}
