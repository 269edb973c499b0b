//! The queue's panel: what waits and runs, what failed and why, what is done.

use eframe::egui::{self, Modifiers, Response, Role, Sense, Ui, Vec2, WidgetInfo};

use crate::model::queue::{Place, Row, Section};
use crate::model::transfer::Priority;
use crate::model::{Action, Phase, Queue, TransferId};

use super::list::{self, Rows, Scroll};
use super::menu::{self, Item};
use super::mirror::Mirror;
use super::picked::{Order, Picked};
use super::queue_drag::{self, Body};
use super::queue_row::{draw_row, hover, spoken};
use super::strip::{at_right, bar, bar_tab, nothing_in};
use super::text::{self, Clock};
use super::view::Lower;
use super::{icons, theme};

/// Selected rows that are looked at to find out what can be done with them; with more, everything is offered.
const LOOKED_AT: usize = 500;

/// Why the type of rows cannot be changed.
const BEGUN: &str = "It was begun, and keeps its type";

/// How rows are moved without the mouse.
const MOVES: [(Item, Place); 4] = [
    (Item::RowsToTop, Place::Top),
    (Item::RowsUp, Place::Up),
    (Item::RowsDown, Place::Down),
    (Item::RowsToBottom, Place::Bottom),
];

/// What the window knows of the queue's panel.
#[derive(Debug)]
pub struct QueueView {
    section: Section,
    lists: [List; 3],
    jump: Option<TransferId>,
}

/// One of the three lists.
#[derive(Debug, Default)]
struct List {
    scroll: Scroll,
    picked: Picked<TransferId>,
    /// Rows when it was drawn last.
    count: usize,
}

impl Default for QueueView {
    fn default() -> Self {
        Self { section: Section::Active, lists: Default::default(), jump: None }
    }
}

impl QueueView {
    /// Shows the row called `id`, wherever it is, and selects it.
    pub fn reveal(&mut self, queue: &Queue, id: TransferId) {
        let Some(row) = queue.get(id) else { return };
        self.section = Section::of(row.phase);
        let order = Shown { queue, section: self.section };
        let list = self.list();
        list.picked.only(id);
        if let Some(row) = order.row(id) {
            list.scroll.reveal(row);
        }
    }

    /// Lets go of selected rows that have left their list; of many selected rows only when there are more than rows.
    pub fn follow(&mut self, queue: &Queue) {
        for section in [Section::Active, Section::Failed, Section::Done] {
            let picked = &mut self.lists[place(section)].picked;
            let rows = queue.section(section).len();
            if !picked.is_empty() && (picked.len() <= LOOKED_AT || picked.len() > rows) {
                picked.retain(|id| queue.get(id).is_some_and(|row| Section::of(row.phase) == section));
            }
        }
    }

    /// The transfer whose lines in the reply log a person wants to see.
    pub fn take_jump(&mut self) -> Option<TransferId> {
        self.jump.take()
    }

    /// The accessible name of the list that is shown.
    pub fn shown(&self) -> &'static str {
        name(self.section)
    }

    fn list(&mut self) -> &mut List {
        &mut self.lists[place(self.section)]
    }
}

fn place(section: Section) -> usize {
    match section {
        Section::Active => 0,
        Section::Failed => 1,
        Section::Done => 2,
    }
}

/// The rows of a section as they are shown.
struct Shown<'a> {
    queue: &'a Queue,
    section: Section,
}

impl Shown<'_> {
    /// Where a shown row stands in its section, and the other way round: what is done last is shown first.
    fn turned(&self, row: usize) -> Option<usize> {
        if self.section == Section::Done { self.count().checked_sub(row + 1) } else { Some(row) }
    }
}

impl Order<TransferId> for Shown<'_> {
    fn count(&self) -> usize {
        self.queue.section(self.section).len()
    }

    fn key(&self, row: usize) -> Option<TransferId> {
        self.queue.section(self.section).get(self.turned(row)?).copied()
    }

    fn row(&self, key: TransferId) -> Option<usize> {
        self.queue.get(key).filter(|row| Section::of(row.phase) == self.section)?;
        self.turned(self.queue.position(key)?)
    }
}

/// Draws the queue under a bar whose left end `title` fills. The answer covers the whole panel.
pub fn queue_ui(
    ui: &mut Ui,
    mirror: &Mirror,
    view: &mut QueueView,
    clock: &Clock,
    actions: &mut Vec<Action>,
    title: impl FnOnce(&mut Ui, &mut QueueView),
) -> Response {
    let area = ui.available_rect_before_wrap();
    let response = ui.interact(area, ui.unique_id().with("queue area"), Sense::hover());
    ui.spacing_mut().item_spacing.y = 0.0;
    bar(ui, |ui| {
        title(ui, view);
        at_right(ui, "tools of the queue", |ui| tools(ui, mirror, view, actions));
    });
    let section = view.section;
    if section == Section::Active && mirror.queue.left() > 0 {
        left_ui(ui, mirror.queue.left(), actions);
    }
    let rows = ui.available_rect_before_wrap();
    list_ui(ui, mirror, view, clock, actions);
    if mirror.queue.section(section).is_empty() {
        nothing_in(ui, rows, empty(section, mirror.queue.is_held()));
    }
    response
}

