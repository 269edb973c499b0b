//! Rows that came together, close together in memory: the worker, the window and the journal share them.

use std::path::Path;
use std::sync::Arc;

use crate::model::path::RemotePath;
use crate::model::transfer::{Course, Folder, Phase, Priority, Transfer, TransferId};
use crate::model::{IfExists, Kind, TransferType};

/// Neighbours that are looked at for what a row has in common with one of them.
const LOOKED_AT: usize = 8;

/// A row as it is read: what a [`Transfer`] has, wherever it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of `Transfer`")]
pub struct Row<'a> {
    pub id: TransferId,
    pub course: Course,
    pub kind: Kind,
    pub folder: &'a Arc<Folder>,
    pub remote_name: &'a str,
    pub local_name: Option<&'a str>,
    pub size: Option<u64>,
    pub phase: &'a Phase,
    pub attempts: u16,
    pub if_exists: Option<IfExists>,
    pub priority: Priority,
    pub transfer_type: TransferType,
    pub place: i64,
}

impl<'a> Row<'a> {
    /// Whether it goes as text.
    pub fn is_text(&self) -> bool {
        self.transfer_type == TransferType::Text
    }

    /// Whether it may still go as text, or not: nobody has tried it, or it was given up.
    pub fn may_change_type(&self) -> bool {
        match self.phase {
            Phase::Queued | Phase::Left | Phase::Waiting { .. } | Phase::Paused => self.attempts == 0,
            Phase::Failed(_) => true,
            Phase::Running(_) | Phase::Done(_) | Phase::Skipped => false,
        }
    }

    /// The local end's name.
    pub fn local_name(&self) -> &'a str {
        self.local_name.unwrap_or(self.remote_name)
    }

    /// The local end, as a person reads it.
    pub fn local_shown(&self) -> String {
        self.folder.local.join(crate::model::path::shown(self.local_name())).display().to_string()
    }

    /// The remote end.
    pub fn remote(&self) -> RemotePath {
        if self.remote_name.is_empty() { self.folder.remote.clone() } else { self.folder.remote.join(self.remote_name) }
    }

    /// The local folder of the row.
    pub fn local_folder(&self) -> &'a Path {
        &self.folder.local
    }

    /// The same by itself.
    pub fn to_transfer(&self) -> Transfer {
        Transfer {
            id: self.id,
            course: self.course,
            kind: self.kind,
            folder: self.folder.clone(),
            remote_name: self.remote_name.into(),
            local_name: self.local_name.map(Into::into),
            size: self.size,
            phase: self.phase.clone(),
            attempts: self.attempts,
            if_exists: self.if_exists,
            priority: self.priority,
            transfer_type: self.transfer_type,
            place: self.place,
        }
    }
}

/// Rows, none of which ever changes; a copy costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// What stays whatever becomes of them: rows that were made of others share it with them.
    body: Arc<Body>,
    state: Arc<State>,
}

/// A million rows by themselves are a million names by themselves, and most of each row says what its neighbours say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Body {
    ids: Series,
    /// 0 where it is not known.
    sizes: Box<[u64]>,
    /// Where each remote name ends; it begins where the one before ends.
    name_ends: Box<[usize]>,
    /// All remote names, one behind the other.
    names: Box<str>,
    /// Names on this machine where they differ, by the numbers of their rows, which ascend.
    local_names: Vec<(usize, Box<str>)>,
}

/// Where rows stand, and how.
#[derive(Debug, Default)]
struct State {
    places: Series,
    likes: Vec<Like>,
    /// Which of them each row has; empty where all have the first one.
    like_of: Box<[u32]>,
}

/// What many rows have in common.
#[derive(Debug, PartialEq, Eq)]
struct Like {
    folder: Arc<Folder>,
    phase: Phase,
    attempts: u16,
    course: Course,
    kind: Kind,
    if_exists: Option<IfExists>,
    priority: Priority,
    transfer_type: TransferType,
    knows_size: bool,
}

/// Numbers, of which each is mostly as far from the one before as that was.
#[derive(Debug, PartialEq, Eq)]
enum Series {
    Steps { first: u64, step: u64 },
    Each(Box<[u64]>),
}

