//! Dialogs that ask.

use super::*;

#[test]
fn a_file_that_exists_is_decided_for_all() {
    let facts = |size| Facts { size: Some(size), modified: None };
    let mut panel = panels(vec![ask(Ask::FileExists(Box::new(FileExists {
        transfer: TransferId(1),
        course: Course::Upload,
        local: "/home/me/a.iso".into(),
        remote: "/pub/a.iso".into(),
        target: facts(1_000),
        source: facts(3_000),
        renamed: "a (1).iso".into(),
    })))]);
    panel.get_by_role_and_label(Role::Dialog, "“a.iso” is there already");
    panel.get_by_label("The new one is 2.0 KB larger.");
    panel.get_by_label("Resume: add what is missing at its end").click();
    panel.get_by_label("Keep both: the new one becomes “a (1).iso”");
    panel.get_by_label("this batch").click();
    panel.run();
    panel.get_by_label("only uploads");
    press(&mut panel, "Resume");
    let resume = Answer::Exists { choice: IfExists::Resume, scope: Scope::Batch, only: Some(Course::Upload) };
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(QuestionId(7), answer)] if *answer == resume));
    assert!(
        panel.query_by_role_and_label(Role::Dialog, "“a.iso” is there already").is_none(),
        "an answered question is gone at once"
    );
}

#[test]
fn a_second_question_does_not_take_the_keyboard_from_the_first() {
    let question = |id, name: &str| {
        let facts = Facts { size: Some(1), modified: None };
        let (local, remote, renamed) = (format!("/home/me/{name}"), format!("/pub/{name}"), format!("{name} (1)"));
        let both = FileExists {
            transfer: TransferId(id),
            course: Course::Upload,
            local,
            remote,
            target: facts,
            source: facts,
            renamed,
        };
        Event::Ask(Question { id: QuestionId(id), tab: None, ask: Ask::FileExists(Box::new(both)) })
    };
    let mut panel = panels(vec![question(7, "a")]);
    assert!(panel.get_by_role_and_label(Role::Button, "Overwrite").is_focused());
    panel.state_mut().mirror.apply(question(8, "b"));
    panel.run();
    panel.get_by_label("1 question after this one");
    assert!(panel.get_by_role_and_label(Role::Button, "Overwrite").is_focused());
}

#[test]
fn a_file_is_named_where_the_system_has_no_dialog_for_it() {
    let mut panel = panels(Vec::new());
    let open = |panel: &mut Panel, choose| {
        panel.state_mut().view.dialogs.open(Wish::File { choose, folder: "/home/me".into() });
        panel.run();
    };
    open(&mut panel, Choose::Export);
    panel.get_by_role_and_label(Role::Dialog, "Export the queue");
    press(&mut panel, "Save");
    let named = panel.state_mut().view.dialogs.take_named();
    assert_eq!(named, Some((Choose::Export, "/home/me/queue.json".into())));
    open(&mut panel, Choose::Import);
    assert!(panel.get_by_role_and_label(Role::TextInput, "File").is_focused());
    panel.get_by_role_and_label(Role::TextInput, "File").type_text("/tmp/filters.xml");
    panel.run();
    panel.key_press(Key::Enter);
    panel.run();
    let named = panel.state_mut().view.dialogs.take_named();
    assert_eq!(named, Some((Choose::Import, "/tmp/filters.xml".into())));
    open(&mut panel, Choose::Log);
    panel.key_press(Key::Escape);
    panel.run();
    assert!(panel.query_by_role_and_label(Role::Dialog, "Open a log").is_none());
    assert_eq!(panel.state_mut().view.dialogs.take_named(), None);
}

#[test]
fn a_password_is_typed_and_sent_with_enter() {
    let refused = Some("530 Login incorrect.".into());
    let mut panel = panels(vec![ask(Ask::Password { host: "h".into(), user: "me".into(), refused })]);
    panel.get_by_label("530 Login incorrect.");
    let field = panel.get_by_role_and_label(Role::PasswordInput, "Password");
    assert!(field.is_focused());
    field.type_text("s3cret");
    panel.run();
    panel.key_press(Key::Enter);
    panel.run();
    let answer = Answer::Password { password: Secret::new("s3cret"), remember: false };
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, given)] if *given == answer));
}

#[test]
fn enter_sends_no_empty_password_but_the_button_does() {
    let question = || ask(Ask::Password { host: "h".into(), user: "me".into(), refused: None });
    let mut panel = panels(vec![question()]);
    panel.key_press(Key::Enter);
    panel.run();
    assert!(take(&mut panel).is_empty());
    assert!(panel.get_by_role_and_label(Role::PasswordInput, "Password").is_focused());
    // A click beside the field takes the keyboard from it.
    panel.get_by_label("me").click();
    panel.run();
    assert!(!panel.get_by_role_and_label(Role::PasswordInput, "Password").is_focused());
    panel.key_press(Key::Enter);
    panel.run();
    assert!(take(&mut panel).is_empty());
    assert!(panel.get_by_role_and_label(Role::PasswordInput, "Password").is_focused(), "what is typed goes there");
    press(&mut panel, "Connect");
    let answer = Answer::Password { password: Secret::new(""), remember: false };
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, given)] if *given == answer));
}

#[test]
fn a_new_certificate_is_trusted_once_or_always() {
    let mut panel = panels(vec![doubt(None)]);
    let fingerprint = "0123 4567 89ab cdef 0123 4567 89ab cdef";
    panel.get_by_label(&format!("{fingerprint}\n{fingerprint}"));
    press(&mut panel, "Trust once");
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, Answer::Trust { remember: false })]));
    let mut panel = panels(vec![doubt(None)]);
    press(&mut panel, "Always trust");
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, Answer::Trust { remember: true })]));
    let mut panel = panels(vec![doubt(None)]);
    panel.key_press(Key::Enter);
    panel.run();
    let once = matches!(take(&mut panel).as_slice(), [Action::Answer(_, Answer::Trust { remember: false })]);
    assert!(once, "a stray Enter trusts nothing for good");
}

