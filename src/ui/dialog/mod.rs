//! Dialogs: what is asked before something is done, and the worker's questions.

use eframe::egui::Context;

use crate::model::{Action, Entry, Place, TabId};

use super::mirror::Mirror;
use super::view::Tickets;

/// A dialog that a person opened.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Make a folder in `parent`.
    NewFolder {
        /// The tab whose server is meant.
        tab: TabId,
        /// The folder that will hold it.
        parent: Place,
    },
    /// Delete `places`: asks, counts what lies below, says how much.
    Delete {
        /// The tab whose server is meant.
        tab: TabId,
        /// What, with what the listing says of it.
        places: Vec<(Place, Entry)>,
    },
    /// Change permissions of `places`.
    Permissions {
        /// The tab whose server is meant.
        tab: TabId,
        /// What, with what the listing says of it.
        places: Vec<(Place, Entry)>,
    },
    /// The settings window.
    Settings,
    /// About Longshore.
    About,
}

/// The dialog that is open, and the worker's question that is shown.
#[derive(Debug, Default)]
pub struct Dialogs {
    open: Option<Wish>,
}

impl Dialogs {
    /// Opens a dialog; replaces the one that is open.
    pub fn open(&mut self, wish: Wish) {
        self.open = Some(wish);
    }

    /// Whether a dialog or question is in front: then shortcuts of the window rest.
    pub fn is_open(&self, mirror: &Mirror) -> bool {
        self.open.is_some() || !mirror.questions.is_empty()
    }
}

/// Draws the open dialog and the first of the worker's questions.
pub fn dialogs_ui(
    _ctx: &Context,
    _mirror: &Mirror,
    _dialogs: &mut Dialogs,
    _tickets: &mut Tickets,
    _actions: &mut Vec<Action>,
) {
}
