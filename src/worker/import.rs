//! Queues and filters out of files, and the queue into a file: our JSON, and what FileZilla writes and reads.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use super::disk::{from_os, to_os};
use super::vault::{Kept, Vault};
use super::{Input, Worker};
use crate::model::filezilla::{self, Held};
use crate::model::queue::MOST_ROWS;
use crate::model::queue::portable::{self, LeftOut, NO_ROOM};
use crate::model::visible::visible;
use crate::model::{Cause, Event, Failure, Queue, Report, Section, TabId, Ticket};

/// A file with more bytes is read by nobody: some three million rows of FileZilla's, and more of ours.
const LONGEST: u64 = 1 << 30;
/// Filters that are left out and named; more are counted.
const NAMED: usize = 5;

impl Worker {
    /// Takes in what another program, or this one elsewhere, wrote into a file.
    pub(super) fn import(&mut self, tab: TabId, ticket: Ticket, path: std::path::PathBuf) {
        let (inputs, vault) = (self.context.inputs.clone(), self.context.vault.clone());
        tokio::task::spawn_blocking(move || {
            let held = read(&path).map_err(|why| failure("read", &path, why));
            if let Ok(held) = &held {
                keep_passwords(&vault, held);
            }
            // The worker has ended: nobody reads it.
            let _ = inputs.blocking_send(Input::Imported(tab, ticket, held));
        });
    }

    /// What a file held becomes rows and filters. The rows wait until a person lets them go on: what a file wants moved is not
    /// yet what the person wants.
    pub(super) fn imported(&mut self, tab: TabId, ticket: Ticket, held: Result<Held, Failure>) {
        let result = held.and_then(|held| self.take_in(held)).map(Report::Said);
        self.front.send(Event::Finished { tab, ticket, result });
    }

    fn take_in(&mut self, held: Held) -> Result<String, Failure> {
        let mut words = Vec::new();
        let mut refused = held.refused;
        if let Some(filters) = held.filters {
            let count = filters.filters.len();
            let mut settings = self.settings.clone();
            let too_many = settings.filters.merge(filters);
            words.push(counted(count - too_many.len(), "filter"));
            refused.extend(too_many.iter().map(|name| format!("“{}”, for which there is no room", visible(name))));
            self.save_settings(settings);
        }
        let portable::Rows { mut rows, mut left_out, .. } = held.rows;
        let room = MOST_ROWS.saturating_sub(self.rows.queue().len());
        left_out.add(rows.len().saturating_sub(room), NO_ROOM);
        rows.truncate(room);
        let count = rows.len();
        for (row, id) in rows.iter_mut().zip(self.new_ids(count)?) {
            row.id = id;
        }
        self.rows.add(rows);
        if count > 0 || words.is_empty() {
            words.push(counted(count, "transfer"));
        }
        let mut said = format!("{} read", words.join(" and "));
        if !refused.is_empty() {
            let more = refused.len().saturating_sub(NAMED);
            refused.truncate(NAMED);
            let more = if more > 0 { format!("; and {}", counted(more, "more filter")) } else { String::new() };
            said += &format!("; left out: {}{more}", refused.join("; "));
        }
        if left_out.count() > 0 {
            said += &format!("; {left_out}");
        }
        Ok(said)
    }

    /// Writes what is left of the queue into a file: for FileZilla where its name ends with `.xml`, else as our JSON.
    pub(super) fn export(&self, tab: TabId, ticket: Ticket, path: std::path::PathBuf) {
        let (inputs, queue) = (self.context.inputs.clone(), self.rows.queue().clone());
        tokio::task::spawn_blocking(move || {
            let result = write(&queue, &path).map(Report::Said).map_err(|why| failure("write", &path, why.to_string()));
            // The worker has ended: nobody reads it.
            let _ = inputs.blocking_send(Input::Event(Event::Finished { tab, ticket, result }));
        });
    }
}

fn failure(verb: &str, path: &Path, why: String) -> Failure {
    Failure { what: format!("Could not {verb} {}", path.display()), why, cause: Cause::Local, again: false }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn read(path: &Path) -> Result<Held, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    if file.metadata().is_ok_and(|metadata| metadata.len() > LONGEST) {
        return Err("it is too long for a queue".to_owned());
    }
    let mut file = BufReader::new(file.take(LONGEST));
    let begin = file.fill_buf().map_err(|error| error.to_string())?;
    let begin = begin.strip_prefix("\u{feff}".as_bytes()).unwrap_or(begin);
    let local = |text: &str| to_os(text).into();
    if begin.trim_ascii_start().starts_with(b"<") {
        return filezilla::read(file, &local);
    }
    Ok(Held { filters: None, refused: Vec::new(), rows: portable::read(file, &local)? })
}

/// Keeps the passwords of a file, where none is known yet.
fn keep_passwords(vault: &Vault, held: &Held) {
    for (site, password) in &held.rows.passwords {
        let key = site.vault_key();
        if vault.get(&key).is_none() {
            // Where there is no vault it is kept until the end, and people are told when they use it.
            let (Kept::Vault | Kept::SessionOnly(_)) = vault.set(&key, password);
        }
    }
}

/// Writes beside the file first, so that one that is there is replaced by a whole one or not at all.
fn write(queue: &Queue, path: &Path) -> io::Result<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let beside = folder.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = write_whole(queue, path, &beside).and_then(|said| std::fs::rename(&beside, path).map(|()| said));
    if written.is_err() {
        // What cannot be written whole is not left lying about.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn write_whole(queue: &Queue, path: &Path, beside: &Path) -> io::Result<String> {
    let sections = [Section::Active, Section::Failed].into_iter();
    let rows = sections.flat_map(|section| queue.section(section).iter()).filter_map(|id| queue.get(*id));
    let count = rows.clone().count();
    let mut to = BufWriter::new(File::create_new(beside)?);
    let text = |path: &Path| from_os(path.as_os_str());
    let is_xml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"));
    let left_out = if is_xml {
        let mut writer = filezilla::Writer::new(&mut to, &text)?;
        rows.clone().try_for_each(|row| writer.row(row))?;
        writer.end()?
    } else {
        portable::write(rows, &text, &mut to)?;
        LeftOut::default()
    };
    to.flush()?;
    to.get_ref().sync_all()?;
    let mut said = format!("{} written", counted(count - left_out.count(), "transfer"));
    if left_out.count() > 0 {
        said += &format!("; {left_out}");
    }
    Ok(said)
}
