//! The order workflow in this process, along every branch, in three modes with one outcome:
//! straight through, forgotten and rebuilt from the stored bytes at every await, and with two
//! workers on one store.

use durable_examples::audit;
use durable_examples::ledger::{Action, Call, Ledger};
use durable_examples::order::{Item, Order, Receipt};
use durable_examples::outside::ServiceError;
use durable_examples::process_order::{OrderError, start_process_order};
use durable_examples::scenario::{Ending, Fault, FaultKind, Scenario, Then};
use durable_examples::services::{Services, World};
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::operation::ActivityError;
use durable_runtime::store::{MemoryStore, Store};
use durable_runtime::{Client, StartError};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;

use Action::{Charge, Refund, Reserve, SendPackage, Unreserve};

/// How the workers work.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Straight,
    AlwaysForgetting,
    TwoWorkers,
}

const MODES: [Mode; 3] = [Mode::Straight, Mode::AlwaysForgetting, Mode::TwoWorkers];

/// The services that all tests share: the addresses are per process, as in a real application.
struct Outside {
    runtime: Runtime,
    ledger: PathBuf,
    _services: Services,
    _folder: tempfile::TempDir,
}

/// One order of a test, and what it runs into.
struct Case {
    name: &'static str,
    card: &'static str,
    address: &'static str,
    sku: &'static str,
    faults: &'static [(Action, FaultKind, u32)],
    then: Then,
    ends: Ending,
}

const PLAIN: Case = Case {
    name: "delivered",
    card: "4242",
    address: "1 Main Street",
    sku: "tea",
    faults: &[],
    then: Then::Wait,
    ends: Ending::Delivered,
};

const CASES: [Case; 9] = [
    PLAIN,
    Case {
        name: "flaky",
        faults: &[
            (Reserve, FaultKind::Unavailable, 1),
            (Charge, FaultKind::AnswerLost, 2),
            (SendPackage, FaultKind::Unavailable, 1),
        ],
        ..PLAIN
    },
    Case {
        name: "out-of-stock",
        sku: "unobtainium",
        ends: Ending::OutOfStock,
        ..PLAIN
    },
    Case {
        name: "declined",
        card: "4000",
        ends: Ending::Declined,
        ..PLAIN
    },
    Case {
        name: "payment-down",
        faults: &[(Charge, FaultKind::Unavailable, 100)],
        ends: Ending::Unpaid,
        ..PLAIN
    },
    Case {
        name: "undeliverable",
        address: "Atlantis",
        ends: Ending::Undeliverable,
        ..PLAIN
    },
    Case {
        name: "carrier-down",
        faults: &[(SendPackage, FaultKind::Unavailable, 100)],
        ends: Ending::Undeliverable,
        ..PLAIN
    },
    Case {
        name: "cancelled",
        then: Then::Cancel,
        ends: Ending::Cancelled,
        ..PLAIN
    },
    Case {
        name: "placed-twice",
        then: Then::OrderAgain,
        ..PLAIN
    },
];

/// As often as an activity is tried.
const ATTEMPTS: usize = 6;

fn scenario(case: &Case, mode: Mode) -> Scenario {
    let faults = case.faults.iter();
    Scenario {
        story: case.name.to_owned(),
        order: Order {
            id: format!("{}-{mode:?}", case.name),
            customer: "Ada".to_owned(),
            items: vec![Item {
                sku: case.sku.to_owned(),
                quantity: 2,
                price_cents: 450,
            }],
            card: case.card.to_owned(),
            address: case.address.to_owned(),
            // A window that is cancelled stays open for as long as it takes.
            cancellation_window_ms: match case.then {
                Then::Cancel => 3_600_000,
                Then::Wait | Then::OrderAgain => 50,
            },
        },
        faults: faults
            .map(|&(at, kind, times)| Fault { at, kind, times })
            .collect(),
        then: case.then,
        ends: case.ends,
    }
}

fn outside() -> &'static Outside {
    static OUTSIDE: OnceLock<Outside> = OnceLock::new();
    OUTSIDE.get_or_init(|| {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger.jsonl");
        let all = |case| MODES.map(|mode| scenario(case, mode));
        let scenarios: Vec<_> = CASES.iter().flat_map(all).collect();
        let rng = fastrand::Rng::with_seed(1);
        let world = World::new(Ledger::create(&ledger).unwrap(), &scenarios, rng, 0..=3);
        let services = runtime.block_on(Services::start(world)).unwrap();
        services.endpoints().clone().install();
        Outside {
            runtime,
            ledger,
            _services: services,
            _folder: folder,
        }
    })
}

/// Runs one case in all modes; `expected` are the calls that the services see, in order.
fn check(
    name: &str,
    expected: &[Action],
    returned: impl Fn(&Result<Receipt, OrderError>) -> bool + Sync,
) {
    let case = CASES.iter().find(|case| case.name == name).unwrap();
    let outside = outside();
    std::thread::scope(|scope| {
        for mode in MODES {
            let returned = &returned;
            scope.spawn(move || check_in(mode, case, expected, returned, outside));
        }
    });
}

