//! A method changes what leads to the receiver, which plain Rust allows, since what is found lives
//! longer than that.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Page {
    title: &'static str,
}

impl Page {
    fn rename(&mut self) {
        self.title = "another";
    }
}

#[activity]
async fn ping() {}

#[workflow]
async fn run(mut page: Page) -> usize {
    let start = page.title.get(..1).unwrap();
    page.rename();
    ping().await;
    start.len() + page.title.len()
}

fn main() {}
