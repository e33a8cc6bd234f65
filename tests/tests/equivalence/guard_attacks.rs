//! Guards that await, and change what the `match` was entered with.

use durable_tests::equivalent_group;

equivalent_group! {
    guard_attacks: index_moves(1), index_of_a_text(1), index_in_a_borrow(1), deref_of_box(2), cell_counts(3), cells(3), chain_moves(Some("abc".to_owned())), chain_moves(None);

    #[workflow]
    pub(super) async fn odd_one(n: u32) -> bool { act("odd", n).await % 2 == 1 }
    // What is matched stays the first item, though the index moves on.
    #[workflow]
    pub(super) async fn index_moves(n: u32) -> u32 {
        let items = vec![n, n + 2, n + 5];
        let mut i = 0;
        match items[i] {
            x if { i += 1; odd_one(x) }.await => x,
            x => x + 100,
        }
    }
    #[workflow]
    pub(super) async fn index_of_a_text(n: u32) -> Vec<String> {
        let items = vec![(n, vec!["a".to_owned()]), (n + 1, vec![])];
        let mut i = 0;
        let mut out = vec![];
        while i < items.len() {
            match &items[i].1 {
                list if { i += 1; odd_one(list.len() as u32) }.await => out.extend(list.clone()),
                _ if odd_one(items[i - 1].0 + 1).await => out.push("b".to_owned()),
                list => out.push(format!("{list:?}")),
            }
            match items[i - 1].0 {
                1 if { i += 1; odd_one(n) }.await => { i -= 1; out.push("one".to_owned()); }
                2 if odd_one(n).await => out.push("two".to_owned()),
                _ => {}
            }
        }
        out
    }
    #[workflow]
    pub(super) async fn index_in_a_borrow(n: u32) -> u32 {
        let items = vec![n, n + 2, n + 5];
        let mut i = 0;
        match &items[i] {
            x if { i += 1; odd_one(*x + 1) }.await => *x,
            x if { i += 1; odd_one(*x) }.await => *x + 50,
            x => x + 100,
        }
    }
    #[workflow]
    pub(super) async fn deref_of_box(n: u32) -> String {
        let boxed = Box::new(Some(n.to_string()));
        match *boxed {
            Some(text) if odd_one(text.len() as u32).await && act("b", text.len()).await > 0 => { tick().await; text }
            Some(text) => text + "!",
            None => String::new(),
        }
    }
    #[workflow]
    pub(super) async fn cell_counts(n: u32) -> u32 {
        let cell = std::cell::Cell::new(n);
        match cell.get() {
            x if { cell.set(x + 1); odd_one(x + 1) }.await => x,
            x if { cell.set(cell.get() + 10); odd_one(cell.get()) }.await => x * 10,
            x => x * 100 + cell.get(),
        }
    }
    #[workflow]
    pub(super) async fn cells(n: u32) -> u32 {
        let cells = vec![std::cell::Cell::new(n), std::cell::Cell::new(7)];
        match cells[0].get() + 1 {
            x if { cells[0].set(x + 1); odd_one(x) }.await => x,
            x => x * 100 + cells[0].get(),
        }
    }
    #[workflow]
    pub(super) async fn chain_moves(name: Option<String>) -> String {
        if let Some(x) = name && act("x", x.len()).await > 1 && let Some(y) = act("y", Some(x.clone())).await && odd_one(y.len() as u32).await {
            tick().await;
            x + &y
        } else { act("no", "no".to_owned()).await }
    }
}
