//! A large file over several connections: whole, as fast as all of them, with as many as there is room for.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use longshore::model::transfer::Proof;
use longshore::model::{
    Action, Course, Credentials, Event, Kind, Login, Phase, Run, Secret, Section, Security, Settings, Site, TransferId,
};
use longshore::worker::CarryOn;

use super::front::{Front, TAB, bytes, folder};
use super::harness::{Kind as ServerKind, Server, Setup, Tls};
use super::peer::{PASSWORD, Peer, USER, World};

/// A server that gives each connection so many bytes a second.
fn slow(kind: ServerKind, rate: u32) -> Setup {
    let setup = Setup::new(kind);
    match kind {
        ServerKind::Vsftpd => setup.extra(&format!("local_max_rate={rate}")),
        ServerKind::Proftpd => setup.extra(&format!("TransferRate RETR {}", rate / 1000)),
        ServerKind::PureFtpd => setup.extra("-T").extra(&(rate / 1000).to_string()),
        ServerKind::Pyftpdlib => setup.extra(&format!("RATE={rate}")),
    }
}

fn divided(home: &tempfile::TempDir, adjust: impl FnOnce(&mut Settings) + Send + 'static) -> Front {
    Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
        (settings.segments, settings.segments_from, settings.timeout) = (4, 1_000_000, 10);
        adjust(settings);
    })
}

fn serve(server: &Server, name: &str, length: usize) -> Vec<u8> {
    let content = bytes(length);
    fs::write(server.root.join(name), &content).unwrap();
    server.own();
    content
}

/// The most connections that were seen at a row.
fn most(front: &mut Front) -> u8 {
    let mut most = 0;
    front.until("the end of the queue", |event, queue| {
        for row in queue.section(Section::Active).iter().filter_map(|id| queue.get(*id)) {
            if let Phase::Running(running) = row.phase {
                most = most.max(running.connections);
            }
        }
        matches!(event, Event::QueueIdle).then_some(())
    });
    most
}

#[test]
fn a_large_file_comes_over_several_connections() {
    for kind in [ServerKind::Vsftpd, ServerKind::Proftpd, ServerKind::PureFtpd, ServerKind::Pyftpdlib] {
        let Some(server) = slow(kind, 1_200_000).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let content = serve(&server, "file", 16_000_000);
        let mut front = divided(&home, |_| {});
        front.connect(&server);
        front.listing();
        let local = folder(&home, "local");
        front.enqueue(Course::Download, Kind::File, &local.join("file"), "/file", None);
        let most = most(&mut front);
        assert!((2..=4).contains(&most), "{kind:?}: {most}");
        let done = front.done();
        assert_eq!((done.bytes, done.resumed_from), (16_000_000, 0), "{kind:?}");
        assert!(done.proof >= Proof::Size, "{kind:?}: {done:?}");
        assert!(fs::read(local.join("file")).unwrap() == content, "{kind:?}");
        assert_eq!(fs::read_dir(&local).unwrap().count(), 1, "{kind:?}");
        assert!(front.sent("REST") > 0, "{kind:?}");
        let about = front.lines.iter().filter(|line| line.text.starts_with("RETR") && line.transfer.is_some()).count();
        assert_eq!(about, front.sent("RETR"), "{kind:?}: each of them is about the file");
        front.quit();
    }
}

#[test]
fn under_tls_as_well() {
    for kind in [ServerKind::Vsftpd, ServerKind::Proftpd] {
        let Some(server) = slow(kind, 1_200_000).tls(Tls::Explicit).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let content = serve(&server, "file", 10_000_000);
        let mut front = divided(&home, |_| {});
        front.connect(&server);
        front.listing();
        let local = folder(&home, "local");
        front.enqueue(Course::Download, Kind::File, &local.join("file"), "/file", None);
        assert!(most(&mut front) > 1, "{kind:?}");
        assert_eq!((front.done().bytes, front.done().resumed_from), (10_000_000, 0), "{kind:?}");
        assert!(fs::read(local.join("file")).unwrap() == content, "{kind:?}");
        front.quit();
    }
}

/// Until several connections fetch the only row, and `bytes` are there.
fn under_way(front: &mut Front, bytes: u64) -> TransferId {
    front.until("several connections", |_, queue| {
        let mut rows = queue.section(Section::Active).iter().filter_map(|id| queue.get(*id));
        rows.find(|row| matches!(row.phase, Phase::Running(r) if r.connections > 1 && r.done > bytes)).map(|row| row.id)
    })
}

