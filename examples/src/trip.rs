//! A trip: offers are asked for at the same time, the first good ones win, and what was booked is
//! undone when the rest cannot be.
//!
//! Everything that is under way at once stands in one checkpoint: the branches of a `join!`, what
//! they hold, the calls in flight. The worker here drops the workflow at every await and makes it
//! again from what is stored, so that each line below could come from another process.

use durable_runtime::clock::{Clock, SystemClock, VirtualClock};
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::prelude::*;
use durable_runtime::store::MemoryStore;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// What the traveller wants.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trip {
    /// Where to.
    pub to: String,
    /// For how long.
    pub nights: u32,
    /// Who may fly there.
    pub airlines: Vec<String>,
    /// What it may cost.
    pub budget: u32,
}

impl Trip {
    /// Five nights in Lisbon.
    #[must_use]
    pub fn to_lisbon(budget: u32) -> Self {
        let airlines = ["Quick Air", "Slow Air", "Good Air"].map(String::from);
        Self {
            to: "Lisbon".into(),
            nights: 5,
            airlines: airlines.into(),
            budget,
        }
    }
}

/// A price for something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Whose.
    pub from: String,
    /// The price.
    pub price: u32,
}

/// What was booked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Booked {
    /// There and back.
    pub flight: Offer,
    /// For all nights.
    pub hotel: Offer,
    /// A car is welcome, and nobody waits for it.
    pub car: Option<Offer>,
}

/// Books a trip within a budget; undoes what was booked if that fails.
#[workflow]
pub async fn book_trip(trip: Trip) -> Result<Booked, Error> {
    let mut undo = Vec::new();
    let car = spawn(rent_car(trip.to.clone()));
    let (flight, hotel) = join!(
        async {
            let offer = cheapest_flight(trip.airlines.clone()).await?;
            book(offer.clone()).await?;
            Ok::<Offer, Error>(offer)
        },
        async {
            let mut offer = find_hotel(trip.to.clone(), trip.nights).await?;
            if offer.price > trip.budget / 2 {
                offer = haggle(offer).await?;
            }
            book(offer.clone()).await?;
            Ok::<Offer, Error>(offer)
        },
    );
    for offer in [&flight, &hotel].into_iter().flatten() {
        undo.push(cancel(offer.clone()));
    }
    let total = flight.as_ref().map_or(0, |o| o.price) + hotel.as_ref().map_or(0, |o| o.price);
    let booked = match (flight, hotel) {
        (Ok(flight), Ok(hotel)) if total <= trip.budget => (flight, hotel),
        (flight, hotel) => {
            join_all(undo).await;
            flight?;
            hotel?;
            return Err(Error::msg(format!("{total} is over the budget")));
        }
    };
    let car = timeout(Duration::from_secs(5), car).await;
    Ok(Booked {
        flight: booked.0,
        hotel: booked.1,
        car: car.ok().and_then(Result::ok),
    })
}

/// Asks all airlines at once, gives them ten seconds, and takes the lowest price.
#[workflow]
pub async fn cheapest_flight(airlines: Vec<String>) -> Result<Offer, Error> {
    let mut asked = JoinSet::new();
    for airline in airlines {
        asked.spawn(ask_airline(airline));
    }
    let mut best: Option<Offer> = None;
    let mut deadline = spawn(sleep(Duration::from_secs(10)));
    loop {
        select! {
            answer = asked.join_next() => match answer {
                Some(Ok(offer)) if best.as_ref().is_none_or(|best| offer.price < best.price) => {
                    best = Some(offer);
                }
                Some(_) => {}
                None => break,
            },
            _ = &mut deadline => break,
        }
    }
    asked.abort_all();
    best.ok_or_else(|| Error::msg("no airline flies there"))
}

/// Two tries at a better price.
#[workflow]
pub async fn haggle(offer: Offer) -> Result<Offer, Error> {
    let mut price = offer.price;
    for share in [90, 80] {
        let wished = offer.price * share / 100;
        if !accepts(offer.from.clone(), wished).await? {
            break;
        }
        price = wished;
    }
    Ok(Offer { price, ..offer })
}

#[activity]
async fn ask_airline(airline: String) -> Result<Offer, Error> {
    let (seconds, price) = match airline.as_str() {
        "Slow Air" => (60, 90),
        "Quick Air" => (2, 300),
        _ => (7, 240),
    };
    durable_runtime::activity::sleep(Duration::from_secs(seconds)).await;
    say(&format!("{airline} flies for {price}"));
    Ok(Offer {
        from: airline,
        price,
    })
}

#[activity]
async fn find_hotel(to: String, nights: u32) -> Result<Offer, Error> {
    durable_runtime::activity::sleep(Duration::from_secs(3)).await;
    let price = nights * 110;
    say(&format!("a hotel in {to} takes {price}"));
    Ok(Offer {
        from: format!("Grand Hotel {to}"),
        price,
    })
}

#[activity]
async fn accepts(hotel: String, price: u32) -> Result<bool, Error> {
    let yes = price >= 480;
    let answer = if yes { "yes" } else { "no" };
    say(&format!("{hotel}, for {price}? {answer}"));
    Ok(yes)
}

#[activity(start_to_close = "1h")]
async fn rent_car(place: String) -> Result<Offer, Error> {
    durable_runtime::activity::sleep(Duration::from_secs(30 * 60)).await;
    Ok(Offer {
        from: format!("{place} Cars"),
        price: 70,
    })
}

#[activity]
async fn book(offer: Offer) -> Result<(), Error> {
    say(&format!("booked: {} for {}", offer.from, offer.price));
    Ok(())
}

#[activity]
async fn cancel(offer: Offer) -> Result<(), Error> {
    say(&format!("cancelled: {}", offer.from));
    Ok(())
}

/// Stands in for the clock on the wall.
static CLOCK: OnceLock<VirtualClock> = OnceLock::new();

fn clock() -> &'static VirtualClock {
    CLOCK.get_or_init(|| VirtualClock::new(SystemClock.now()))
}

fn say(text: &str) {
    static BEGAN: OnceLock<durable_runtime::id::Timestamp> = OnceLock::new();
    let now = clock().now();
    let seconds = BEGAN.get_or_init(|| now).until(now).as_secs();
    println!("{seconds:>4} s  {text}");
}

/// Runs it on a virtual clock, and checks the outcome.
///
/// # Errors
/// When the outcome is another one.
pub async fn run() -> Result<(), Error> {
    let options = WorkerOptions {
        evict_always: true,
        ..WorkerOptions::default()
    };
    let worker =
        Worker::new(Arc::new(MemoryStore::default()), options).clock(Arc::new(clock().clone()));
    let client = worker.client();
    tokio::spawn(worker.run(std::future::pending()));

    say("a trip with 1000 to spend");
    let booked = start_book_trip(&client, "lisbon-1", Trip::to_lisbon(1_000)).await?;
    let booked = booked.result().await??;
    say(&format!("{booked:?}"));
    let (flight, hotel) = (booked.flight.price, booked.hotel.price);
    if (flight, hotel, &booked.car) != (240, 495, &None) {
        return Err(Error::msg("another trip was expected"));
    }

    say("and one with 500");
    let refused = start_book_trip(&client, "lisbon-2", Trip::to_lisbon(500)).await?;
    match refused.result().await? {
        Ok(booked) => Err(Error::msg(format!("too expensive: {booked:?}"))),
        Err(error) => {
            say(&format!("not booked: {error}"));
            Ok(())
        }
    }
}
