//! Several futures at once, for the plain copy: what is spawned, and lists of futures.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static TASKS: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
}

/// Polls what was spawned; whether something ended, for which the function may wait.
pub(super) fn poll_all(context: &mut Context<'_>) -> bool {
    let (mut left, mut ended) = (Vec::new(), false);
    for mut task in TASKS.take() {
        match task.as_mut().poll(context) {
            Poll::Ready(()) => ended = true,
            Poll::Pending => left.push(task),
        }
    }
    TASKS.with_borrow_mut(|tasks| {
        left.append(tasks);
        *tasks = left;
    });
    ended
}

/// Gives up what is still under way when the function ends.
pub(super) fn give_up() {
    drop(TASKS.take());
}

/// Runs beside the function.
pub fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    let output = Rc::new(RefCell::new(None));
    let ended = Rc::new(Cell::new(false));
    let handle = JoinHandle {
        output: Rc::clone(&output),
        ended: Rc::clone(&ended),
    };
    TASKS.with_borrow_mut(|tasks| {
        tasks.push(Box::pin(async move {
            output.replace(Some(future.await));
            ended.set(true);
        }));
    });
    handle
}

/// Gives what the future gave that was spawned.
#[derive(Debug)]
pub struct JoinHandle<T> {
    output: Rc<RefCell<Option<T>>>,
    ended: Rc<Cell<bool>>,
}

impl<T> JoinHandle<T> {
    /// Whether it has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.ended.get()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        self.output.take().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Futures that run beside the function, and are joined in the order in which they end.
#[derive(Debug)]
pub struct JoinSet<T> {
    ended: Rc<RefCell<VecDeque<T>>>,
    open: usize,
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> JoinSet<T> {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ended: Rc::default(),
            open: 0,
        }
    }

    /// How many have not been joined.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open
    }

    /// Whether all have been joined.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open == 0
    }

    /// What ended first and was not joined; `None` if nothing is left.
    pub async fn join_next(&mut self) -> Option<T> {
        if self.open == 0 {
            return None;
        }
        let next = std::future::poll_fn(|_| match self.ended.borrow_mut().pop_front() {
            Some(output) => Poll::Ready(output),
            None => Poll::Pending,
        })
        .await;
        self.open -= 1;
        Some(next)
    }
}

impl<T: 'static> JoinSet<T> {
    /// Runs beside the function.
    pub fn spawn(&mut self, future: impl Future<Output = T> + 'static) {
        self.open += 1;
        let ended = Rc::clone(&self.ended);
        TASKS.with_borrow_mut(|tasks| {
            tasks.push(Box::pin(async move {
                let output = future.await;
                ended.borrow_mut().push_back(output);
            }));
        });
    }
}

impl<T: 'static, F: Future<Output = T> + 'static> Extend<F> for JoinSet<T> {
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        futures.into_iter().for_each(|future| self.spawn(future));
    }
}

impl<T: 'static, F: Future<Output = T> + 'static> FromIterator<F> for JoinSet<T> {
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        set.extend(futures);
        set
    }
}

/// Waits for all; gives their outputs in the order of the list.
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let all = futures
        .into_iter()
        .map(|future| async move { Ok::<_, std::convert::Infallible>(future.await) });
    match try_join_all(all).await {
        Ok(outputs) => outputs,
    }
}

/// Waits for all, or for the first that fails.
pub async fn try_join_all<T, E, F: Future<Output = Result<T, E>>>(
    futures: impl IntoIterator<Item = F>,
) -> Result<Vec<T>, E> {
    let mut open: Vec<_> = futures
        .into_iter()
        .map(|future| (Box::pin(future), None))
        .collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut open {
            if output.is_none()
                && let Poll::Ready(ended) = future.as_mut().poll(context)
            {
                match ended {
                    Ok(value) => *output = Some(value),
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
        }
        if open.iter().any(|(_, output)| output.is_none()) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(open
            .drain(..)
            .filter_map(|(_, output)| output)
            .collect()))
    })
    .await
}
