//! `select!` without `else`: no code comes after the panic with which it ends when no branch is left.

use durable_tests::equivalent;

equivalent! {
    with [(1), (2)];
    async fn assigned_in_every_handler(n: u32) -> (u32, String) {
        let x;
        let text;
        select! {
            a = act("a", n) => { x = a; text = format!("{a}"); }
            Some(b) = act("b", Some(n + 1)) => { text = act("t", "b".to_owned()).await; x = b }
        }
        act("after", x).await;
        (x, text)
    }
}

equivalent! {
    with [(1), (2)];
    async fn leaves_or_binds(n: u32) -> Result<u32, String> {
        let name = "n".repeat(n as usize);
        let x: u32 = loop {
            let found = select! {
                Some(a) = act("a", if n == 1 { Some(n) } else { None }) => a,
                b = async { act("b", n).await; act("b2", n).await } => break b,
            };
            drop(name);
            act("found", found).await;
            return Err("gone".to_owned());
        };
        act("after", name.len()).await;
        Ok(x)
    }
}

mod failing {
    use durable_tests::equivalence::{ops::durable::*, panic_message, workflow};

    #[workflow]
    pub async fn none_left(n: u32) -> u32 {
        select! {
            Some(x) = act("none", if n > 5 { Some(n) } else { None }) => x,
            x = act("never", n), if n > 9 => x,
        }
    }

    #[test]
    fn no_branch_is_left() {
        let call = none_left(3);
        let message = panic_message(call.name(), call.input().unwrap());
        assert_eq!(
            message,
            "all branches are disabled and there is no else branch"
        );
    }
}
