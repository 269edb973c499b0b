//! The window: egui draws a mirror of the worker's state and collects what a person wants.
//!
//! `logic()` drains events into the [`Mirror`], `ui()` draws it; drawing parses, sorts and filters nothing.

pub mod dialog;
pub mod icons;
pub mod list;
pub mod lower;
pub mod menu;
pub mod mirror;
pub mod pane;
pub mod queue_panel;
pub mod quickconnect;
pub mod sites;
pub mod text;
pub mod theme;
pub mod transcript_details;
pub mod transcript_filter;
pub mod transcript_index;
pub mod transcript_panel;
pub mod view;

pub use mirror::Mirror;
pub use view::View;
