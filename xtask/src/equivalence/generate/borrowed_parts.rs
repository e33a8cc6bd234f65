//! Patterns that borrow parts, and parts that are moved out.

use super::{Gen, Ty};

impl Gen {
    /// What a slice pattern or an alternative within a pattern borrows is needed after an await.
    pub(super) fn borrowed_parts(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (a, b, note) = (self.unique("a"), self.unique("b"), self.unique("n"));
        if self.chance(15) {
            self.hit("unique borrow of values");
            let (number, text) = self.quietly(|g| (g.value(&Ty::U32, 1), g.value(&Ty::String, 1)));
            let (pause, again) = (self.pause(), self.pause());
            return Some(format!(
                "match &mut ({number}, {text}) {{\n({a}, {b}) => {{\n{pause}*{a} ^= act(\"{note}\", 1).await;\n\
                 {b}.push('u');\n{again}note(\"{note}\", (&*{a}, &*{b}));\n}}\n}}\n"
            ));
        }
        if self.chance(50) {
            let (declared, id) = self.known(&Ty::vec(Ty::U32));
            let list = self.name_of(id);
            let body = self.holding(&[id], |g| g.block(|g| g.pause() + &g.inside(1)));
            self.hit("slice pattern that borrows");
            return Some(
                declared
                    + &match self.rng.u32(..4) {
                        0 => format!(
                            "if let [{a}, .., {b}] = &{list}[..] {{\n{body}note(\"{note}\", ({a}, {b}));\n}}\n"
                        ),
                        1 => format!(
                            "match {list}.as_slice() {{\n[] => {{}}\n[{a}] => {{\n{body}note(\"{note}\", *{a});\n}}\n[{a}, {b} @ ..] => {{\n{body}note(\"{note}\", ({a}, {b}.len()));\n}}\n}}\n"
                        ),
                        2 => format!(
                            "if let &[{a}, ref {b} @ ..] = &{list}[..] {{\n{body}note(\"{note}\", ({a}, {b}.to_vec()));\n}}\n"
                        ),
                        _ => format!(
                            "if let Some({a}) = {list}.first() && let [.., {b}] = &{list}[..] && act(\"{note}\", *{a}).await <= *{b} {{\n{body}note(\"{note}\", ({a}, {b}));\n}}\n"
                        ),
                    },
            );
        }
        let (declared, id) = self.known(&Ty::Shape);
        let shape = self.name_of(id);
        let body = self.holding(&[id], |g| g.block(|g| g.pause() + &g.inside(1)));
        self.hit("alternatives within a pattern");
        Some(
            declared
                + &match self.rng.u32(..3) {
                    0 => format!(
                        "match &{shape} {{\nShape::Circle({a} @ (1 | 2 | 5..)) | Shape::Rect {{ w: {a}, .. }} => {{\n{body}note(\"{note}\", *{a});\n}}\nShape::Named({a}, {b}) if !{b}.is_empty() => {{\n{body}note(\"{note}\", ({a}, {b}));\n}}\n_ => {{}}\n}}\n"
                    ),
                    1 => format!(
                        "if let Shape::Named({a}, {b}) = &{shape} && let [first, ..] = &{b}[..] {{\n{body}note(\"{note}\", ({a}.len(), first));\n}} else if let Shape::Circle({a} @ (1..=5 | 9)) | Shape::Rect {{ h: {a}, .. }} = &{shape} {{\n{body}note(\"{note}\", *{a});\n}}\n"
                    ),
                    _ => format!(
                        "match {shape} {{\nShape::Named(ref {a}, ref {b}) => {{\n{body}note(\"{note}\", ({a}, {b}));\n}}\nShape::Rect {{ w: {a} @ 2.., h: {b} }} | Shape::Rect {{ h: {a}, w: {b} }} => {{\n{body}note(\"{note}\", ({a}, {b}));\n}}\nref {a} @ (Shape::Dot | Shape::Circle(_)) => {{\n{body}note(\"{note}\", format!(\"{{{a}:?}}\"));\n}}\n}}\n"
                    ),
                },
        )
    }

    /// A part goes, and comes back or is not missed at the next await.
    pub(super) fn partial_move(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (p, part, r) = (self.unique("whole"), self.unique("part"), self.unique("r"));
        let value = self.value(&Ty::Point, 2);
        let (before, pause) = (self.pause(), self.pause());
        self.scope.declare(&part, Ty::String, true);
        self.scope.declare(&r, Ty::U32, false);
        Some(match self.rng.u32(..3) {
            0 => format!(
                "let mut {p} = {value};\n{before}let mut {part} = {p}.name;\n{p}.name = {part}.clone() + \"x\";\n{pause}let {r} = {p}.y ^ {p}.name.len() as u32;\n"
            ),
            1 => format!(
                "let {p} = {value};\n{before}let Point {{ name: mut {part}, y: {r}, .. }} = {p};\nnote(\"{p}\", {p}.x);\n{pause}"
            ),
            _ => format!(
                "let {p} = ({value}, 7_u32);\n{before}let (Point {{ name: mut {part}, .. }}, {r}) = {p};\n{pause}"
            ),
        })
    }
}
