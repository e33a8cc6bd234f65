//! `try_join!`: all values, or the first error.

use durable_tests::equivalent;

fn odd(n: u32) -> Result<u32, String> {
    if n % 2 == 1 {
        Ok(n)
    } else {
        Err(format!("{n} is even"))
    }
}

equivalent! {
    with [(1), (2)];
    async fn operations_that_fail(n: u32) -> Result<u32, String> {
        let (a, b) = try_join!(act("a", odd(n)), act("b", odd(n + 2)))?;
        Ok(a + b + act("c", 1).await)
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn blocks_that_fail(n: u32) -> (Result<(u32, String, u32), String>, Vec<u32>) {
        let mut done = Vec::new();
        let result = try_join!(
            async {
                for i in 0..3 {
                    done.push(act("a", odd(n + 2 * i)).await?);
                }
                Ok::<_, String>(done.len() as u32)
            },
            async {
                let x = act("b", n).await;
                if x == 3 {
                    return Err("three".to_owned());
                }
                act("b2", ()).await;
                Ok(format!("{x}"))
            },
            act("c", Ok::<u32, String>(n)),
        );
        done.push(act("after", 100).await);
        (result, done)
    }
}

equivalent! {
    with [(1), (4)];
    async fn saga_in_a_branch(n: u32) -> Result<(u32, u32), String> {
        let mut undo: Vec<String> = Vec::new();
        let both = try_join!(
            async {
                let held = act("hold", n).await;
                undo.push(format!("release {held}"));
                let charged = act("charge", odd(n)).await?;
                undo.push(format!("refund {charged}"));
                Ok::<u32, String>(charged)
            },
            async {
                act("pack", n).await;
                act("label", odd(n + n / 2)).await
            },
        );
        match both {
            Ok(both) => Ok(both),
            Err(error) => {
                while let Some(step) = undo.pop() {
                    act("undo", step).await;
                }
                Err(error)
            }
        }
    }
}
