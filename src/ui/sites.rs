//! The site manager.

pub mod draft;

use eframe::egui::Context;

use crate::model::{Action, TabId};

use super::mirror::Mirror;

/// What the window knows of the site manager.
#[derive(Debug, Default)]
pub struct SitesView {
    /// Whether it is shown.
    pub open: bool,
}

/// Draws the site manager as a modal while it is open. `tab`: where "Connect" connects.
pub fn sites_ui(_ctx: &Context, _mirror: &Mirror, _view: &mut SitesView, _tab: TabId, _actions: &mut Vec<Action>) {}
