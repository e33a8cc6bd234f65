//! SQLite. (Under construction.)
