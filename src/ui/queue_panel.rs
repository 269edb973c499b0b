//! The queue's panel.

use eframe::egui::Ui;

use crate::model::Action;

use super::mirror::Mirror;

/// What the window knows of the queue's panel.
#[derive(Debug, Default)]
pub struct QueueView {}

/// Draws the queue.
pub fn queue_ui(_ui: &mut Ui, _mirror: &Mirror, _view: &mut QueueView, _actions: &mut Vec<Action>) {}
