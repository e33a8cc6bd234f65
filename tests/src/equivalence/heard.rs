//! Somebody who hears events of `tracing`: what an event awaits is awaited only then.

use super::ops::note;
use std::fmt::Write as _;
use std::sync::Once;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Hears the events of `logged.rs` and of generated programs, in the whole process and from now on.
///
/// # Panics
/// When somebody else hears events already.
pub fn listen() {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        tracing::subscriber::set_global_default(Listener).expect("nobody else listens");
    });
}

/// Writes events among the calls of the function that tells them.
struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let ours =
            target.contains("logged") || target.starts_with("programs::") || target == "heard";
        ours && *metadata.level() <= Level::INFO && metadata.fields().field("silent").is_none()
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let target = event.metadata().target().to_owned();
        let mut text = Text(if target == "heard" {
            target
        } else {
            String::new()
        });
        event.record(&mut text);
        note("event", text.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").expect("a text takes all");
    }
}
