//! What `ref` binds is borrowed again after an await.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shape {
    name: String,
    size: u32,
    tags: Vec<String>,
    inner: Option<Box<Shape>>,
}

fn shape(name: &str, size: u32) -> Shape {
    Shape {
        name: name.to_owned(),
        size,
        tags: vec![format!("{name}-tag"), "t".to_owned()],
        inner: None,
    }
}

equivalent! {
    with [(Some("a".to_owned())), (None)];
    async fn by_ref_in_let_else(given: Option<String>) -> usize {
        let Some(ref text) = given else {
            return 0;
        };
        tick().await;
        act("len", text.len()).await;
        text.len() + given.as_ref().map_or(0, String::len)
    }
}

equivalent! {
    with [(shape("a", 3))];
    async fn by_ref_beside_a_value(shape: Shape) -> (String, u32) {
        let Shape { ref name, size, ref tags, .. } = shape;
        act("size", size).await;
        note("tags", tags.len());
        tick().await;
        (format!("{name}{}", tags[0]), size + shape.size)
    }
}

equivalent! {
    with [(Some(shape("long", 1)), 1), (Some(shape("a", 9)), 2), (None, 3)];
    async fn by_ref_in_a_match(given: Option<Shape>, n: u32) -> String {
        let text = match given {
            Some(Shape { ref name, size, .. }) if name.len() > 1 && size < 5 => {
                act("long", n).await;
                format!("{name}{size}")
            }
            Some(Shape { ref tags, .. }) => {
                act("tags", n).await;
                tags.join("+")
            }
            None => {
                tick().await;
                String::new()
            }
        };
        tick().await;
        text + &given.map_or_else(String::new, |shape| shape.name)
    }
}

equivalent! {
    with [(Some("a".to_owned())), (None)];
    async fn by_ref_mut_in_if_let(mut given: Option<String>) -> Option<String> {
        if let Some(ref mut text) = given {
            text.push('1');
            act("text", text.clone()).await;
            text.push('2');
            tick().await;
            text.push('3');
        } else {
            tick().await;
            given = Some("new".to_owned());
        }
        given
    }
}

equivalent! {
    with [(shape("a", 1))];
    async fn by_ref_mut_of_two_parts(mut shape: Shape) -> Shape {
        let Shape { ref mut name, ref mut tags, size, .. } = shape;
        name.push('!');
        act("name", name.clone()).await;
        tags.push(name.clone());
        act("tags", tags.clone()).await;
        name.push('?');
        tick().await;
        note("size", size);
        shape
    }
}

equivalent! {
    with [(3)];
    async fn by_ref_in_while_let(n: u32) -> u32 {
        let mut left = Some(shape("w", n));
        let mut sum = 0;
        while let Some(Shape { ref name, size, .. }) = left {
            act("name", name.clone()).await;
            sum += size + u32::try_from(name.len()).unwrap();
            left = (size > 1).then(|| shape("next", size - 1));
            tick().await;
        }
        sum
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Step {
    First(String, u32),
    Second { text: String },
    Other,
}

equivalent! {
    with [
        (Step::First("a".to_owned(), 1)),
        (Step::First("a".to_owned(), 5)),
        (Step::Second { text: "bb".to_owned() }),
        (Step::Other)
    ];
    async fn by_ref_in_alternatives(step: Step) -> usize {
        match step {
            Step::First(ref text, 1..=3) | Step::Second { ref text } if !text.is_empty() => {
                act("text", text.clone()).await;
                text.len()
            }
            ref whole @ Step::First(..) => {
                tick().await;
                format!("{whole:?}").len()
            }
            _ => 0,
        }
    }
}

equivalent! {
    with [(2)];
    async fn by_ref_of_a_value(n: u32) -> usize {
        let mut sum = 0;
        match act("given", Some(shape("v", n))).await {
            Some(Shape { ref tags, size, .. }) => {
                act("size", size).await;
                sum += tags.len();
                tick().await;
                sum += tags[0].len();
            }
            None => tick().await,
        }
        let Shape { ref name, .. } = shape("let", n);
        tick().await;
        sum + name.len()
    }
}

equivalent! {
    with [(shape("out", 1), 0), (shape("out", 1), 1)];
    async fn by_ref_of_a_place_in_a_place(mut outer: Shape, at: usize) -> String {
        outer.inner = Some(Box::new(shape("in", 2)));
        let all = vec![outer.clone(), shape("other", 3)];
        let mut text = String::new();
        if let Some(ref inner) = outer.inner {
            tick().await;
            let Shape { ref name, .. } = **inner;
            act("name", name.clone()).await;
            text.push_str(name);
        }
        match all[at] {
            Shape { inner: Some(ref inner), ref name, .. } => {
                act("both", name.clone()).await;
                text += &inner.name;
            }
            Shape { ref name, .. } => {
                act("one", name.clone()).await;
                text += name;
            }
        }
        text
    }
}

equivalent! {
    with [(vec![1, 2, 3], true), (vec![], false)];
    async fn by_ref_alone(v: Vec<u32>, flag: bool) -> usize {
        let ref whole = v;
        let ref typed: bool = flag;
        act("len", whole.len()).await;
        let [ref first, ref rest @ ..] = whole[..] else {
            return usize::from(*typed);
        };
        act("first", *first).await;
        whole.len() + rest.len() + usize::from(*typed)
    }
}

equivalent! {
    with [(Some(shape("c", 4)), Some(2)), (Some(shape("c", 4)), None)];
    async fn by_ref_in_a_chain(given: Option<Shape>, limit: Option<u32>) -> usize {
        if let Some(Shape { ref name, size, .. }) = given
            && let Some(limit) = limit
            && size > limit
        {
            act("over", size - limit).await;
            return name.len();
        }
        tick().await;
        0
    }
}

equivalent! {
    with [(shape("b", 4))];
    async fn by_ref_in_branches(shape: Shape) -> (usize, usize) {
        let Shape { ref name, ref tags, .. } = shape;
        tick().await;
        join!(
            async {
                act("name", name.clone()).await;
                name.len()
            },
            async {
                act("tags", tags.len()).await;
                tags.len()
            }
        )
    }
}

// The other part changes while the borrow lives: no await is crossed, so it stays a borrow of a part.
equivalent! {
    with [(shape("d", 4))];
    async fn by_ref_beside_a_part_that_changes(mut shape: Shape) -> (u32, String) {
        let Shape { ref name, .. } = shape;
        shape.size += 1;
        let text = name.clone();
        tick().await;
        (shape.size, text)
    }
}

equivalent! {
    with [(Some(1), false), (None, true)];
    async fn by_ref_where_ways_join(given: Option<u32>, flag: bool) -> u32 {
        match given {
            Some(ref n) => {
                if flag {
                    tick().await;
                    return 5;
                }
                *n
            }
            None => {
                tick().await;
                0
            }
        }
    }
}

equivalent! {
    with [(Some("a".to_owned()), 1), (Some("b".to_owned()), 2)];
    async fn by_ref_in_a_guard_that_awaits(given: Option<String>, n: u32) -> String {
        match given {
            Some(ref text) if act("guard", text.len() as u32 == n).await => {
                act("in", text.clone()).await;
                text.to_uppercase()
            }
            Some(ref text) => {
                tick().await;
                text.repeat(2)
            }
            None => String::new(),
        }
    }
}