#[test]
fn rows_that_wait_get_the_places_of_helpers() {
    let Some(server) = slow(ServerKind::Vsftpd, 1_000_000).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let content = serve(&server, "file", 24_000_000);
    (0..6).for_each(|index| drop(serve(&server, &format!("small {index}"), 300_000)));
    let mut front = divided(&home, |_| {});
    front.connect(&server);
    front.listing();
    let local = folder(&home, "local");
    front.enqueue(Course::Download, Kind::File, &local.join("file"), "/file", None);
    let id = under_way(&mut front, 2_000_000);
    for index in 0..6 {
        let name = format!("small {index}");
        front.enqueue(Course::Download, Kind::File, &local.join(&name), &format!("/{name}"), None);
    }
    front.until("the small ones", |_, queue| {
        let is_running = matches!(queue.get(id)?.phase, Phase::Running(_));
        assert!(is_running, "the large one does not wait for them, and they not for it");
        (queue.section(Section::Done).len() == 6).then_some(())
    });
    front.idle();
    assert!(front.rows().iter().all(|row| matches!(row.phase, Phase::Done(_)) && row.attempts == 1));
    assert!(fs::read(local.join("file")).unwrap() == content);
    front.quit();
}

#[test]
fn there_are_never_more_connections_than_the_settings_and_the_server_allow() {
    // The third place is refused; one is the tab's.
    // It is asked for only while so much is left that another division pays.
    let cases =
        [("max_per_ip=3", 4, 2, 21_000_000), ("max_per_ip=0", 1, 0, 6_000_000), ("max_per_ip=2", 4, 0, 9_000_000)];
    for (extra, connections, expected, size) in cases {
        let Some(server) = slow(ServerKind::Vsftpd, 1_500_000).extra(extra).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let content = serve(&server, "file", size);
        let mut front = divided(&home, move |settings| settings.connections = connections);
        front.connect(&server);
        front.listing();
        let local = folder(&home, "local");
        front.enqueue(Course::Download, Kind::File, &local.join("file"), "/file", None);
        assert_eq!(most(&mut front), expected, "{extra}");
        assert_eq!((front.done().bytes, front.rows()[0].attempts), (size as u64, 1), "{extra}");
        let refused = front.lines.iter().filter(|line| line.code == Some(421)).count();
        assert_eq!(refused > 0, connections > 1, "{extra}");
        assert!(fs::read(local.join("file")).unwrap() == content, "{extra}");
        front.quit();
    }
}

#[test]
fn pause_keeps_what_each_connection_brought_and_cancel_leaves_nothing() {
    let Some(server) = slow(ServerKind::Vsftpd, 1_200_000).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let content = serve(&server, "file", 16_000_000);
    let mut front = divided(&home, |_| {});
    front.connect(&server);
    front.listing();
    let local = folder(&home, "local");
    front.enqueue(Course::Download, Kind::File, &local.join("file"), "/file", None);
    let id = under_way(&mut front, 3_000_000);
    front.act(Action::Pause(vec![id]));
    front.until("the pause", |_, queue| (*queue.get(id)?.phase == Phase::Paused).then_some(()));
    assert!(local.join("file.part").exists() && !local.join("file").exists());
    front.act(Action::Resume(vec![id]));
    front.idle();
    let done = front.done();
    assert!(done.resumed_from > 2_000_000 && done.bytes == 16_000_000, "{done:?}");
    assert!(fs::read(local.join("file")).unwrap() == content);
    front.act(Action::Clear(Section::Done));
    fs::remove_file(local.join("file")).unwrap();
    front.enqueue(Course::Download, Kind::File, &local.join("file"), "/file", None);
    let id = under_way(&mut front, 2_000_000);
    front.act(Action::Cancel(vec![id]));
    front.idle();
    assert!(front.queue.is_empty());
    assert_eq!(fs::read_dir(&local).unwrap().count(), 0, "no file and no part");
    front.quit();
}

