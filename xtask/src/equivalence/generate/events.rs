//! Events of `tracing` with awaits in their fields and messages: those that somebody hears, and the
//! others.

use super::{Gen, Ty};

impl Gen {
    pub(super) fn event_that_awaits(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (r, note) = (self.unique("r"), self.unique("n"));
        let plain = self.leaf(&Ty::U32);
        let pause = self.pause();
        // A jump in the arguments of a macro is refused, an await is not.
        let number = self.staying(|g| g.call(&Ty::U32, 1));
        let text = self.staying(|g| g.call(&Ty::String, 1));
        let (kind, event) = match self.rng.u32(..6) {
            0 => (
                "event that is heard",
                format!(
                    "info!(total = {number}, shown = %{text}, \"{{}}\", note(\"{note}\", {r}))"
                ),
            ),
            1 => (
                "event by its path",
                format!(
                    "tracing::warn!(?{r}, made = ?{text}, \"{{:>w$}}\", {number}, w = act(\"{note}\", 6_usize).await)"
                ),
            ),
            2 => (
                "event with its level",
                format!("tracing::event!(tracing::Level::INFO, {r}, total = ?{number})"),
            ),
            3 => (
                "event that nobody hears",
                format!("debug!(total = {number}, \"{{}}\", {text})"),
            ),
            4 => (
                "event that nobody hears by a field",
                format!("info!(silent = true, total = {number}, \"{{}}\", note(\"{note}\", {r}))"),
            ),
            _ => (
                "event without awaits",
                format!("info!({r}, \"{{}}\", note(\"{note}\", {r}))"),
            ),
        };
        self.hit(kind);
        self.scope.declare(&r, Ty::U32, false);
        Some(format!("let {r} = {plain};\n{pause}{event};\n"))
    }
}
