//! Folders of the queue: made on the other side, and what is in them becomes rows.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Zoned};

use super::disk;
use super::extras::{Listed, Target};
use super::retry::Trouble;
use super::transfer::{End, Job};
use crate::ftp::Operation;
use crate::model::filter::{FilterSide, Ready};
use crate::model::path::{folded, is_safe_name, shown};
use crate::model::question::Facts;
use crate::model::transfer::{Done, Proof};
use crate::model::{Cause, Entry, Failure, Kind, Listing, Modified, RemotePath, permissions};

/// Folders below one another; more is a loop.
pub(super) const MOST_DEPTH: u16 = 128;
/// Names that a failure quotes.
const QUOTED: usize = 3;

/// What a folder holds.
#[derive(Debug)]
pub(super) struct Found {
    /// How the folder's own row ends.
    pub(super) done: Done,
    /// What becomes rows.
    pub(super) children: Vec<Child>,
    /// What must not become rows, and why.
    pub(super) refused: Option<Failure>,
    /// The folder under the name that it really has.
    pub(super) real: String,
}

/// An entry of a folder.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) remote_name: Box<str>,
    pub(super) local_name: Option<Box<str>>,
    pub(super) kind: Kind,
    pub(super) size: Option<u64>,
    pub(super) listed: Listed,
}

/// A folder of the server: makes it here and lists it.
pub(super) async fn remote(job: &Job) -> Result<End, Trouble> {
    let path = job.row.remote();
    let what = format!("Could not download {path}");
    check_depth(job, &what)?;
    let target = disk::Target::of(&job.row).map_err(|error| Trouble::disk(&*what, &error))?;
    let (filters, now) = filters(job, FilterSide::Remote);
    let asks_times = job.settings.keep_times && filters.is_empty();
    let listing = list(job, &path, if asks_times { Purpose::Fetch } else { Purpose::Compare }).await?;
    job.blocking(&what, move || target.make_folder()).await?;
    let mut refused: Vec<String> = listing.refused.iter().map(|out| shown(&out.line)).collect();
    let mut seen = HashSet::new();
    let mut children = Vec::with_capacity(listing.entries.len());
    let mut left_out = 0;
    for entry in &listing.entries {
        if filters.hides(entry, path.as_str(), &now) {
            left_out += 1;
            continue;
        }
        let local = disk::local_name(&entry.name);
        let is_safe = is_safe_name(&entry.name) && is_safe_name(&local);
        let is_above = entry.is_directory()
            && entry.identity().is_some_and(|it| job.context.memory.leads_back(&job.key, path.join(&entry.name), it));
        if !is_safe || is_above || leads_back(&path, entry) || !seen.insert(disk::collision_key(&local)) {
            refused.push(shown(&entry.name));
            continue;
        }
        children.push(Child {
            local_name: (local != entry.name).then(|| local.into()),
            remote_name: entry.name.as_str().into(),
            kind: entry.destination(),
            size: entry.exact_size().filter(|_| entry.kind == Kind::File),
            listed: Listed {
                target: Target::Unknown,
                modified: entry.modified.filter(|_| entry.kind != Kind::Link),
                permissions: entry.permissions.as_deref().and_then(permissions::plain),
            },
        });
    }
    let why = "names that no file here can have, links that lead back, names that two files share, and lines that nobody can \
               read are left out";
    let refused = refusal(&what, why, &refused);
    Ok(End::Walked(Found { done: done(job, left_out), children, refused, real: listing.path.as_str().to_owned() }))
}

/// Whether an entry of `folder` is a link to it, or to one above it: what it leads to would never end.
fn leads_back(folder: &RemotePath, entry: &Entry) -> bool {
    let target = entry.target.as_deref().filter(|_| entry.kind == Kind::Link);
    target.is_some_and(|target| folder.is_within(&folder.resolve(target)))
}

