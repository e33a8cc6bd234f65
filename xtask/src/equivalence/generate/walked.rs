//! Iterators that are advanced by hand across awaits, and loops over borrowed hash maps and through mutable
//! borrows.

use super::{Gen, Ty};

impl Gen {
    /// Saved as the items that are left.
    pub(super) fn owned_by_hand_across(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (list, rest, x) = (
            self.unique("list"),
            self.unique("rest"),
            self.unique("next"),
        );
        let source = self.value(&Ty::vec(Ty::U32), 2);
        let (call, other, n) = (self.call_name(), self.call_name(), self.unique("n"));
        let held: Vec<_> = self.scope.visible().collect();
        let pause = self.holding(&held, |g| g.staying(Self::pause));
        let turn = format!("let {n} = act(\"{call}\", {x}).await;\n");
        let (kind, made, walked) = match self.rng.u32(..4) {
            0 => (
                "`next` of what is owned, across awaits",
                "into_iter()",
                format!(
                    "while let Some({x}) = {rest}.next() {{\n{turn}{pause}note(\"{rest}\", ({n}, {rest}.len()));\n}}\n"
                ),
            ),
            1 => (
                "`rev` of what is owned, across awaits",
                "into_iter().rev()",
                format!(
                    "if let Some({x}) = {rest}.next() {{\n{turn}{pause}note(\"{rest}\", {n});\n}}\n\
                     let {x} = {rest}.next();\n{turn}note(\"{rest}\", ({n}, {rest}.next()));\n"
                ),
            ),
            2 => (
                "`peekable` of what is owned, across awaits",
                "into_iter().peekable()",
                format!(
                    "while let Some({x}) = {rest}.next() {{\n{turn}{pause}note(\"{rest}\", ({n}, {rest}.peek().copied()));\n}}\n"
                ),
            ),
            _ => (
                "`next_back` of what is owned, across awaits",
                "into_iter()",
                format!(
                    "while let Some({x}) = {rest}.next_back() {{\n{turn}{pause}\
                     let {x} = {rest}.next();\nact(\"{other}\", ({x}, {n})).await;\n}}\n"
                ),
            ),
        };
        self.hit(kind);
        Some(format!(
            "let mut {list}: Vec<u32> = {source};\n{list}.extend([4, 9, 2]);\n\
             let mut {rest} = {list}.{made};\n{walked}"
        ))
    }

    /// What is summed does not show the order.
    pub(super) fn for_borrowed_hash(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id) = self.known(&Ty::Hash(Box::new(Ty::U32)));
        let (map, k, v) = (self.name_of(id), self.unique("k"), self.unique("v"));
        let (set, sum) = (self.unique("set"), self.unique("sum"));
        let (call, n) = (self.call_name(), self.unique("n"));
        let both = format!("({k}, {v})");
        let seen = format!("*{k} ^ *{v}");
        let change = format!("*{v} ^= {n} / 2;\n");
        let collected = format!("let {set}: HashedSet<u32> = {map}.values().copied().collect();\n");
        let (kind, before, pattern, source, change, seen) = match self.rng.u32(..7) {
            0 => (
                "for over `&` of a hash map",
                "",
                both,
                format!("&{map}"),
                "",
                seen,
            ),
            1 => (
                "for over `iter` of a hash map",
                "",
                both,
                format!("{map}.iter()"),
                "",
                seen,
            ),
            2 => (
                "for over `&mut` of a hash map",
                "",
                both,
                format!("&mut {map}"),
                &*change,
                seen,
            ),
            3 => (
                "for over `iter_mut` of a hash map",
                "",
                both,
                format!("{map}.iter_mut()"),
                &*change,
                seen,
            ),
            4 => (
                "for over `keys` of a hash map",
                "",
                k.clone(),
                format!("{map}.keys()"),
                "",
                format!("*{k}"),
            ),
            5 => (
                "for over `&` of a hash set",
                &*collected,
                v.clone(),
                format!("&{set}"),
                "",
                format!("*{v}"),
            ),
            _ => (
                "for over `iter` of a hash set",
                &*collected,
                v.clone(),
                format!("{set}.iter()"),
                "",
                format!("*{v}"),
            ),
        };
        self.hit(kind);
        Some(format!(
            "{declared}{map}.insert(40, 11);\n{before}let mut {sum} = 0_u32;\n\
             for {pattern} in {source} {{\nlet {n} = act(\"{call}\", 7_u32).await;\n{change}{sum} ^= {seen} ^ {n};\n}}\n\
             note(\"{sum}\", {sum});\n"
        ))
    }

    /// Chains over a `&mut`, and pieces of one.
    pub(super) fn for_mutable_chain(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id) = self.known(&Ty::vec(Ty::U32));
        let (list, i, x) = (self.name_of(id), self.unique("i"), self.unique("x"));
        let (call, n) = (self.call_name(), self.unique("n"));
        let whole = format!("*{x}");
        let (kind, pattern, chain, place) = match self.rng.u32(..5) {
            0 => (
                "`enumerate` of a mutable borrow",
                format!("({i}, {x})"),
                "iter_mut().enumerate()",
                whole,
            ),
            1 => (
                "`zip` of a mutable borrow",
                format!("({x}, {i})"),
                "iter_mut().zip(5_usize..)",
                whole,
            ),
            2 => (
                "`rev` of a mutable borrow",
                x.clone(),
                "iter_mut().rev()",
                whole,
            ),
            3 => (
                "pieces of a mutable borrow",
                x.clone(),
                "chunks_mut(2)",
                format!("{x}[0]"),
            ),
            _ => (
                "pieces of a mutable borrow",
                format!("({i}, {x})"),
                "chunks_mut(2).enumerate()",
                format!("{x}[0]"),
            ),
        };
        let by = if pattern.starts_with('(') {
            format!("{i} as u32")
        } else {
            "3".to_owned()
        };
        self.hit(kind);
        Some(format!(
            "{declared}{list}.extend([8, 5, 6]);\nfor {pattern} in {list}.{chain} {{\n{place} ^= 1;\n\
             let {n} = act(\"{call}\", {place}).await;\n{place} ^= {n} / 2 ^ {by};\n}}\n\
             note(\"{n}\", {list}.clone());\n"
        ))
    }
}
