//! Variables that are given away by value and are still there, or are given a new value.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Cents(u64);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Order {
    name: String,
    total: u64,
}

fn same<T>(value: T) -> T {
    value
}

fn add(list: &mut Vec<u32>, number: u32) -> usize {
    list.push(number);
    list.len()
}

fn fail(name: String) -> ! {
    panic!("{name}")
}

equivalent! {
    with [(1)];
    async fn copies_of_every_kind(id: u32) -> (u32, u32, Cents, Option<u32>, &'static str, [u8; 2]) {
        let number = 5;
        let cents = Cents(3);
        let (maybe, text, bytes) = (Some(id), "text", [1, 2]);
        same(number);
        same((id, cents, maybe));
        let other = cents;
        act("n", id).await;
        same(text);
        let all = [same(bytes), bytes];
        for byte in bytes { same(byte); }
        act("m", number).await;
        same(number);
        act("k", all.len()).await;
        (id, number, cents, maybe, text, bytes)
    }
}

equivalent! {
    with [(1)];
    async fn given_to_what_is_awaited(id: u32) -> u32 {
        let first = act("first", id).await;
        let second = act("second", id).await;
        act("both", id + first + second).await;
        if act("c", first).await > 3 { act("d", first).await; }
        first + id
    }
}

equivalent! {
    with [(1), (5)];
    async fn lent_on_where_it_stands(id: u32) -> (Vec<u32>, usize) {
        let mut list = vec![id];
        let mut sum = 0;
        loop {
            let lent = &mut list;
            sum += add(lent, 1);
            sum += add(lent, 2);
            if sum > 10 { break; }
            sum += act("n", id).await as usize;
        }
        (list, sum)
    }
}

equivalent! {
    with [(1), (5)];
    async fn lent_on_between_arms(id: u32) -> (Vec<u32>, u32) {
        let mut list = vec![id];
        let mut sum = 0;
        {
            let lent = &mut list;
            add(lent, 1);
            if id > 2 { sum += 1; } else { sum += 2; }
            add(lent, sum);
        }
        sum += act("n", id).await;
        (list, sum)
    }
}

equivalent! {
    with [(1), (2)];
    async fn gone_on_a_way_that_ends(id: u32) -> String {
        let name = format!("name {id}");
        if id == 7 { fail(name); }
        if id > 1 {
            let name = same(name);
            act("early", id).await;
            return name;
        }
        act("late", id).await;
        name
    }
}

equivalent! {
    with [(1), (2)];
    async fn a_new_value_for_a_moved_one(id: u32) -> (String, Order) {
        let mut name = format!("name {id}");
        let mut order = Order::default();
        drop(name);
        name = String::from("again");
        act("a", id).await;
        let kept = name;
        if id > 1 {
            name = format!("{kept}{}", act("b", id).await);
        } else {
            name = same(kept);
        }
        order = Order { name: name.clone(), ..same(order) };
        act("c", id).await;
        order = same(order);
        act("d", id).await;
        (name, order)
    }
}

equivalent! {
    with [(1)];
    async fn a_new_variable_of_its_name(id: u32) -> String {
        let name = String::from("a");
        let name = same(name);
        act("a", id).await;
        let name = { let name = same(name); act("b", id).await; name };
        act("c", id).await;
        name
    }
}

equivalent! {
    with [(1)];
    async fn a_field_of_its_name(id: u32) -> String {
        let order = Order { name: "field".to_owned(), total: 1 };
        let name = String::from("moved");
        drop(name);
        let text = format!("{} {name}", order.name, name = order.total);
        act("a", id).await;
        text
    }
}

equivalent! {
    with [(3)];
    async fn given_away_in_a_loop_that_ends(id: u32) -> String {
        let name = String::from("a");
        let mut n = 0;
        let last = loop {
            n += act("n", id).await;
            if n > 5 { break same(name); }
            act("m", n).await;
        };
        act("k", n).await;
        last
    }
}
