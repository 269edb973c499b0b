//! The program behind the window: takes in events, draws, sends actions, ends in order.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use eframe::egui::{Context, Popup, Pos2, Ui, UserAttentionType, ViewportCommand, vec2};

use crate::model::settings::Layout;
use crate::model::{Action, Actions, AfterLast, Credentials, Event, Place, Settings, Site, TabId};

use super::compared_log::ComparedView;
use super::drag::{self, Into, Targets};
use super::mirror::Mirror;
use super::opened_log::OpenedView;
use super::pane::Travel;
use super::perform::{self, Choose, Out};
use super::text::Clock;
use super::view::{Side, View};
use super::{dialog, keyboard, lower, pointer, sites, theme, window};

/// A dialog of the system that ends sooner was never there.
const AT_ONCE: Duration = Duration::from_millis(200);
/// Events that are taken in before a frame is drawn.
const EVENTS: usize = 10_000;
/// Time that they may take.
const BUDGET: Duration = Duration::from_millis(8);
/// Between tries to send what the worker had no room for.
const FRAME: Duration = Duration::from_millis(33);
/// How long a drop waits to learn where the pointer is.
const DROP: f32 = 0.2;
/// How long the end may take before the window goes anyway.
const END: f64 = 8.0;

/// What `main` gives the window.
#[derive(Debug)]
pub struct Start {
    /// To the worker.
    pub actions: Actions,
    /// From the worker.
    pub events: Receiver<Event>,
    /// A server to connect to at once.
    pub open: Option<(Arc<Site>, Option<Credentials>)>,
    /// The local folder to open.
    pub local: Option<PathBuf>,
    /// A log to show.
    pub log: Option<PathBuf>,
}

/// The window.
#[derive(Debug)]
pub struct App {
    mirror: Mirror,
    view: View,
    actions: Actions,
    events: Receiver<Event>,
    /// What the worker had no room for yet, in order.
    unsent: VecDeque<Action>,
    open: Option<(Arc<Site>, Option<Credentials>)>,
    local: Option<PathBuf>,
    log: Option<PathBuf>,
    /// The window was opened for a log, which has not come yet.
    for_log: bool,
    begun: bool,
    /// As it was sent to be stored.
    layout: Layout,
    targets: Targets,
    dropped: Option<Dropped>,
    chosen: (SyncSender<Chosen>, Receiver<Chosen>),
    /// Where what is being chosen is uploaded to: another tab may be shown by then.
    upload_to: Option<(TabId, Into)>,
    /// Since when the program is ending.
    ending: Option<f64>,
    /// Whether a dialog was in front when it was drawn last.
    behind: bool,
}

/// Files that a person chose, and for what.
type Chosen = (Choose, Vec<PathBuf>);

/// Files of another program, dropped where the pointer was not known.
#[derive(Debug)]
struct Dropped {
    paths: Vec<PathBuf>,
    at: f64,
}

impl App {
    /// The window, before any event.
    pub fn new(ctx: &Context, start: Start) -> Self {
        theme::install(ctx);
        ctx.add_plugin(pointer::InOrder::default());
        let Start { actions, events, open, local, log } = start;
        Self {
            mirror: Mirror::default(),
            view: View::new(Clock::system()),
            actions,
            events,
            unsent: VecDeque::new(),
            for_log: log.is_some() && open.is_none(),
            open,
            local,
            log,
            begun: false,
            layout: Layout::default(),
            targets: Targets::default(),
            dropped: None,
            chosen: sync_channel(1),
            upload_to: None,
            ending: None,
            behind: false,
        }
    }

    /// What the window knows of the worker.
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// What only the window knows.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Writes times against `clock`, for tests and pictures.
    pub fn set_clock(&mut self, clock: Clock) {
        self.view.clock = clock;
    }

    fn drain(&mut self, ctx: &Context) {
        let begun = Instant::now();
        for _ in 0..EVENTS {
            let Ok(event) = self.events.try_recv() else { return };
            self.mirror.apply(event);
            if begun.elapsed() > BUDGET {
                break;
            }
        }
        ctx.request_repaint();
    }

