//! One name for several locals, and which of them code means.

use durable_tests::equivalent;

equivalent! {
    with [(3)];
    async fn outer_is_used_after_an_inner_scope(x: u32) -> (u32, String) {
        let text = String::from("outer");
        {
            let x = act("inner", x + 1).await;
            let text = format!("{text} {x}");
            act("text", text).await;
        }
        let after = act("outer", x).await;
        (after + x, text)
    }
}

equivalent! {
    with [(3)];
    async fn chain_of_one_name(x: u32) -> String {
        let x = act("a", x + 1).await;
        let x = act("b", format!("<{x}>")).await;
        let x = (x.len(), act("c", x).await);
        let x = format!("{x:?}");
        tick().await;
        x
    }
}

equivalent! {
    with [(3), (0)];
    async fn let_else_reads_the_outer_one(n: usize) -> String {
        let text = String::from("outer");
        {
            let Some(text) = [1_usize, 2, 3].get(n).copied() else {
                return format!("none, {text}");
            };
            act("inner", text).await;
        }
        act("outer", text).await
    }
}

equivalent! {
    with [(5)];
    async fn closures_in_a_scrutinee_have_their_own(x: i32) -> i32 {
        let v = vec![1, 2, 3];
        match v.iter().map(|x| x + 1).sum::<i32>() + x {
            x => {
                act("inner", x).await;
            }
        }
        x
    }
}

equivalent! {
    with [(5), (50)];
    async fn guards_read_the_outer_one(x: u32) -> String {
        let text = String::from("outer");
        let found = match act("n", x).await {
            n if n > 10 && text.len() == 5 => "big".to_owned(),
            text if text > 100 => format!("{text}"),
            text => {
                act("inner", text).await;
                format!("{text}!")
            }
        };
        tick().await;
        format!("{found} {text}")
    }
}

equivalent! {
    with [(Some(1)), (Some(2)), (None)];
    async fn chains_bind_one_name_twice(x: Option<u32>) -> Vec<u32> {
        let mut seen = Vec::new();
        if let Some(x) = x.map(|x| x + 1)
            && let Some(x) = (x != 3).then(|| x * 10)
        {
            seen.push(act("inner", x).await);
        }
        seen.extend(x);
        seen
    }
}

equivalent! {
    with [(4)];
    async fn macros_read_the_outer_one(x: u32) -> String {
        let text = String::from("outer");
        match format!("{text} {x}").len() {
            text if text == x as usize => {
                tick().await;
            }
            text => {
                act("inner", text).await;
            }
        }
        let text = {
            let text = format!("{text}, {}", text.len());
            act("more", text).await
        } + &text;
        text
    }
}

equivalent! {
    with [(4)];
    async fn by_reference_to_the_outer_one(n: u32) -> String {
        let text = String::from("outer");
        {
            let text = &text;
            let n = text.len() + n as usize;
            act("n", n).await;
        }
        if let Some(text) = text.strip_prefix("ou") {
            act("rest", text.to_owned()).await;
        }
        match text.as_str() {
            "inner" => {}
            text => {
                act("all", text.len()).await;
            }
        }
        text
    }
}

equivalent! {
    with [(3)];
    async fn loops_shadow(n: u32) -> (u32, Vec<u32>) {
        let i = 100;
        let mut all = Vec::new();
        for i in 0..n {
            let i = i * 2;
            all.push(act("i", i).await);
            for i in 0..i {
                if i > 2 {
                    break;
                }
                all.push(act("j", i).await);
            }
            all.push(i);
        }
        (i, all)
    }
}

equivalent! {
    with [(3)];
    async fn outer_is_changed_beside_an_inner_one(mut n: u32) -> u32 {
        for round in 0..3 {
            {
                let n = act("inner", n + round).await;
                tick().await;
                note("inner", n);
            }
            n += 1;
            {
                let n = String::from("text");
                send("text", &n).await;
            }
        }
        n
    }
}

equivalent! {
    with [(3)];
    async fn shorthand_of_a_shadowed_name(n: u32) -> Vec<Pair> {
        let name = format!("{n}");
        let outer = Pair { n, name: name.clone() };
        let inner = {
            let n = n + 1;
            tick().await;
            match (Pair { n, name }) {
                name => {
                    tick().await;
                    name
                }
            }
        };
        tick().await;
        vec![outer, inner, Pair { n, name: String::new() }]
    }
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Pair {
    n: u32,
    name: String,
}

equivalent! {
    with [(3)];
    async fn one_name_of_two_types_in_siblings(n: u32) -> String {
        let mut out = String::new();
        {
            let x = n + 1;
            tick().await;
            out += &format!("{x}");
        }
        {
            let x = format!("{n}");
            tick().await;
            out += &x;
        }
        if let x @ 1..=9 = n {
            tick().await;
            out += &format!("{x:02}");
        }
        out
    }
}
