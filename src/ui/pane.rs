//! One of the two panes: path, tree, table, footer.

use super::view::Side;

/// What the window knows of a pane.
#[derive(Debug)]
pub struct PaneView {
    /// Which one it is.
    pub side: Side,
}

impl PaneView {
    /// As it is when its tab opens.
    pub fn new(side: Side) -> Self {
        Self { side }
    }
}