/// The tabs of the three lists, and with `lower` also that of the reply log.
pub fn queue_tabs(ui: &mut Ui, mirror: &Mirror, view: &mut QueueView, lower: Option<&mut Lower>) {
    let in_front = lower.as_ref().is_none_or(|lower| **lower == Lower::Queue);
    let mut chosen = None;
    for (section, name) in [(Section::Active, "Transfers"), (Section::Failed, "Failed"), (Section::Done, "Done")] {
        let count = mirror.queue.section(section).len();
        let selected = in_front && view.section == section;
        if bar_tab(ui, name, Some(count), selected, section == Section::Failed).clicked() {
            view.section = section;
            chosen = Some(Lower::Queue);
        }
    }
    if let Some(lower) = lower {
        if bar_tab(ui, "Reply log", None, !in_front, false).clicked() {
            chosen = Some(Lower::Log);
        }
        *lower = chosen.unwrap_or(*lower);
    }
}

fn tools(ui: &mut Ui, mirror: &Mirror, view: &mut QueueView, actions: &mut Vec<Action>) {
    let section = view.section;
    let count = mirror.queue.section(section).len();
    let able = Able::of(&mirror.queue, section, &view.list().picked);
    let ids = || chosen(&mirror.queue, section, &view.lists[place(section)].picked);
    if section == Section::Active {
        if able.resume {
            if icons::button(ui, icons::PLAY, "Resume the selected transfers").clicked() {
                actions.push(Action::Resume(ids()));
            }
        } else if icons::button_if(ui, icons::PAUSE, "Pause the selected transfers", able.pause).clicked() {
            actions.push(Action::Pause(ids()));
        }
        if icons::button_if(ui, icons::STOP, "Cancel the selected transfers", able.any).clicked() {
            actions.push(Action::Cancel(ids()));
        }
        ui.add_space(theme::TIGHT);
        hold(ui, mirror.queue.is_held(), count > 0, actions);
        return;
    }
    if section == Section::Failed {
        let name = if able.any { "Retry selected" } else { "Retry all" };
        let button = egui::Button::new((icons::RETRY.text(), name));
        if ui.add_enabled(count > 0, button).accessible_name(name).clicked() {
            let every = || mirror.queue.section(section).iter().copied().collect();
            actions.push(Action::Retry(if able.any { ids() } else { every() }));
        }
    }
    let name = if section == Section::Failed { "Clear failed" } else { "Clear done" };
    if icons::button_if(ui, icons::ERASER, name, count > 0).clicked() {
        actions.push(Action::Clear(section));
    }
}

/// Holds the whole queue, or lets it go on: then it stands out, because nothing moves until it is pressed.
fn hold(ui: &mut Ui, held: bool, any: bool, actions: &mut Vec<Action>) {
    let (name, tip, action) = if held {
        ("Start", "Start the queue", Action::Release)
    } else {
        ("Hold", "Hold the queue: what runs goes on, nothing new starts", Action::Hold)
    };
    let palette = theme::of(ui);
    let text = egui::RichText::new(name).color(if held { palette.on_accent } else { palette.text });
    let button = egui::Button::new(text).min_size(Vec2::new(52.0, 24.0));
    let button = if held { button.fill(palette.accent) } else { button };
    if ui.add_enabled(held || any, button).on_hover_text(tip).clicked() {
        actions.push(action);
    }
}

/// What an earlier run left, and the button that carries on with it. What is added meanwhile does not wait for it.
fn left_ui(ui: &mut Ui, left: usize, actions: &mut Vec<Action>) {
    let rect = egui::Rect::from_min_size(ui.cursor().min, Vec2::new(ui.available_width(), theme::BAR));
    ui.advance_cursor_after_rect(rect);
    let palette = theme::of(ui);
    ui.painter().rect_filled(rect, 0, palette.tint(palette.preliminary));
    let inner = rect.shrink2(Vec2::new(theme::PAD, 0.0));
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    ui.scope_builder(egui::UiBuilder::new().max_rect(inner).layout(layout).id_salt("left"), |ui| {
        if theme::primary(ui, "Carry on").clicked() {
            actions.push(Action::Release);
        }
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            ui.label(icons::INFO.text().color(palette.preliminary));
            let words =
                format!("{}, from last time or a file", text::count(left as u64, "transfer waits", "transfers wait"));
            ui.add(egui::Label::new(words).truncate());
        });
    });
}

