//! Domain types shared by the examples.
