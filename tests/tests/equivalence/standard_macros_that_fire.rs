//! Awaits in the arguments of the standard macros that write elsewhere, and of those that panic.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalent;

equivalent! {
    with [(0), (3)];
    async fn written_to_the_error_output(n: u32) -> String {
        let name = "n".to_owned();
        eprintln!("{} {name} {:?}", act("a", n).await, note("b", n + 1));
        eprintln!();
        let shown = format_args!("{}-{}", note("c", n), act("d", name.clone()).await).to_string();
        std::eprint!("{shown} {}\n", act("e", shown.len()).await);
        let twice = format!("{}{}", format_args!("{:>4}", act("f", n).await), note("g", n));
        twice + &shown + &name
    }
}

equivalent! {
    with [(0)];
    panics [(1), (2), (3), (4), (5), (6)];
    async fn each_that_panics(which: u32) -> u32 {
        let name = "loud".to_owned();
        if which == 1 {
            panic!("{name}: {} {}", act("a", which).await, note("b", 1));
        }
        let x: u32 = match which {
            2 => unimplemented!("{} {name}", act("c", which).await),
            3 => todo!("{name} {}", act("d", name.len()).await),
            4 => unreachable!("{} {}", note("e", 1), act("f", name.clone()).await),
            more => act("g", more).await,
        };
        let y = if x == 5 {
            std::panic!("{0} {0:?} {x}", act("h", x).await)
        } else {
            x + 1
        };
        assert!(act("i", y).await < 7, "{} {name}", act("j", y).await);
        y
    }
}
