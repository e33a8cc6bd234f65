use durable_runtime::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

#[workflow]
async fn bump(count: &AtomicU32, names: &[Mutex<String>]) -> u32 {
    names[0].lock().unwrap().push('x');
    count.fetch_add(1, std::sync::atomic::Ordering::SeqCst)
}

fn main() {}
