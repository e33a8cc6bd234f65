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
