//! The site manager's working copy: what the tree and the form change until a person saves or cancels.

use std::collections::BTreeSet;

use crate::model::site::Bookmark;
use crate::model::{Secret, Site, Sites};

/// What a row of the tree stands for. Sites keep their key while they are moved and renamed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A folder, by its names from the top.
    Folder(String),
    /// A site.
    Site(u32),
    /// A site's bookmark, by its place.
    Bookmark(u32, usize),
}

/// A row of the tree as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it stands for.
    pub node: Node,
    /// How far it is indented.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// Whether it can be folded, and is open.
    pub open: Option<bool>,
}

/// What happens to a site's password when the draft is saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Password {
    /// What the vault holds stays.
    #[default]
    Kept,
    /// This one is put into the vault.
    Typed(Secret),
    /// The vault forgets it.
    Forgotten,
}

/// A site under work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    key: u32,
    /// As it will be saved.
    pub site: Site,
    /// What happens to its password.
    pub password: Password,
}

/// All sites under work.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    held: Vec<Held>,
    folders: Vec<String>,
    recent: Vec<Site>,
    folded: BTreeSet<String>,
    next: u32,
}

impl Draft {
    /// A working copy of `sites`.
    pub fn of(sites: &Sites) -> Self {
        let mut draft = Self { recent: sites.recent.clone(), ..Self::default() };
        for folder in &sites.folders {
            draft.ensure(folder);
        }
        for site in &sites.sites {
            draft.ensure(&site.folder);
            draft.hold(site.clone());
        }
        draft
    }

    /// What would be saved.
    pub fn sites(&self) -> Sites {
        Sites {
            folders: self.folders.clone(),
            sites: self.held.iter().map(|held| held.site.clone()).collect(),
            recent: self.recent.clone(),
        }
    }

    /// Whether saving would change anything.
    pub fn differs(&self, from: &Sites) -> bool {
        self.held.iter().any(|held| held.password != Password::Kept) || self.sites() != Self::of(from).sites()
    }

    /// The sites whose password changes, with what happens to it.
    pub fn passwords(&self) -> impl Iterator<Item = (&Site, Option<&Secret>)> {
        self.held.iter().filter_map(|held| match &held.password {
            Password::Kept => None,
            Password::Typed(secret) => Some((&held.site, Some(secret))),
            Password::Forgotten => Some((&held.site, None)),
        })
    }

    /// What was to happen to passwords has happened.
    pub fn passwords_saved(&mut self) {
        self.held.iter_mut().for_each(|held| held.password = Password::Kept);
    }

