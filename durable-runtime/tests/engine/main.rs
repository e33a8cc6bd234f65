//! The engine from outside: whole workers on the memory store and a virtual clock.

mod activities;
mod cancel;
mod children;
mod coded;
mod crash;
mod faulty;
mod ids;
mod limits;
mod misfits;
mod ownership;
mod parallel;
mod pause;
mod places;
mod queues;
mod retention;
mod retry;
mod sagas;
mod schedules;
mod search;
mod several;
mod signals;
mod support;
mod terms;
mod transact;
mod trouble;
mod updates;
