//! `async` blocks with a name, joined in the next statement; and operations in boxes.

use durable_tests::{equivalent, equivalent_group};
use std::time::Duration;

equivalent! {
    with [(1), (4)];
    async fn joined_by_their_names(n: u32) -> Result<(u32, u32, Vec<u32>), String> {
        let mut log = vec![n];
        let factor = 2;
        let charge = async {
            log.push(act("a", n).await);
            log.push(act("b", 2).await);
            log.len() as u32
        };
        let ship = async move {
            if act("c", n).await > 3 { return Err("late".to_owned()); }
            Ok(act("d", factor).await)
        };
        let (charge, ship) = join!(charge, ship);
        let x = ship?;
        let a = async { act("e", x).await };
        let b = async { tick().await; act("f", charge).await };
        let y = select! { y = a => y, y = b, if n < 9 => y + 100 };
        let limited = async { act("g", y).await; act("h", y).await };
        let z = timeout(Duration::from_secs(1), limited).await.unwrap_or(7);
        let (left, right) = (5, 6);
        let both = async { Ok::<u32, String>(act("i", left).await) };
        let other = async { act("j", Ok::<u32, String>(right)).await };
        let (p, q) = try_join!(both, other)?;
        Ok((x + y, z + p + q, log))
    }
}

equivalent_group! {
    boxed: boxed_tree(5), boxed_raced(3), boxed_even(4);

    #[workflow]
    pub(super) async fn boxed_tree(n: u32) -> u32 {
        if n < 2 { return act("leaf", n).await; }
        let left = Box::pin(boxed_tree(n - 1)).await;
        let (right, x) = join!(
            Box::pin(boxed_tree(n - 2)),
            Box::pin(boxed_even(n)),
        );
        left + right + u32::from(x)
    }

    #[workflow]
    pub(super) async fn boxed_raced(n: u32) -> u32 {
        if n == 0 { return 0; }
        select! {
            x = Box::pin(act("x", n)) => x,
            y = Box::pin(boxed_raced(n - 1)) => y + 10,
        }
    }

    #[workflow]
    pub(super) async fn boxed_even(n: u32) -> bool {
        if n == 0 { true } else { tick().await; Box::pin(boxed_odd(n - 1)).await }
    }

    #[workflow]
    pub(super) async fn boxed_odd(n: u32) -> bool {
        n != 0 && Box::pin(boxed_even(n - 1)).await
    }
}
