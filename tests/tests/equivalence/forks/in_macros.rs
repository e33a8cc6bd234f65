//! `join!`, `select!` and `timeout` over a block in the arguments of the standard macros.

use durable_tests::equivalent;
use std::fmt::Write as _;
use std::time::Duration;

equivalent! {
    with [(1), (3)];
    async fn in_arguments_of_formats(n: u32) -> String {
        let mut out = format!("{} {x:?}", { let (a, b) = join!(act("a", n), act("b", 2)); a + b }, x = join!(act("x", n)).0);
        write!(out, "{}", select! { x = act("c", n) => x, y = async { tick().await; act("d", 1).await } => y + 1 }).unwrap();
        let list = vec![try_join!(act("e", Ok::<u32, String>(n)), async { if act("f", n).await > 2 { Err("big".to_owned()) } else { Ok(7) } }); 2];
        println!("{:?}", timeout(Duration::from_secs(1), async { act("g", n).await + act("h", 1).await }).await);
        assert_eq!(join!(act("i", n), async { n }).0, n, "never {}", n);
        assert!(join!(act("j", n), act("k", 2)).1 == 2, "for {} and {}", { join!(act("l", n)).0 }, act("m", 1).await);
        assert!({ let (a, _) = join!(act("o", n), act("p", 2)); a == n });
        let fits = matches!(join!(act("q", Some(n)), act("r", 2)), (Some(x), 2) if x > 1);
        format!("{out} {list:?} {fits} {}", format!("{}", join!(act("s", n), async { act("t", out.clone()).await }).1))
    }
}

mod failing {
    use durable_tests::equivalence::{ops::durable::*, panic_message, workflow};

    #[workflow]
    pub async fn asserts(n: u32) -> u32 {
        assert!(join!(act("a", n), act("b", n)).0 > 5);
        n
    }

    #[test]
    fn the_message_shows_what_was_written() {
        let call = asserts(3);
        assert_eq!(
            panic_message(call.name(), call.input().unwrap()),
            r#"assertion failed: join!(act("a", n), act("b", n)).0 > 5"#
        );
    }
}
