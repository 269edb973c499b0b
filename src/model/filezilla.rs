//! FileZilla's files: its filters, its servers, and its queue both ways.

use std::io::BufRead;

mod filters;
mod path;
mod queue;
mod server;

pub use self::queue::Writer;

use super::filter::Filters;
use super::queue::portable::Rows;
use super::xml;

/// What a file of FileZilla holds that we take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Its filters, if it has any.
    pub filters: Option<Filters>,
    /// Filters that cannot be taken, each by its name and why: `“NoPhp”, whose regular expression is not known here`.
    pub refused: Vec<String>,
    /// The rows of its queue.
    pub rows: Rows,
}

/// Reads `filters.xml`, or what FileZilla exported. `local` makes a path of this machine of a text. Why it is none, in
/// words.
pub fn read(from: impl BufRead, local: &dyn Fn(&str) -> std::path::PathBuf) -> Result<Held, String> {
    let mut rows = queue::Reader::new(local);
    let root = xml::read(from, &mut |outer, child| rows.keep(outer, child))?;
    let Some(root) = root.child("FileZilla3") else {
        return Err("It is no file of FileZilla".to_owned());
    };
    let (filters, refused) = filters::read(root);
    Ok(Held { filters, refused, rows: rows.rows() })
}
