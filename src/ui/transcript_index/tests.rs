//! What the reply log knows of its lines, seen line by line.

use super::*;

/// `>` sent, `<` the first line of a reply, `=` a line that continues it, `*` a note.
fn push(transcript: &mut Transcript, connection: u32, typed: &str) {
    let (direction, text) = match typed.split_at(2) {
        ("> ", text) => (Direction::Sent, text),
        ("< " | "= ", text) => (Direction::Received, text),
        (_, text) => (Direction::Note, text),
    };
    let code = text.get(..3).filter(|_| typed.starts_with('<')).and_then(|code| code.parse().ok());
    transcript.push(Line {
        seq: transcript.dropped() + transcript.len() as u64 + 1,
        at: jiff::Timestamp::UNIX_EPOCH,
        connection: ConnectionId(connection),
        direction,
        code,
        text: text.to_owned(),
        raw: None,
        transfer: None,
    });
}

fn dialogue() -> Transcript {
    let mut transcript = Transcript::new(100);
    for (connection, text) in [
        (1, "* connecting"),
        (1, "< 220 hello"),
        (1, "> FEAT"),
        (2, "< 220 other"),
        (1, "< 211-Features"),
        (1, "=  MDTM"),
        (1, "= 211 End"),
        (2, "> CWD /a"),
        (2, "> RETR x"),
        (2, "< 250 ok"),
        (2, "< 150 opening"),
        (2, "< 226 done"),
        (1, "> DELE x"),
        (1, "< 550 no"),
    ] {
        push(&mut transcript, connection, text);
    }
    transcript
}

fn shown(index: &Index) -> Vec<u64> {
    (0..index.len()).filter_map(|row| index.number(row)).collect()
}

#[test]
fn replies_find_their_commands() {
    let transcript = dialogue();
    let mut index = Index::default();
    assert_eq!(index.follow(&transcript), (false, 0));
    let answers: Vec<_> = (0..14).map(|number| index.answers(number)).collect();
    let expected =
        [None, None, None, None, Some(2), Some(2), Some(2), None, None, Some(7), Some(8), Some(8), None, Some(12)];
    assert_eq!(answers, expected);
    assert_eq!(index.code(5), Some(211));
    assert_eq!(index.counts(), [1, 5, 0, 0, 1]);
}

#[test]
fn a_line_leads_to_its_whole_reply_and_a_command_to_its_replies() {
    let transcript = dialogue();
    let mut index = Index::default();
    index.follow(&transcript);
    assert_eq!(index.dialogue(&transcript, 5), [4, 5, 6]);
    assert_eq!(index.dialogue(&transcript, 10), [10]);
    assert_eq!(index.dialogue(&transcript, 8), [10, 11]);
    assert!(index.dialogue(&transcript, 0).is_empty());
}

#[test]
fn the_filter_shows_whole_replies_and_the_chips_hide_classes() {
    let transcript = dialogue();
    let mut index = Index::default();
    index.follow(&transcript);
    assert_eq!(index.len(), 14);
    index.set_filter(Filter::parse("verb:RETR").unwrap(), None);
    assert!(index.is_empty());
    index.follow(&transcript);
    assert_eq!(shown(&index), [8, 10, 11]);
    assert_eq!(index.counts(), [1, 1, 0, 0, 0]);
    index.set_classes([false, true, false, false, true]);
    assert_eq!(shown(&index), [11]);
    index.set_filter(Filter::default(), Some(ConnectionId(1)));
    index.set_classes([false; CLASSES]);
    index.follow(&transcript);
    assert_eq!(shown(&index), [0, 1, 2, 4, 5, 6, 12, 13]);
    assert_eq!((index.row_of(4), index.row_of(3), index.number(7)), (3, 3, Some(13)));
}

fn exchanges(index: &Index) -> Vec<&str> {
    let rows = (0..index.rows().len()).filter_map(|row| index.rows().number(row));
    rows.filter_map(|number| index.exchanges().get(number)).map(Exchange::verb).collect()
}

#[test]
fn the_same_filter_and_chips_show_exchanges() {
    let mut transcript = dialogue();
    let mut index = Index::default();
    index.follow(&transcript);
    assert_eq!(exchanges(&index), ["", "FEAT", "", "CWD", "RETR", "DELE"]);
    assert_eq!((index.exchange_of(6), index.head(1), index.exchange_of(0)), (Some(1), Some(2), None));
    index.set_filter(Filter::parse("-is:error -verb:CWD").unwrap(), None);
    index.follow(&transcript);
    assert_eq!(exchanges(&index), ["", "FEAT", "", "RETR"]);
    index.set_filter(Filter::default(), Some(ConnectionId(1)));
    index.set_classes([false, false, false, false, true]);
    index.follow(&transcript);
    assert_eq!(exchanges(&index), ["DELE"]);
    push(&mut transcript, 1, "> RMD x");
    index.follow(&transcript);
    assert_eq!(exchanges(&index), ["DELE"], "nobody knows yet how it ends");
    push(&mut transcript, 1, "< 550 no");
    index.follow(&transcript);
    assert_eq!(exchanges(&index), ["DELE", "RMD"]);
    index.clear(&transcript);
    index.set_classes([false; CLASSES]);
    index.follow(&transcript);
    assert!(exchanges(&index).is_empty(), "cleared away");
    push(&mut transcript, 1, "> NOOP");
    index.follow(&transcript);
    index.close(&transcript, ConnectionId(1));
    assert!(index.exchanges().iter().last().unwrap().broken);
    assert_eq!(exchanges(&index), ["NOOP"]);
}