impl Default for Series {
    fn default() -> Self {
        Self::Steps { first: 0, step: 0 }
    }
}

impl Series {
    fn of(numbers: Vec<u64>) -> Self {
        let first = numbers.first().copied().unwrap_or(0);
        let step = numbers.get(1).map_or(0, |second| second.wrapping_sub(first));
        if numbers.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step) {
            Self::Steps { first, step }
        } else {
            Self::Each(numbers.into())
        }
    }

    fn get(&self, index: usize) -> Option<u64> {
        match self {
            Self::Steps { first, step } => Some(first.wrapping_add(step.wrapping_mul(index as u64))),
            Self::Each(numbers) => numbers.get(index).copied(),
        }
    }
}

impl Rows {
    /// What they became, which shares with them what is still the same.
    pub fn changed(&self, rows: Vec<Transfer>) -> Self {
        let Self { body, state } = rows.into();
        let body = if body == self.body { self.body.clone() } else { body };
        Self { body, state }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.body.sizes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at `index`.
    pub fn get(&self, index: usize) -> Option<Row<'_>> {
        let Body { ids, sizes, name_ends, names, local_names } = &*self.body;
        let State { places, likes, like_of } = &*self.state;
        let size = *sizes.get(index)?;
        let like = likes.get(like_of.get(index).map_or(0, |number| *number as usize))?;
        let name_start = index.checked_sub(1).and_then(|before| name_ends.get(before)).copied().unwrap_or(0);
        let local_name = local_names.binary_search_by_key(&index, |(index, _)| *index).ok();
        Some(Row {
            id: TransferId(ids.get(index)?),
            course: like.course,
            kind: like.kind,
            folder: &like.folder,
            remote_name: names.get(name_start..*name_ends.get(index)?)?,
            local_name: local_name.and_then(|at| local_names.get(at)).map(|(_, name)| &**name),
            size: like.knows_size.then_some(size),
            phase: &like.phase,
            attempts: like.attempts,
            if_exists: like.if_exists,
            priority: like.priority,
            transfer_type: like.transfer_type,
            place: places.get(index)?.cast_signed(),
        })
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> + Clone {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl From<Vec<Transfer>> for Rows {
    fn from(transfers: Vec<Transfer>) -> Self {
        // What grows leaves holes behind: for a million rows they would be as large as the rows.
        let count = transfers.len();
        let (mut ids, mut places, mut like_of) =
            (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut sizes, mut name_ends) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut names = String::with_capacity(transfers.iter().map(|transfer| transfer.remote_name.len()).sum());
        let (mut local_names, mut likes) = (Vec::new(), Vec::new());
        for (index, transfer) in transfers.into_iter().enumerate() {
            let Transfer {
                id,
                course,
                kind,
                folder,
                size,
                phase,
                attempts,
                if_exists,
                priority,
                transfer_type,
                place,
                ..
            } = transfer;
            ids.push(id.0);
            places.push(place.cast_unsigned());
            sizes.push(size.unwrap_or(0));
            names.push_str(&transfer.remote_name);
            name_ends.push(names.len());
            local_names.extend(transfer.local_name.map(|name| (index, name)));
            let knows_size = size.is_some();
            let like = Like { folder, phase, attempts, course, kind, if_exists, priority, transfer_type, knows_size };
            like_of.push(number(&mut likes, like));
        }
        local_names.shrink_to_fit();
        likes.shrink_to_fit();
        if likes.len() == 1 {
            like_of = Vec::new();
        }
        let (ids, places) = (Series::of(ids), Series::of(places));
        let (sizes, name_ends, names) = (sizes.into(), name_ends.into(), names.into());
        Self {
            body: Arc::new(Body { ids, sizes, name_ends, names, local_names }),
            state: Arc::new(State { places, likes, like_of: like_of.into() }),
        }
    }
}

/// The number of `like`, which gets one of its own where none of the last ones is the same.
fn number(likes: &mut Vec<Like>, like: Like) -> u32 {
    let looked_at = likes.len().saturating_sub(LOOKED_AT);
    let same = likes[looked_at..].iter().rposition(|other| *other == like);
    let number = same.map_or(likes.len(), |at| looked_at + at);
    if number == likes.len() {
        likes.push(like);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the queue holds two million rows at most")]
    let number = number as u32;
    number
}

impl FromIterator<Transfer> for Rows {
    fn from_iter<I: IntoIterator<Item = Transfer>>(transfers: I) -> Self {
        transfers.into_iter().collect::<Vec<_>>().into()
    }
}

impl<const COUNT: usize> From<[Transfer; COUNT]> for Rows {
    fn from(transfers: [Transfer; COUNT]) -> Self {
        Vec::from(transfers).into()
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state) || self.iter().eq(other.iter())
    }
}

impl Eq for Rows {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Site;

    #[test]
    fn rows_come_back_as_they_were() {
        let folder = |local: &str| {
            let site = Arc::new(Site::default());
            Arc::new(Folder { site, local: local.into(), remote: RemotePath::root(), below: 0 })
        };
        let (here, there) = (folder("/here"), folder("/there"));
        let row = |id, remote_name: &str, local_name: Option<&str>, folder: &Arc<Folder>, size| Transfer {
            id: TransferId(id),
            course: Course::Upload,
            kind: Kind::File,
            folder: folder.clone(),
            remote_name: remote_name.into(),
            local_name: local_name.map(Into::into),
            size,
            phase: if id == 3 { Phase::Paused } else { Phase::Queued },
            attempts: 2,
            if_exists: Some(IfExists::Rename),
            priority: Priority::High,
            transfer_type: TransferType::Text,
            place: -5,
        };
        let transfers = vec![
            row(9, "a", None, &here, Some(0)),
            row(3, "", Some("b"), &there, Some(u64::MAX)),
            row(u64::MAX, "\u{fc}", Some(""), &there, None),
            row(1, "", None, &here, Some(7)),
        ];
        let rows = Rows::from(transfers.clone());
        assert_eq!(rows.iter().map(|row| row.to_transfer()).collect::<Vec<_>>(), transfers);
        assert!(transfers.iter().map(Transfer::row).eq(rows.iter()));
        assert!(Arc::ptr_eq(rows.get(2).unwrap().folder, &there) && rows.get(4).is_none());
        assert_eq!((rows.len(), Rows::default().is_empty(), rows == Rows::from(transfers)), (4, true, true));
        let alike = (0..1000).map(|id| row(id, "x", None, if id % 2 == 0 { &here } else { &there }, Some(id)));
        let rows: Rows = alike.collect();
        assert_eq!((rows.state.likes.len(), rows.get(999).and_then(|row| row.size)), (3, Some(999)));
    }

    #[test]
    fn what_was_changed_shares_what_is_the_same() {
        let site = Arc::new(Site::default());
        let folder = Arc::new(Folder { site, local: "/l".into(), remote: RemotePath::root(), below: 0 });
        let row = |id: u64| Transfer {
            id: TransferId(id),
            course: Course::Download,
            kind: Kind::File,
            folder: folder.clone(),
            remote_name: format!("file {id}").into(),
            local_name: None,
            size: Some(id),
            phase: Phase::Left,
            attempts: 0,
            if_exists: None,
            priority: Priority::default(),
            transfer_type: TransferType::Binary,
            place: 7 - id.cast_signed(),
        };
        let left: Rows = (0..100).map(row).collect();
        let queued: Vec<_> = (0..100).map(|id| Transfer { phase: Phase::Queued, place: 5, ..row(id) }).collect();
        let rows = left.changed(queued.clone());
        assert!(Arc::ptr_eq(&rows.body, &left.body) && rows.iter().eq(queued.iter().map(Transfer::row)));
        let renamed: Vec<_> = (0..100).map(|id| Transfer { remote_name: "x".into(), ..row(id) }).collect();
        let rows = left.changed(renamed.clone());
        assert!(rows.iter().eq(renamed.iter().map(Transfer::row)));
    }
}
