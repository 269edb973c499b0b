//! Servers that are far away: the next file is asked for at the end of the one before, in active mode where that works.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use longshore::model::{Action, Course, Credentials, Event, Kind, Line, Mode, Phase, Secret, Section, Site};

use super::distance::{Firewall, away};
use super::front::{Front, TAB, folder, site};
use super::harness::{Kind as ServerKind, PASSWORD, Server, Setup, Tls, USER};

const FILES: usize = 40;

/// A folder of small files that are all different.
fn fill(server: &Server) {
    let folder = server.root.join("many");
    fs::create_dir(&folder).unwrap();
    for index in 0..FILES {
        fs::write(folder.join(format!("file {index:02}")), content(index)).unwrap();
    }
    server.own();
}

fn content(index: usize) -> String {
    format!("what is in {index} ").repeat(200 + index)
}

/// A front that has connected to the server, which is far away.
fn begin(server: &Server, firewall: Firewall, change: impl FnOnce(&mut Site)) -> (tempfile::TempDir, Front) {
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    connect(&mut front, server, away(server.port, firewall), change);
    (home, front)
}

fn connect(front: &mut Front, server: &Server, port: u16, change: impl FnOnce(&mut Site)) {
    let mut site = Site { port: Some(port), connections: Some(2), ..(*site(server)).clone() };
    change(&mut site);
    let credentials = Credentials { user: USER.into(), password: Secret::new(PASSWORD), account: None };
    front.act(Action::Connect { tab: TAB, site: Arc::new(site), credentials: Some(credentials) });
    front.listing();
}

fn fetch(front: &mut Front, to: &Path) {
    front.enqueue(Course::Download, Kind::Directory, &to.join("many"), "/many", None);
    front.idle();
    for row in front.rows() {
        assert!(matches!(row.phase, Phase::Done(_)) && row.attempts == 1, "{row:#?}");
    }
    all_are_whole(to);
}

fn all_are_whole(to: &Path) {
    for index in 0..FILES {
        assert_eq!(fs::read_to_string(to.join(format!("many/file {index:02}"))).unwrap(), content(index), "{index}");
    }
}

#[test]
fn small_files_are_asked_for_at_the_end_of_the_one_before() {
    for (kind, tls) in [
        (ServerKind::Vsftpd, Tls::Off),
        (ServerKind::Vsftpd, Tls::Explicit),
        (ServerKind::Proftpd, Tls::Off),
        (ServerKind::PureFtpd, Tls::Off),
    ] {
        let Some(server) = Setup::new(kind).tls(tls).start() else { return };
        fill(&server);
        let (home, mut front) = begin(&server, Firewall::Open, |_| {});
        front.lines.clear();
        fetch(&mut front, &folder(&home, "here"));
        assert!(front.sent("PORT") > FILES / 2, "{kind:?}, {tls:?}: {} of {FILES}", front.sent("PORT"));
        let connections: BTreeSet<_> = front.lines.iter().map(|line| line.connection).collect();
        assert!(connections.len() <= 3, "{kind:?}: two connections that transfer, and the one that lists");
        assert!(
            front.lines.iter().filter(|line| line.text.starts_with("PORT")).all(|port| is_of_its_file(&front, port))
        );
        front.quit();
    }
}

/// To log in takes as long as to list a folder: where that counts, one is done during the other.
#[test]
fn connections_for_the_files_of_a_folder_are_opened_while_it_is_listed() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    fill(&server);
    let (home, mut front) = begin(&server, Firewall::ListsAfter(4), |site| site.connections = Some(3));
    front.lines.clear();
    fetch(&mut front, &folder(&home, "here"));
    let first = front.lines.iter().find(|line| line.text.starts_with("RETR")).unwrap().seq;
    let early = front.lines.iter().filter(|line| line.text.starts_with("USER") && line.seq < first).count();
    assert_eq!((early, front.sent("USER")), (3, 3));
    front.quit();
}

