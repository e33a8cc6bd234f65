//! Loops over pieces of a slice, and borrows of constants.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalent;

equivalent! {
    with [(vec![1, 2, 3, 4, 5], 2), (vec![], 1), (vec![7, 8, 9], 3)];
    async fn pieces_that_change(mut v: Vec<u32>, size: usize) -> Vec<u32> {
        for piece in v.chunks_mut(size) {
            piece[0] += act("a", piece.len() as u32).await;
            note("piece", &*piece);
            piece.reverse();
        }
        for (i, piece) in v.chunks_mut(2).enumerate() {
            let n = act("b", i).await;
            piece[n % piece.len()] += 10;
        }
        for piece in v.chunks_mut(size).rev() {
            let first = act("c", piece[0]).await;
            piece.fill(first + 1);
        }
        v
    }
}

equivalent! {
    with [(vec![1, 2, 3, 4, 5], 2), (vec![], 1), (vec![7, 8, 9], 3)];
    async fn exact_pieces(v: Vec<u32>, size: usize) -> u32 {
        let mut sum = 0;
        for piece in v.chunks_exact(size) {
            sum += act("a", piece[0]).await;
            note("piece", piece);
        }
        for (i, piece) in v.chunks_exact(2).enumerate() {
            sum += act("b", i as u32).await;
            note("piece", (i, piece));
        }
        for piece in v.chunks_exact(size).rev() {
            sum ^= act("c", piece.len() as u32).await;
            note("piece", piece);
        }
        for (i, piece) in v.chunks_exact(2).rev().enumerate() {
            sum ^= act("d", piece[1]).await;
            note("piece", (i, piece));
        }
        sum
    }
}

const LIMIT: u32 = 7;
const TABLE: [u32; 3] = [1, 2, 3];
static RATE: u32 = 3;
static RATES: [u32; 2] = [4, 5];
static NAME: &str = "static";

equivalent! {
    with [(0), (1)];
    async fn borrows_of_constants(i: usize) -> u32 {
        let limit = &LIMIT;
        let rate = &RATE;
        let entry = &TABLE[i];
        let one = &RATES[i];
        let name = &NAME;
        let n = act("a", *limit).await;
        note("seen", (limit, rate, entry, one, name));
        for entry in &TABLE {
            act("b", *entry + *rate).await;
            note("entry", (entry, one));
        }
        match &RATES {
            [first, rest @ ..] => {
                tick().await;
                note("rest", (first, rest));
            }
        }
        n + *entry + *one
    }
}

equivalent! {
    with [(vec![3, 1, 2]), (vec![4]), (vec![])];
    async fn each_adaptor_alone(v: Vec<u32>) -> u32 {
        let mut sum = 0;
        for x in v.iter().enumerate() { sum += act("enumerate", *x.1).await; note("x", x); }
        for x in v.iter().rev() { sum += act("rev", *x).await; note("x", x); }
        for x in v.iter().skip(1) { sum += act("skip", *x).await; note("x", x); }
        for x in v.iter().take(2) { sum += act("take", *x).await; note("x", x); }
        for x in v.iter().step_by(2) { sum += act("step", *x).await; note("x", x); }
        for x in v.iter().chain(&[9]) { sum += act("chain", *x).await; note("x", x); }
        for x in v.iter().zip(v.iter()) { sum += act("zip", *x.0).await; note("x", x); }
        for x in v.iter().copied() { sum += act("copied", x).await; note("x", x); }
        for x in v.iter().cloned() { sum += act("cloned", x).await; note("x", x); }
        for x in v.windows(2) { sum += act("windows", x[0]).await; note("x", x); }
        sum
    }
}