#[test]
fn a_filter_by_what_came_of_it_finds_the_command_too() {
    let mut transcript = dialogue();
    let mut index = Index::default();
    index.set_filter(Filter::parse("is:error").unwrap(), None);
    index.follow(&transcript);
    let before = shown(&index);
    push(&mut transcript, 1, "> RMD x");
    index.follow(&transcript);
    assert_eq!(shown(&index), before);
    index.set_filter(Filter::parse("is:waiting").unwrap(), None);
    index.follow(&transcript);
    assert_eq!((shown(&index), exchanges(&index)), (vec![14], vec!["RMD"]));
    push(&mut transcript, 1, "< 550 no");
    index.follow(&transcript);
    assert_eq!((shown(&index), exchanges(&index)), (vec![], vec![]), "it waits no longer");
    assert_eq!(index.counts(), [0; CLASSES]);
}

#[test]
fn noise_folds_under_its_first_line_and_errors_never() {
    let mut transcript = Transcript::new(100);
    for text in [
        "< 220 hello",
        "> AUTH TLS",
        "< 502 no",
        "> USER me",
        "< 230 in",
        "> CWD /a",
        "< 250 ok",
        "> EPSV",
        "< 229 (|||5000|)",
        "* Data connection to 192.0.2.1:5000 is open after 1 ms",
        "> MLSD",
        "< 150 go",
        "* Data connection: 5 bytes in 1 ms",
        "< 226 done",
        "> NOOP",
        "< 200 ok",
        "> NOOP",
        "< 200 ok",
    ] {
        push(&mut transcript, 1, text);
    }
    let mut index = Index::default();
    index.follow(&transcript);
    assert_eq!(index.len(), 18, "nothing is hidden at first");
    index.set_folds(true);
    assert_eq!(shown(&index), [0, 2, 5, 6, 7, 14]);
    let heading =
        |index: &Index, head| index.folds().heading(head).map(|(group, open)| (group.noise.name(), group.lines, open));
    assert_eq!(heading(&index, 0), Some(("Log-in", 5, false)));
    assert_eq!(heading(&index, 7), Some(("Listing", 7, false)));
    assert_eq!((heading(&index, 14), heading(&index, 5)), (Some(("Keep-alive", 4, false)), None));
    index.turn_fold(7);
    assert_eq!(shown(&index), [0, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    push(&mut transcript, 1, "> NOOP");
    push(&mut transcript, 1, "< 421 Timeout");
    index.follow(&transcript);
    assert_eq!(shown(&index)[11..], [14, 19], "the error stays in sight");
    index.set_filter(Filter::parse("230").unwrap(), None);
    index.follow(&transcript);
    assert_eq!(shown(&index), [4], "what is looked for is found");
    let mut late = Index::default();
    late.set_folds(true);
    late.follow(&transcript);
    assert_eq!(shown(&late), [0, 2, 5, 6, 7, 14, 19], "whenever it is folded");
}

#[test]
fn lines_that_leave_the_ring_leave_the_index() {
    let mut transcript = Transcript::new(4);
    let mut index = Index::default();
    for round in 0..5 {
        push(&mut transcript, 1, "> NOOP");
        push(&mut transcript, 1, "< 200 ok");
        if round % 2 == 0 {
            index.follow(&transcript);
        }
    }
    assert_eq!(shown(&index), [6, 7, 8, 9]);
    assert_eq!((index.counts(), index.answers(9), index.answers(1)), ([0, 2, 0, 0, 0], Some(8), None));
    assert_eq!((index.rows().len(), index.head(4), index.head(0)), (2, Some(8), None));
    transcript.clear();
    index.follow(&transcript);
    assert!(index.is_empty() && index.counts() == [0; CLASSES]);
    push(&mut transcript, 1, "> NOOP");
    index.follow(&transcript);
    assert_eq!(shown(&index), [10]);
}

#[test]
fn cleared_lines_stay_away_and_replies_still_find_their_commands() {
    let mut transcript = Transcript::new(100);
    let mut index = Index::default();
    push(&mut transcript, 1, "> NOOP");
    push(&mut transcript, 1, "> PWD");
    index.follow(&transcript);
    index.clear(&transcript);
    push(&mut transcript, 1, "< 200 ok");
    assert_eq!(index.follow(&transcript), (false, 0));
    assert_eq!((shown(&index), index.answers(2)), (vec![2], Some(0)));
}

#[test]
fn a_transcript_of_another_size_is_read_anew() {
    let mut index = Index::default();
    index.set_classes([false, true, false, false, false]);
    index.follow(&dialogue());
    let mut other = Transcript::new(3);
    dialogue().iter().for_each(|line| other.push(line.clone()));
    let mut small = Transcript::new(10);
    other.iter().for_each(|line| small.push(line.clone()));
    index.follow(&small);
    assert_eq!(shown(&index), [0], "226, DELE, 550");
}

#[test]
fn a_long_transcript_is_followed_in_steps() {
    let mut transcript = Transcript::new(3 * STEP);
    for _ in 0..2 * STEP {
        push(&mut transcript, 1, "> NOOP");
    }
    let mut index = Index::default();
    index.follow(&transcript);
    assert!(index.len() > 20 && index.rows().len() > 20, "the first rows are there at once");
    let steps = std::iter::repeat_with(|| index.follow(&transcript).0).take_while(|more| *more).count();
    assert_eq!((steps, index.len(), index.rows().len()), (4, 2 * STEP, 2 * STEP));
}
