//! Dialogs: what is asked before something is done, and the worker's questions.

mod about;
mod certificate;
mod compare;
mod delete;
mod exists;
mod export;
mod filters;
pub mod frame;
mod new_folder;
mod password;
mod path;
mod permissions;
pub mod proxy;
mod rules;
mod settings;
pub(super) mod speed;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use eframe::egui::Context;

use crate::model::{Action, Answer, Ask, Entry, Place, Question, QuestionId, TabId};

use super::mirror::Mirror;
use super::perform::Choose;
use super::text::Clock;
use super::view::Tickets;

pub use export::Exported;
use frame::Opening;
pub use password::password_field;

/// A dialog that a person opened.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Make a folder in `parent`.
    NewFolder {
        /// The tab whose server is meant.
        tab: TabId,
        /// The folder that will hold it.
        parent: Place,
    },
    /// Delete `places`: asks, counts what lies below, says how much.
    Delete {
        /// The tab whose server is meant.
        tab: TabId,
        /// What, with what the listing says of it.
        places: Vec<(Place, Entry)>,
    },
    /// Change permissions of `places`.
    Permissions {
        /// The tab whose server is meant.
        tab: TabId,
        /// What, with what the listing says of it.
        places: Vec<(Place, Entry)>,
    },
    /// Export a log.
    Export {
        /// The log.
        exported: Exported,
        /// Where its file goes at first.
        folder: PathBuf,
    },
    /// Compare two logs.
    Compare {
        /// The log that was opened from a file.
        opened: Option<PathBuf>,
        /// Where names of files without a folder are looked for.
        folder: PathBuf,
    },
    /// Name a file, because the system has no dialog for it.
    File {
        /// What for.
        choose: Choose,
        /// Where it lies, if nothing else is typed.
        folder: PathBuf,
    },
    /// The settings window.
    Settings,
    /// Which filters are on.
    Filters,
    /// About Longshore.
    About,
}

/// The dialog that is open, and the worker's question that is shown.
#[derive(Debug, Default)]
pub struct Dialogs {
    wish: Option<Wish>,
    open: Option<Open>,
    /// The file that was named.
    named: Option<(Choose, PathBuf)>,
    asked: Option<Asked>,
    /// Questions that were answered but are not yet withdrawn.
    answered: BTreeSet<QuestionId>,
}

/// A dialog with what a person did in it so far.
#[derive(Debug)]
enum Open {
    NewFolder(new_folder::NewFolder),
    Delete(delete::Delete),
    Permissions(permissions::Permissions),
    Settings(Box<settings::Setting>),
    Filters(Box<filters::Filtering>),
    Export(Box<export::Exporting>),
    Compare(Box<compare::Comparing>),
    File(path::Naming),
    About(Opening),
}

/// A question with what a person did about it so far.
#[derive(Debug)]
struct Asked {
    id: QuestionId,
    exists: exists::Choice,
    password: password::Typing,
    opening: Opening,
}

impl Dialogs {
    /// Opens a dialog; replaces the one that is open.
    pub fn open(&mut self, wish: Wish) {
        self.wish = Some(wish);
    }

    /// Whether a dialog or question is in front: then shortcuts of the window rest.
    pub fn is_open(&self, mirror: &Mirror) -> bool {
        self.wish.is_some() || self.open.is_some() || self.question(mirror).is_some()
    }

    /// Whether the system's dialog is to choose a file for the dialog that is open; told once.
    pub fn take_choosing(&mut self) -> bool {
        let Some(Open::Compare(dialog)) = &mut self.open else { return false };
        dialog.take_choosing()
    }

    /// The file that was chosen for the dialog that is open.
    pub fn chose(&mut self, path: &Path) {
        if let Some(Open::Compare(dialog)) = &mut self.open {
            dialog.chose(path);
        }
    }

    /// The file that a person has named, and what for; told once.
    pub fn take_named(&mut self) -> Option<(Choose, PathBuf)> {
        self.named.take()
    }

    fn question<'a>(&self, mirror: &'a Mirror) -> Option<&'a Question> {
        mirror.questions.iter().find(|question| !self.answered.contains(&question.id))
    }

    /// Hands an answer over; the question is not drawn again while the worker has not withdrawn it.
    fn answer(&mut self, id: QuestionId, answer: Answer, actions: &mut Vec<Action>) {
        self.answered.insert(id);
        self.asked = None;
        actions.push(Action::Answer(id, answer));
    }
}

