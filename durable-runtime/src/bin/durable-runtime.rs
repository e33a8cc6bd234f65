//! The stand-alone tool: everything that needs no application code, and a supervisor of workers.

fn main() -> std::process::ExitCode {
    durable_runtime::cli::tool_main()
}
