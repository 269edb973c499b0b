//! The reply log's panel.

use eframe::egui::Ui;

use crate::model::{Action, TabId};

use super::mirror::Mirror;

/// What the window knows of the reply log's panel.
#[derive(Debug, Default)]
pub struct TranscriptView {}

/// Draws the reply log.
pub fn transcript_ui(
    _ui: &mut Ui,
    _mirror: &Mirror,
    _view: &mut TranscriptView,
    _tab: TabId,
    _actions: &mut Vec<Action>,
) {
}