/// A folder of this machine: makes it on the server and reads it.
pub(super) async fn local(job: &Job) -> Result<End, Trouble> {
    let path = job.row.folder.local.join(disk::to_os(job.row.local_name()));
    let what = format!("Could not upload {}", job.row.local_shown());
    check_depth(job, &what)?;
    let folder = path.clone();
    let (real, mut entries) = job.blocking(&what, move || read(&folder)).await?;
    let left_out = leave_out(job, &path, &mut entries);
    let remote = job.row.remote();
    let mut is_new = ensure(job, &remote).await?;
    let listing = if is_new { None } else { listing_there(job, &remote).await? };
    if !is_new && listing.is_none() && !job.is_directory(&remote, false).await? {
        // Somebody has removed it since a transfer has seen it.
        is_new = ensure_anew(job, &remote).await?;
    }
    let (usable, refused): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.kind.is_some());
    let there = (is_new || listing.is_some()).then(|| There::of(listing.as_ref()));
    let children = usable.into_iter().map(|entry| child(entry, there.as_ref())).collect();
    let refused = refused.into_iter().map(|entry| shown(&entry.name)).collect::<Vec<_>>();
    let refused = refusal(&what, "what is neither a file nor a folder is left out", &refused);
    Ok(End::Walked(Found { done: done(job, left_out), children, refused, real }))
}

/// Takes out what filters of this machine's side do not let through, and says how many that are.
fn leave_out(job: &Job, folder: &Path, entries: &mut Vec<LocalEntry>) -> u32 {
    let (filters, now) = filters(job, FilterSide::Local);
    let before = entries.len();
    if !filters.is_empty() {
        let folder = folder.to_string_lossy();
        entries.retain(|entry| {
            let kind = entry.kind.unwrap_or(Kind::Other);
            // As the pane shows it: a folder has no size.
            let (size, modified) = (Some(entry.size).filter(|_| kind == Kind::File), entry.modified);
            let permissions = entry.permissions.as_deref().map(Into::into);
            let asked = Entry { size, modified, permissions, ..Entry::new(entry.name.as_str(), kind) };
            !filters.hides(&asked, &folder, &now)
        });
    }
    u32::try_from(before - entries.len()).unwrap_or(u32::MAX)
}

/// The filters of a side, and the moment that they may ask for.
fn filters(job: &Job, side: FilterSide) -> (Ready, Zoned) {
    (job.settings.filters.ready(side), Zoned::now())
}

struct LocalEntry {
    name: String,
    permissions: Option<String>,
    /// `None`: a pipe, a device, a link that leads nowhere.
    kind: Option<Kind>,
    size: u64,
    modified: Option<Modified>,
}

/// The folder's real path and its entries; links count as what they lead to.
fn read(path: &Path) -> Result<(String, Vec<LocalEntry>), disk::Error> {
    let wrong = |error| disk::Error::new("read", path, error);
    let real = path.canonicalize().map_err(wrong)?;
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let metadata = std::fs::metadata(entry.path()).ok();
        let kind = metadata.as_ref().and_then(|metadata| match metadata.file_type() {
            kind if kind.is_dir() => Some(Kind::Directory),
            kind if kind.is_file() => Some(Kind::File),
            _ => None,
        });
        entries.push(LocalEntry {
            name: disk::from_os(&entry.file_name()),
            permissions: metadata.as_ref().and_then(permissions),
            kind,
            size: metadata.as_ref().map_or(0, std::fs::Metadata::len),
            modified: metadata.and_then(|metadata| metadata.modified().ok()).and_then(disk::modified),
        });
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok((real.to_string_lossy().into_owned(), entries))
}

/// As `ls` writes them, where the system has such.
#[cfg(unix)]
fn permissions(metadata: &std::fs::Metadata) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    Some(crate::model::permissions::letters(metadata.permissions().mode()))
}

#[cfg(not(unix))]
fn permissions(_: &std::fs::Metadata) -> Option<String> {
    None
}

