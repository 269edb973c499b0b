//! The zone of the times in LIST: measured once by MDTM, or said by the site.

use super::*;
use crate::ftp::{Known, Zone};
use crate::model::RemotePath;
use crate::net::{Cancel, Connection, open};

/// Two hours east of what MDTM says.
const LISTED: &[u8] =
    b"drwxr-xr-x 2 me me 5 Jan 01 2020 folder\r\n-rw-r--r-- 1 me me 5 2025-01-05 12:30 a\r\n-rw-r--r-- 1 me me 5 Jan 01 2020 b\r\n";

/// Answers until nobody asks any more; gives back the commands.
async fn serve(listener: TcpListener, mdtm: String, listed: Vec<u8>) -> Vec<String> {
    let mut server = Server::accept(&listener).await;
    server.say("220 hello").await;
    let mut heard = Vec::new();
    let mut data = None;
    heard.push(server.behave("FEAT").await);
    server.say("211-Features:\r\n MDTM\r\n SIZE\r\n211 End").await;
    loop {
        let line = server.hear().await;
        match line.split(' ').next().unwrap_or_default() {
            "" => return heard,
            "EPSV" => {
                let (listener, port) = super::listener().await;
                server.say(&format!("229 here (|||{port}|)")).await;
                data = Some(listener.accept().await.unwrap().0);
            }
            "LIST" => {
                server.say("150 comes").await;
                data.take().unwrap().write_all(&listed).await.unwrap();
                server.say("226 done").await;
            }
            "SIZE" => server.say("213 5").await,
            // One time for all, or `b=TIME;a=TIME`.
            "MDTM" => {
                let name = line.rsplit('/').next().unwrap_or_default();
                let of_file =
                    |told: &str| told.split_once('=').filter(|(file, _)| *file == name).map(|(_, at)| at.to_owned());
                let at = mdtm.split(';').find_map(of_file).unwrap_or_else(|| mdtm.clone());
                server.say(&format!("213 {at}")).await;
            }
            "PWD" => server.say("257 \"/\"").await,
            "QUIT" => server.say("221 bye").await,
            _ => server.say("200 ok").await,
        }
        heard.push(line);
    }
}

/// The times of two listings, and how often MDTM was asked.
async fn times(change: impl FnOnce(&mut Dial)) -> (Vec<String>, usize, Option<i16>) {
    let (times, asked, zone, _) = times_with("20250105103017", LISTED, change).await;
    (times, asked, zone)
}

/// And what the log has of it.
async fn times_with(
    mdtm: &str,
    listed: &[u8],
    change: impl FnOnce(&mut Dial),
) -> (Vec<String>, usize, Option<i16>, String) {
    let (listener, port) = listener().await;
    let lines = Lines::default();
    let mut dial = dial(port, Security::Never, Trust::default(), &lines);
    change(&mut dial);
    let served = tokio::spawn(serve(listener, mdtm.to_owned(), listed.to_owned()));
    let connection: Connection = open(dial, |_| {}).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..2 {
        let listing = connection.list(&RemotePath::root(), &Cancel::new()).await.unwrap();
        assert!(listing.raw.line(1).unwrap().ends_with(" a"));
        times = listing
            .entries
            .iter()
            .filter_map(|entry| entry.modified)
            .map(|at| format!("{}{}", at.at, if at.utc { "Z" } else { "" }))
            .collect();
    }
    let zone = connection.known().zone.map(|zone| zone.minutes);
    assert_eq!(connection.known().dialect.as_deref(), Some("LIST (Unix)"));
    connection.close().await;
    let heard = served.await.unwrap();
    (times, heard.iter().filter(|line| line.starts_with("MDTM")).count(), zone, lines.all().join("\n"))
}

#[tokio::test]
async fn the_zone_is_measured_once() {
    let (times, asked, zone) = times(|_| {}).await;
    assert_eq!(times, ["2020-01-01T00:00:00", "2025-01-05T10:30:00Z", "2020-01-01T00:00:00"]);
    assert_eq!((asked, zone), (1, Some(120)));
}

#[tokio::test]
async fn what_the_site_says_or_what_was_measured_is_not_asked_for() {
    let site = |dial: &mut Dial| dial.site = Arc::new(Site { zone: Some(-60), ..(*dial.site).clone() });
    let (said, asked, _) = times(site).await;
    assert_eq!((said[1].as_str(), asked), ("2025-01-05T13:30:00Z", 1), "asked only whether MDTM tells UTC");
    let measured = |at| {
        move |dial: &mut Dial| {
            dial.known = Known { zone: Some(Zone { minutes: 60, at }), ..Known::default() };
        }
    };
    let (known, asked, _) = times(measured(jiff::Timestamp::now())).await;
    assert_eq!((known[1].as_str(), asked), ("2025-01-05T11:30:00Z", 0));
    // Long ago it may have been winter.
    let (again, asked, _) = times(measured(jiff::Timestamp::UNIX_EPOCH)).await;
    assert_eq!((again[1].as_str(), asked), ("2025-01-05T10:30:00Z", 1));
}

