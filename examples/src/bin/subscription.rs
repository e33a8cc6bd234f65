//! Runs the example of this name; see the library.

use durable_runtime::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    durable_examples::subscription::run().await
}