/// What is no file of zeros, and is nowhere like its beginning.
fn varied(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// Downloads `/file` from a scripted server, with up to four connections.
fn from_peer(peer: &Peer, local: &Path, home: &tempfile::TempDir) -> Front {
    let mut front = divided(home, |_| {});
    let (host, port) = ("127.0.0.1".to_owned(), Some(peer.port));
    let (login, user, security) = (Login::Normal, USER.to_owned(), Security::Never);
    let site = Arc::new(Site { host, port, login, user: user.clone(), security, ..Site::default() });
    let credentials = Some(Credentials { user, password: Secret::new(PASSWORD), account: None });
    front.act(Action::Connect { tab: TAB, site, credentials });
    front.listing();
    front.enqueue(Course::Download, Kind::File, local, "/file", None);
    front.idle();
    front
}

fn noted(front: &Front, start: &str) -> bool {
    front.lines.iter().any(|line| line.transfer.is_some() && line.text.starts_with(start))
}

#[test]
fn a_server_that_begins_at_the_start_whatever_it_is_told_is_found_out() {
    // Seen at once; and, where the file begins like many others, by what does not fit together.
    let plain_start = [vec![0; 200_000], varied(6_000_000, 5)].concat();
    let cases = [(varied(8_000_000, 3), "The server seems to send"), (plain_start, "What several connections")];
    for (content, said) in cases {
        let world = World::list(&[("/", b""), ("/file", &content)]);
        let served = content.clone();
        let peer =
            Peer::except(world, move |dialogue, verb, _| Ok(verb == "RETR" && dialogue.trickle(&served).is_ok()));
        let home = tempfile::tempdir().unwrap();
        let local = folder(&home, "local").join("file");
        let front = from_peer(&peer, &local, &home);
        assert!(fs::read(&local).unwrap() == content);
        assert!(front.done().resumed_from == 0 && front.rows()[0].attempts <= 2);
        assert!(peer.heard_verb("REST") && front.sent("RETR") >= 2, "it was tried");
        assert!(noted(&front, said), "{said}");
        front.quit();
    }
}

#[test]
fn where_rest_is_refused_one_connection_fetches_all() {
    for answer in ["502 not here", "350 Restart position accepted (0)"] {
        let content = varied(6_000_000, 4);
        let world = World::list(&[("/", b""), ("/file", &content)]);
        let served = content.clone();
        let peer = Peer::except(world, move |dialogue, verb, _| match verb {
            "REST" => dialogue.say(answer).map(|()| true),
            "RETR" => dialogue.trickle(&served).map(|()| true),
            _ => Ok(false),
        });
        let home = tempfile::tempdir().unwrap();
        let local = folder(&home, "local").join("file");
        let front = from_peer(&peer, &local, &home);
        assert!(fs::read(&local).unwrap() == content);
        assert_eq!((front.done().resumed_from, front.rows()[0].attempts), (0, 1), "{answer}");
        assert!(noted(&front, "The server does not go on at an offset"), "{answer}");
        front.quit();
    }
}

/// A file that was replaced by another one of its size, while some of it was there.
#[test]
fn ranges_of_two_files_are_never_put_together() {
    let (old, new) = (varied(6_000_000, 6), varied(6_000_000, 7));
    let world = World::list(&[("/", b""), ("/file", &old)]);
    let (newer, begun) = (new.clone(), AtomicBool::new(false));
    let peer = Peer::except(world, move |dialogue, verb, _| {
        let from = dialogue.restart;
        // The first one that begins gets the old one.
        let is_first = verb == "RETR" && !begun.swap(true, Ordering::Relaxed);
        let content = if is_first { &old } else { &newer };
        Ok(verb == "RETR" && dialogue.trickle(&content[from..]).is_ok())
    });
    let home = tempfile::tempdir().unwrap();
    let local = folder(&home, "local").join("file");
    let front = from_peer(&peer, &local, &home);
    assert!(fs::read(&local).unwrap() == new);
    assert_eq!((front.done().resumed_from, front.rows()[0].attempts), (0, 2));
    assert!(noted(&front, "What several connections"));
    front.quit();
}

/// Many servers close the control connection where a transfer is ended early.
#[test]
fn a_connection_that_is_lost_at_the_end_of_a_range_is_made_anew() {
    let content = varied(8_000_000, 8);
    let world = World::list(&[("/", b""), ("/file", &content)]);
    let served = content.clone();
    let peer = Peer::except(world, move |dialogue, verb, _| {
        let from = dialogue.restart;
        if verb != "RETR" {
            return Ok(false);
        }
        dialogue.restart = 0;
        dialogue.say("150 here it comes")?;
        let mut data = dialogue.accept()?;
        for block in served[from..].chunks(32 << 10) {
            io::Write::write_all(&mut data, block)?;
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(data);
        dialogue.say("226 done").map(|()| true)
    });
    let home = tempfile::tempdir().unwrap();
    let local = folder(&home, "local").join("file");
    let front = from_peer(&peer, &local, &home);
    assert!(fs::read(&local).unwrap() == content);
    assert_eq!((front.done().resumed_from, front.rows()[0].attempts, front.done().proof), (0, 1, Proof::Size));
    assert!(peer.heard_verb("REST"));
    front.quit();
}
