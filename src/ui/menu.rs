//! Each command of the window once: its text, its icon, its keys, and when it can be done. The menu bar, the toolbar,
//! context menus and shortcuts are all drawn from here.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use crate::model::settings::Keys;

use super::icons::{self, Icon};
pub use super::menu_rows::{
    choice, context, entry, is_asked_for, opened_by_key, row, row_marked, submenu, transfer_types,
};

/// What a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// Open the site manager.
    Sites,
    /// Open a tab.
    NewTab,
    /// Close the tab.
    CloseTab,
    /// Show the next tab.
    NextTab,
    /// Show the tab before.
    PreviousTab,
    /// Open the settings.
    Settings,
    /// End.
    Quit,
    /// Select all rows of the pane.
    SelectAll,
    /// Select the rows that are not.
    InvertSelection,
    /// Copy the names of the selected rows.
    CopyNames,
    /// Copy the addresses of the selected rows.
    CopyAddresses,
    /// Show only rows whose names hold a text.
    Find,
    /// List the folder again.
    Refresh,
    /// Go to the folder above.
    Parent,
    /// Go to the folder shown before.
    Back,
    /// Undo `Back`.
    Forward,
    /// Go to the home or log-in folder.
    Home,
    /// Type where to go.
    GoTo,
    /// Open the folder, or transfer the file.
    Open,
    /// Open a local file with its program.
    OpenWithProgram,
    /// Send the selected rows to the other side.
    Transfer,
    /// Choose files of this machine to upload.
    UploadFiles,
    /// Make a folder.
    NewFolder,
    /// Give another name.
    Rename,
    /// Delete.
    Delete,
    /// Change permissions.
    Permissions,
    /// Give the keyboard to the other pane.
    OtherPane,
    /// Give the keyboard to the next area.
    NextArea,
    /// Give the keyboard to the area before.
    PreviousArea,
    /// Give the keyboard to the menu bar.
    MenuBar,
    /// Show names that begin with a dot.
    HiddenFiles,
    /// Show the trees.
    Trees,
    /// Show the queue.
    Queue,
    /// Show the reply log.
    Log,
    /// Rows of less height.
    Compact,
    /// Choose what is left out.
    Filters,
    /// Whether anything is left out.
    FiltersCount,
    /// Colours as the system has them.
    ThemeSystem,
    /// Light colours.
    ThemeLight,
    /// Dark colours.
    ThemeDark,
    /// Let the queue go on.
    ReleaseQueue,
    /// Start nothing new.
    HoldQueue,
    /// Put all failed rows back.
    RetryFailed,
    /// Read transfers or filters from a file.
    Import,
    /// Write the queue into a file.
    ExportQueue,
    /// Remove all rows that are done.
    ClearDone,
    /// Remove all rows that failed.
    ClearFailed,
    /// Connect again.
    Reconnect,
    /// Close the connection.
    Disconnect,
    /// Type a command for the server.
    RawCommand,
    /// Show in the reply log how the folder came, or why it did not.
    ShowInLog,
    /// Keep both folders under a name.
    AddBookmark,
    /// About Longshore.
    About,
    /// Let selected rows of the queue wait.
    PauseRows,
    /// Let paused rows go on.
    ResumeRows,
    /// Stop and remove rows of the queue.
    CancelRows,
    /// Put failed rows back.
    RetryRows,
    /// Put rows back as if nobody had tried them.
    ResetRows,
    /// Remove rows that do not run.
    RemoveRows,
    /// Before all other rows.
    RowsToTop,
    /// One up.
    RowsUp,
    /// One down.
    RowsDown,
    /// Behind all other rows.
    RowsToBottom,
    /// Copy lines of the reply log.
    CopyLines,
    /// Forget the lines of the reply log.
    ClearLog,
    /// Show a log from a file.
    OpenLog,
    /// Set two logs side by side.
    CompareLogs,
    /// Write the log for others.
    ExportLog,
}

