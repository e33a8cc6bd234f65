//! A value that cannot be saved, from a method with the name of one that lends.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Shelf {
    name: String,
}

struct Book(String);

impl Shelf {
    fn first(&self) -> Book {
        Book(self.name.clone())
    }
}

#[activity]
async fn ping() {}

#[workflow]
async fn run(shelf: Shelf) -> String {
    let book = shelf.first();
    ping().await;
    book.0
}

fn main() {}
