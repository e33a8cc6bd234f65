//! One large function that mixes everything.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: u32,
    tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Step {
    Buy(Item),
    Pay { amount: u32, tip: Option<u32> },
    Wait(u32),
    Stop,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Fault {
    Poor { missing: u32 },
    Parse(String),
}

impl From<std::num::ParseIntError> for Fault {
    fn from(error: std::num::ParseIntError) -> Self {
        Self::Parse(error.to_string())
    }
}

fn item(name: &str, price: u32) -> Item {
    Item {
        name: name.to_owned(),
        price,
        tags: vec!["new".to_owned()],
    }
}

fn script(n: u32) -> Vec<Step> {
    vec![
        Step::Buy(item("pen", 3)),
        Step::Wait(n),
        Step::Pay {
            amount: n * 2,
            tip: None,
        },
        Step::Buy(item("book", n * 5)),
        Step::Pay {
            amount: 4,
            tip: Some(n),
        },
        Step::Stop,
        Step::Buy(item("never", 1)),
    ]
}

equivalent! {
    with [(script(1), 10, "7".to_owned()), (script(3), 2, "8".to_owned()), (script(0), 50, "x".to_owned()),
        (script(40), 30, "9".to_owned()), (vec![], 0, "1".to_owned())];
    async fn shopping(steps: Vec<Step>, mut purse: u32, code: String) -> Result<(u32, Vec<String>), Fault> {
        let mut basket = BTreeMap::new();
        let mut journal = Vec::new();
        let (mut open, total) = (0, &mut 0);
        *total += u32::try_from(steps.len()).unwrap_or(0);
        let total = *total;
        let bonus = if code.starts_with('7') {
            act("bonus", code.len()).await as u32 + code.parse::<u32>()?
        } else {
            code.parse()?
        };
        purse += bonus;
        'steps: for (at, step) in steps.into_iter().enumerate() {
            let label = match &step {
                Step::Buy(Item { name, .. }) => format!("{at}:buy {name}"),
                Step::Pay { tip: Some(tip), .. } if *tip > 2 => format!("{at}:generous"),
                Step::Pay { .. } => format!("{at}:pay"),
                Step::Wait(0) => continue,
                Step::Wait(_) => format!("{at}:wait"),
                Step::Stop => break 'steps,
            };
            for known in &journal {
                if *known == label {
                    continue 'steps;
                }
            }
            match step {
                Step::Buy(item) if item.price > purse + 100 => {
                    let Item { name, price, .. } = act("too dear", item).await;
                    journal.push(format!("{name} costs {price}"));
                    return Err(Fault::Poor { missing: price - purse });
                }
                Step::Buy(mut item) => {
                    item.tags.push("bought".to_owned());
                    let price = act("price", item.price).await;
                    open += price;
                    let tags = {
                        let label = item.tags.join("+");
                        let label = act("tags", label).await;
                        label + "!"
                    };
                    basket.insert(item.name.clone(), (item, tags));
                }
                Step::Pay { amount, tip } => {
                    let mut left = amount + tip.unwrap_or_default();
                    let paid = loop {
                        if left == 0 {
                            break amount;
                        }
                        let part = left.min(3);
                        if purse < part {
                            break 'steps;
                        }
                        purse -= act("part", part).await;
                        left -= part;
                        if let Some(tip) = tip && tip > 0 && act("enough", left <= tip).await {
                            break amount - left.min(amount);
                        }
                    };
                    open = open.saturating_sub(paid);
                }
                Step::Wait(n) => {
                    let mut n = n;
                    while n > 0 && act("more", n % 7 != 0).await {
                        tick().await;
                        n /= 2;
                    }
                }
                Step::Stop => unreachable!(),
            }
            journal.push(label);
        }
        let Some((name, (first, tags))) = basket.pop_first() else {
            journal.push(act("empty", format!("{total} steps")).await);
            return Ok((purse, journal));
        };
        let size = send("first", &first).await;
        journal.push(format!("{name} {tags} {size} {}", first.price));
        for (name, (item, _)) in basket {
            let Item { tags, .. } = item;
            journal.push(act("last", format!("{name}{tags:?}")).await);
        }
        if open > 0 {
            act("open", open).await;
            Ok((purse, journal))
        } else {
            Ok((purse + act("closed", 1000).await, journal))
        }
    }
}
