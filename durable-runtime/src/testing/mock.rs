//! Closures in place of activities, checked against the activity's own types.
//!
//! ```text
//!   charge: fn(Order) -> ActivityCall<Payment, PaymentError>     Activity<(Order,)>
//!   |order: Order| Ok(Payment { … })                             Mock<(Order,), Payment, PaymentError, _>
//! ```

use crate::Durable;
use crate::codec::{self, Args};
use crate::operation::{ActivityCall, Infallible};
use crate::registry::{ActivityDef, ActivityFn, AttemptEnd, activities};
use serde::Deserialize;
use std::any::TypeId;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

/// The function of an `#[activity]`, named without calling it: `charge`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an activity",
    label = "the name of an `#[activity]` function is expected here",
    note = "name the function itself, without arguments: `charge`, and not `charge(order)`"
)]
pub trait Activity<Args>: 'static {
    /// What it gives.
    type Value: Durable;
    /// The error that it may give instead; [`Infallible`] if it returns no `Result`.
    type Error: Durable;
}

/// A closure that can stand in for an activity with these parameters, value and error.
pub trait Mock<Args, T, E, How>: Send + Sync + 'static {
    /// Decodes the arguments, and is then called with them.
    #[doc(hidden)]
    fn run(
        self: Arc<Self>,
        params: &'static [&'static str],
        args: &[u8],
    ) -> Result<Answering<T, E>, codec::Error>;
}

/// An answer under way.
type Answering<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// What a mock gives: the activity's output, or a future of it.
#[diagnostic::on_unimplemented(
    message = "the closure gives another type than the activity",
    label = "this closure gives `{Self}`",
    note = "the activity gives a `{T}`, and fails with a `{E}`: a mock of it gives `Result<{T}, {E}>` (the value alone if the activity returns no `Result`), or a future of that"
)]
pub trait Answer<T, E, How> {
    /// The answer.
    #[doc(hidden)]
    fn answer(self) -> impl Future<Output = Result<T, E>> + Send;
}

/// A `Result`.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsResult;
/// The value of an activity that returns no `Result`.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsValue;
/// A future of either.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsFuture<How>(std::marker::PhantomData<How>);

impl<T: Send, E: Send> Answer<T, E, AsResult> for Result<T, E> {
    fn answer(self) -> impl Future<Output = Self> + Send {
        std::future::ready(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send> Answer<T, Infallible, AsValue> for T {
    fn answer(self) -> impl Future<Output = Result<T, Infallible>> + Send {
        std::future::ready(Ok(self))
    }
}

#[diagnostic::do_not_recommend]
impl<F, T, E, How> Answer<T, E, AsFuture<How>> for F
where
    F: Future<Output: Answer<T, E, How> + Send> + Send,
{
    async fn answer(self) -> Result<T, E> {
        self.await.answer().await
    }
}

/// A parameter of a mock for a parameter `A` of the activity: the same type, or an owned one for a
/// reference.
#[diagnostic::on_unimplemented(
    message = "the closure takes a `{Self}` where the activity takes a `{A}`",
    label = "a parameter of this closure has another type than the activity's",
    note = "a mock takes what the activity takes; for a reference (`&T`, `&str`, `&[T]`) it takes the owned value (`T`, `String`, `Vec<T>`)"
)]
pub trait Receives<A>: Deserialize<'static> + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Deserialize<'static> + Send + 'static> Receives<T> for T {}
#[diagnostic::do_not_recommend]
impl<T: Deserialize<'static> + Send + 'static> Receives<&T> for T {}
#[diagnostic::do_not_recommend]
impl<T: Deserialize<'static> + Send + 'static> Receives<&[T]> for Vec<T> {}
#[diagnostic::do_not_recommend]
impl Receives<&str> for String {}
#[diagnostic::do_not_recommend]
impl Receives<&Path> for PathBuf {}

macro_rules! of_arities {
    ($(($($A:ident $P:ident $p:ident),*))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<F, T, E, $($A),*> Activity<($($A,)*)> for F
        where
            F: Fn($($A),*) -> ActivityCall<T, E> + 'static,
            T: Durable,
            E: Durable,
        {
            type Value = T;
            type Error = E;
        }

        impl<M, R, T, E, How, $($A, $P),*> Mock<($($A,)*), T, E, (How, $($P,)*)> for M
        where
            M: Fn($($P),*) -> R + Send + Sync + 'static,
            R: Answer<T, E, How>,
            $($P: Receives<$A>,)*
        {
            #[allow(unused_mut, unused_variables, reason = "there may be no parameter")]
            fn run(
                self: Arc<Self>,
                params: &'static [&'static str],
                args: &[u8],
            ) -> Result<Answering<T, E>, codec::Error> {
                let mut args = Args::open(args)?;
                let mut params = params.iter();
                $(let $p: $P = args.get(params.next().copied().unwrap_or_default())?;)*
                Ok(Box::pin(async move { self($($p),*).answer().await }))
            }
        }
    )*};
}

of_arities! {
    ()
    (A0 P0 p0)
    (A0 P0 p0, A1 P1 p1)
    (A0 P0 p0, A1 P1 p1, A2 P2 p2)
    (A0 P0 p0, A1 P1 p1, A2 P2 p2, A3 P3 p3)
    (A0 P0 p0, A1 P1 p1, A2 P2 p2, A3 P3 p3, A4 P4 p4)
    (A0 P0 p0, A1 P1 p1, A2 P2 p2, A3 P3 p3, A4 P4 p4, A5 P5 p5)
    (A0 P0 p0, A1 P1 p1, A2 P2 p2, A3 P3 p3, A4 P4 p4, A5 P5 p5, A6 P6 p6)
    (A0 P0 p0, A1 P1 p1, A2 P2 p2, A3 P3 p3, A4 P4 p4, A5 P5 p5, A6 P6 p6, A7 P7 p7)
}

/// The activity that this function calls.
///
/// # Panics
/// When it is not the function that `#[activity]` has generated, but one around it.
pub(super) fn definition<A, F: Activity<A>>(_: &F) -> &'static ActivityDef {
    let of = TypeId::of::<F>();
    let found = activities().find(|def| (def.of)() == of);
    found.unwrap_or_else(|| {
        panic!(
            "`{}` is not the function of an `#[activity]` that is linked into this test",
            std::any::type_name::<F>()
        )
    })
}

/// The body that calls a mock.
pub(super) fn body<A, F, M, How>(def: &'static ActivityDef, mock: M) -> ActivityFn
where
    A: 'static,
    F: Activity<A>,
    M: Mock<A, F::Value, F::Error, How>,
    How: 'static,
{
    let mock = Arc::new(mock);
    Arc::new(move |_, args| {
        let answering = mock.clone().run(def.params, args)?;
        Ok(Box::pin(async move { ended(def, answering.await) }))
    })
}

/// The end of an attempt of the activity with this output.
pub(super) fn ended<T: Durable, E: Durable>(
    def: &'static ActivityDef,
    output: Result<T, E>,
) -> AttemptEnd {
    (def.end)(Box::new(output)).expect("the activity's own types, by `Activity`")
}
