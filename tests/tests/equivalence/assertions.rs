//! Awaits in the message of `assert_eq!` and its like: they run when it fails, after both sides.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalence::vocabulary::Point;
use durable_tests::equivalent;

equivalent! {
    with [(3, "three".to_owned())];
    panics [(4, "three".to_owned()), (3, "four".to_owned()), (5, "three".to_owned()), (6, "sixsix".to_owned())];
    async fn messages_that_await(n: u32, name: String) -> u32 {
        assert_eq!(act("a", n).await + 1, note("b", 4), "{} {n} {}", act("c", n).await, note("d", 1));
        std::assert_eq!(name, *"three", "{name}: {}", act("e", name.len()).await);
        assert_ne!(name.len() as u32 + n, 12, "{}", act("f", name.clone()).await);
        note("left", &name);
        n
    }
}

equivalent! {
    with [(3, 0), (3, 7)];
    panics [(1, 0), (2, 0), (4, 0), (3, 6)];
    async fn messages_of_debug_assertions(n: u32, sum: u32) -> u32 {
        let name = "three".to_owned();
        debug_assert_eq!(name[n as usize..], act("a", "ee".to_owned()).await, "{:?} {0:?}", act("b", Some(n)).await,);
        debug_assert_ne!(note("c", n) + act("d", n).await, sum, "{}", act("e", 1).await);
        n
    }
}

equivalent! {
    with [(0)];
    panics [(1), (2), (3), (4), (5), (6), (7)];
    async fn sides_of_every_kind(which: u32) -> usize {
        let (mut points, at) = (vec![Point::default(), Point::default()], 1);
        let mut i = 0;
        let point = &points[at];
        let text = String::from("text");
        assert_eq!(points[{ i += 1; i }].y, u32::from(which == 1), "{} {i}", act("a", i).await);
        assert_eq!(points[at..].len(), 1 + usize::from(which == 2), "{}", send("b", &points).await);
        assert_eq!((&points[0], which), (point, which % 3), "{}", note("never awaited", 3));
        assert_eq!(&points[0], point, "{} {}", which == 4, act("c", which == 5).await);
        assert_ne!(text.len() as u32, which, "{text} {}", act("d", text.clone()).await);
        assert_eq!(Some(text.len()), act("e", (which != 5).then_some(4)).await, "{}", act("f", i).await);
        let (left, right) = ("left".to_owned(), which);
        assert_ne!(right, 6, "{left} {right} {}", act("g", left.len() as u32 + right).await);
        points[at].y = which;
        assert_ne!(points[at].y, 7, "{}", act("h", &points[at].y == &7).await);
        i += points.len();
        i
    }
}

equivalent! {
    with [(0), (2)];
    panics [(5)];
    async fn an_assertion_in_a_loop(limit: u32) -> u32 {
        let mut sums = vec![0];
        for n in 0..limit {
            let last = sums.last().copied().unwrap_or_default();
            sums.push(act("next", last + n).await);
            assert_ne!(sums[sums.len() - 1], 6, "{n}: {}", {
                let text = act("text", last).await;
                format!("{text} {}", act("inner", sums.len()).await)
            });
        }
        sums.into_iter().sum()
    }
}
