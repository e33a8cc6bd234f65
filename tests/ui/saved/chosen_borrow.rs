use durable_runtime::prelude::*;

#[activity]
async fn name(id: u32) -> String {
    id.to_string()
}

#[workflow]
async fn address(express: bool, primary: String, billing: String) -> Result<usize, Error> {
    let to = if express {
        name(1).await?;
        &primary
    } else {
        &billing
    };
    println!("{to}");
    Ok(to.len())
}

#[workflow]
async fn greeting(id: u32) -> usize {
    let who: &str = if id > 0 {
        &name(id).await.unwrap_or_default()
    } else {
        "guest"
    };
    who.len()
}

#[workflow]
async fn letter(id: u32, mut to: String) -> Result<String, Error> {
    let whom = match id {
        0 => &mut to,
        _ => {
            to = name(id).await?;
            &mut to
        }
    };
    name(2).await?;
    whom.push('!');
    Ok(to)
}

fn main() {}
