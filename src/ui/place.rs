//! Paths of either side, as a pane needs them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::model::{PathSyntax, Place, RemotePath, path};

use super::text;

/// The folder that holds `place`.
pub fn parent(place: &Place) -> Option<Place> {
    match place {
        Place::Local(path) => path.parent().map(|parent| Place::Local(parent.to_owned())),
        Place::Remote(path) => path.parent().map(Place::Remote),
    }
}

/// The entry `name` of the folder `place`; `name` as a listing gave it.
pub fn child(place: &Place, name: &str) -> Place {
    match place {
        Place::Local(path) => Place::Local(path.join(os_name(name))),
        Place::Remote(path) => Place::Remote(path.join(name)),
    }
}

/// The last component, as a listing would give it; empty for a root.
pub fn name(place: &Place) -> String {
    match place {
        Place::Local(path) => path.file_name().map(|name| listed_name(name.to_owned())).unwrap_or_default(),
        Place::Remote(path) => path.name().to_owned(),
    }
}

/// As a person reads and types it.
pub fn shown(place: &Place) -> String {
    match place {
        Place::Local(path) => path.display().to_string(),
        Place::Remote(path) => path.to_string(),
    }
}

/// As it may be drawn: nothing in it hides.
pub fn drawn(place: &Place) -> String {
    text::visible(&shown(place)).into_owned()
}

/// Whether `inner` is `outer` or lies below it.
pub fn is_within(inner: &Place, outer: &Place) -> bool {
    match (inner, outer) {
        (Place::Local(inner), Place::Local(outer)) => inner.starts_with(outer),
        (Place::Remote(inner), Place::Remote(outer)) => inner.is_within(outer),
        _ => false,
    }
}

/// The folders from the root down to `place`, itself included.
pub fn chain(place: &Place) -> Vec<Place> {
    let mut chain = vec![place.clone()];
    while let Some(above) = chain.last().and_then(parent) {
        chain.push(above);
    }
    chain.reverse();
    chain
}

/// What a crumb or a tree node of `place` says: its name, or what stands for a root.
pub fn label(place: &Place) -> String {
    let name = name(place);
    if name.is_empty() { shown(place) } else { text::visible(&name).into_owned() }
}

/// As a person types it on this server.
pub fn written(place: &Place, paths: PathSyntax) -> String {
    match place {
        Place::Local(_) => shown(place),
        Place::Remote(path) => path::shown(&paths.directory(path)),
    }
}

/// What a person typed into the path of a pane that shows `here`.
pub fn resolve(here: &Place, paths: PathSyntax, typed: &str) -> Place {
    match here {
        Place::Remote(path) => Place::Remote(paths.resolve(path, typed.trim())),
        Place::Local(path) => {
            let typed = Path::new(typed.trim());
            // The worker takes an empty path for the home directory.
            let home = typed.strip_prefix("~").ok();
            Place::Local(match home {
                Some(rest) if rest.as_os_str().is_empty() => PathBuf::new(),
                _ => path.join(typed),
            })
        }
    }
}

/// The name of a local file that a listing calls `name`.
pub fn os_name(name: &str) -> OsString {
    #[cfg(unix)]
    {
        std::os::unix::ffi::OsStringExt::from_vec(path::encode_utf8(name))
    }
    #[cfg(not(unix))]
    {
        OsString::from(path::shown(name))
    }
}

/// What a listing calls the local file `name`.
pub fn listed_name(name: OsString) -> String {
    #[cfg(unix)]
    {
        path::decode_utf8(&std::os::unix::ffi::OsStringExt::into_vec(name))
    }
    #[cfg(not(unix))]
    {
        name.to_string_lossy().into_owned()
    }
}

/// The server's root.
pub fn remote_root() -> Place {
    Place::Remote(RemotePath::root())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_walk_alike() {
        for place in [Place::Local("/a/b".into()), Place::Remote(RemotePath::new("/a/b"))] {
            assert_eq!(chain(&place).iter().map(label).collect::<Vec<_>>(), ["/", "a", "b"]);
            assert_eq!(parent(&child(&place, "c")), Some(place.clone()));
            assert_eq!(name(&child(&place, "caf\u{10fee9}")), "caf\u{10fee9}");
            assert!(shown(&resolve(&place, PathSyntax::Unix, "../x")).ends_with("x"));
            assert!(is_within(&child(&place, "c"), &place) && !is_within(&place, &child(&place, "c")));
        }
        assert_eq!(resolve(&Place::Local("/a".into()), PathSyntax::Unix, "~"), Place::Local(PathBuf::new()));
    }
}
