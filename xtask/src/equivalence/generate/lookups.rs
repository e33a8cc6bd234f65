//! What is found by a method in a place whose type nothing shows, and used after an await.

use super::{Gen, Ty, VarId};

impl Gen {
    /// A new local whose type is inferred: what an operation has answered. A value could show it, and
    /// then its keys are held.
    fn untyped(&mut self, ty: &Ty) -> (String, VarId, String) {
        let call = self.call_name();
        let value = format!("act(\"{call}\", {}).await", self.value(ty, 2));
        let name = self.unique("found");
        let id = self.scope.declare(&name, ty.clone(), true);
        (format!("let mut {name} = {value};\n"), id, name)
    }

    /// In a list, or in one that is a field.
    pub(super) fn lookup_in_a_list(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let list = Ty::vec(Ty::U32);
        let field = self.chance(40);
        let ty = if field {
            Ty::pair(list, Ty::String)
        } else {
            list
        };
        let (declared, id, name) = self.untyped(&ty);
        let place = if field {
            format!("{name}.0")
        } else {
            name.clone()
        };
        let (r, i) = (self.unique("r"), self.unique("i"));
        let method = *self.choose(&["first()", "last()", "get(at)"]);
        let method = method.replace("at", &i);
        let ways = self.ways(2, |g, _| g.meanwhile(id));
        let one = &ways[0];
        let used = match self.rng.u32(..5) {
            0 => format!("let {r} = {place}.{method};\n{one}note(\"{r}\", {r}.copied());\n"),
            1 => format!(
                "{place}.extend([7, {i} as u32]);\nlet {r} = {place}.{method}.unwrap();\n{one}\
                 note(\"{r}\", *{r});\n"
            ),
            2 => format!(
                "match {place}.{method} {{\nSome({r}) => {{\n{one}note(\"{r}\", *{r});\n}}\n\
                 None => {{\n{}}}\n}}\n",
                ways[1]
            ),
            3 => format!(
                "if let Some({r}) = {place}.{method} {{\n{one}note(\"{r}\", *{r} + 1);\n}} else {{\n{}}}\n",
                ways[1]
            ),
            _ => format!(
                "let {r} = {place}.{method}.map_or(0, |n| n / 2);\n{one}note(\"{r}\", {r});\n"
            ),
        };
        Some(format!(
            "{declared}let mut {i} = 1_usize;\n{{\n{used}}}\n{i} += 1;\nnote(\"{i}\", ({i}, {place}.len()));\n"
        ))
    }

    /// At a key, which changes while what was found is in use.
    pub(super) fn lookup_at_a_key(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id, map) = self.untyped(&Ty::Tree(Box::new(Ty::U32)));
        let (key, r) = (self.unique("key"), self.unique("r"));
        let between = self.maybe(|g| g.meanwhile(id));
        let used = match self.rng.u32(..3) {
            0 => format!(
                "let {r} = {map}.get(&{key});\n{key}.push('b');\n{between}note(\"{r}\", {r}.copied());\n"
            ),
            1 => format!(
                "if let Some({r}) = {map}.get(&{key}) {{\n{key}.push('b');\n{between}\
                 note(\"{r}\", *{r});\n}}\n"
            ),
            _ => format!(
                "if let Some(&{r}) = {map}.get({key}.as_str()) {{\n{map}.clear();\n{}\
                 note(\"{r}\", {r});\n}}\n",
                self.pause()
            ),
        };
        Some(format!(
            "{declared}let mut {key} = \"a\".to_owned();\n{used}note(\"{key}\", ({key}, {map}.len()));\n"
        ))
    }

    /// In a text, or in one that may not be there.
    pub(super) fn lookup_in_a_text(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let r = self.unique("r");
        let is_text = self.chance(50);
        let ty = if is_text {
            Ty::pair(Ty::U32, Ty::String)
        } else {
            Ty::option(Ty::String)
        };
        let (declared, id, name) = self.untyped(&ty);
        let between = self.maybe(|g| g.meanwhile(id));
        Some(if is_text {
            let used = match self.rng.u32(..4) {
                0 => format!(
                    "if let Some(({r}, rest)) = {name}.1.split_once('b') {{\n{between}\
                     note(\"{r}\", ({r}.len(), rest.len()));\n}}\n"
                ),
                // What is found takes the name of what it is found in.
                1 => format!(
                    "{{\nlet {name} = {name}.1.trim();\ntick().await;\n\
                     let {name} = {name}.trim_start();\ntick().await;\n\
                     note(\"{r}\", {name}.len());\n}}\n{between}"
                ),
                _ => {
                    let method = *self.choose(&["as_str()", "as_bytes()", "trim()"]);
                    format!("let {r} = {name}.1.{method};\n{between}note(\"{r}\", {r}.len());\n")
                }
            };
            format!("{declared}{used}note(\"{r}\", {name}.1.len());\n")
        } else {
            let method = *self.choose(&["as_ref()", "as_deref()"]);
            format!(
                "{declared}match {name}.{method} {{\nSome({r}) => {{\n{between}note(\"{r}\", {r}.len());\n}}\n\
                 None => {{}}\n}}\nnote(\"{r}\", {name}.is_some());\n"
            )
        })
    }
}