    /// Once the settings came: the layout, and the first folders.
    fn begin(&mut self, ctx: &Context) {
        if self.begun || !self.mirror.settings_known {
            return;
        }
        self.begun = true;
        self.layout = self.mirror.settings.layout.clone();
        self.view.layout = self.layout.clone();
        self.view.transcript.restore(&self.layout);
        if let Some((width, height)) = self.layout.window {
            ctx.send_viewport_cmd(ViewportCommand::InnerSize(vec2(width, height)));
        }
        let mut out = Out::default();
        let tab = self.view.tab;
        let local = self.local.take().or_else(|| self.layout.local.clone()).unwrap_or_default();
        perform::go(tab, Place::Local(local), Travel::On, &self.mirror, &mut self.view, &mut out);
        if let Some((site, credentials)) = self.open.take() {
            perform::connect(site, credentials, &self.mirror, &mut self.view, &mut out);
        }
        out.actions.extend(self.log.take().map(Action::OpenLog));
        self.send(out.actions);
    }

    fn send(&mut self, actions: Vec<Action>) {
        for action in actions {
            let mut more = Vec::new();
            perform::note(&action, &self.mirror, &mut self.view, &mut more);
            match &action {
                Action::Answer(id, answer) => {
                    perform::note_answer(*id, answer, &self.mirror, &mut self.view);
                    self.mirror.answered(*id);
                }
                Action::CloseTab { tab } => self.mirror.close(*tab),
                Action::Connect { tab, site, .. } => self.mirror.connects(*tab, site),
                Action::OpenLog(path) => {
                    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                    self.read_log(format!("Reading {name}…"));
                }
                Action::Compare(_) => self.read_log("Comparing…".to_owned()),
                _ => {}
            }
            self.unsent.push_back(action);
            self.unsent.extend(more);
        }
        self.flush();
    }

    fn read_log(&mut self, what: String) {
        self.mirror.reading = Some(what);
        lower::bring_log(&mut self.view);
    }

    fn flush(&mut self) {
        while let Some(action) = self.unsent.pop_front() {
            if let Err(action) = self.actions.send(action) {
                self.unsent.push_front(action);
                break;
            }
        }
    }

    /// Stores the layout when it changed and nobody is dragging.
    fn keep_layout(&mut self, ctx: &Context) {
        if self.begun && self.view.layout != self.layout && !ctx.input(|input| input.pointer.any_down()) {
            self.layout = self.view.layout.clone();
            let settings = Settings { layout: self.layout.clone(), ..self.mirror.settings.clone() };
            self.send(vec![Action::SaveSettings(Box::new(settings))]);
        }
    }

    /// The end: what is unsaved is sent, the worker finishes, then the window goes.
    fn end(&mut self, ctx: &Context) {
        let asked = ctx.input(|input| input.viewport().close_requested());
        let now = ctx.input(|input| input.time);
        if asked && !self.mirror.stopped && self.ending.is_none_or(|since| now - since < END) {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.begin_end(ctx);
        }
        let Some(since) = self.ending else { return };
        if self.mirror.stopped || now - since > END {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        } else {
            ctx.request_repaint_after(Duration::from_millis(50));
        }
    }

    fn begin_end(&mut self, ctx: &Context) {
        if self.ending.is_some() {
            return;
        }
        self.ending = Some(ctx.input(|input| input.time));
        let size = ctx.content_rect().size();
        let mut layout = self.view.layout.clone();
        layout.window = Some((size.x, size.y));
        if let Some(Place::Local(path)) = self.view.current().local.here() {
            layout.local = Some(path);
        }
        let settings = Settings { layout, ..self.mirror.settings.clone() };
        let mut actions = Vec::new();
        if self.begun {
            actions.push(Action::SaveSettings(Box::new(settings)));
        }
        actions.push(Action::Quit);
        self.send(actions);
    }

    /// Files of other programs: where they go is known only once the pointer moves again, or never.
    fn dropped_files(&mut self, ctx: &Context, out: &mut Out) {
        let now = ctx.input(|input| input.time);
        let paths: Vec<PathBuf> =
            ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        if !paths.is_empty() {
            self.dropped = Some(Dropped { paths, at: now });
            ctx.request_repaint_after_secs(DROP);
            return;
        }
        let Some(dropped) = &self.dropped else { return };
        let moved =
            ctx.input(|input| input.events.iter().any(|event| matches!(event, eframe::egui::Event::PointerMoved(_))));
        if !moved && now - dropped.at < f64::from(DROP) {
            ctx.request_repaint_after_secs(DROP);
            return;
        }
        // Where the pointer left the window and has not been seen since, there is no position.
        let position = ctx.pointer_latest_pos();
        let paths = self.dropped.take().map(|dropped| dropped.paths).unwrap_or_default();
        self.drop_at(position, &paths, out);
    }

