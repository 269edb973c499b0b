//! Where data connections go: PASV and EPSV replies in every shape that is out there, PORT and EPRT arguments.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::reply::Reply;

/// What a server answered to PASV or EPSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passive {
    /// The port, never 0.
    pub port: u16,
    /// The address, which is only compared: data connections are made to the control connection's peer.
    pub host: Option<Ipv4Addr>,
}

/// Reads a 227 or 229. Some servers answer EPSV with 227 and PASV with 229, so the code only says which shape comes
/// first.
pub fn passive(reply: &Reply) -> Option<Passive> {
    reply.lines().rev().find_map(|line| {
        let text = line.get(3..).unwrap_or_default();
        if reply.code() == 229 {
            extended(text).or_else(|| six_numbers(text))
        } else {
            six_numbers(text).or_else(|| extended(text))
        }
    })
}

/// The first run of exactly six numbers with commas between them, each of one byte: `(127,0,0,1,4,51)`,
/// `=127,0,0,1,4,51`, `( 127, 000, 0, 1, 4, 51 ).`
fn six_numbers(text: &[u8]) -> Option<Passive> {
    let mut rest = text;
    while let Some(start) = rest.iter().position(u8::is_ascii_digit) {
        let (numbers, after) = run_of_numbers(&rest[start..]);
        if let [Some(a), Some(b), Some(c), Some(d), Some(high), Some(low)] = numbers[..] {
            let port = u16::from_be_bytes([high, low]);
            return (port != 0).then_some(Passive { port, host: Some(Ipv4Addr::new(a, b, c, d)) });
        }
        rest = after;
    }
    None
}

/// Numbers with commas between them from the start of `text`; those above 255 are `None`. At most seven are kept.
fn run_of_numbers(text: &[u8]) -> (Vec<Option<u8>>, &[u8]) {
    let (mut numbers, mut rest) = (Vec::with_capacity(7), text);
    loop {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return (numbers, rest);
        }
        if numbers.len() < 7 {
            numbers.push(decimal(&rest[..digits]).and_then(|number| u8::try_from(number).ok()));
        }
        rest = rest[digits..].trim_ascii_start();
        match rest.split_first() {
            Some((b',', after)) => rest = after.trim_ascii_start(),
            _ => return (numbers, rest),
        }
    }
}

/// `|||6446|` with any delimiter (RFC 2428 3: a character from 33 to 126), in parentheses or not.
fn extended(text: &[u8]) -> Option<Passive> {
    (0..text.len()).find_map(|start| {
        let (&delimiter, rest) = text[start..].split_first()?;
        if !delimiter.is_ascii_graphic() || delimiter.is_ascii_digit() {
            return None;
        }
        let rest = rest.strip_prefix(&[delimiter, delimiter])?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = decimal(&rest[..digits]).filter(|_| rest.get(digits) == Some(&delimiter))?;
        let port = u16::try_from(number).ok().filter(|port| *port != 0)?;
        Some(Passive { port, host: None })
    })
}

/// A decimal number, leading zeros and all, that fits.
fn decimal(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The argument of PORT; IPv6 has none.
pub fn port(address: SocketAddr) -> Option<String> {
    let IpAddr::V4(host) = address.ip().to_canonical() else { return None };
    let [a, b, c, d] = host.octets();
    let [high, low] = address.port().to_be_bytes();
    Some(format!("{a},{b},{c},{d},{high},{low}"))
}

/// The argument of EPRT (RFC 2428 2).
pub fn eprt(address: SocketAddr) -> String {
    let host = address.ip().to_canonical();
    let family = if host.is_ipv4() { 1 } else { 2 };
    format!("|{family}|{host}|{}|", address.port())
}

#[cfg(test)]
mod tests {
    use super::super::reply::reply;
    use super::*;

    fn read(text: &str) -> Option<u16> {
        passive(&reply(text)).map(|passive| passive.port)
    }

    #[test]
    fn every_shape_of_227() {
        for text in [
            "227 Entering Passive Mode (127,0,0,1,4,51)",
            "227 Entering Passive Mode (127,0,0,1,4,51).",
            "227 Entering Passive Mode 127,0,0,1,4,51",
            "227 =127,0,0,1,4,51",
            "227 Data transfer will passively listen to 127,0,0,1,4,51",
            "227 Entering passive mode. 127,0,0,1,4,51",
            "227 ( 127, 0, 0, 1, 4, 51 )",
            "227 (127,000,000,001,004,051)",
            "227 Mode 2 on (127,0,0,1,4,51)",
            "227 ok 1.2.3.4 (127,0,0,1,4,51)",
            "227-Passive\n227 (127,0,0,1,4,51)",
            "227-(127,0,0,1,4,51)\n227 ok",
            "229 Entering Passive Mode (127,0,0,1,4,51)",
        ] {
            assert_eq!(read(text), Some(1075), "{text}");
        }
        assert_eq!(passive(&reply("227 (10,0,0,5,1,2)")).unwrap().host, Some(Ipv4Addr::new(10, 0, 0, 5)));
    }

    #[test]
    fn every_shape_of_229() {
        for text in ["229 (|||9447|)", "229 (!!!9447!)", "229 |||9447|", "229 (|||9447|).", "227 Go (|||9447|)"] {
            assert_eq!(read(text), Some(9447), "{text}");
        }
    }

    #[test]
    fn what_names_no_port() {
        for text in [
            "227 (1216,256,2,127,127,127)",
            "227 (213,229,112,999,216,4)",
            "227 (127,0,0,1,0,0)",
            "227 (192,168,1,100,229)",
            "227 (1,2,3,4,5,6,7)",
            "227 (127,0,0,1,99999999999999999999,1)",
            "227 Entering Passive Mode",
            "227",
            "229 (|||1000000|)",
            "229 (|||0|)",
            "229 (|||-1|)",
            "229 (|||",
            "229 (|||22",
            "229 (||||)",
            "229 (|||99999999999999999999|)",
            "229 (|1|10.0.0.1|5678|)",
            "229 (   9447 )",
            "229 (!!6446!)",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn our_own_end() {
        let v4: SocketAddr = "192.0.2.7:1025".parse().unwrap();
        let v6: SocketAddr = "[2001:db8::1]:6275".parse().unwrap();
        let mapped: SocketAddr = "[::ffff:192.0.2.7]:1025".parse().unwrap();
        for address in [v4, mapped] {
            assert_eq!(
                (port(address).unwrap().as_str(), eprt(address).as_str()),
                ("192,0,2,7,4,1", "|1|192.0.2.7|1025|")
            );
        }
        assert_eq!((port(v6), eprt(v6).as_str()), (None, "|2|2001:db8::1|6275|"));
    }
}