/// Draws the open dialog and the first of the worker's questions.
pub fn dialogs_ui(
    ctx: &Context,
    mirror: &Mirror,
    dialogs: &mut Dialogs,
    tickets: &mut Tickets,
    clock: &Clock,
    actions: &mut Vec<Action>,
) {
    if let Some(wish) = dialogs.wish.take() {
        dialogs.open = begin(wish, mirror, tickets, clock, actions);
    }
    let close = match &mut dialogs.open {
        Some(Open::NewFolder(dialog)) => dialog.ui(ctx, tickets, actions),
        Some(Open::Delete(dialog)) => dialog.ui(ctx, mirror, tickets, actions),
        Some(Open::Permissions(dialog)) => dialog.ui(ctx, tickets, actions),
        Some(Open::Settings(dialog)) => dialog.ui(ctx, mirror, actions),
        Some(Open::Filters(dialog)) => dialog.ui(ctx, mirror, actions),
        Some(Open::Export(dialog)) => dialog.ui(ctx, actions),
        Some(Open::Compare(dialog)) => dialog.ui(ctx, mirror, actions),
        Some(Open::File(dialog)) => match dialog.ui(ctx) {
            Some(named) => {
                dialogs.named = named;
                true
            }
            None => false,
        },
        Some(Open::About(opening)) => about::about_ui(ctx, opening),
        None => false,
    };
    if close {
        dialogs.open = None;
    }
    question_ui(ctx, mirror, dialogs, clock, actions);
}

fn begin(wish: Wish, mirror: &Mirror, tickets: &mut Tickets, clock: &Clock, actions: &mut Vec<Action>) -> Option<Open> {
    Some(match wish {
        Wish::NewFolder { tab, parent } => Open::NewFolder(new_folder::NewFolder::new(tab, parent)),
        Wish::Delete { tab, places } if !mirror.settings.confirm_delete => {
            actions.push(delete::Delete::at_once(tab, places, tickets));
            return None;
        }
        Wish::Delete { tab, places } => Open::Delete(delete::Delete::new(tab, places, tickets, actions)),
        Wish::Permissions { tab, places } => Open::Permissions(permissions::Permissions::new(tab, places)),
        Wish::Settings => Open::Settings(Box::new(settings::Setting::new(&mirror.settings))),
        Wish::Filters => Open::Filters(Box::new(filters::Filtering::new(&mirror.settings.filters))),
        Wish::Export { exported, folder } => Open::Export(Box::new(export::Exporting::new(exported, folder, clock))),
        Wish::Compare { opened, folder } => Open::Compare(Box::new(compare::Comparing::new(mirror, opened, folder))),
        Wish::File { choose, folder } => Open::File(path::Naming::new(choose, folder)),
        Wish::About => Open::About(Opening::default()),
    })
}

fn question_ui(ctx: &Context, mirror: &Mirror, dialogs: &mut Dialogs, clock: &Clock, actions: &mut Vec<Action>) {
    dialogs.answered.retain(|id| mirror.questions.iter().any(|question| question.id == *id));
    let Some(question) = dialogs.question(mirror) else {
        dialogs.asked = None;
        return;
    };
    let id = question.id;
    if dialogs.asked.as_ref().is_none_or(|asked| asked.id != id) {
        let (exists, password) = (exists::Choice::default(), password::Typing::default());
        dialogs.asked = Some(Asked { id, exists, password, opening: Opening::default() });
    }
    let is_like = |other: &&Question| other.id != id && matches!(other.ask, Ask::FileExists(_));
    let open = mirror.questions.iter().filter(|other| !dialogs.answered.contains(&other.id));
    let waiting = open.filter(is_like).count();
    let Some(asked) = &mut dialogs.asked else { return };
    let answer = match &question.ask {
        Ask::FileExists(exists) => asked.exists.ui(ctx, exists, waiting, clock),
        Ask::Certificate(doubt) => certificate::certificate_ui(ctx, doubt, &mut asked.opening),
        Ask::Password { host, user, refused } => asked.password.ui(ctx, host, Some(user), refused.as_deref()),
        Ask::Secret { of, refused } => asked.password.ui(ctx, of, None, refused.as_deref()),
    };
    if let Some(answer) = answer {
        dialogs.answer(id, answer, actions);
    }
}
