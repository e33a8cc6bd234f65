//! The conformance suite of stores. (Under construction.)