    fn drop_at(&mut self, position: Option<Pos2>, paths: &[PathBuf], out: &mut Out) {
        let under = position.and_then(|position| self.targets.at(position)).map(|target| target.into.clone());
        let to = under.map(|into| (self.view.tab, into)).or_else(|| self.shown_folder());
        self.bring(to, paths, out);
    }

    /// The remote folder of the shown tab.
    fn shown_folder(&mut self) -> Option<(TabId, Into)> {
        let tab = self.view.tab;
        self.view.current().remote.here().map(|folder| (tab, Into::Folder(folder)))
    }

    /// Takes files of another program in.
    fn bring(&mut self, to: Option<(TabId, Into)>, paths: &[PathBuf], out: &mut Out) {
        if let Some((tab, into)) = to
            && let Some(deed) = drag::deed_from_outside(tab, paths, &into)
        {
            deed.send(tab, &mut self.view.tickets, &mut out.actions);
        }
    }

    /// Opens the system's dialog on a thread of its own, because it waits.
    fn choose_files(&mut self, ctx: &Context, choose: Choose) {
        if choose == Choose::Upload {
            self.upload_to = self.shown_folder();
        }
        let (sender, ctx) = (self.chosen.0.clone(), ctx.clone());
        std::thread::spawn(move || {
            let begun = Instant::now();
            let dialog = rfd::FileDialog::new();
            let files = match choose {
                Choose::Upload => dialog.set_title("Upload files").pick_files(),
                Choose::Import => {
                    let dialog = dialog.set_title("Import transfers or filters");
                    let dialog = dialog.add_filter("Queues and filters, also of FileZilla", &["json", "xml"]);
                    dialog.pick_file().map(|file| vec![file])
                }
                Choose::Export => {
                    let dialog = dialog.set_title("Export the queue").set_file_name("queue.json");
                    let dialog = dialog.add_filter("Longshore", &["json"]).add_filter("FileZilla", &["xml"]);
                    dialog.save_file().map(|file| vec![file])
                }
                Choose::Compared => dialog.set_title("Compare a log").pick_file().map(|file| vec![file]),
                Choose::Log => dialog.set_title("Open a log").pick_file().map(|file| vec![file]),
            };
            // Without a dialog it is as if nothing was chosen, but nobody is so quick.
            let files = files.or_else(|| (begun.elapsed() < AT_ONCE).then(Vec::new));
            if let Some(files) = files
                && sender.try_send((choose, files)).is_ok()
            {
                ctx.request_repaint();
            }
        });
    }

    /// Does what files were chosen for; without any, the system has no dialog to choose them.
    pub fn chose(&mut self, choose: Choose, paths: Vec<PathBuf>) {
        let mut out = Out::default();
        let tab = self.view.tab;
        // The dialog that compares logs has a field for their names.
        if paths.is_empty() && choose != Choose::Compared {
            return perform::name_file(&mut self.view, choose);
        }
        match choose {
            Choose::Upload => {
                let to = self.upload_to.take().or_else(|| self.shown_folder());
                self.bring(to, &paths, &mut out);
            }
            Choose::Import => out.actions.extend(paths.into_iter().map(|path| {
                let ticket = self.view.tickets.next();
                Action::Import { tab, ticket, path }
            })),
            Choose::Export => out.actions.extend(paths.into_iter().map(|path| {
                let ticket = self.view.tickets.next();
                Action::Export { tab, ticket, path }
            })),
            Choose::Log => out.actions.extend(paths.into_iter().map(Action::OpenLog)),
            Choose::Compared => paths.iter().for_each(|path| self.view.dialogs.chose(path)),
        }
        self.send(out.actions);
    }

    fn sync(&mut self) {
        let now = self.view.clock.now().clone();
        for tab in &mut self.view.tabs {
            let known = self.mirror.tab(tab.id);
            if let (None, Some(server)) = (&tab.server, known.and_then(|tab| tab.server.as_ref())) {
                tab.server = Some((server.site.clone(), None));
                tab.quick.follow(&server.site);
            }
            for side in [Side::Local, Side::Remote] {
                tab.pane_mut(side).sync(&self.mirror, known, &now);
            }
        }
        let mut out = Out::default();
        perform::fetch_linked(&mut self.view, &mut out);
        self.send(out.actions);
    }