    /// Whether there is neither a site nor a folder.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.folders.is_empty()
    }

    /// The site called `key`.
    pub fn held(&self, key: u32) -> Option<&Held> {
        self.held.iter().find(|held| held.key == key)
    }

    /// The site called `key`, to be changed.
    pub fn held_mut(&mut self, key: u32) -> Option<&mut Held> {
        self.held.iter_mut().find(|held| held.key == key)
    }

    /// The node of the site that equals `site`.
    pub fn node_of(&self, site: &Site) -> Option<Node> {
        self.held.iter().find(|held| held.site == *site).map(|held| Node::Site(held.key))
    }

    /// The bookmark at a place of a site, by the name and folder of that.
    pub fn bookmark_of(&self, folder: &str, name: &str, at: usize) -> Option<Node> {
        let held = self.held.iter().find(|held| held.site.folder == folder && held.site.name == name)?;
        (at < held.site.bookmarks.len()).then_some(Node::Bookmark(held.key, at))
    }

    /// Every folder, for a menu that moves.
    pub fn folders(&self) -> &[String] {
        &self.folders
    }

    /// The folder that `node` is in; its own for a folder.
    pub fn folder_of(&self, node: Option<&Node>) -> String {
        match node {
            Some(Node::Folder(path)) => path.clone(),
            Some(Node::Site(key) | Node::Bookmark(key, _)) => {
                self.held(*key).map_or_else(String::new, |held| held.site.folder.clone())
            }
            None => String::new(),
        }
    }

    /// The name of `node`.
    pub fn name(&self, node: &Node) -> String {
        match node {
            Node::Folder(path) => last(path).to_owned(),
            Node::Site(key) => self.held(*key).map_or_else(String::new, |held| held.site.title()),
            Node::Bookmark(key, at) => self
                .held(*key)
                .and_then(|held| held.site.bookmarks.get(*at))
                .map_or_else(String::new, |bookmark| bookmark.name.clone()),
        }
    }

    /// Opens or closes a folder of the tree, or the bookmarks of a site.
    pub fn fold(&mut self, node: &Node, open: bool) {
        let key = fold_key(node);
        if open {
            self.folded.remove(&key);
        } else {
            self.folded.insert(key);
        }
    }

    /// The rows of the tree; with a word to search for, those whose name, host, user or comments hold it, and what holds them.
    pub fn rows(&self, search: &str) -> Vec<Row> {
        let search = search.trim().to_lowercase();
        let mut rows = Vec::new();
        self.rows_below("", 0, &search, &mut rows);
        rows
    }

    fn rows_below(&self, folder: &str, depth: usize, search: &str, rows: &mut Vec<Row>) {
        for path in self.folders.iter().filter(|path| parent(path) == folder) {
            let node = Node::Folder(path.clone());
            let open = !search.is_empty() || !self.folded.contains(&fold_key(&node));
            let at = rows.len();
            rows.push(Row { node, depth, name: last(path).to_owned(), open: Some(open) });
            if open {
                self.rows_below(path, depth + 1, search, rows);
            }
            if !search.is_empty() && rows.len() == at + 1 && !last(path).to_lowercase().contains(search) {
                rows.pop();
            }
        }
        for held in self.held.iter().filter(|held| held.site.folder == folder) {
            let Held { key, site, .. } = held;
            if !search.is_empty() && !mentions(site, search) {
                continue;
            }
            let node = Node::Site(*key);
            let open = !self.folded.contains(&fold_key(&node));
            let foldable = (!site.bookmarks.is_empty()).then_some(open);
            rows.push(Row { node, depth, name: site.title(), open: foldable });
            let bookmarks = site.bookmarks.iter().enumerate().filter(|_| open);
            rows.extend(bookmarks.map(|(at, bookmark)| Row {
                node: Node::Bookmark(*key, at),
                depth: depth + 1,
                name: bookmark.name.clone(),
                open: None,
            }));
        }
    }

    /// A new site in `folder`.
    pub fn add_site(&mut self, folder: &str) -> Node {
        let site = Site { folder: folder.to_owned(), ..Site::default() };
        let name = self.free_site_name(folder, "New site");
        Node::Site(self.hold(Site { name, ..site }))
    }

    /// A new folder in `folder`.
    pub fn add_folder(&mut self, folder: &str) -> Node {
        let name = free("New folder", |name| self.folders.iter().any(|path| *path == join(folder, name)));
        let path = join(folder, &name);
        self.ensure(&path);
        Node::Folder(path)
    }

    /// A new bookmark of a site.
    pub fn add_bookmark(&mut self, key: u32) -> Option<Node> {
        let held = self.held_mut(key)?;
        let name = free("New bookmark", |name| held.site.bookmarks.iter().any(|bookmark| bookmark.name == name));
        held.site.bookmarks.push(Bookmark { name, ..Bookmark::default() });
        let node = Node::Bookmark(key, held.site.bookmarks.len() - 1);
        self.fold(&Node::Site(key), true);
        Some(node)
    }

    /// Gives `node` another name; says why not, in words for the person.
    pub fn rename(&mut self, node: &Node, name: &str) -> Result<Node, String> {
        let name = name.trim();
        if name.is_empty() {
            return Err("A name is needed".to_owned());
        }
        if name.contains('/') || name.chars().any(char::is_control) {
            return Err("A name cannot hold a slash or a control character".to_owned());
        }
        let taken = || format!("“{name}” is there already");
        match node {
            Node::Folder(path) => self.move_folder(path, &join(parent(path), name)),
            Node::Site(key) => {
                let folder = self.folder_of(Some(node));
                let other = |held: &Held| held.key != *key && held.site.folder == folder && held.site.name == name;
                if self.held.iter().any(other) {
                    return Err(taken());
                }
                if let Some(held) = self.held_mut(*key) {
                    held.site.name = name.to_owned();
                }
                Ok(node.clone())
            }
            Node::Bookmark(key, at) => {
                let Some(held) = self.held_mut(*key) else { return Ok(node.clone()) };
                let bookmarks = &mut held.site.bookmarks;
                if bookmarks.iter().enumerate().any(|(other, bookmark)| other != *at && bookmark.name == name) {
                    return Err(taken());
                }
                if let Some(bookmark) = bookmarks.get_mut(*at) {
                    bookmark.name = name.to_owned();
                }
                Ok(node.clone())
            }
        }
    }

    /// Moves a site or a folder into `folder`; says why not.
    pub fn move_to(&mut self, node: &Node, folder: &str) -> Result<Node, String> {
        match node {
            Node::Folder(path) => self.move_folder(path, &join(folder, last(path))),
            Node::Site(key) => {
                let Some(site) = self.held(*key).map(|held| held.site.clone()) else { return Ok(node.clone()) };
                if site.folder != folder {
                    let name = self.free_site_name(folder, &site.name);
                    if let Some(held) = self.held_mut(*key) {
                        held.site.folder = folder.to_owned();
                        held.site.name = name;
                    }
                }
                Ok(node.clone())
            }
            Node::Bookmark(..) => Err("A bookmark belongs to its site".to_owned()),
        }
    }

    /// Puts a copy beside a site or a bookmark.
    pub fn duplicate(&mut self, node: &Node) -> Option<Node> {
        match node {
            Node::Folder(_) => None,
            Node::Site(key) => {
                let at = self.held.iter().position(|held| held.key == *key)?;
                let mut site = self.held[at].site.clone();
                site.name = self.free_site_name(&site.folder, &site.title());
                let copy = Held { key: self.next, site, password: Password::Kept };
                self.next += 1;
                let node = Node::Site(copy.key);
                self.held.insert(at + 1, copy);
                Some(node)
            }
            Node::Bookmark(key, at) => {
                let bookmarks = &mut self.held_mut(*key)?.site.bookmarks;
                let mut copy = bookmarks.get(*at)?.clone();
                copy.name = free(&copy.name, |name| bookmarks.iter().any(|bookmark| bookmark.name == name));
                bookmarks.insert(at + 1, copy);
                Some(Node::Bookmark(*key, at + 1))
            }
        }
    }

    /// Deletes `node` with what is in it. Their passwords stay in the vault until they are forgotten.
    pub fn delete(&mut self, node: &Node) {
        match node {
            Node::Folder(path) => {
                self.folders.retain(|other| !within(other, path));
                self.held.retain(|held| !within(&held.site.folder, path));
            }
            Node::Site(key) => self.held.retain(|held| held.key != *key),
            Node::Bookmark(key, at) => {
                if let Some(held) = self.held_mut(*key).filter(|held| *at < held.site.bookmarks.len()) {
                    held.site.bookmarks.remove(*at);
                }
            }
        }
    }

    /// How many sites and folders go with `node`, itself included.
    pub fn measure(&self, node: &Node) -> (usize, usize) {
        match node {
            Node::Folder(path) => (
                self.held.iter().filter(|held| within(&held.site.folder, path)).count(),
                self.folders.iter().filter(|other| within(other, path)).count(),
            ),
            Node::Site(_) => (1, 0),
            Node::Bookmark(..) => (0, 0),
        }
    }

    fn move_folder(&mut self, from: &str, to: &str) -> Result<Node, String> {
        if from == to {
            return Ok(Node::Folder(from.to_owned()));
        }
        if within(to, from) {
            return Err("A folder cannot be moved into itself".to_owned());
        }
        if self.folders.iter().any(|path| path == to) {
            return Err(format!("“{}” is there already", last(to)));
        }
        let moved = |path: &mut String| {
            if within(path, from) {
                *path = format!("{to}{}", &path[from.len()..]);
            }
        };
        self.folders.iter_mut().for_each(moved);
        self.held.iter_mut().for_each(|held| moved(&mut held.site.folder));
        Ok(Node::Folder(to.to_owned()))
    }

    fn free_site_name(&self, folder: &str, name: &str) -> String {
        free(name, |name| self.held.iter().any(|held| held.site.folder == folder && held.site.name == name))
    }

    fn hold(&mut self, site: Site) -> u32 {
        let key = self.next;
        self.next += 1;
        self.held.push(Held { key, site, password: Password::Kept });
        key
    }

    /// Makes sure that `folder` and all that hold it are there.
    fn ensure(&mut self, folder: &str) {
        if !folder.is_empty() && !self.folders.iter().any(|path| path == folder) {
            self.ensure(parent(folder));
            self.folders.push(folder.to_owned());
        }
    }
}

fn mentions(site: &Site, search: &str) -> bool {
    let bookmarks = site.bookmarks.iter().map(|bookmark| &bookmark.name);
    [&site.name, &site.host, &site.user, &site.comments]
        .into_iter()
        .chain(bookmarks)
        .any(|text| text.to_lowercase().contains(search))
}

fn fold_key(node: &Node) -> String {
    match node {
        Node::Folder(path) => path.clone(),
        // No folder is called so: names hold no slash, so no path begins with one.
        Node::Site(key) | Node::Bookmark(key, _) => format!("/{key}"),
    }
}

/// `name`, or `name (2)`, `name (3)`…, the first that is not taken.
pub fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    (2_u32..).map(|number| format!("{name} ({number})")).find(|name| !taken(name)).unwrap_or_default()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, last)| last)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Whether `path` is `folder` or lies in it.
fn within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