/// What a folder of the server holds already.
struct There<'a> {
    named: HashMap<&'a str, &'a Entry>,
    /// As a server knows them for which upper and lower case are one.
    folded: HashSet<String>,
    /// There is nothing in it, also nothing that no listing shows.
    is_new: bool,
    /// Every line of its listing could be read.
    is_whole: bool,
    shows_hidden: bool,
}

impl<'a> There<'a> {
    /// As `listing` has it; `None` where it was just made.
    fn of(listing: Option<&'a Listing>) -> Self {
        let listed = listing.map_or(&[][..], |listing| &listing.entries);
        Self {
            is_new: listing.is_none(),
            is_whole: listing.is_none_or(|listing| listing.refused.is_empty()),
            shows_hidden: listed.iter().any(|entry| entry.name.starts_with('.')),
            named: listed.iter().map(|entry| (entry.name.as_str(), entry)).collect(),
            folded: listed.iter().map(|entry| folded(&entry.name)).collect(),
        }
    }

    fn target(&self, name: &str) -> Target {
        match self.named.get(name) {
            // What is said of a link is not what it leads to.
            Some(found) if found.kind == Kind::Link => Target::Unknown,
            Some(found) => Target::Is(facts(found)),
            // It may be the same file.
            None if self.folded.contains(&folded(name)) => Target::Unknown,
            None if self.is_new => Target::Absent,
            // It may be what stands in a line that nobody can read.
            None if !self.is_whole => Target::Unknown,
            // Some servers do not list those, and some listings cannot be read there.
            None if name.starts_with('.') && !self.shows_hidden || !is_safe_name(name) => Target::Unknown,
            None => Target::Absent,
        }
    }
}

/// What the list of a folder says of a file in it.
pub(super) enum LookUp {
    Is(Facts),
    /// It may be a name that the server writes in its own way, or a line that nobody can read.
    MayBe,
    Absent {
        /// Nothing is listed at all.
        is_empty: bool,
    },
    /// The folder cannot be listed.
    Unlisted,
}

/// Looks a file up in the list of its folder.
pub(super) async fn look_up(job: &Job, path: &RemotePath) -> Result<LookUp, Trouble> {
    let Some(folder) = path.parent() else { return Ok(LookUp::Unlisted) };
    let Some(listing) = listing_there(job, &folder).await? else { return Ok(LookUp::Unlisted) };
    let (name, alike) = (path.name(), folded(path.name()));
    if let Some(entry) = listing.entries.iter().find(|entry| *entry.name == *name) {
        return Ok(LookUp::Is(facts(entry)));
    }
    let may_be = !listing.refused.is_empty() || listing.entries.iter().any(|entry| folded(&entry.name) == alike);
    Ok(if may_be { LookUp::MayBe } else { LookUp::Absent { is_empty: listing.entries.is_empty() } })
}

/// What a listing says of a file; of a link, nothing.
pub(super) fn facts(entry: &Entry) -> Facts {
    if entry.kind == Kind::Link {
        return Facts::default();
    }
    Facts { size: entry.exact_size(), modified: entry.modified }
}

fn child(entry: LocalEntry, there: Option<&There<'_>>) -> Child {
    let remote_name = disk::server_name(&entry.name);
    let target = there.map_or(Target::Unknown, |there| there.target(&remote_name));
    let kind = entry.kind.unwrap_or(Kind::Other);
    Child {
        local_name: (remote_name != entry.name).then(|| entry.name.into()),
        remote_name: remote_name.into(),
        kind,
        size: (kind == Kind::File).then_some(entry.size),
        listed: Listed { target, modified: entry.modified, permissions: None },
    }
}

