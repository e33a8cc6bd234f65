//! Values of which a part is moved out before an await and another is used after it.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u32,
    items: Vec<String>,
    note: Option<String>,
    address: Address,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Address {
    street: String,
    town: String,
}

fn order(id: u32) -> Order {
    Order {
        id,
        items: vec!["a".to_owned()],
        note: (id > 1).then(|| "note".to_owned()),
        ..Order::default()
    }
}

equivalent! {
    with [(1)];
    async fn both_before_the_await(id: u32) -> (u32, Vec<String>) {
        let order = order(id);
        let items = order.items;
        let id = order.id;
        tick().await;
        (id, items)
    }
}

equivalent! {
    with [(1)];
    async fn a_copy_is_no_move(id: u32) -> (u32, Order) {
        let order = order(id);
        let id = order.id;
        act("id", order.id + id).await;
        (id, order)
    }
}

equivalent! {
    with [(1)];
    async fn given_back_before_the_await(id: u32) -> Order {
        let mut order = order(id);
        let items = order.items;
        let n = items.len();
        order.items = vec![];
        act("n", n).await;
        order.items = items;
        order
    }
}

equivalent! {
    with [(1)];
    async fn taken_apart_in_full(id: u32) -> String {
        let Order { items, note, address: Address { street, .. }, .. } = order(id);
        act("items", items).await;
        let pair = (act("street", street).await, note);
        let (text, note) = pair;
        act("text", text).await;
        note.unwrap_or_default()
    }
}

equivalent! {
    with [(1), (2)];
    async fn moved_on_one_way_that_ends(id: u32) -> Result<Order, String> {
        let order = order(id);
        if let Some(note) = order.note {
            return Err(act("note", note).await);
        }
        let order = Order { note: None, ..order };
        tick().await;
        Ok(order)
    }
}

equivalent! {
    with [(1)];
    async fn parts_as_the_last_arguments(id: u32) -> (String, u32) {
        let order = order(id);
        let town = act("town", (order.address.town, order.items.len())).await.0;
        (town, id)
    }
}

equivalent! {
    with [(1), (2)];
    async fn made_whole_on_each_way(id: u32) -> Order {
        let mut order = order(id);
        let mut address = order.address;
        if id == 1 {
            order.address = Address::default();
            tick().await;
        } else {
            address.town = "town".to_owned();
            order = Order { id: 7, items: order.items, note: None, address };
        }
        tick().await;
        order
    }
}

equivalent! {
    with [(0), (1), (3)];
    async fn parts_in_a_loop(rounds: u32) -> Vec<String> {
        let mut out = Vec::new();
        let mut order = order(rounds);
        for round in 0..rounds {
            let items = order.items;
            let Order { note, id: n, .. } = order;
            out.extend(items);
            out.extend(note);
            order = self::order(act("next", round + n).await);
            if let Some(note) = order.note {
                out.push(note);
                break;
            }
            order.note = None;
        }
        tick().await;
        out
    }
}

equivalent! {
    with [(1), (2)];
    async fn copies_out_of_every_pattern(id: u32) -> (u32, Order) {
        let order = order(id);
        let Order { id: a, .. } = order;
        let b = match order.id { 1 => 10, n => act("n", n).await + n };
        let c = if let n @ 1.. = order.id { act("c", n + order.id).await } else { 0 };
        let (d, e) = (order.id, act("e", order.id).await);
        let (1.., f) = (order.id, order.id) else { panic!() };
        tick().await;
        (a + b + c + d + e + f, order)
    }
}
