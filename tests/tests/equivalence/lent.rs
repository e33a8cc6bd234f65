//! Parameters that are references, and generic helpers, where a helper branches, recurses, takes
//! its parameters apart or hands them on.

use durable_runtime::Durable;
use durable_tests::equivalent_group;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::path::Path;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tree {
    name: String,
    kids: Vec<Tree>,
}

impl Tree {
    fn of(name: &str, kids: Vec<Self>) -> Self {
        let name = name.to_owned();
        Self { name, kids }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Wrap {
    value: String,
}

equivalent_group! {
    lent: trees(1), lent_in_branches(3), moved_into(3), lost(3), matched(2), unpacked(2), copied_out(3),
        handed_on(3), paths("/a/b".to_owned());

    #[workflow]
    pub(super) async fn walk(tree: &Tree, depth: &u32) -> String {
        let mut out = act("enter", tree.name.clone()).await;
        for kid in &tree.kids {
            out += &recurse(walk(kid, &(*depth + 1))).await;
            out += &depth.to_string();
        }
        tick().await;
        out + &tree.name
    }
    #[workflow]
    pub(super) async fn trees(n: u32) -> String {
        let (b, c, d) = (Tree::of("b", vec![]), Tree::of("c", vec![]), Tree::of("d", vec![]));
        let tree = Tree::of("r", vec![Tree::of("a", vec![b, c]), d]);
        walk(&tree, &n).await + &walk(&tree.kids[0], &n).await
    }
    // Branches of the helper use what it was lent.
    #[workflow]
    pub(super) async fn forked<T: Clone + Display>(item: &T, names: &[String]) -> String {
        let mut count = 0u32;
        let (a, b) = join!(
            async {
                tick().await;
                for name in names {
                    count += act("n", name.len() as u32).await;
                }
                format!("{item}")
            },
            async {
                let again = act("again", item.to_string()).await;
                tick().await;
                let first = &names[0];
                tick().await;
                again + first
            }
        );
        tick().await;
        format!("{a}{b}{count}{item}{}", names.len())
    }
    #[workflow]
    pub(super) async fn lent_in_branches(n: u32) -> String {
        let names = vec!["p".to_owned(), "qq".to_owned()];
        let (a, b) = join!(forked(&n, &names), async {
            let mut r = forked(&"t".to_owned(), &names[1..]).await;
            tick().await;
            r.push('!');
            r
        });
        tick().await;
        format!("{a}{b}{}", names.len())
    }
    #[workflow]
    pub(super) async fn moves(text: &str, list: &[u32]) -> String {
        let owned = text.to_owned();
        let (a, b) = join!(
            async move {
                tick().await;
                let t = owned;
                tick().await;
                t + text
            },
            async move {
                let mut sum = 0;
                for n in list {
                    sum += act("l", *n).await;
                }
                sum
            }
        );
        tick().await;
        format!("{a}{b}{text}{list:?}")
    }
    #[workflow]
    pub(super) async fn moved_into(n: u32) -> String {
        moves("te", &[n, 4]).await
    }
    #[workflow]
    pub(super) async fn slow<T: Clone>(item: T, times: u32) -> T {
        for _ in 0..times {
            tick().await;
        }
        let other = item.clone();
        tick().await;
        drop(other);
        item
    }
    // A helper loses half-way; what it was lent is the caller's as before.
    #[workflow]
    pub(super) async fn lost(n: u32) -> String {
        let mut names = vec!["a".to_owned()];
        for i in 0..n {
            let won = select! {
                biased;
                x = async {
                    for _ in 0..i * 2 {
                        tick().await;
                    }
                    slow("q".to_owned(), 1).await
                } => x,
                w = forked(&i, &names) => w,
            };
            names.push(won);
        }
        names.join(",")
    }
    #[workflow]
    pub(super) async fn matching_lent(what: &Option<(u32, String)>, other: &Result<u32, String>) -> String {
        let r = match what {
            Some((n, text)) if *n > 1 => {
                tick().await;
                format!("{n}{text}")
            }
            Some((_, text)) => {
                let t = act("t", text.clone()).await;
                t + text
            }
            None => "none".to_owned(),
        };
        let Some((n, _)) = what else {
            tick().await;
            return r;
        };
        tick().await;
        if let Err(e) = other && *n > 0 {
            tick().await;
            return r + e;
        }
        r + &n.to_string()
    }
    #[workflow]
    pub(super) async fn matched(n: u32) -> String {
        let w = Some((n, "w".to_owned()));
        let (good, bad) = (Ok(1), Err("e".to_owned()));
        let all = matching_lent(&w, &good).await + &matching_lent(&None, &good).await;
        all + &matching_lent(&Some((1, "z".to_owned())), &bad).await
    }
    #[workflow]
    pub(super) async fn takes(
        _: &str, r#type: &String, (a, b): &(u32, String), [x, ..]: &[u32; 2], Wrap { value }: &Wrap,
        mut k: u32,
    ) -> String {
        k += *a;
        tick().await;
        k += *x;
        tick().await;
        format!("{type}{a}{b}{x}{value}{k}")
    }
    #[workflow]
    pub(super) async fn unpacked(n: u32) -> String {
        let wrap = Wrap { value: "v".to_owned() };
        takes("u", &"t".to_owned(), &(n, "b".to_owned()), &[4, 5], &wrap, 7).await
    }
    #[workflow]
    pub(super) async fn copies(&n: &u32, &[a, b]: &[u32; 2], at @ (x, _): &(u32, u8), s: &'static str) -> u32 {
        tick().await;
        let &both: &u32 = &(n + a);
        tick().await;
        both + b + x + at.0 + s.len() as u32
    }
    #[workflow]
    pub(super) async fn copied_out(n: u32) -> u32 {
        copies(&n, &[1, 2], &(9, 1), "sss").await
    }
    #[workflow]
    pub(super) async fn inner(text: &str, list: &[u32]) -> u32 {
        tick().await;
        let mut sum = text.len() as u32;
        for (i, n) in list.iter().enumerate().rev() {
            sum = sum * 3 + act("n", *n + i as u32).await;
        }
        sum
    }
    #[workflow]
    pub(super) async fn hands<T: AsRef<str>>(text: &T, list: &Vec<u32>, half: &[u32]) -> u32 {
        let a = inner(text.as_ref(), list).await;
        let b = inner(&text.as_ref()[1..], half).await;
        a * 100 + b + inner("k", &list[..1]).await
    }
    #[workflow]
    pub(super) async fn handed_on(n: u32) -> u32 {
        let list = vec![n, 5, 6];
        hands(&"abc".to_owned(), &list, &list[1..]).await
    }
    #[workflow]
    pub(super) async fn under(root: &Path, name: &std::path::Path) -> String {
        let depth = act("depth", root.components().count()).await;
        tick().await;
        format!("{depth} {}", root.join(name).display())
    }
    #[workflow]
    pub(super) async fn paths(root: String) -> String {
        under(Path::new(&root), Path::new("c")).await + &under(root.as_ref(), "d".as_ref()).await
    }
}

equivalent_group! {
    generic: chosen(2), drawn(3), made(2), nested_generic(2), many_kept(4);

    #[workflow]
    pub(super) async fn slow<T: Clone>(item: T, times: u32) -> T {
        for _ in 0..times {
            tick().await;
        }
        let other = item.clone();
        tick().await;
        drop(other);
        item
    }
    #[workflow]
    pub(super) async fn chosen(n: u32) -> String {
        let mut log = String::new();
        for i in 0..3u32 {
            let word = format!("w{i}");
            select! {
                biased;
                a = slow(n, i) => { log += &act("a", a.to_string()).await; }
                b = slow(word.clone(), 1) => { log += &b; tick().await; }
            }
            log += &word;
        }
        log
    }
    // What is bounded is the type of an item, which is saved.
    #[workflow]
    pub(super) async fn draw<I: Iterator + Durable>(mut all: I) -> Vec<String>
    where
        I::Item: Durable + Display,
    {
        let mut out = Vec::new();
        while let Some(item) = all.next() {
            tick().await;
            let text = item.to_string();
            out.push(act("t", text).await + &item.to_string());
        }
        out
    }
    #[workflow]
    pub(super) async fn drawn(n: u32) -> Vec<String> {
        draw(0..n).await
    }
    #[workflow]
    pub(super) async fn make<T: Default + Display>() -> String {
        let made = T::default();
        tick().await;
        made.to_string()
    }
    #[workflow]
    pub(super) async fn made(n: u32) -> String {
        make::<u32>().await + &make::<String>().await + &make::<bool>().await
    }
    #[workflow]
    pub(super) async fn nested_generic(n: u32) -> String {
        let text = "tt".to_owned();
        let (a, b) = join!(
            async {
                let (x, y) = join!(slow(text.clone(), n), async {
                    slow(n, 1).await + slow(4u32, 0).await
                });
                tick().await;
                format!("{x}{y}")
            },
            async {
                let mut k = 0;
                while k < 2 {
                    k += 1;
                    k = slow(k, k).await;
                }
                k
            }
        );
        format!("{a}{b}{text}")
    }
    // Calls of a generic helper are data, and can wait.
    #[workflow]
    pub(super) async fn many_kept(n: u32) -> Vec<u32> {
        let mut calls = Vec::new();
        for i in 0..n {
            calls.push(slow(i, i));
        }
        tick().await;
        let mut out = vec![];
        while let Some(call) = calls.pop() {
            out.push(call.await);
            tick().await;
        }
        out
    }
}