    /// Takes in what a panel asked of the worker. A server that is to be opened in a tab that has one gets its own.
    fn take(&mut self, actions: Vec<Action>) {
        let mut out = Out::default();
        for action in actions {
            match action {
                Action::Connect { tab, site, credentials } if !self.is_reconnect(tab, &site) => {
                    perform::connect(site, credentials, &self.mirror, &mut self.view, &mut out);
                    self.view.to_pane(Side::Remote);
                }
                action => out.actions.push(action),
            }
        }
        self.send(out.actions);
    }

    fn is_reconnect(&self, tab: TabId, site: &Arc<Site>) -> bool {
        let tab = self.view.tabs.iter().find(|other| other.id == tab);
        tab.is_some_and(|tab| tab.server.as_ref().is_none_or(|(known, _)| known == site))
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        let theme = self.mirror.settings.theme;
        self.view.clock.tick();
        self.drain(ctx);
        self.mirror.settle();
        if self.mirror.settings.theme != theme || !self.begun {
            theme::follow(ctx, self.mirror.settings.theme);
        }
        self.begin(ctx);
        if let Ok((choose, paths)) = self.chosen.1.try_recv() {
            self.chose(choose, paths);
        }
        match self.mirror.last_ended.take() {
            Some(AfterLast::Quit) => self.begin_end(ctx),
            Some(_) => {
                let attention = ViewportCommand::RequestUserAttention(UserAttentionType::Informational);
                ctx.send_viewport_cmd(attention);
            }
            None => {}
        }
        if let Some(log) = self.mirror.opened.take() {
            let settings = Settings { layout: self.view.layout.clone(), ..self.mirror.settings.clone() };
            let fills = std::mem::take(&mut self.for_log);
            self.view.opened = Some(Box::new(OpenedView::new(*log, settings, fills)));
            self.view.compared = None;
            lower::bring_log(&mut self.view);
        }
        if let Some(comparison) = self.mirror.compared.take() {
            self.view.compared = Some(Box::new(ComparedView::new(*comparison)));
            lower::bring_log(&mut self.view);
        }
        self.sync();
        if lower::follow(&self.mirror, &mut self.view) {
            ctx.request_repaint();
        }
        self.flush();
        if !self.unsent.is_empty() {
            ctx.request_repaint_after(FRAME);
        }
        self.end(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        let mut out = Out::default();
        window::shortcuts(&ctx, &self.mirror, &mut self.view, &mut out);
        self.close_menus(&ctx);
        self.targets.clear();
        window::window_ui(ui, &self.mirror, &mut self.view, &mut self.targets, &mut out);
        drag::drag_ui(&ctx, self.view.tab, &self.targets, &mut self.view.tickets, &mut out.actions);
        window::hovered_files(&ctx, &mut self.view, &self.targets);
        self.dropped_files(&ctx, &mut out);
        let View { sites, dialogs, tickets, tab, clock, .. } = &mut self.view;
        sites::sites_ui(&ctx, &self.mirror, sites, *tab, &mut out.actions);
        dialog::dialogs_ui(&ctx, &self.mirror, dialogs, tickets, clock, &mut out.actions);
        keyboard::settle(&ctx, &self.mirror, &mut self.view);
        if self.view.dialogs.take_choosing() {
            out.choose = Some(Choose::Compared);
        }
        if let Some((choose, path)) = self.view.dialogs.take_named() {
            self.chose(choose, vec![path]);
        }
        if let Some(choose) = out.choose {
            self.choose_files(&ctx, choose);
        }
        if out.quit {
            self.begin_end(&ctx);
        }
        self.take(out.actions);
        self.keep_layout(&ctx);
    }
}

impl App {
    /// A menu that is open would lie above a dialog that comes.
    fn close_menus(&mut self, ctx: &Context) {
        let behind = self.view.sites.open || self.view.dialogs.is_open(&self.mirror);
        if behind && !self.behind {
            Popup::close_all(ctx);
        }
        self.behind = behind;
    }
}
