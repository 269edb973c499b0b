//! Long lists: rows of one height, scrolled exactly, selected by mouse and keyboard.
//!
//! egui keeps scroll offsets as `f32`: above 2^24 px, 700,000 rows, pixels are skipped. Here they are `f64`.

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    self, Align, Color32, CornerRadius, EventFilter, FontId, Id, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind,
    Ui, UiBuilder, Vec2, WidgetInfo,
};

use super::theme;

/// Width that the scroll bar takes, over the rows' right end.
pub const BAR: f32 = 10.0;
/// The shortest handle.
const HANDLE: f32 = 24.0;

/// Where a list is scrolled to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scroll {
    /// Pixels above the upper edge.
    top: f64,
    /// Whether the end stays in view while rows are added.
    following: bool,
    /// A row that is to be brought into view, and how many around it.
    reveal: Option<(usize, usize)>,
    /// Rows that were in view when it was drawn last.
    page: usize,
    /// The first of them.
    first: usize,
    /// Rows that left at the top since it was drawn last.
    gone: usize,
    /// Rows that came there.
    came: usize,
}

impl Scroll {
    /// At the end, and staying there.
    pub fn at_end() -> Self {
        Self { following: true, ..Self::default() }
    }

    /// Whether the end stays in view.
    pub fn is_following(&self) -> bool {
        self.following
    }

    /// Goes to the end and stays there.
    pub fn follow(&mut self) {
        self.following = true;
    }

    /// Brings `row` into view.
    pub fn reveal(&mut self, row: usize) {
        self.reveal_among(row, 0);
    }

    /// Brings `row` into view, and as many as `around` before and behind it while there is room.
    pub fn reveal_among(&mut self, row: usize, around: usize) {
        self.reveal = Some((row, around));
        self.following = false;
    }

    /// The first row in view.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Rows in view.
    pub fn page(&self) -> usize {
        self.page.max(1)
    }

    /// Keeps the rows where they are on the screen while `rows` leave above them.
    pub fn rows_left(&mut self, rows: usize) {
        self.gone += rows;
    }

    /// Keeps the rows where they are on the screen while `rows` come above them; at the top what comes is seen.
    pub fn rows_came(&mut self, rows: usize) {
        if self.top > 0.0 {
            self.came += rows;
        }
    }

    /// Between which rows of this height `y` lies, counted from the upper edge: before the row of this number.
    pub fn gap_at(&self, y: f32, height: f32) -> usize {
        whole((self.top + f64::from(y)) / f64::from(height) + 0.5)
    }

    /// How far below the upper edge the row begins.
    pub fn top_of(&self, row: usize, height: f32) -> f32 {
        narrow(row as f64 * f64::from(height) - self.top)
    }

    /// Near the upper or lower edge of `body`, a drag scrolls.
    pub fn near_edge(&mut self, ui: &Ui, body: Rect, pointer: Pos2) {
        const EDGE: f32 = 20.0;
        const STEP: f64 = 6.0;
        if pointer.y < body.top() + EDGE {
            self.by(-STEP);
        } else if pointer.y > body.bottom() - EDGE {
            self.by(STEP);
        } else {
            return;
        }
        ui.request_repaint_after_secs(0.02);
    }

    fn by(&mut self, pixels: f64) {
        self.top += pixels;
        self.following = false;
    }
}

/// A list to be drawn.
#[derive(Debug)]
pub struct Rows<'a> {
    /// Where it is scrolled to.
    pub scroll: &'a mut Scroll,
    /// How many rows there are.
    pub count: usize,
    /// The height of each.
    pub height: f32,
    /// Its accessible name.
    pub name: &'a str,
    /// Whether reaching the end by scrolling means to stay there.
    pub follows: bool,
}

/// What came of drawing a list.
#[derive(Debug)]
pub struct Drawn {
    /// The list itself: it takes the keyboard focus, and clicks beside the rows.
    pub response: Response,
    /// Where the rows are.
    pub body: Rect,
}

/// The id by which the list called `name` has the keyboard.
pub fn focus_id(name: &str) -> Id {
    Id::unique(("list", name))
}

