//! Macros that mention locals, the standard ones and the user's.

use durable_tests::equivalent;

macro_rules! twice {
    ($x:expr) => {
        $x + $x
    };
}

macro_rules! give_up {
    ($($text:tt)*) => {
        return Err(format!($($text)*))
    };
}

macro_rules! tri {
    ($e:expr) => {
        match $e {
            Ok(value) => value,
            Err(error) => return Err(format!("tri {error}")),
        }
    };
}

macro_rules! ask {
    ($e:expr) => {
        $e?
    };
}

macro_rules! event {
    ($($name:ident = $value:expr),*) => {
        $(let _ = (stringify!($name), &$value);)*
    };
}

macro_rules! set {
    ($place:ident = $value:expr) => {
        $place = $value
    };
}

equivalent! {
    with [(3)];
    async fn format_captures(n: u32) -> String {
        let (width, prec, value) = (8, 2, 1.5);
        let name = String::from("name");
        tick().await;
        let a = format!("{name:>width$} {value:.prec$} {n} {{no}} {0:1$}", n, width);
        tick().await;
        let b = format!("{named} {n:?} {}", name, named = a.len());
        assert!(n > 0, "{n} {name}");
        assert_eq!(n, n, "{name}");
        tick().await;
        format!("{a}|{b}")
    }
}

equivalent! {
    with [(3)];
    async fn vec_matches_and_the_rest(n: u32) -> Vec<u32> {
        let (a, b) = (n + 1, 2_usize);
        tick().await;
        let mut list = vec![a, n];
        list.extend(vec![n; b]);
        tick().await;
        if matches!(list.first(), Some(x) if *x > n) {
            list.push(100);
        }
        debug_assert!(matches!(n, 1..=9), "{list:?}");
        let mut text = String::new();
        {
            use std::fmt::Write as _;
            write!(text, "{a}").unwrap();
            writeln!(text).unwrap();
        }
        tick().await;
        list.push(u32::try_from(text.len()).unwrap());
        list
    }
}

equivalent! {
    with [(1), (2)];
    async fn names_bound_in_matches_are_its_own(n: u32) -> bool {
        let x = vec![n];
        let moved = x;
        let hit = matches!(moved.first(), Some(x) if *x == 1);
        tick().await;
        hit
    }
}

equivalent! {
    with [(1), (3), (5)];
    async fn macros_of_the_user(n: u32) -> Result<u32, String> {
        let name = String::from("n");
        if n == 1 {
            tick().await;
            give_up!("{name} is {n}");
        }
        let m = act("m", if n == 3 { Err(3) } else { Ok(n) }).await;
        let m: u32 = tri!(m);
        let k = act("k", twice!(m)).await;
        let j = ask!(if k > 100 { Err(name.clone()) } else { Ok(k) });
        event!(name = n, j = name);
        tick().await;
        Ok(twice!(j) + name.len() as u32)
    }
}

equivalent! {
    with [(1)];
    async fn a_field_called_like_a_moved_local(n: u32) -> u32 {
        let name = String::from("moved");
        drop(name);
        tick().await;
        event!(name = n);
        n
    }
}

equivalent! {
    with [(1)];
    async fn assigned_by_a_macro(n: u32) -> (u32, String) {
        let mut m = n;
        let mut text = String::new();
        tick().await;
        set!(m = 7);
        set!(text = format!("{m}"));
        tick().await;
        (m, text)
    }
}

// Each of these was refused by rustc alone: the variable was in no arm that only assigns it.
macro_rules! got {
    ($place:ident = $value:expr) => {{
        $place = $value;
        true
    }};
}

equivalent! {
    with [(1)];
    async fn assigned_by_a_macro_and_not_read(n: u32) -> bool {
        let mut m = act("m", n).await;
        note("m", m);
        tick().await;
        set!(m = 7);
        if got!(m = n) {
            tick().await;
        }
        act("got", got!(m = 9)).await;
        return got!(m = 8);
    }
}

equivalent! {
    with [(1)];
    async fn assigned_by_a_macro_inside_an_expression(n: u32) -> u32 {
        let mut m = n;
        act("m", m).await;
        let _ = got!(m = 7);
        act("m", m).await;
        if got!(m = m + 1) {
            act("m", m).await;
        }
        let mut change = || set!(m = m * 2);
        change();
        act("m", got!(m = 7)).await;
        m
    }
}