#[test]
fn a_changed_certificate_is_an_alarm_and_enter_refuses() {
    for key in [Key::Enter, Key::Escape] {
        let mut panel = panels(vec![doubt(Some("fedc"))]);
        panel.get_by_role_and_label(Role::Dialog, "The server’s certificate has changed");
        panel.key_press(key);
        panel.run();
        assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, Answer::Refuse)]), "{key:?}");
    }
}

#[test]
fn deleting_says_how_many_and_what() {
    let mut panel = panels(Vec::new());
    panel.state_mut().view.dialogs.open(Wish::Delete { tab: TAB, places: places() });
    panel.run();
    let counting = take(&mut panel);
    let [Action::Measure { ticket, places: counted, .. }] = counting.as_slice() else { panic!("{counting:?}") };
    assert_eq!(counted.as_slice(), [Place::Remote(RemotePath::new("/css"))], "only folders are counted");
    panel.get_by_role_and_label(Role::Dialog, "Delete 1 file and 1 folder?");
    panel.get_by_label("Counting what is in it…");
    let measured = Event::Measured { ticket: *ticket, files: 12, folders: 2, bytes: 84_000, whole: true };
    panel.state_mut().mirror.apply(measured);
    panel.run();
    panel.get_by_label("In it: 12 files, 1 folder, 84 KB"); // besides the one that was chosen
    let nothing = Event::Measured { ticket: *ticket, files: 0, folders: 1, bytes: 0, whole: true };
    panel.state_mut().mirror.apply(nothing);
    panel.run();
    panel.get_by_label("In it: nothing");
    panel.key_press(Key::Enter);
    panel.run();
    let actions = take(&mut panel);
    let [Action::StopMeasuring(stopped), Action::Files { action: FileAction::Delete(gone), .. }] = actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    assert_eq!((stopped, gone.len()), (ticket, 2));
}

#[test]
fn what_is_deleted_here_goes_to_the_bin() {
    for (names, words) in [(&["a"][..], "It goes to the bin"), (&["a", "b"], "They go to the bin")] {
        let mut panel = panels(Vec::new());
        let place = |name: &&str| (Place::Local(name.into()), Entry::new(*name, Kind::File));
        panel.state_mut().view.dialogs.open(Wish::Delete { tab: TAB, places: names.iter().map(place).collect() });
        panel.run();
        panel.get_by_label_contains(words);
    }
}

#[test]
fn who_does_not_want_to_be_asked_is_not() {
    let settings = Settings { confirm_delete: false, ..Settings::default() };
    let mut panel = panels(vec![Event::Settings(Box::new(settings))]);
    panel.state_mut().view.dialogs.open(Wish::Delete { tab: TAB, places: places() });
    panel.run();
    assert!(matches!(take(&mut panel).as_slice(), [Action::Files { action: FileAction::Delete(_), .. }]));
}

#[test]
fn a_folder_is_named_safely() {
    let mut panel = panels(Vec::new());
    let parent = Place::Remote(RemotePath::new("/pub"));
    panel.state_mut().view.dialogs.open(Wish::NewFolder { tab: TAB, parent });
    panel.run();
    let name = panel.get_by_label("Name");
    assert!(name.is_focused());
    name.type_text("../x");
    panel.run();
    assert!(panel.get_by_role_and_label(Role::Button, "Create").accesskit_node().is_disabled());
    panel.key_press(Key::Enter);
    panel.run();
    assert!(take(&mut panel).is_empty());
    panel.get_by_label("Name").click();
    panel.run();
    panel.key_press_modifiers(Modifiers::COMMAND, Key::A);
    panel.get_by_label("Name").type_text("css");
    panel.run();
    press(&mut panel, "Create");
    let made = Place::Remote(RemotePath::new("/pub/css"));
    assert!(
        matches!(take(&mut panel).as_slice(), [Action::Files { action: FileAction::MakeDirectory(place), .. }] if *place == made)
    );
}

#[test]
fn permissions_follow_boxes_and_digits() {
    let mut panel = panels(Vec::new());
    let mut places = places();
    places[0].1.permissions = Some("rwxr-xr-x".into());
    panel.state_mut().view.dialogs.open(Wish::Permissions { tab: TAB, places });
    panel.run();
    panel.get_by_label("Others: execute").click();
    panel.run();
    assert_eq!(panel.get_by_label("As digits").value().as_deref(), Some("754"));
    press(&mut panel, "Change");
    assert!(matches!(
        take(&mut panel).as_slice(),
        [Action::Files { action: FileAction::Chmod { mode: 0o754, below: None, .. }, .. }]
    ));
}

#[test]
fn questions_that_wait_are_counted() {
    let file = |name: &str| FileExists {
        transfer: TransferId(1),
        course: Course::Download,
        local: format!("/home/me/{name}"),
        remote: format!("/{name}"),
        target: Facts::default(),
        source: Facts::default(),
        renamed: String::new(),
    };
    let question =
        |id, name| Event::Ask(Question { id: QuestionId(id), tab: None, ask: Ask::FileExists(Box::new(file(name))) });
    let mut panel = panels(vec![question(1, "a"), question(2, "b"), question(3, "c")]);
    panel.get_by_label("2 questions after this one");
    panel.key_press(Key::Escape);
    panel.run();
    let skip = Answer::Exists { choice: IfExists::Skip, scope: Scope::File, only: None };
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(QuestionId(1), answer)] if *answer == skip));
    panel.get_by_label("1 question after this one");
}