impl Rows<'_> {
    /// Fills the space that is left with the rows in view; `draw` gets a row's number and place.
    pub fn show(self, ui: &mut Ui, mut draw: impl FnMut(&mut Ui, usize, Rect)) -> Drawn {
        let body = ui.available_rect_before_wrap();
        let id = focus_id(self.name);
        let response = ui.interact(body, id, Sense::click());
        ui.advance_cursor_after_rect(body);
        response.widget_info(|| WidgetInfo::labeled(Role::List, true, self.name));
        let (count, name) = (self.count, self.name);
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_label(name);
            node.set_size_of_set(count);
        });
        if response.clicked() {
            response.request_focus();
        }
        if response.has_focus() {
            let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        let Self { scroll, height, follows, .. } = self;
        let (view, row) = (f64::from(body.height()), f64::from(height));
        let end = (count as f64 * row - view).max(0.0);
        scroll.page = whole(view / row);
        let above = std::mem::take(&mut scroll.came) as f64 - std::mem::take(&mut scroll.gone) as f64;
        scroll.top = (scroll.top + above * row).max(0.0);
        wheel(ui, body, scroll);
        if let Some((target, around)) = scroll.reveal.take() {
            let at = target.min(count.saturating_sub(1)) as f64 * row;
            let around = (around as f64 * row).min((view - row) / 2.0).max(0.0);
            let least = (at + row + around - view).max(0.0);
            scroll.top = scroll.top.clamp(least, (at - around).max(least));
        }
        bar(ui, id, body, scroll, count as f64 * row);
        if scroll.following || scroll.top >= end {
            scroll.top = end;
            scroll.following |= follows;
        }
        scroll.top = scroll.top.clamp(0.0, end);
        let first = whole(scroll.top / row);
        scroll.first = first;
        let last = count.min(whole((scroll.top + view) / row) + 1);
        let mut inner = ui.new_child(UiBuilder::new().id_salt("rows").max_rect(body).accessibility_parent(id));
        inner.set_clip_rect(body.intersect(ui.clip_rect()));
        for index in first..last {
            // The difference is small, whatever the row: exact in `f32`.
            let y = body.top() + narrow(index as f64 * row - scroll.top);
            let at = Rect::from_min_size(egui::pos2(body.left(), y), Vec2::new(body.width(), height));
            draw(&mut inner, index, at);
        }
        draw_bar(ui, id, body, scroll, count as f64 * row);
        if response.has_focus() && ui.memory(|memory| memory.focused() == Some(id)) {
            let stroke = Stroke::new(1.0, theme::of(ui).focus);
            ui.painter().rect_stroke(body, CornerRadius::ZERO, stroke, StrokeKind::Inside);
        }
        Drawn { response, body }
    }
}

fn wheel(ui: &Ui, body: Rect, scroll: &mut Scroll) {
    if ui.is_enabled() && ui.rect_contains_pointer(body) {
        let delta = ui.input(|input| input.smooth_scroll_delta().y);
        if delta != 0.0 {
            scroll.by(-f64::from(delta));
        }
    }
}

/// Where the handle is: its upper end and its length, from the top of the track.
fn handle(body: Rect, scroll: &Scroll, total: f64) -> Option<(f64, f64)> {
    let view = f64::from(body.height());
    (total > view && view > f64::from(HANDLE)).then(|| {
        let length = (view * view / total).max(f64::from(HANDLE));
        let share = (scroll.top / (total - view)).clamp(0.0, 1.0);
        (share * (view - length), length)
    })
}

fn track(body: Rect) -> Rect {
    Rect::from_min_max(egui::pos2(body.right() - BAR, body.top()), body.max)
}

fn bar(ui: &Ui, id: Id, body: Rect, scroll: &mut Scroll, total: f64) {
    let Some((_, length)) = handle(body, scroll, total) else { return };
    let view = f64::from(body.height());
    // Under the rows in order of drawing, so it is asked for again after them: see `draw_bar`.
    let Some(response) = ui.ctx().read_response(id.with("bar")) else { return };
    if response.dragged() {
        scroll.by(f64::from(response.drag_delta().y) / (view - length) * (total - view));
    } else if response.clicked()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let share = (f64::from(pointer.y - body.top()) - length / 2.0) / (view - length);
        scroll.top = share.clamp(0.0, 1.0) * (total - view);
        scroll.following = false;
    }
}

fn draw_bar(ui: &Ui, id: Id, body: Rect, scroll: &Scroll, total: f64) {
    let Some((top, length)) = handle(body, scroll, total) else { return };
    let response = ui.interact(track(body), id.with("bar"), Sense::CLICK | Sense::DRAG);
    let near = response.hovered() || response.dragged();
    let shown = near || ui.rect_contains_pointer(body);
    let opacity = if response.dragged() {
        0.7
    } else if near {
        0.55
    } else if shown {
        0.35
    } else {
        0.2
    };
    let width = if near { 8.0 } else { 5.0 };
    let rect = Rect::from_min_size(
        egui::pos2(body.right() - width - 2.0, body.top() + narrow(top) + 2.0),
        Vec2::new(width, narrow(length) - 4.0),
    );
    ui.painter().rect_filled(rect, CornerRadius::same(4), theme::of(ui).secondary.gamma_multiply(opacity));
}