fn empty(section: Section, held: bool) -> &'static str {
    match section {
        Section::Active if held => "The queue is held. Drop files here to add them; they start when you release it.",
        Section::Active => "Drop files here to transfer them",
        Section::Failed => "Nothing has failed",
        Section::Done => "What is complete appears here",
    }
}

/// What can be done with the selected rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Able {
    any: bool,
    pause: bool,
    resume: bool,
    retype: bool,
}

impl Able {
    fn of(queue: &Queue, section: Section, picked: &Picked<TransferId>) -> Self {
        let mut able = Self::default();
        for id in picked.iter().take(LOOKED_AT) {
            let Some(row) = queue.get(id).filter(|row| Section::of(row.phase) == section) else { continue };
            able.any = true;
            able.retype |= row.may_change_type();
            match row.phase {
                Phase::Left | Phase::Paused => able.resume = true,
                Phase::Queued | Phase::Waiting { .. } | Phase::Running(_) => able.pause = true,
                Phase::Failed(_) | Phase::Done(_) | Phase::Skipped => {}
            }
        }
        if picked.len() > LOOKED_AT {
            let active = section == Section::Active;
            able = Self { any: true, pause: active, resume: active, retype: section != Section::Done };
        }
        able
    }
}

/// The selected rows that are still in the section, in its order.
fn chosen(queue: &Queue, section: Section, picked: &Picked<TransferId>) -> Vec<TransferId> {
    let rows = picked.iter().filter_map(|id| queue.get(id)).filter(|row| Section::of(row.phase) == section);
    let mut rows: Vec<_> = rows.map(|row| (row.place, row.id)).collect();
    rows.sort_unstable();
    rows.into_iter().map(|(_, id)| id).collect()
}

fn list_ui(ui: &mut Ui, mirror: &Mirror, view: &mut QueueView, clock: &Clock, actions: &mut Vec<Action>) {
    let section = view.section;
    let order = Shown { queue: &mirror.queue, section };
    let QueueView { lists, jump, .. } = view;
    let List { scroll, picked, count } = &mut lists[place(section)];
    if section == Section::Done {
        scroll.rows_came(order.count().saturating_sub(*count));
    }
    *count = order.count();
    let id = list::focus_id(name(section));
    let focused = ui.memory(|memory| memory.has_focus(id));
    if focused {
        keys(ui, mirror, section, picked, scroll, actions);
    }
    let asked = if focused { picked.menu_by_key(ui, &order, scroll) } else { None };
    let height = theme::row_height(mirror.settings.compact);
    let rows = Rows { scroll, count: order.count(), height, name: name(section), follows: false };
    let drawn = rows.show(ui, |ui, index, rect| {
        let Some(row) = order.turned(index).and_then(|index| mirror.queue.row(section, index)) else { return };
        let sense = if section == Section::Active { Sense::CLICK | Sense::DRAG } else { Sense::CLICK };
        let response = ui.interact(rect, ui.unique_id().with(row.id), sense);
        queue_drag::begin(&response, row.id, picked);
        let label = spoken(row);
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, picked.contains(row.id), &label));
        if response.clicked() || (response.secondary_clicked() && !picked.contains(row.id)) {
            let modifiers = if response.clicked() { ui.input(|input| input.modifiers) } else { Modifiers::NONE };
            picked.click(row.id, modifiers, &order);
        }
        if response.clicked() || response.secondary_clicked() || response.drag_started() {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        list::ground(ui, rect, picked.contains(row.id), focused, response.hovered());
        draw_row(ui, row, rect, clock);
        if response.double_clicked() {
            *jump = Some(row.id);
        }
        let response = response.on_hover_ui(|ui| hover(ui, row));
        menu::context(&response, asked == Some(row.id), |ui| {
            context_menu(ui, mirror, section, picked, row.id, jump, actions);
        });
    });
    if drawn.response.clicked() {
        picked.clear();
    }
    let body = Body { rect: drawn.body, height };
    if let Some(place) = queue_drag::place(ui, body, scroll, &order, picked) {
        actions.push(Action::Move(chosen(&mirror.queue, section, picked), place));
    }
}

fn name(section: Section) -> &'static str {
    match section {
        Section::Active => "Transfers",
        Section::Failed => "Failed transfers",
        Section::Done => "Done transfers",
    }
}

