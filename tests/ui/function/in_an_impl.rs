//! Only the file shows that `open` stands in an `impl` block: an attribute sees its function alone.

use durable_runtime::prelude::*;

struct Shop {
    open: bool,
}

#[activity]
async fn unlock(door: u64) -> bool {
    door > 0
}

impl Shop {
    #[workflow]
    async fn open(door: u64) -> bool {
        unlock(door).await.unwrap_or(false)
    }

    #[workflow]
    async fn opened(door: u64) -> Self {
        let open = unlock(door).await.unwrap_or(false);
        Self { open }
    }
}

fn main() {
    let _ = Shop::open(1);
    let _ = Shop::opened(1);
}
