//! Handles of the facade; without the feature, of the same shape and without effect.

#[cfg(not(feature = "metrics"))]
pub(crate) use nothing::{Counter, Gauge, Histogram, describe};
#[cfg(feature = "metrics")]
pub(crate) use recorded::{Counter, Gauge, Histogram, describe};

#[cfg(feature = "metrics")]
mod recorded {
    use crate::metrics::{ALL, Kind, Metric, Unit};
    pub(crate) use ::metrics::{Counter, Gauge, Histogram};
    use ::metrics::{Key, KeyName, Label, Level, Metadata, with_recorder};

    const METADATA: Metadata<'static> = Metadata::new("durable", Level::INFO, None);

    impl Metric {
        /// A handle of the recorder that is installed now; the values of its labels in their order.
        pub(crate) fn counter(&self, values: &[&str]) -> Counter {
            with_recorder(|recorder| recorder.register_counter(&self.key(values), &METADATA))
        }

        /// As for a counter.
        pub(crate) fn gauge(&self, values: &[&str]) -> Gauge {
            with_recorder(|recorder| recorder.register_gauge(&self.key(values), &METADATA))
        }

        /// As for a counter.
        pub(crate) fn histogram(&self, values: &[&str]) -> Histogram {
            with_recorder(|recorder| recorder.register_histogram(&self.key(values), &METADATA))
        }

        fn key(&self, values: &[&str]) -> Key {
            debug_assert_eq!(self.labels.len(), values.len(), "{}", self.name);
            let labels = self.labels.iter().zip(values);
            let labels = labels.map(|(label, value)| Label::new(*label, (*value).to_owned()));
            Key::from_parts(self.name, labels.collect::<Vec<_>>())
        }
    }

    /// Tells the recorder what the metrics mean.
    pub(crate) fn describe() {
        for metric in ALL {
            let (name, help) = (KeyName::from_const_str(metric.name), metric.help.into());
            let unit = Some(match metric.unit {
                Unit::Count => ::metrics::Unit::Count,
                Unit::Seconds => ::metrics::Unit::Seconds,
                Unit::Bytes => ::metrics::Unit::Bytes,
            });
            with_recorder(|recorder| match metric.kind {
                Kind::Counter => recorder.describe_counter(name, unit, help),
                Kind::Gauge => recorder.describe_gauge(name, unit, help),
                Kind::Histogram => recorder.describe_histogram(name, unit, help),
            });
        }
    }
}

#[cfg(not(feature = "metrics"))]
#[expect(clippy::unused_self, reason = "the shape of those that have an effect")]
mod nothing {
    use crate::metrics::Metric;

    #[derive(Debug)]
    pub(crate) struct Counter;
    #[derive(Debug)]
    pub(crate) struct Gauge;
    #[derive(Debug)]
    pub(crate) struct Histogram;

    impl Counter {
        pub(crate) fn increment(&self, _: u64) {}
    }

    impl Gauge {
        pub(crate) fn increment(&self, _: f64) {}
        pub(crate) fn decrement(&self, _: f64) {}
        pub(crate) fn set(&self, _: f64) {}
    }

    impl Histogram {
        pub(crate) fn record(&self, _: f64) {}
    }

    impl Metric {
        pub(crate) fn counter(&self, _: &[&str]) -> Counter {
            Counter
        }
        pub(crate) fn gauge(&self, _: &[&str]) -> Gauge {
            Gauge
        }
        pub(crate) fn histogram(&self, _: &[&str]) -> Histogram {
            Histogram
        }
    }

    pub(crate) fn describe() {}
}
