//! The values whose methods are activities.

use super::{ActivityDef, ActivityFn};
use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value of any type that has activities; of a free function's, nothing.
pub type Instance = Arc<dyn Any + Send + Sync>;

/// A type with activities as methods; implemented by [`#[activities]`](macro@crate::activities).
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no activities",
    label = "a value with activities as methods is expected here",
    note = "put `#[activities]` on an impl block of it, and `#[activity]` on methods in that",
    note = "code: durable D01"
)]
pub trait Activities: Send + Sync + 'static {}

/// Which type a method belongs to.
#[derive(Clone, Copy, Debug)]
pub struct InstanceType {
    /// Its identity.
    pub id: TypeId,
    /// Its name, for people.
    pub name: &'static str,
}

/// Of this type.
#[must_use]
pub fn instance_type<T: 'static>() -> InstanceType {
    InstanceType {
        id: TypeId::of::<T>(),
        name: type_name::<T>(),
    }
}

/// The value on which a method runs.
///
/// # Panics
/// When it is of another type: a bug in the registry.
#[must_use]
pub fn instance<T: 'static>(instance: &Instance) -> &T {
    instance
        .downcast_ref()
        .expect("the registry knows the type")
}

/// What a free function runs on.
pub(crate) fn nothing() -> Instance {
    Arc::new(())
}

/// Activities of a worker that are methods of a type of which it has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the activities {activities} of this binary are methods of `{ty}`, and the worker has no such \
     value: give it one by `.with(…)`, or say by `.without::<{ty}>()` that it runs none of them"
)]
pub struct Missing {
    activities: String,
    ty: &'static str,
}

/// The methods of a registry, and the values that they run on.
#[derive(Clone, Default)]
pub(super) struct Instances {
    methods: BTreeMap<&'static str, &'static ActivityDef>,
    values: BTreeMap<TypeId, Instance>,
    /// Types of which there is none on purpose.
    without: Vec<TypeId>,
}

impl Instances {
    /// Takes in a method; its body, if there is a value.
    pub(super) fn method(
        &mut self,
        def: &'static ActivityDef,
        on: InstanceType,
    ) -> Option<ActivityFn> {
        self.methods.insert(def.name, def);
        Some(bound(def, self.values.get(&on.id)?))
    }

    /// Takes in a value; the bodies of its methods.
    pub(super) fn value<T: Activities>(
        &mut self,
        value: Arc<T>,
    ) -> Vec<(&'static str, ActivityFn)> {
        let (of, value): (_, Instance) = (TypeId::of::<T>(), value);
        let methods = self.methods.values();
        let own = methods.filter(|def| def.on.is_some_and(|on| on().id == of));
        let bodies = own.map(|def| (def.name, bound(def, &value))).collect();
        self.values.insert(of, value);
        bodies
    }

    pub(super) fn without<T: Activities>(&mut self) {
        self.without.push(TypeId::of::<T>());
    }

    /// A type of which there should be a value. `has`: activities with a body of their own.
    pub(super) fn missing(&self, has: impl Fn(&str) -> bool) -> Option<Missing> {
        let wanted = |def: &&&'static ActivityDef| {
            let on = def.on.map(|on| on());
            on.is_some_and(|on| !self.without.contains(&on.id)) && !has(def.name)
        };
        let first = self.methods.values().find(wanted)?;
        let ty = (first.on?)();
        let all = self.methods.values().filter(wanted);
        let own = all.filter(|def| def.on.is_some_and(|on| on().id == ty.id));
        let names: Vec<_> = own.map(|def| format!("`{}`", def.name)).collect();
        Some(Missing {
            activities: names.join(", "),
            ty: ty.name,
        })
    }
}

fn bound(def: &'static ActivityDef, value: &Instance) -> ActivityFn {
    let value = value.clone();
    Arc::new(move |context, args| (def.run)(&value, context, args))
}
