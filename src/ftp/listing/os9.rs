//! What OS-9 prints: owner, date, time without a colon, attributes, sector, bytes, name.

use super::{Context, Read, aligned, date, number, words};
use crate::model::{Entry, Kind, Modified, Precision};

/// Directory, shared, public execute, write, read, owner's execute, write, read.
const ATTRIBUTES: &[u8] = b"dsewr-";

/// Reads a line such as `20.20 07/03/29 1026 d-ewrewr 2650 85920 CMDS`.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let Some(([owner, day, clock, attributes, sector, size], end)) = words::<6>(lines[0], 0) else {
        return Read::Nothing;
    };
    let owns = owner.contains(&b'.') && owner.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let flags = attributes.len() == 8 && attributes.iter().all(|flag| ATTRIBUTES.contains(flag));
    let hexadecimal = sector.iter().all(u8::is_ascii_hexdigit);
    if !owns || !flags || !hexadecimal || clock.len() != 4 || number(clock).is_none() {
        return Read::Nothing;
    }
    let (Some(size), Some(name)) = (number(size), aligned(lines[0], end)) else { return Read::Broken };
    let kind = if attributes[0] == b'd' { Kind::Directory } else { Kind::File };
    let mut entry = Entry::new(context.text(name), kind);
    entry.size = Some(size);
    entry.owner = context.word(owner);
    entry.permissions = context.word(attributes);
    entry.modified = modified(day, clock);
    Read::Entry(entry, 1)
}

fn modified(day: &[u8], clock: &[u8]) -> Option<Modified> {
    let (year, month, day) = date::numeric_as(day, &[date::Order::YearMonthDay])?;
    let time = (date::two(&clock[..2])?, date::two(&clock[2..])?, None);
    Some(Modified { at: date::civil(year, month, day, time)?, precision: Precision::Minute, utc: false })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each, none};

    #[test]
    fn files() {
        each(
            "(OS-9)",
            &[
                ("20.20 07/03/29 1026 d-ewrewr 2650 85920 CMDS", "d CMDS 85920 2007-03-29T10:26 20.20 -"),
                (" 0.0    99/12/31 2359   --e-rewr      2A     1234 startup", "- startup 1234 1999-12-31T23:59 0.0 -"),
            ],
        );
        none(&[
            "Owner   Last modified   Attributes Sector Bytecount Name",
            "20.20 07/03/29 9926x d-ewrewr 1 1 x",
            "20 07/03/29 1026 d-ewrewr 1 1 x",
        ]);
    }
}
