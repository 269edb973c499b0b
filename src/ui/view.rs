//! What only the window knows: which tab, which rows, which widths. Nothing here outlives it but the layout.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::settings::Layout;
use crate::model::{Credentials, Site, TabId, Ticket};

use super::compared_log::ComparedView;
use super::dialog::Dialogs;
use super::keyboard::Keyboard;
use super::opened_log::OpenedView;
use super::pane::PaneView;
use super::queue_panel::QueueView;
use super::quickconnect::QuickView;
use super::sites::SitesView;
use super::text::Clock;
use super::transcript_panel::TranscriptView;

/// The whole of it.
#[derive(Debug)]
pub struct View {
    /// The tab that is shown.
    pub tab: TabId,
    /// The tabs, in the order in which they stand.
    pub tabs: Vec<TabView>,
    /// The queue's panel.
    pub queue: QueueView,
    /// The reply log.
    pub transcript: TranscriptView,
    /// A log from a file, shown in the place of the reply log.
    pub opened: Option<Box<OpenedView>>,
    /// Two logs side by side, shown in the place of either.
    pub compared: Option<Box<ComparedView>>,
    /// The site manager.
    pub sites: SitesView,
    /// Dialogs that are open.
    pub dialogs: Dialogs,
    /// The menu bar is to get the keyboard.
    pub to_menu_bar: bool,
    /// Where the keyboard goes back to.
    pub keyboard: Keyboard,
    /// Which lower panel is shown where there is room for one.
    pub lower: Lower,
    /// How the window is divided.
    pub layout: Layout,
    /// Notices that were put away.
    pub put_away: BTreeSet<u64>,
    /// Today.
    pub clock: Clock,
    /// Numbers what is asked of the worker.
    pub tickets: Tickets,
    next_tab: u32,
}

/// A tab, as the window shows it.
#[derive(Debug)]
pub struct TabView {
    /// Its name.
    pub id: TabId,
    /// The pane with files of this machine.
    pub local: PaneView,
    /// The pane with files of the server.
    pub remote: PaneView,
    /// The pane that has, or had last, the keyboard.
    pub side: Side,
    /// What stands in Quickconnect while it is shown.
    pub quick: QuickView,
    /// The server it was connected to last, and how, to connect again.
    pub server: Option<(Arc<Site>, Option<Credentials>)>,
}

/// One of the two panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Files of this machine.
    Local,
    /// Files of the server.
    Remote,
}

impl Side {
    /// What names it to a person.
    pub fn title(self) -> &'static str {
        match self {
            Self::Local => "Local",
            Self::Remote => "Remote",
        }
    }

    /// The one opposite.
    pub fn other(self) -> Self {
        match self {
            Self::Local => Self::Remote,
            Self::Remote => Self::Local,
        }
    }
}

/// A lower panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lower {
    /// The queue.
    #[default]
    Queue,
    /// The reply log.
    Log,
}

/// Numbers what is asked of the worker, so that the answer finds back.
#[derive(Debug, Default)]
pub struct Tickets(u64);

impl Tickets {
    /// One that was never used.
    #[expect(clippy::should_implement_trait, reason = "tickets are no sequence that one walks")]
    pub fn next(&mut self) -> Ticket {
        self.0 += 1;
        Ticket(self.0)
    }
}

impl View {
    /// One empty tab.
    pub fn new(clock: Clock) -> Self {
        let mut view = Self {
            tab: TabId(1),
            tabs: Vec::new(),
            queue: QueueView::default(),
            transcript: TranscriptView::default(),
            opened: None,
            compared: None,
            sites: SitesView::default(),
            dialogs: Dialogs::default(),
            to_menu_bar: false,
            keyboard: Keyboard::default(),
            lower: Lower::default(),
            layout: Layout::default(),
            put_away: BTreeSet::new(),
            clock,
            tickets: Tickets::default(),
            next_tab: 1,
        };
        view.open_tab();
        view
    }

    /// A new tab at the end, which is shown from now on.
    pub fn open_tab(&mut self) -> TabId {
        let id = TabId(self.next_tab);
        self.next_tab += 1;
        let pane = PaneView::new;
        let (local, remote) = (pane(Side::Local), pane(Side::Remote));
        self.tabs.push(TabView { id, local, remote, side: Side::Local, quick: QuickView::default(), server: None });
        self.tab = id;
        id
    }

    /// Closes a tab; the one beside it is shown. The last one stays.
    pub fn close_tab(&mut self, id: TabId) {
        let Some(index) = self.tabs.iter().position(|tab| tab.id == id).filter(|_| self.tabs.len() > 1) else {
            return;
        };
        self.tabs.remove(index);
        if self.tab == id {
            self.tab = self.tabs[index.min(self.tabs.len() - 1)].id;
        }
    }

    /// Shows the tab `by` places further, round the end.
    pub fn step_tab(&mut self, by: isize) {
        let count = self.tabs.len();
        let index = self.tabs.iter().position(|tab| tab.id == self.tab).unwrap_or(0);
        let next = (index.saturating_add_signed(by) + if by < 0 && index == 0 { count - 1 } else { 0 }) % count;
        self.tab = self.tabs[next].id;
    }

    /// The tab called `id`.
    pub fn tab_mut(&mut self, id: TabId) -> Option<&mut TabView> {
        self.tabs.iter_mut().find(|tab| tab.id == id)
    }

    /// The tab that is shown.
    pub fn current(&mut self) -> &mut TabView {
        let index = self.shown();
        &mut self.tabs[index]
    }

    /// The keyboard is to be in the pane on `side`, once nothing else has it.
    pub fn to_pane(&mut self, side: Side) {
        self.current().side = side;
        self.keyboard.to_pane();
    }

    /// What stands in Quickconnect.
    pub fn quick(&self) -> &QuickView {
        &self.tabs[self.shown()].quick
    }

    fn shown(&self) -> usize {
        self.tabs.iter().position(|tab| tab.id == self.tab).unwrap_or(0)
    }
}

impl TabView {
    /// What names it to a person.
    pub fn title(&self) -> String {
        self.server.as_ref().map_or_else(|| "New tab".to_owned(), |(site, _)| site.title())
    }

    /// The pane on `side`.
    pub fn pane(&self, side: Side) -> &PaneView {
        match side {
            Side::Local => &self.local,
            Side::Remote => &self.remote,
        }
    }

    /// The pane on `side`.
    pub fn pane_mut(&mut self, side: Side) -> &mut PaneView {
        match side {
            Side::Local => &mut self.local,
            Side::Remote => &mut self.remote,
        }
    }
}
