//! Listings that a server does not tell to their end.

use super::dialogue::{logged_in, passive};
use super::*;
use crate::model::RemotePath;
use crate::net::{Cancel, Error};

const WHOLE: &str = "-rw-r--r-- 1 me me 5 Jan 01 2020 one\r\n-rw-r--r-- 1 me me 5 Jan 01 2020 two\r\n";
const CUT: &str = "-rw-r--r-- 1 me me 5 Jan 01 2020 one\r\n-rw-r--r-- 1 me me 5 Ja";
const BARE: &str = "-rw-r--r-- 1 me me 5 Jan 01 2020 one\r\n-rw-r--r-- 1 me me 5 Jan 01 2020 two";

/// Lists once from a server that sends one of `listings` each time it is asked, and says that each is whole.
async fn listed(
    connection: &crate::net::Connection,
    server: &mut Server<TcpStream>,
    listings: &[&str],
) -> Result<Vec<String>, Error> {
    let script = async {
        for listing in listings {
            let (mut socket, _) = passive(server, "LIST").await;
            server.say("150 comes").await;
            socket.write_all(listing.as_bytes()).await.unwrap();
            drop(socket);
            server.say("226 done").await;
        }
    };
    let (root, cancel) = (RemotePath::root(), Cancel::new());
    let (result, ()) =
        tokio::time::timeout(SOON, async { tokio::join!(connection.list(&root, &cancel), script) }).await.unwrap();
    result.map(|listing| listing.entries.iter().map(|entry| entry.name.to_string()).collect())
}

#[tokio::test]
async fn one_that_ends_within_a_line_is_asked_for_again() {
    let (connection, mut server, lines) = logged_in(|_| {}).await;
    assert_eq!(listed(&connection, &mut server, &[CUT, WHOLE]).await.unwrap(), ["one", "two"]);
    assert!(lines.have("ended within a line"));
    assert_eq!(listed(&connection, &mut server, &[WHOLE]).await.unwrap(), ["one", "two"]);
}

#[tokio::test]
async fn one_that_ends_elsewhere_within_a_line_again_is_no_listing() {
    let (connection, mut server, _) = logged_in(|_| {}).await;
    let error = listed(&connection, &mut server, &[CUT, &CUT[..50]]).await.unwrap_err();
    assert!(error.to_string().contains("within a line"), "{error}");
    assert!(connection.is_open());
}

#[tokio::test]
async fn a_server_that_never_ends_its_last_line_is_asked_twice_only_once() {
    let (connection, mut server, _) = logged_in(|_| {}).await;
    for listings in [&[BARE, BARE][..], &[BARE]] {
        assert_eq!(listed(&connection, &mut server, listings).await.unwrap(), ["one", "two"]);
    }
}