/// A distance on the screen: small enough for `f32`.
fn narrow(distance: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation)]
    let narrow = distance as f32;
    narrow
}

/// `value` without its fraction.
fn whole(value: f64) -> usize {
    // Rows are counted in `usize` before they get here, so it fits; negative numbers become 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = value.floor().max(0.0) as usize;
    whole
}

/// Writes one line into `rect`, cut with an ellipsis where it does not fit; says how wide it is.
pub fn write(ui: &Ui, rect: Rect, text: impl Into<String>, font: FontId, color: Color32, align: Align) -> f32 {
    if rect.width() < 1.0 {
        return 0.0;
    }
    let mut job = LayoutJob::simple_singleline(text.into(), font, color);
    job.wrap = TextWrapping::truncate_at_width(rect.width());
    write_job(ui, rect, job, align)
}

/// Writes a path into `rect`, as [`fit_path`] cuts it.
pub fn write_path(ui: &Ui, rect: Rect, path: &str, font: FontId, color: Color32) {
    let text = fit_path(ui, rect.width(), path, &font);
    write(ui, rect, text, font, color, Align::Min);
}

/// As much of a path as `width` has room for: folders at its beginning are what is cut first, and then the middle of its
/// name, since names that stand below each other often begin or end alike.
pub fn fit_path(ui: &Ui, width: f32, path: &str, font: &FontId) -> String {
    let wide = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), Color32::PLACEHOLDER).size().x;
    if width < 24.0 {
        return String::new();
    }
    let whole = wide(path);
    if whole <= width {
        return path.to_owned();
    }
    // One measure of the whole tells about where to cut, a second one corrects it.
    let chars = path.chars().count();
    let mut keep = self::whole(chars as f64 * f64::from(width / whole)).min(chars - 1);
    while keep > 1 && wide(&shortened(path, keep)) > width {
        keep -= 1;
    }
    shortened(path, keep)
}

/// `keep` characters of a path that has more, and an ellipsis.
fn shortened(path: &str, keep: usize) -> String {
    let last =
        |text: &str, count: usize| text.chars().skip(text.chars().count().saturating_sub(count)).collect::<String>();
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let trailing = path.chars().rev().take_while(|c| *c == '/').count();
    if name.chars().count() + trailing <= keep {
        return format!("…{}", last(path, keep));
    }
    let end = keep / 3;
    let begin: String = name.chars().take(keep - end).collect();
    format!("{begin}…{}", last(name, end))
}

/// As [`write()`], for text of several colours; cut as `job` says.
pub fn write_job(ui: &Ui, rect: Rect, job: LayoutJob, align: Align) -> f32 {
    let galley = ui.painter().layout_job(job);
    let size = galley.size();
    let x = match align {
        Align::Min => rect.left(),
        Align::Center => rect.center().x - size.x / 2.0,
        Align::Max => rect.right() - size.x,
    };
    let at = egui::pos2(x, rect.center().y - size.y / 2.0);
    ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    size.x
}

/// The ground of a row: selected, under the pointer, or nothing.
pub fn ground(ui: &Ui, rect: Rect, selected: bool, focused: bool, hovered: bool) {
    let palette = theme::of(ui);
    let fill = match (selected, hovered) {
        (true, _) if focused => palette.selection,
        (true, _) => palette.selection_idle,
        (false, true) => palette.raised,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, CornerRadius::ZERO, fill);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_the_folders_are_cut_first_and_then_the_middle_of_the_name() {
        let path = "/films/holiday 38, second day.mkv";
        let kept = |keep| shortened(path, keep);
        assert_eq!(kept(29), "…ms/holiday 38, second day.mkv");
        assert_eq!(kept(26), "…holiday 38, second day.mkv");
        assert_eq!(shortened("/////", 3), "…");
        assert_eq!([kept(15), kept(2), kept(1)], ["holiday 38…y.mkv", "ho…", "h…"]);
        assert_eq!([shortened("/var/www/", 4), shortened("/var/wide/", 4)], ["…www/", "wid…e"]);
    }
}