/// What can be done now; worked out once a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Can {
    /// A server is connected.
    pub connected: bool,
    /// Its connection is open.
    pub open: bool,
    /// A server was connected, or is being.
    pub known_server: bool,
    /// The pane with the keyboard shows a folder.
    pub folder: bool,
    /// Its folder has a parent.
    pub parent: bool,
    /// It came from another folder.
    pub back: bool,
    /// It went back.
    pub forward: bool,
    /// Its selected rows.
    pub selected: usize,
    /// It is the local one.
    pub local: bool,
    /// The queue is held.
    pub held: bool,
    /// An earlier run left transfers, and nobody has let them go on.
    pub left: bool,
    /// The queue has rows that are not done.
    pub rows: bool,
    /// The queue has rows that failed.
    pub failed: bool,
    /// The queue has rows that are done.
    pub done: bool,
    /// There is more than one tab.
    pub tabs: bool,
}

const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;
const ALT: Modifiers = Modifiers::ALT;
const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

const fn key(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

impl Item {
    /// What it is called.
    pub fn text(self) -> &'static str {
        match self {
            Self::Sites => "Site manager…",
            Self::NewTab => "New tab",
            Self::CloseTab => "Close tab",
            Self::NextTab => "Next tab",
            Self::PreviousTab => "Previous tab",
            Self::Settings => "Settings…",
            Self::Quit => "Quit",
            Self::SelectAll => "Select all",
            Self::InvertSelection => "Invert selection",
            Self::CopyNames => "Copy names",
            Self::CopyAddresses => "Copy addresses",
            Self::Find => "Filter…",
            Self::Refresh => "Refresh",
            Self::Parent => "Parent folder",
            Self::Back => "Back",
            Self::Forward => "Forward",
            Self::Home => "Home folder",
            Self::GoTo => "Go to folder…",
            Self::Open => "Open",
            Self::OpenWithProgram => "Open with its program",
            Self::Transfer => "Transfer selection",
            Self::UploadFiles => "Upload files…",
            Self::NewFolder => "New folder…",
            Self::Rename => "Rename",
            Self::Delete => "Delete…",
            Self::Permissions => "Permissions…",
            Self::OtherPane => "Other pane",
            Self::NextArea => "Next area",
            Self::PreviousArea => "Previous area",
            Self::MenuBar => "Menu bar",
            Self::HiddenFiles => "Hidden files",
            Self::Trees => "Folder trees",
            Self::Queue => "Transfers",
            Self::Log => "Reply log",
            Self::Compact => "Compact rows",
            Self::Filters => "Filters…",
            Self::FiltersCount => "Filters are on",
            Self::ThemeSystem => "Theme as the system",
            Self::ThemeLight => "Light theme",
            Self::ThemeDark => "Dark theme",
            Self::ReleaseQueue => "Start the queue",
            Self::HoldQueue => "Hold the queue",
            Self::RetryFailed => "Retry all failed",
            Self::Import => "Import…",
            Self::ExportQueue => "Export the queue…",
            Self::ClearDone => "Clear done",
            Self::ClearFailed => "Clear failed",
            Self::Reconnect => "Reconnect",
            Self::Disconnect => "Disconnect",
            Self::RawCommand => "Send a command…",
            Self::ShowInLog => "Show in the reply log",
            Self::AddBookmark => "Add bookmark…",
            Self::About => "About Longshore",
            Self::PauseRows => "Pause",
            Self::ResumeRows => "Resume",
            Self::CancelRows => "Cancel",
            Self::RetryRows => "Retry",
            Self::ResetRows => "Start over",
            Self::RemoveRows => "Remove",
            Self::RowsToTop => "Move to the top",
            Self::RowsUp => "Move up",
            Self::RowsDown => "Move down",
            Self::RowsToBottom => "Move to the bottom",
            Self::CopyLines => "Copy lines",
            Self::ClearLog => "Clear the log",
            Self::OpenLog => "Open log…",
            Self::CompareLogs => "Compare logs…",
            Self::ExportLog => "Export log…",
        }
    }

    /// Its icon; menus leave room where there is none.
    pub fn icon(self) -> Option<Icon> {
        Some(match self {
            Self::Sites => icons::SITES,
            Self::NewTab => icons::PLUS,
            Self::CloseTab => icons::CLOSE,
            Self::Settings => icons::SETTINGS,
            Self::Quit => icons::QUIT,
            Self::SelectAll => icons::SELECT_ALL,
            Self::CopyNames | Self::CopyLines => icons::COPY,
            Self::CopyAddresses => icons::LINK,
            Self::Find => icons::SEARCH,
            Self::Refresh => icons::REFRESH,
            Self::Parent => icons::UP,
            Self::Back => icons::BACK,
            Self::Forward => icons::FORWARD,
            Self::Home => icons::HOME,
            Self::Open | Self::OpenLog => icons::FOLDER_OPEN,
            Self::OpenWithProgram => icons::OPEN,
            Self::Transfer => icons::TRANSFERS,
            Self::UploadFiles => icons::UPLOAD,
            Self::NewFolder => icons::FOLDER_PLUS,
            Self::Rename => icons::RENAME,
            Self::Delete => icons::TRASH,
            Self::Permissions => icons::PERMISSIONS,
            Self::HiddenFiles => icons::EYE,
            Self::Filters => icons::FILTER,
            Self::Trees => icons::TREE,
            Self::Queue => icons::LIST,
            Self::Log | Self::ShowInLog => icons::LOG,
            Self::ThemeLight => icons::SUN,
            Self::ThemeDark => icons::MOON,
            Self::ThemeSystem => icons::COMPUTER,
            Self::ReleaseQueue | Self::ResumeRows => icons::PLAY,
            Self::HoldQueue | Self::PauseRows => icons::PAUSE,
            Self::RetryFailed | Self::RetryRows => icons::RETRY,
            Self::ClearDone | Self::ClearFailed | Self::ClearLog => icons::ERASER,
            Self::Reconnect => icons::PLUG,
            Self::Disconnect => icons::UNPLUG,
            Self::RawCommand => icons::TERMINAL,
            Self::AddBookmark => icons::BOOKMARK,
            Self::About => icons::INFO,
            Self::CancelRows => icons::STOP,
            Self::RemoveRows => icons::CLOSE,
            Self::Import => icons::DOWNLOAD,
            Self::ExportQueue => icons::UPLOAD,
            Self::CompareLogs => icons::COMPARE,
            Self::ExportLog => icons::SAVE,
            Self::RowsToTop => icons::TO_TOP,
            Self::RowsUp => icons::UP,
            Self::RowsDown => icons::DOWN,
            Self::RowsToBottom => icons::TO_BOTTOM,
            Self::InvertSelection
            | Self::NextTab
            | Self::PreviousTab
            | Self::GoTo
            | Self::OtherPane
            | Self::NextArea
            | Self::PreviousArea
            | Self::MenuBar
            | Self::FiltersCount
            | Self::ResetRows
            | Self::Compact => return None,
        })
    }

    /// Its keys; the first is written in menus.
    pub fn keys(self, preset: Keys) -> &'static [KeyboardShortcut] {
        let commander = preset == Keys::Commander;
        match self {
            Self::Sites => const { &[key(CTRL, Key::S)] },
            Self::NewTab => const { &[key(CTRL, Key::T)] },
            Self::CloseTab => const { &[key(CTRL, Key::W)] },
            Self::NextTab => const { &[key(CTRL, Key::Tab)] },
            Self::PreviousTab => const { &[key(CTRL_SHIFT, Key::Tab)] },
            Self::Settings => const { &[key(CTRL, Key::Comma)] },
            Self::Quit if commander => const { &[key(CTRL, Key::Q), key(NONE, Key::F10)] },
            Self::Quit => const { &[key(CTRL, Key::Q)] },
            Self::SelectAll => const { &[key(CTRL, Key::A)] },
            Self::CopyNames => const { &[key(CTRL_SHIFT, Key::C)] },
            Self::Find => const { &[key(CTRL, Key::F)] },
            Self::Refresh if commander => const { &[key(CTRL, Key::R)] },
            Self::Refresh => const { &[key(NONE, Key::F5), key(CTRL, Key::F5)] },
            Self::Parent => const { &[key(NONE, Key::Backspace), key(ALT, Key::ArrowUp)] },
            Self::Back => const { &[key(ALT, Key::ArrowLeft)] },
            Self::Forward => const { &[key(ALT, Key::ArrowRight)] },
            Self::Home => const { &[key(ALT, Key::Home)] },
            Self::GoTo => const { &[key(CTRL, Key::L)] },
            Self::Open => const { &[key(NONE, Key::Enter)] },
            Self::OpenWithProgram => const { &[key(NONE, Key::F4)] },
            Self::Transfer if commander => const { &[key(NONE, Key::F5), key(ALT, Key::ArrowDown)] },
            Self::Transfer => const { &[key(ALT, Key::ArrowDown)] },
            Self::UploadFiles => const { &[key(CTRL, Key::U)] },
            Self::NewFolder if commander => const { &[key(NONE, Key::F7), key(CTRL_SHIFT, Key::N)] },
            Self::NewFolder => const { &[key(CTRL_SHIFT, Key::N)] },
            Self::Rename if commander => const { &[key(NONE, Key::F2), key(NONE, Key::F6), key(SHIFT, Key::F6)] },
            Self::Rename => const { &[key(NONE, Key::F2), key(SHIFT, Key::F6)] },
            Self::Delete if commander => const { &[key(NONE, Key::Delete), key(NONE, Key::F8)] },
            Self::Delete => const { &[key(NONE, Key::Delete)] },
            Self::Permissions => const { &[key(ALT, Key::Enter)] },
            Self::OtherPane if commander => const { &[key(NONE, Key::Tab)] },
            Self::OtherPane => const { &[key(NONE, Key::Tab), key(NONE, Key::F7)] },
            Self::NextArea if commander => const { &[key(CTRL, Key::F6)] },
            Self::NextArea => const { &[key(NONE, Key::F6)] },
            Self::PreviousArea => const { &[key(CTRL_SHIFT, Key::F6)] },
            Self::MenuBar if commander => const { &[key(NONE, Key::F9)] },
            Self::MenuBar => const { &[key(NONE, Key::F10)] },
            Self::HiddenFiles => const { &[key(CTRL, Key::H)] },
            Self::Filters => const { &[key(CTRL, Key::I)] },
            Self::FiltersCount => const { &[key(CTRL_SHIFT, Key::I)] },
            Self::ReleaseQueue | Self::HoldQueue => const { &[key(CTRL, Key::P)] },
            Self::Reconnect if commander => const { &[key(CTRL_SHIFT, Key::R)] },
            Self::Reconnect => const { &[key(CTRL, Key::R)] },
            Self::Disconnect => const { &[key(CTRL, Key::D)] },
            Self::AddBookmark => const { &[key(CTRL, Key::B)] },
            Self::RowsToTop => const { &[key(ALT, Key::Home)] },
            Self::RowsUp => const { &[key(ALT, Key::ArrowUp)] },
            Self::RowsDown => const { &[key(ALT, Key::ArrowDown)] },
            Self::RowsToBottom => const { &[key(ALT, Key::End)] },
            Self::CancelRows | Self::RemoveRows => const { &[key(NONE, Key::Delete)] },
            _ => &[],
        }
    }

    /// Whether its keys mean it only while a pane has the keyboard: elsewhere they edit text, or mean the focus.
    pub fn in_pane_only(self) -> bool {
        matches!(
            self,
            Self::SelectAll
                | Self::Parent
                | Self::Open
                | Self::OpenWithProgram
                | Self::Rename
                | Self::Delete
                | Self::Permissions
                | Self::OtherPane
                | Self::Transfer
                | Self::Home
                | Self::Back
                | Self::Forward
        )
    }

    /// Whether its keys edit text while a field has the keyboard.
    pub fn edits_text(self) -> bool {
        matches!(self, Self::UploadFiles | Self::HiddenFiles | Self::CopyNames) || self.in_pane_only()
    }

    /// Whether it can be done now.
    pub fn enabled(self, can: &Can) -> bool {
        match self {
            Self::CloseTab | Self::NextTab | Self::PreviousTab => can.tabs,
            Self::SelectAll | Self::InvertSelection | Self::Find | Self::Refresh | Self::NewFolder => can.folder,
            Self::Home | Self::GoTo => can.local || can.connected,
            Self::Parent => can.parent,
            Self::Back => can.back,
            Self::Forward => can.forward,
            Self::Open | Self::CopyNames | Self::CopyAddresses | Self::Delete | Self::Permissions => can.selected > 0,
            Self::OpenWithProgram => can.local && can.selected == 1,
            Self::Rename => can.selected == 1,
            Self::Transfer => can.selected > 0 && can.known_server,
            Self::UploadFiles => can.connected,
            Self::RawCommand => can.open,
            Self::ReleaseQueue => can.held || can.left,
            Self::HoldQueue => !can.held,
            Self::RetryFailed | Self::ClearFailed => can.failed,
            Self::ClearDone => can.done,
            Self::ExportQueue => can.rows,
            Self::Reconnect | Self::ShowInLog => can.known_server,
            Self::Disconnect => can.known_server,
            Self::AddBookmark => can.known_server,
            _ => true,
        }
    }

    /// Every item that has keys of the window. Those of the queue's rows are theirs while their list has the keyboard.
    pub const ALL: [Self; 48] = [
        Self::Sites,
        Self::NewTab,
        Self::CloseTab,
        Self::NextTab,
        Self::PreviousTab,
        Self::Settings,
        Self::Quit,
        Self::SelectAll,
        Self::InvertSelection,
        Self::CopyNames,
        Self::CopyAddresses,
        Self::Find,
        Self::Refresh,
        Self::Parent,
        Self::Back,
        Self::Forward,
        Self::Home,
        Self::GoTo,
        Self::Open,
        Self::OpenWithProgram,
        Self::Transfer,
        Self::UploadFiles,
        Self::NewFolder,
        Self::Rename,
        Self::Delete,
        Self::Permissions,
        Self::OtherPane,
        Self::NextArea,
        Self::PreviousArea,
        Self::MenuBar,
        Self::HiddenFiles,
        Self::Filters,
        Self::FiltersCount,
        Self::Trees,
        Self::Queue,
        Self::Log,
        Self::Compact,
        Self::ThemeSystem,
        Self::ThemeLight,
        Self::ThemeDark,
        Self::ReleaseQueue,
        Self::HoldQueue,
        Self::RetryFailed,
        Self::ClearDone,
        Self::ClearFailed,
        Self::Reconnect,
        Self::Disconnect,
        Self::AddBookmark,
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_keys_mean_two_things() {
        for preset in [Keys::FileZilla, Keys::Commander] {
            let mut seen: HashMap<KeyboardShortcut, Item> = HashMap::new();
            for item in Item::ALL {
                for keys in item.keys(preset) {
                    if let Some(other) = seen.insert(*keys, item) {
                        let pair = [item, other];
                        assert!(
                            pair.contains(&Item::ReleaseQueue) && pair.contains(&Item::HoldQueue),
                            "{keys:?} means {item:?} and {other:?} in {preset:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_presets_differ_where_habits_do() {
        let f5 = key(NONE, Key::F5);
        let holder = |preset| Item::ALL.into_iter().find(|item| item.keys(preset).contains(&f5));
        assert_eq!(holder(Keys::FileZilla), Some(Item::Refresh));
        assert_eq!(holder(Keys::Commander), Some(Item::Transfer));
    }
}