#[test]
fn to_leave_a_server_takes_no_round_trip() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let (_home, mut front) = begin(&server, Firewall::Open, |_| {});
    front.act(Action::Disconnect { tab: TAB });
    front.until("the connection's end", |event, _| matches!(event, Event::Closed(_)).then_some(()));
    let said: Vec<_> = front.lines.iter().rev().take(2).map(|line| line.text.as_str()).collect();
    assert_eq!(said, ["The answer to QUIT is not waited for", "QUIT"]);
    front.quit();
}

/// Whether what is said behind `port` on its connection is about the same file.
fn is_of_its_file(front: &Front, port: &Line) -> bool {
    let next =
        |line: &&Line| line.seq > port.seq && line.connection == port.connection && line.text.starts_with("RETR");
    port.transfer.is_some() && front.lines.iter().find(next).is_some_and(|retr| retr.transfer == port.transfer)
}

/// pyftpdlib works on several commands at once.
#[test]
fn a_server_that_answers_in_any_order_is_asked_one_by_one() {
    let Some(server) = Setup::new(ServerKind::Pyftpdlib).start() else { return };
    fill(&server);
    let (home, mut front) = begin(&server, Firewall::Open, |_| {});
    fetch(&mut front, &folder(&home, "here"));
    assert_eq!(front.sent("PORT"), 1);
    front.quit();
}

#[test]
fn a_server_that_takes_no_port_is_asked_once() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).extra("port_enable=NO").start() else { return };
    fill(&server);
    let home = tempfile::tempdir().unwrap();
    let port = away(server.port, Firewall::Open);
    for tries in [1, 0] {
        let mut front = Front::quick(home.path());
        connect(&mut front, &server, port, |_| {});
        fetch(&mut front, &folder(&home, &format!("here {tries}")));
        assert_eq!(front.sent("PORT"), tries, "the next run knows it");
        front.quit();
    }
}

#[test]
fn a_firewall_costs_one_connection_once() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    fill(&server);
    let (home, mut front) = begin(&server, Firewall::Silent, |_| {});
    fetch(&mut front, &folder(&home, "here"));
    assert_eq!(front.sent("PORT"), 1);
    front.quit();
}

#[test]
fn connections_that_break_mix_nothing_up() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    fill(&server);
    let (home, mut front) = begin(&server, Firewall::Breaks(2000), |_| {});
    let to = folder(&home, "here");
    front.enqueue(Course::Download, Kind::Directory, &to.join("many"), "/many", None);
    front.idle();
    assert!(front.rows().iter().all(|row| matches!(row.phase, Phase::Done(_))), "{:#?}", front.rows());
    all_are_whole(&to);
    front.quit();
}

#[test]
fn who_has_chosen_passive_mode_gets_it() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    fill(&server);
    let (home, mut front) = begin(&server, Firewall::Open, |site| site.mode = Mode::Passive);
    fetch(&mut front, &folder(&home, "here"));
    assert_eq!((front.sent("PORT"), front.sent("EPRT")), (0, 0));
    front.quit();
}

#[test]
fn a_pause_amid_small_files_mixes_nothing_up() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    fill(&server);
    let (home, mut front) = begin(&server, Firewall::Open, |_| {});
    let to = folder(&home, "here");
    front.enqueue(Course::Download, Kind::Directory, &to.join("many"), "/many", None);
    for done in [8, 16, 24] {
        front.until("some files", |_, queue| (queue.section(Section::Done).len() >= done).then_some(()));
        let ids: Vec<_> = front.queue.section(Section::Active).iter().copied().collect();
        front.act(Action::Pause(ids.clone()));
        front.until("rest", |_, queue| {
            let mut active = queue.section(Section::Active).iter().filter_map(|id| queue.get(*id));
            active.all(|row| matches!(row.phase, Phase::Paused)).then_some(())
        });
        front.act(Action::Resume(ids));
    }
    front.idle();
    all_are_whole(&to);
    front.quit();
}
