//! The graph of each small function, as text. Names are the shape of the graph; `+` binds, `=`
//! assigns, `?` uses. `UPDATE_EXPECT=1 cargo test -p durable-macros` writes them anew.

use super::lowered;
use expect_test::Expect;

mod branches;
mod expressions;
mod forks;
mod loops;
mod statements;

fn check(source: &str, expected: &Expect) {
    expected.assert_eq(&lowered(source).to_string());
}