equivalent! {
    with [(1)];
    async fn assigned_by_a_macro_in_branches(n: u32) -> (u32, u32) {
        let (mut m, mut unread) = (n, 1);
        join!(
            async {
                tick().await;
                set!(m = 5);
            },
            async {
                set!(unread = 2);
                act("two", 2).await
            }
        );
        (m, n)
    }
}

equivalent! {
    with [(1)];
    async fn assigned_by_a_macro_after_it_was_moved(n: u32) -> (String, u32) {
        let mut text = String::from("a");
        tick().await;
        drop(text);
        set!(text = format!("b{n}"));
        tick().await;
        drop(text);
        if got!(text = "c".to_owned()) {
            tick().await;
        }
        (text, n)
    }
}

// Each had no type in the arm after the await, where it is only a name: patterns of a block's end bind it.
equivalent! {
    with [(Some(1), vec![4, 5]), (None, vec![])];
    async fn a_field_called_like_a_binding_that_nobody_reads(given: Option<u32>, v: Vec<u32>) -> u32 {
        for mut item in Vec::from([7, 8]) {
            act("item", 1).await;
            event!(item = v, other = 1);
        }
        if let Some(mut inner) = given {
            act("if", 2).await;
            event!(inner = 1);
        }
        match given {
            Some(mut one) => {
                act("match", 3).await;
                event!(one = 1);
            }
            None => tick().await,
        }
        let mut left = v.clone();
        while let Some(mut last) = left.pop() {
            act("while", 4).await;
            event!(last = 1);
            if got!(last = 5) {
                tick().await;
            }
        }
        let Some(mut sure) = given else {
            return 0;
        };
        act("else", 5).await;
        event!(sure = 1);
        set!(sure = 9);
        1
    }
}

equivalent! {
    with [(vec![4, 5])];
    async fn a_field_called_like_a_borrow_that_nobody_reads(v: Vec<u32>) -> usize {
        for mut item in v.iter() {
            act("item", 1).await;
            event!(item = 1);
        }
        if let Some(mut first) = v.first() {
            act("first", 2).await;
            event!(first = 1);
        }
        let mut all = &v;
        act("all", 2).await;
        event!(all = 1);
        v.len()
    }
}

// The macro assigned the outer variable.
equivalent! {
    with [(1)];
    async fn assigned_by_a_macro_beside_an_outer_one(n: u32) -> u32 {
        let mut x = n;
        let r = &x;
        {
            let mut x = 2;
            act("x", x).await;
            note("r", *r);
            set!(x = 5);
        }
        note("x", x);
        tick().await;
        x
    }
}

// The macro assigned a copy of the variable, which waits under another name.
equivalent! {
    with [(1), (9)];
    async fn assigned_by_a_macro_before_its_name_is_bound(n: u32) -> u32 {
        let mut x = n;
        tick().await;
        match {
            set!(x = x + 4);
            x
        } {
            x if x > 6 => note("arm", x),
            x => act("arm", x).await,
        };
        x
    }
}

equivalent! {
    with [(1)];
    async fn fields_called_like_moved_locals(n: u32) -> u32 {
        let mut name = String::from("moved");
        name.push('!');
        drop(name);
        tick().await;
        let seen = {
            event!(name = n);
            n + 1
        };
        if { event!(name = seen); seen > 5 } {
            tick().await;
        }
        event!(name = n, seen = n);
        n
    }
}

equivalent! {
    with [(4)];
    async fn macros_inside_the_function(n: u32) -> u32 {
        macro_rules! plus_one {
            ($x:expr) => {
                $x + 1
            };
        }
        let m = act("m", plus_one!(n)).await;
        plus_one!(m)
    }
}

equivalent! {
    with [(4)];
    async fn jumps_of_an_inner_loop_inside_macros(n: u32) -> u32 {
        macro_rules! or_skip {
            ($e:expr) => {
                match $e {
                    Some(x) => x,
                    None => continue,
                }
            };
        }
        let mut sum = 0;
        for round in 0..2 {
            for i in 0..n {
                let x = or_skip!(i.checked_sub(2));
                sum += x;
            }
            tick().await;
            sum += round;
        }
        sum
    }
}