fn check_in(
    mode: Mode,
    case: &Case,
    expected: &[Action],
    returned: impl Fn(&Result<Receipt, OrderError>) -> bool,
    outside: &Outside,
) {
    let at = format!("{}, {mode:?}", case.name);
    let scenario = scenario(case, mode);
    let (result, report) = outside.runtime.block_on(run(&scenario, mode, outside));
    assert!(returned(&result), "{at}: {result:?}");
    assert_eq!(report.findings, [], "{at}");
    let calls = calls(outside, &scenario);
    let actions: Vec<_> = calls.iter().map(|call| call.action).collect();
    assert_eq!(actions, expected, "{at}");
    for action in Action::ALL {
        let attempts = calls.iter().filter(|call| call.action == action);
        let numbers: Vec<_> = attempts.map(|call| call.attempt).collect();
        let count = u32::try_from(numbers.len()).unwrap();
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "{at}: {action}");
    }
}

fn calls(outside: &Outside, scenario: &Scenario) -> Vec<Call> {
    let mut calls = Ledger::read(&outside.ledger).unwrap();
    calls.retain(|call| call.order == scenario.order.id);
    calls
}

async fn run(
    scenario: &Scenario,
    mode: Mode,
    outside: &Outside,
) -> (Result<Receipt, OrderError>, audit::Report) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let options = WorkerOptions {
        evict_always: matches!(mode, Mode::AlwaysForgetting),
        ..WorkerOptions::default()
    };
    let workers = if matches!(mode, Mode::TwoWorkers) {
        2
    } else {
        1
    };
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..workers {
        running.spawn(Worker::new(store.clone(), options.clone()).run(std::future::pending()));
    }
    let client = Client::new(store);
    let order = scenario.order.clone();
    let handle = start_process_order(&client, &order.id, order.clone())
        .await
        .unwrap();
    match scenario.then {
        Then::Wait => {}
        Then::Cancel => {
            loop {
                let waiting = handle.describe().await.unwrap().waiting;
                if waiting.is_some_and(|w| w.label.starts_with("sleep")) {
                    break;
                }
                tokio::task::yield_now().await;
            }
            handle.cancel("changed my mind").await.unwrap();
        }
        Then::OrderAgain => {
            for _ in 0..2 {
                match start_process_order(&client, &order.id, order.clone()).await {
                    Err(StartError::AlreadyStarted(other)) => assert_eq!(other.run(), handle.run()),
                    other => panic!("a second start was answered with {other:?}"),
                }
                // The second time round it has ended.
                handle.outcome().await.unwrap();
            }
        }
    }
    let result = handle.result().await.unwrap();
    let record = audit::read(&client, &order.id).await.unwrap();
    let calls = calls(outside, scenario);
    let report = audit::audit([(scenario, record.as_ref())], &calls, &BTreeSet::new());
    (result, report)
}

fn delivered(result: &Result<Receipt, OrderError>) -> bool {
    matches!(result, Ok(receipt) if receipt.cents == 900 && receipt.tracking.starts_with("T-"))
}

fn refused(result: &Result<Receipt, OrderError>, text: &str) -> bool {
    let Err(OrderError::Service(ActivityError::Failed(ServiceError::Refused(reason)))) = result
    else {
        return false;
    };
    reason == text
}

fn gave_up(result: &Result<Receipt, OrderError>) -> bool {
    matches!(
        result,
        Err(OrderError::Service(ActivityError::Failed(
            ServiceError::Unavailable(_)
        )))
    )
}

#[test]
fn an_order_is_reserved_charged_and_sent() {
    check("delivered", &[Reserve, Charge, SendPackage], delivered);
}

#[test]
fn what_fails_for_a_while_is_tried_again_under_the_same_key() {
    let calls = [
        Reserve,
        Reserve,
        Charge,
        Charge,
        Charge,
        SendPackage,
        SendPackage,
    ];
    check("flaky", &calls, delivered);
}

#[test]
fn what_is_out_of_stock_needs_no_undoing() {
    check("out-of-stock", &[Reserve], |result| {
        refused(result, "unobtainium is out of stock")
    });
}

#[test]
fn a_declined_card_is_not_tried_again_and_the_goods_go_back() {
    check("declined", &[Reserve, Charge, Unreserve], |result| {
        refused(result, "the card was declined")
    });
}

#[test]
fn a_charge_without_an_answer_is_refunded_for_safety() {
    let mut calls = vec![Reserve];
    calls.extend([Charge; ATTEMPTS]);
    calls.extend([Refund, Unreserve]);
    check("payment-down", &calls, gave_up);
}

#[test]
fn a_package_that_cannot_go_out_is_refunded_and_put_back() {
    let calls = [Reserve, Charge, SendPackage, Refund, Unreserve];
    check("undeliverable", &calls, |result| {
        refused(result, "no carrier goes to Atlantis")
    });
}

#[test]
fn a_carrier_that_stays_down_is_given_up_after_all_attempts() {
    let mut calls = vec![Reserve, Charge];
    calls.extend([SendPackage; ATTEMPTS]);
    calls.extend([Refund, Unreserve]);
    check("carrier-down", &calls, gave_up);
}

#[test]
fn an_order_cancelled_in_its_window_is_never_charged() {
    check("cancelled", &[Reserve, Unreserve], |result| {
        *result == Err(OrderError::Cancelled)
    });
}

#[test]
fn an_order_that_is_placed_twice_runs_once() {
    check("placed-twice", &[Reserve, Charge, SendPackage], delivered);
}
