//! What Connect:Enterprise (Sterling Commerce) prints: the batches of a mailbox.

use super::unix::behind_mode;
use super::{Context, Read, is_blank, words};
use crate::model::Kind;

/// Flags before the protocol.
const FLAGS: usize = 10;

/// Reads a line such as `-C--E-----FTP B QUA1I1      18128       41 Aug 12 13:56 QUADTEST`.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some((flags, rest)) = line.split_at_checked(FLAGS) else { return Read::Nothing };
    let protocol = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let flagged = flags[0] == b'-' && flags.iter().all(|flag| *flag == b'-' || flag.is_ascii_uppercase());
    if !flagged || !(2..=4).contains(&protocol) || !rest.get(protocol).is_some_and(|byte| is_blank(*byte)) {
        return Read::Nothing;
    }
    // Ascii or binary.
    let Some(([[letter]], end)) = words::<1>(line, FLAGS + protocol) else { return Read::Nothing };
    if !letter.is_ascii_uppercase() {
        return Read::Nothing;
    }
    match behind_mode(line, end, Kind::File, false, context) {
        Some(mut entry) => {
            entry.permissions = context.word(flags);
            Read::Entry(entry, 1)
        }
        None => Read::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each, none};

    #[test]
    fn batches() {
        each(
            "(Connect:Enterprise)",
            &[
                (
                    "-C--E-----FTP B ANNA1         7670  1294495 Jan 13 07:42 INVOICES",
                    "- INVOICES 1294495 2026-01-13T07:42 ANNA1 7670",
                ),
                (
                    "-AR--M----TCP A ANNA1        17570  2313708 Mar 22 2011 IN VOICES",
                    "- IN VOICES 2313708 2011-03-22 ANNA1 17570",
                ),
            ],
        );
        none(&[
            "-C--E-----FTP B ANNA1 many",
            "-C--E-----ftp B ANNA1 1 2 Jan 13 07:42 X",
            "-C--E-----FTP",
            "total of 12 batches",
        ]);
    }
}
