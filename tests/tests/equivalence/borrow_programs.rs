//! Borrows in programs of some size: shadowed, nested, unique, taken again.

use durable_tests::equivalent;

equivalent! {
    with [(1), (7)];
    async fn borrows_of_shadowed_names(n: u32) -> u32 {
        let x = n;
        let r = &x;
        {
            let x = act("x", *r + 1).await;
            let q = &x;
            act("q", *q).await;
            let x = *q + *r;
            act("x", x).await;
            let r = &x;
            act("r", *r).await;
            if *r > 3 { return *r + *q; }
        }
        *r
    }
}

equivalent! {
    with [(3)];
    async fn nested_loops_over_unique_borrows(n: u32) -> Vec<Vec<u32>> {
        let mut grid = vec![vec![0; n as usize]; 2];
        'rows: for (i, row) in grid.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                *cell = act("c", (i * 10 + j) as u32).await;
                if *cell == 11 { continue 'rows; }
                let c = &mut *cell;
                act("w", *c).await;
                *c += 1;
            }
            act("row", row.clone()).await;
            row.push(99);
        }
        let first = &mut grid[0];
        act("f", first.len()).await;
        first.push(1);
        let (x, y) = grid.split_at_mut(1);
        x[0].extend(y[0].iter());
        grid
    }
}
