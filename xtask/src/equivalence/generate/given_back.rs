//! Helper workflows that change what their caller lends them.

use super::{Gen, Ty};

impl Gen {
    pub(super) fn changing_helper(&mut self) -> Option<String> {
        // What a branch that may lose has lent is lost with it: that is refused.
        if !self.calls_helpers() || self.apart || self.forks > 0 {
            return None;
        }
        let (name, call, note) = (self.unique("helper"), self.unique("c"), self.unique("n"));
        let name = format!("{}_{name}", self.program);
        let fails = self.chance(50);
        let (returns, early, last) = match fails {
            true => (
                Ty::Result(Box::new(Ty::U32)),
                "checked(*n)?;\n".to_owned(),
                "Ok(*n ^ list.len() as u32)".to_owned(),
            ),
            false => (
                Ty::U32,
                format!("if *n % 3 == 1 {{ return note(\"{note}\", 7); }}\n"),
                "*n ^ list.len() as u32".to_owned(),
            ),
        };
        let (inside, more) = self
            .inside_apart(&returns, |g| {
                let inside = g.block(|g| g.inside(1));
                inside + "\u{0}" + &g.block(|g| g.inside(1))
            })
            .split_once('\u{0}')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))?;
        let body = format!(
            "*n ^= act(\"{call}\", *n).await;\nlist.push(*n);\n{{\n{inside}}}\n{early}\
             for item in list.iter_mut() {{\n*item ^= act(\"{call}\", *item / 2).await;\n}}\n\
             {{\n{more}}}\nlist.push(text.len() as u32);\n*n /= 2;\n{last}\n"
        );
        let signature =
            format!("{name}(list: &mut Vec<u32>, text: &str, n: &mut u32) -> {returns}");
        self.add_helper(&signature, &body);
        let mut calls = String::new();
        for _ in 0..self.rng.u32(1..3) {
            let (one, list) = self.known(&Ty::vec(Ty::U32));
            let (two, text, three, n) = self.holding(&[list], |g| {
                let (two, text) = g.known(&Ty::String);
                let of = [Ty::U32, Ty::Point, Ty::Array(Box::new(Ty::U32))];
                let of = g.choose(&of).clone();
                let (three, n) = g.holding(&[text], |g| g.known(&of));
                let name = g.name_of(n);
                let n = match of {
                    Ty::Point => format!("{name}.y"),
                    Ty::Array(_) => format!("{name}[{} as usize % 3]", g.leaf(&Ty::U32)),
                    _ => name,
                };
                (two, text, three, n)
            });
            let [list, text] = [list, text].map(|id| self.name_of(id));
            let r = self.unique("changed");
            self.scope.declare(&r, returns.clone(), false);
            let shown = self.show(&[&list, &r]);
            calls += &format!(
                "{one}{two}{three}let {r} = {name}(&mut {list}, &{text}, &mut {n}).await;\n{shown}"
            );
        }
        Some(calls)
    }
}