fn keys(
    ui: &Ui,
    mirror: &Mirror,
    section: Section,
    picked: &mut Picked<TransferId>,
    scroll: &mut Scroll,
    actions: &mut Vec<Action>,
) {
    let ids = |picked: &Picked<TransferId>| chosen(&mirror.queue, section, picked);
    let pressed = |item: Item| {
        let keys = item.keys(mirror.settings.keys);
        keys.iter().any(|keys| ui.input_mut(|input| input.consume_shortcut(keys)))
    };
    if !picked.is_empty() && section == Section::Active {
        for (item, place) in MOVES {
            if pressed(item) {
                actions.push(Action::Move(ids(picked), place));
            }
        }
        if pressed(Item::CancelRows) {
            actions.push(Action::Cancel(ids(picked)));
        }
    } else if !picked.is_empty() && pressed(Item::RemoveRows) {
        actions.push(Action::Remove(ids(picked)));
    }
    picked.keyboard(ui, &Shown { queue: &mirror.queue, section }, scroll);
}

fn context_menu(
    ui: &mut Ui,
    mirror: &Mirror,
    section: Section,
    picked: &mut Picked<TransferId>,
    row: TransferId,
    jump: &mut Option<TransferId>,
    actions: &mut Vec<Action>,
) {
    let able = Able::of(&mirror.queue, section, picked);
    let preset = mirror.settings.keys;
    let ids = || chosen(&mirror.queue, section, picked);
    let mut chosen_priority = None;
    let mut chosen_type = None;
    let mut types = |ui: &mut Ui| {
        let now = mirror.queue.get(row).map(|row| row.transfer_type);
        chosen_type = menu::transfer_types(ui, now, able.retype, BEGUN);
    };
    let mut entry = |ui: &mut Ui, item: Item, enabled: bool, action: &dyn Fn() -> Action| {
        if menu::row(ui, item, preset, enabled) {
            actions.push(action());
        }
    };
    match section {
        Section::Active => {
            entry(ui, Item::PauseRows, able.pause, &|| Action::Pause(ids()));
            entry(ui, Item::ResumeRows, able.resume, &|| Action::Resume(ids()));
            entry(ui, Item::ResetRows, true, &|| Action::Reset(ids()));
            entry(ui, Item::CancelRows, true, &|| Action::Cancel(ids()));
            ui.separator();
            for (item, place) in MOVES {
                entry(ui, item, true, &|| Action::Move(ids(), place));
            }
            let now = mirror.queue.get(row).map(|row| row.priority);
            menu::submenu(ui, icons::GAUGE, "Priority", |ui| {
                for priority in Priority::ALL.into_iter().rev() {
                    if menu::choice(ui, priority.name(), now == Some(priority), true).clicked() {
                        chosen_priority = Some(priority);
                    }
                }
            });
            types(ui);
            ui.separator();
            let held = mirror.queue.is_held();
            entry(ui, Item::HoldQueue, !held, &|| Action::Hold);
            entry(ui, Item::ReleaseQueue, held || mirror.queue.left() > 0, &|| Action::Release);
        }
        Section::Failed => {
            entry(ui, Item::RetryRows, true, &|| Action::Retry(ids()));
            entry(ui, Item::ResetRows, true, &|| Action::Reset(ids()));
            entry(ui, Item::RemoveRows, true, &|| Action::Remove(ids()));
            types(ui);
            ui.separator();
            let every = || mirror.queue.section(section).iter().copied().collect();
            entry(ui, Item::RetryFailed, true, &|| Action::Retry(every()));
            entry(ui, Item::ClearFailed, true, &|| Action::Clear(section));
        }
        Section::Done => {
            entry(ui, Item::ResetRows, true, &|| Action::Reset(ids()));
            entry(ui, Item::RemoveRows, true, &|| Action::Remove(ids()));
            entry(ui, Item::ClearDone, true, &|| Action::Clear(section));
        }
    }
    actions.extend(chosen_priority.map(|priority| Action::Prioritise(ids(), priority)));
    actions.extend(chosen_type.map(|chosen| Action::ChangeType(ids(), chosen)));
    ui.separator();
    // Lines of an earlier run are not there any more.
    let logged = mirror.transcript.iter().rev().any(|line| line.transfer == Some(row));
    if menu::entry(ui, Some(icons::LOG), "Show in the reply log", "", logged).clicked() {
        *jump = Some(row);
        ui.close();
    }
    let reason = mirror.queue.get(row).and_then(reason);
    if let Some(reason) = reason
        && menu::entry(ui, Some(icons::COPY), "Copy the reason", "", true).clicked()
    {
        ui.ctx().copy_text(reason.to_owned());
        ui.close();
    }
    if menu::row(ui, Item::SelectAll, preset, true) {
        picked.all(mirror.queue.section(section).iter().copied());
    }
}

fn reason(row: Row<'_>) -> Option<&str> {
    match row.phase {
        Phase::Failed(failure) | Phase::Waiting { failure, .. } => Some(&failure.why),
        _ => None,
    }
}
