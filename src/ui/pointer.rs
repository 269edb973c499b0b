//! The pointer's events, in frames that egui understands.
//!
//! egui looks for what was pressed where the pointer is at the end of a frame. A slow frame may hold a press, the way from
//! there and the release: then the press would hit what lies at the end of the way. So a frame ends before the pointer
//! moves on from a press or release, and before a release at the end of a way.

use eframe::egui::{Context, Event, Plugin, RawInput};

/// Keeps back what belongs into later frames.
#[derive(Debug, Default)]
pub struct InOrder {
    later: Vec<Event>,
}

impl Plugin for InOrder {
    fn debug_name(&self) -> &'static str {
        "pointer"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        let mut events = std::mem::take(&mut self.later);
        events.append(&mut input.events);
        self.later = events.split_off(frame(&events));
        input.events = events;
        if !self.later.is_empty() {
            ctx.request_repaint();
        }
    }
}

/// How many of `events` belong into one frame; at least one, if there are any.
fn frame(events: &[Event]) -> usize {
    let (mut button, mut moved) = (false, false);
    for (index, event) in events.iter().enumerate() {
        match event {
            Event::PointerMoved(_) if button => return index,
            Event::PointerMoved(_) => moved = true,
            Event::PointerButton { pressed: false, .. } if moved => return index,
            Event::PointerButton { .. } => (button, moved) = (true, false),
            _ => {}
        }
    }
    events.len()
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Modifiers, PointerButton, Pos2};

    use super::*;

    fn frames(events: &str) -> Vec<String> {
        let event = |c| match c {
            'm' => Event::PointerMoved(Pos2::ZERO),
            'k' => Event::Text("k".into()),
            _ => Event::PointerButton {
                pos: Pos2::ZERO,
                button: PointerButton::Primary,
                pressed: c == 'p',
                modifiers: Modifiers::NONE,
            },
        };
        let mut rest: Vec<Event> = events.chars().map(event).collect();
        let (mut frames, mut done) = (Vec::new(), 0);
        while !rest.is_empty() {
            let later = rest.split_off(frame(&rest));
            frames.push(events[done..done + rest.len()].to_owned());
            done += rest.len();
            rest = later;
        }
        frames
    }

    #[test]
    fn a_press_a_way_and_a_release_are_three_frames() {
        assert_eq!(frames("mmpmmrm"), ["mmp", "mm", "r", "m"]);
        assert_eq!(frames("mprprk"), ["mprprk"], "clicks without a way stay together");
        assert_eq!(frames("mmk"), ["mmk"]);
        assert_eq!(frames("mr"), ["m", "r"], "a drop is where the way ended");
    }
}
