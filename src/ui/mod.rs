//! The window: egui draws a mirror of the worker's state and collects what a person wants.
//!
//! `logic()` drains events into the [`Mirror`], `ui()` draws it; drawing parses, sorts and filters nothing.

pub mod app;
pub mod bar;
pub mod dialog;
pub mod drag;
pub mod icons;
pub mod list;
pub mod lower;
pub mod menu;
pub mod mirror;
pub mod notices;
pub mod opened_log;
pub mod paint;
pub mod pane;
pub mod path_bar;
pub mod perform;
pub mod place;
pub mod pointer;
pub mod queue_panel;
pub mod queue_row;
pub mod quickconnect;
pub mod raw_command;
pub mod remedy;
pub mod rows;
pub mod sites;
pub mod split;
pub mod status;
pub mod strip;
pub mod table;
pub mod table_header;
pub mod table_keys;
pub mod tabs;
pub mod text;
pub mod theme;
pub mod transcript_bar;
pub mod transcript_bytes;
pub mod transcript_data;
pub mod transcript_details;
pub mod transcript_exchanges;
pub mod transcript_explained;
pub mod transcript_fold;
pub mod transcript_index;
pub mod transcript_line;
pub mod transcript_lines;
pub mod transcript_listing;
pub mod transcript_order;
pub mod transcript_panel;
pub mod transcript_waterfall;
pub mod tree;
pub mod trouble;
pub mod view;
pub mod window;

pub use app::{App, Start};
pub use mirror::Mirror;
pub use view::View;
