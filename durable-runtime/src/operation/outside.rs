//! What rustc says where an operation is awaited in a function that is no workflow.
//!
//! Only the machine of a workflow can carry an operation out. `IntoFuture` under a bound that nothing meets
//! gives the error the words of that bound.

use super::{
    ActivityCall, Child, JoinHandle, JoinNext, Recv, RecvUpdate, Sleep, Timeout, WorkflowCall,
};
use std::future::{IntoFuture, Ready};

/// Nothing: operations are awaited in workflows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is awaited in a function that is not a workflow",
    label = "only a workflow can await this",
    note = "write `#[workflow]` on the function: a helper that awaits activities, timers or signals is a workflow too, and runs inline where it is awaited",
    note = "code: durable D14"
)]
pub trait AwaitedInAWorkflow {}

macro_rules! only_in_workflows {
    ($([$($param:tt)*] $operation:ty;)*) => {$(
        impl<$($param)*> IntoFuture for $operation
        where
            // Else rustc would refuse the bound itself, since it can never be met.
            for<'never> $operation: AwaitedInAWorkflow,
        {
            type Output = std::convert::Infallible;
            type IntoFuture = Ready<Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                unreachable!("no operation is awaited outside of a workflow")
            }
        }
    )*};
}

only_in_workflows! {
    [T, E] ActivityCall<T, E>;
    [R, F] WorkflowCall<R, F>;
    [R] Child<R>;
    [T] JoinHandle<T>;
    ['set, T] JoinNext<'set, T>;
    [T] Recv<T>;
    [Req, Resp] RecvUpdate<Req, Resp>;
    [O] Timeout<O>;
    [] Sleep;
}
