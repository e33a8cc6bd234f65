//! Many branches, and branches deep inside each other.

use durable_tests::equivalent;

equivalent! {
    with [(1)];
    async fn fifty_operations(n: u32) -> (u32, u32) {
        let all = join!(
            act("j0", n + 0), act("j1", n + 1), act("j2", n + 2), act("j3", n + 3), act("j4", n + 4), act("j5", n + 5), act("j6", n + 6), act("j7", n + 7), act("j8", n + 8), act("j9", n + 9), act("j10", n + 10), act("j11", n + 11), act("j12", n + 12), act("j13", n + 13), act("j14", n + 14), act("j15", n + 15), act("j16", n + 16), act("j17", n + 17), act("j18", n + 18), act("j19", n + 19), act("j20", n + 20), act("j21", n + 21), act("j22", n + 22), act("j23", n + 23), act("j24", n + 24), act("j25", n + 25), act("j26", n + 26), act("j27", n + 27), act("j28", n + 28), act("j29", n + 29), act("j30", n + 30), act("j31", n + 31), act("j32", n + 32), act("j33", n + 33), act("j34", n + 34), act("j35", n + 35), act("j36", n + 36), act("j37", n + 37), act("j38", n + 38), act("j39", n + 39), act("j40", n + 40), act("j41", n + 41), act("j42", n + 42), act("j43", n + 43), act("j44", n + 44), act("j45", n + 45), act("j46", n + 46), act("j47", n + 47), act("j48", n + 48), act("j49", n + 49),
        );
        let (x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30, x31, x32, x33, x34, x35, x36, x37, x38, x39, x40, x41, x42, x43, x44, x45, x46, x47, x48, x49) = all;
        (x0 + x49, [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30, x31, x32, x33, x34, x35, x36, x37, x38, x39, x40, x41, x42, x43, x44, x45, x46, x47, x48, x49].iter().sum())
    }
}

equivalent! {
    with [(1), (4)];
    async fn twenty_ways(n: u32) -> u32 {
        let won = select! {
            x = act("s0", n + 0), if n + 0 != 7 => x + 0,
            x = async { let x = act("a1", n).await; act("b1", x + 1).await } => x + 100,
            x = async { let x = act("a2", n).await; act("b2", x + 2).await } => x + 200,
            x = act("s3", n + 3), if n + 3 != 7 => x + 300,
            x = async { let x = act("a4", n).await; act("b4", x + 4).await } => x + 400,
            x = async { let x = act("a5", n).await; act("b5", x + 5).await } => x + 500,
            x = act("s6", n + 6), if n + 6 != 7 => x + 600,
            x = async { let x = act("a7", n).await; act("b7", x + 7).await } => x + 700,
            x = async { let x = act("a8", n).await; act("b8", x + 8).await } => x + 800,
            x = act("s9", n + 9), if n + 9 != 7 => x + 900,
            x = async { let x = act("a10", n).await; act("b10", x + 10).await } => x + 1000,
            x = async { let x = act("a11", n).await; act("b11", x + 11).await } => x + 1100,
            x = act("s12", n + 12), if n + 12 != 7 => x + 1200,
            x = async { let x = act("a13", n).await; act("b13", x + 13).await } => x + 1300,
            x = async { let x = act("a14", n).await; act("b14", x + 14).await } => x + 1400,
            x = act("s15", n + 15), if n + 15 != 7 => x + 1500,
            x = async { let x = act("a16", n).await; act("b16", x + 16).await } => x + 1600,
            x = async { let x = act("a17", n).await; act("b17", x + 17).await } => x + 1700,
            x = act("s18", n + 18), if n + 18 != 7 => x + 1800,
            x = async { let x = act("a19", n).await; act("b19", x + 19).await } => x + 1900,
        };
        act("after", won).await
    }
}

equivalent! {
    with [(1), (2)];
    async fn four_deep(n: u32) -> (u32, Vec<u32>) {
        let mut count = 0;
        let mut log = Vec::new();
        let shared = vec![n, 2, 3];
        let (a, (b, ())) = join!(
            act("a", n),
            async {
                count += act("one", 1).await;
                let inner = join!(
                    async {
                        let x = select! {
                            x = async {
                                let (x, y) = join!(
                                    async { for s in &shared { count += act("four", *s).await; } act("x", 4).await },
                                    async { log.push(act("list", shared.len()).await as u32); log.push(shared[0]); 7 },
                                );
                                count += 100;
                                x + y
                            } => x,
                            y = async { act("p", 1).await; act("q", 2).await; act("r", 3).await } => y + 50,
                        };
                        act("three", x).await
                    },
                    async { tick().await; tick().await },
                );
                count += 1;
                inner
            },
        );
        act("end", count).await;
        log.push(a + b);
        (count, log)
    }
}
