use durable_runtime::prelude::*;

struct Payments;

// `self` is not shared.
#[activities]
impl Payments {
    #[activity]
    async fn owned(self) {}

    #[activity]
    async fn unique(&mut self) {}

    #[activity]
    async fn alone(order: u32) {}

    #[activity]
    fn not_async(&self) {}
}

struct Empty;

#[activities]
impl Empty {
    async fn forgotten(&self) {}
}

trait Charges {
    fn charge(&self);
}

#[activities]
impl Charges for Empty {
    #[activity]
    async fn charge(&self) {}
}

struct Any<T>(T);

#[activities]
impl<T> Any<T> {
    #[activity]
    async fn run(&self) {}
}

struct Named;

#[activities]
impl Named {
    #[activity = "run"]
    async fn run(&self) {}
}

#[activities(start_to_close = "3s")]
impl Payments {}

#[activities]
async fn free() {}

fn main() {}
