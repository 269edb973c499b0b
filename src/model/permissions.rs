//! Permissions of Unix, in octal digits and in the letters of `ls -l`.

/// `0o755` as `rwxr-xr-x`, with `s` and `t` where `ls` puts them. Bits above `0o7777` say nothing.
pub fn letters(mode: u32) -> String {
    let triple = |shift: u32, special: bool, letter: char| {
        let bits = mode >> shift;
        let last = match (bits & 1 != 0, special) {
            (true, false) => 'x',
            (false, false) => '-',
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
        };
        [if bits & 4 != 0 { 'r' } else { '-' }, if bits & 2 != 0 { 'w' } else { '-' }, last]
    };
    let user = triple(6, mode & 0o4000 != 0, 's');
    let group = triple(3, mode & 0o2000 != 0, 's');
    let others = triple(0, mode & 0o1000 != 0, 't');
    [user, group, others].concat().iter().collect()
}

/// `644` and `0644` as a number.
pub fn octal(digits: &str) -> Option<u16> {
    let fits = (3..=4).contains(&digits.len()) && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    fits.then(|| u16::from_str_radix(digits, 8).ok())?
}

/// `rwxr-sr-t`, `0644`, `644` and ProFTPD's `00644` as a number.
pub fn mode(said: &str) -> Option<u16> {
    if said.bytes().all(|byte| byte.is_ascii_digit()) {
        return octal(said.strip_prefix('0').filter(|rest| rest.len() == 4).unwrap_or(said));
    }
    let letters: Vec<char> = said.chars().take(9).collect();
    if letters.len() < 9 {
        return None;
    }
    let mut mode = 0;
    for (index, letter) in letters.into_iter().enumerate() {
        let bit = 0o400 >> index;
        mode |= match (letter, index % 3) {
            ('-', _) => 0,
            ('r', 0) | ('w', 1) | ('x', 2) => bit,
            ('s', 2) if index < 8 => bit | 0o4000 >> (index / 3),
            ('S', 2) if index < 8 => 0o4000 >> (index / 3),
            ('t', 2) => bit | 0o1000,
            ('T', 2) => 0o1000,
            _ => return None,
        };
    }
    Some(mode)
}

/// Only reading, writing and running of it: rights are not lent to whoever copies a file.
pub fn plain(said: &str) -> Option<u16> {
    mode(said).map(|mode| mode & 0o777)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_read_as_servers_write_them() {
        let said = ["rw-r--r--", "rwxr-x---", "rwsr-sr-T", "rwxrwxrwx+", "0644", "644", "04755"];
        let modes = [0o644, 0o750, 0o7754, 0o777, 0o644, 0o644, 0o4755];
        for (said, expected) in said.into_iter().zip(modes) {
            assert_eq!(mode(said), Some(expected), "{said}");
        }
        for said in ["", "rw-r--", "R----F--", "wwwwwwwww", "(RWED,RWED,RE,)", "adfr", "99"] {
            assert_eq!(mode(said), None, "{said}");
        }
        assert_eq!(plain("rwsr-sr-T"), Some(0o754));
    }

    #[test]
    fn permissions_read_as_in_ls() {
        for (mode, text) in [
            (0o755, "rwxr-xr-x"),
            (0o100_644, "rw-r--r--"),
            (0o1777, "rwxrwxrwt"),
            (0o7000, "--S--S--T"),
            (0o2750, "rwxr-s---"),
        ] {
            assert_eq!(letters(mode), text);
        }
    }
}