/// What the server's folder holds already: told once for all files in it.
async fn listing_there(job: &Job, path: &RemotePath) -> Result<Option<Listing>, Trouble> {
    match list(job, path, Purpose::Compare).await {
        Ok(listing) => Ok(Some(listing)),
        // One may write into a folder that one may not list: then each file is asked for by itself.
        Err(trouble) if trouble.is_refusal() => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// What the local source is.
pub(super) async fn local_kind(job: &Job) -> Result<Kind, Trouble> {
    let what = format!("Could not upload {}", job.row.local_shown());
    let path: PathBuf = job.row.folder.local.join(disk::to_os(job.row.local_name()));
    let is_folder = move || {
        let metadata = std::fs::metadata(&path).map_err(|error| disk::Error::new("open", path, error))?;
        Ok(metadata.is_dir())
    };
    Ok(if job.blocking(&what, is_folder).await? { Kind::Directory } else { Kind::File })
}

/// Makes a folder on the server, and those above it, if they are missing. Says whether it was made.
pub(super) async fn ensure(job: &Job, path: &RemotePath) -> Result<bool, Trouble> {
    let mut remembers = false;
    match make(job, path, &mut remembers).await {
        // One above it may have gone since it was seen.
        Err(trouble) if trouble.is_refusal() && remembers => ensure_anew(job, path).await,
        result => result,
    }
}

/// The same where what is remembered of the server's folders is not true: each is looked for.
pub(super) async fn ensure_anew(job: &Job, path: &RemotePath) -> Result<bool, Trouble> {
    job.context.memory.forget_directories(&job.key);
    make(job, path, &mut false).await
}

/// The same, and whether one of them was not looked for, because it was there before.
async fn make(job: &Job, path: &RemotePath, remembers: &mut bool) -> Result<bool, Trouble> {
    let memory = &job.context.memory;
    let mut missing = Vec::new();
    let mut next = Some(path.clone());
    while let Some(path) = next.take() {
        *remembers = !path.is_root() && memory.has_directory(&job.key, &path);
        if path.is_root() || *remembers || job.is_directory(&path, false).await? {
            memory.saw_directory(&job.key, path);
            break;
        }
        next = path.parent();
        missing.push(path);
    }
    let made = !missing.is_empty();
    for path in missing.into_iter().rev() {
        let operation = Operation::MakeDirectory { path: path.clone() };
        match job.operate(operation, "Could not make the folder", &path).await {
            Ok(_) => {}
            // Another connection was faster.
            Err(trouble) if trouble.is_refusal() && job.is_directory(&path, false).await? => {}
            Err(trouble) => return Err(trouble),
        }
        memory.saw_directory(&job.key, path);
    }
    Ok(made)
}

/// What a folder of the server is listed for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Its files are fetched, and each one's time is asked for on the way.
    Fetch,
    /// Times are compared.
    Compare,
}

pub(super) async fn list(job: &Job, path: &RemotePath, purpose: Purpose) -> Result<Listing, Trouble> {
    let what = format!("Could not list {path}");
    let Some(link) = &job.link else { return Err(Trouble::lost(what)) };
    let listing = match purpose {
        Purpose::Fetch => link.connection.list_to_fetch(path, &job.cancel).await,
        Purpose::Compare => link.connection.list(path, &job.cancel).await,
    };
    listing.map_err(|error| Trouble::of(what, &error))
}

fn check_depth(job: &Job, what: &str) -> Result<(), Trouble> {
    let depth = job.extra.above.as_ref().map_or(0, |above| above.depth + 1);
    if depth < MOST_DEPTH {
        return Ok(());
    }
    let why = format!("there are more than {MOST_DEPTH} folders in one another: it may lead back to itself");
    Err(Trouble::new(what, why, Cause::Limit, false))
}

fn refusal(what: &str, why: &str, names: &[String]) -> Option<Failure> {
    if names.is_empty() {
        return None;
    }
    let quoted = names.iter().take(QUOTED).map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    let more = if names.len() > QUOTED { format!(" and {} more", names.len() - QUOTED) } else { String::new() };
    let (what, why) = (format!("{what} completely"), format!("{why}: {quoted}{more}"));
    Some(Failure { what, why, cause: Cause::Refused, again: false })
}

fn done(job: &Job, left_out: u32) -> Done {
    let milliseconds = u64::try_from(job.started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Done { bytes: 0, resumed_from: 0, milliseconds, proof: Proof::Reply, at: Timestamp::now(), left_out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LeftOut, RawListing};

    #[test]
    fn a_link_to_a_folder_above_leads_back() {
        let folder = RemotePath::new("/a/b");
        let to = |target: &str| {
            let entry = Entry { target: Some(target.into()), ..Entry::new("l", Kind::Link) };
            leads_back(&folder, &entry)
        };
        assert!(to(".") && to("..") && to("/a") && to("../b") && to("/"));
        assert!(!to("c") && !to("../c") && !to("/a/bc") && !to("/a/b/c"));
        assert!(!leads_back(&folder, &Entry::new("d", Kind::Directory)));
    }

    #[test]
    fn a_name_that_the_server_may_fold_is_not_surely_absent() {
        let listing = |entries: Vec<Entry>, refused: Vec<LeftOut>| {
            let (path, at) = (RemotePath::new("/"), Timestamp::UNIX_EPOCH);
            Listing { path, entries, dialect: String::new(), refused, at, raw: RawListing::default(), guess: None }
        };
        let readme = || Entry { size: Some(3), ..Entry::new("README.TXT", Kind::File) };
        let listed = listing(vec![readme(), Entry::new("caf\u{e9}", Kind::File)], Vec::new());
        let there = There::of(Some(&listed));
        assert_eq!(there.target("readme.txt"), Target::Unknown);
        assert_eq!(there.target("README.TXT"), Target::Is(Facts { size: Some(3), modified: None }));
        assert_eq!(there.target("other"), Target::Absent);
        assert_eq!((there.target(".hidden"), there.target("back\\slash")), (Target::Unknown, Target::Unknown));
        assert_eq!(there.target("cafe\u{301}"), Target::Unknown, "the same to a macOS disk");
        assert_eq!(There::of(None).target(".hidden"), Target::Absent);
        let shown = listing(vec![Entry::new(".profile", Kind::File)], Vec::new());
        assert_eq!(There::of(Some(&shown)).target(".hidden"), Target::Absent);
        let line = LeftOut { line: "-rw-r--r-- 1 me me 5 Foo 99 x".into(), is_read: false };
        let unread = listing(vec![readme()], vec![line]);
        assert_eq!(There::of(Some(&unread)).target("x"), Target::Unknown, "it may be what nobody could read");
    }

    #[test]
    fn a_link_counts_as_what_it_leads_to() {
        let mut link = Entry::new("l", Kind::Link);
        assert_eq!(link.destination(), Kind::Other);
        link.to_directory = Some(true);
        assert_eq!(link.destination(), Kind::Directory);
        link.to_directory = Some(false);
        assert_eq!(link.destination(), Kind::File);
    }

    #[cfg(unix)]
    #[test]
    fn a_local_folder_is_read_through_its_links_but_pipes_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), b"abc").unwrap();
        std::fs::create_dir(at("sub")).unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("broken")).unwrap();
        let (real, entries) = read(folder.path()).unwrap();
        assert_eq!(real, folder.path().canonicalize().unwrap().to_string_lossy());
        let kinds: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.kind)).collect();
        let file = Some(Kind::File);
        assert_eq!(kinds, [("broken", None), ("file", file), ("link", file), ("sub", Some(Kind::Directory))]);
    }

    #[test]
    fn what_is_left_out_is_named_but_not_at_any_length() {
        assert_eq!(refusal("w", "y", &[]), None);
        let names: Vec<String> = (0..5).map(|n| n.to_string()).collect();
        assert_eq!(refusal("w", "y", &names).unwrap().why, "y: “0”, “1”, “2” and 2 more");
    }
}