#[tokio::test]
async fn a_file_of_tomorrow_tells_no_zone() {
    // vsftpd with `use_localtime` tells the server's own time by MDTM too.
    let (times, asked, zone, log) = times_with("20990105123017", LISTED, |_| {}).await;
    assert_eq!((times[1].as_str(), asked, zone), ("2025-01-05T12:30:00", 1, None));
    assert!(log.contains("yet to come"), "{log}");
}

#[tokio::test]
async fn an_old_file_of_which_mdtm_says_what_list_says_tells_no_zone() {
    // In New York, vsftpd with `use_localtime` says so of any file.
    let (times, asked, zone, log) = times_with("20250105123017", LISTED, |_| {}).await;
    assert_eq!((times[1].as_str(), asked, zone), ("2025-01-05T12:30:00", 1, None));
    assert!(log.contains("zone of LIST is not known: MDTM of a says 2025-01-05 12:30:17, as LIST does"), "{log}");
}

#[tokio::test]
async fn a_file_of_just_now_shows_that_a_server_lists_utc() {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let listed = format!(
        "drwxr-xr-x 2 me me 5 Jan 01 2020 folder\r\n-rw-r--r-- 1 me me 5 {} a\r\n",
        now.strftime("%Y-%m-%d %H:%M")
    );
    let mdtm = now.strftime("%Y%m%d%H%M%S").to_string();
    let (times, asked, zone, log) = times_with(&mdtm, listed.as_bytes(), |_| {}).await;
    assert!(times[1].ends_with('Z'), "{times:?}");
    assert_eq!((asked, zone), (1, Some(0)));
    assert!(log.contains("Times in LIST are UTC+00: MDTM of a says"), "{log}");
}

/// Files of both halves of a year.
const HALVES: &[u8] = b"-rw-r--r-- 1 me me 5 2025-01-05 12:30 b\r\n-rw-r--r-- 1 me me 5 2025-07-05 12:30 a\r\n\
                        -rw-r--r-- 1 me me 5 2025-02-05 12:30 c\r\n";

#[tokio::test]
async fn a_file_of_the_other_half_of_the_year_tells_of_summer_time() {
    let (times, asked, zone, log) = times_with("a=20250705103017;b=20250105113017", HALVES, |_| {}).await;
    assert_eq!(times, ["2025-01-05T11:30:00Z", "2025-07-05T10:30:00Z", "2025-02-05T11:30:00Z"]);
    assert_eq!((asked, zone), (2, Some(120)));
    assert!(log.contains("Times in LIST have summer time, as in Europe/"), "{log}");
}

#[tokio::test]
async fn a_server_without_summer_time_is_found_out() {
    let (times, asked, _, log) = times_with("a=20250705103017;b=20250105103017", HALVES, |_| {}).await;
    assert_eq!(times, ["2025-01-05T10:30:00Z", "2025-07-05T10:30:00Z", "2025-02-05T10:30:00Z"]);
    assert_eq!(asked, 2);
    assert!(log.contains("all the year: no summer time is kept"), "{log}");
}

#[tokio::test]
async fn mdtm_in_the_servers_own_time_is_taken_for_that() {
    // vsftpd with `use_localtime`, in a zone that the site says.
    let (listener, port) = listener().await;
    let lines = Lines::default();
    let mut dial = dial(port, Security::Never, Trust::default(), &lines);
    dial.site = Arc::new(Site { zone: Some(120), ..(*dial.site).clone() });
    let served = tokio::spawn(serve(listener, "20250105123017".to_owned(), LISTED.to_owned()));
    let connection: Connection = open(dial, |_| {}).await.unwrap();
    connection.list(&RemotePath::root(), &Cancel::new()).await.unwrap();
    assert!(connection.known().own_time);
    let asks = crate::ftp::Operation::Facts { path: RemotePath::new("/a") };
    let (outcome, _) = connection.run(asks, crate::net::Body::None, None, &Cancel::new()).await.unwrap();
    let crate::ftp::Outcome::Facts { modified: Some(modified), .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((modified.at.to_string().as_str(), modified.utc), ("2025-01-05T10:30:17", true));
    connection.close().await;
    served.await.unwrap();
    assert!(lines.all().join("\n").contains("it tells the server's own time, UTC+02, and no UTC"));
}
