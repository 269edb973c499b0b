//! What is pasted and typed into the form.

use super::*;

#[test]
fn a_pasted_url_fills_the_form() {
    let mut site = Site { host: "ftps://me:p%40ss@ftp.example.org:2121/pub/x".into(), ..Site::default() };
    let (mut form, mut password) = (Form::default(), Password::default());
    take_address(&mut form, &mut site, &mut password);
    assert_eq!((site.host.as_str(), site.port, site.security), ("ftp.example.org", Some(2121), Security::Implicit));
    assert_eq!((site.login, site.user.as_str(), site.remote.as_deref()), (Login::Normal, "me", Some("pub/x")));
    assert_eq!((password, form.port.as_str()), (Password::Typed(Secret::new("p@ss")), "2121"));
}

#[test]
fn a_port_behind_the_host_moves_and_the_rest_stays() {
    for (typed, host, port) in [
        (" h.example:2121 ", "h.example", Some(2121)),
        ("[::1]:2121", "::1", Some(2121)),
        ("[::1]", "::1", Some(990)),
        ("::1", "::1", Some(990)),
        ("h.example", "h.example", Some(990)),
        ("sftp://x", "sftp://x", Some(990)),
    ] {
        let security = Security::Implicit;
        let mut site = Site { host: typed.into(), port: Some(990), security, ..Site::default() };
        take_address(&mut Form::default(), &mut site, &mut Password::default());
        assert_eq!((site.host.as_str(), site.port, site.security), (host, port, security), "{typed}");
    }
}

#[test]
fn what_was_picked_goes_where_it_belongs() {
    let mut draft = Draft::of(&crate::model::Sites::default());
    let Node::Site(key) = draft.add_site("") else { panic!() };
    draft.add_bookmark(key).unwrap();
    for wanted in [
        Wanted::Folder(Node::Site(key)),
        Wanted::Folder(Node::Bookmark(key, 0)),
        Wanted::Certificate(key),
        Wanted::Key(key),
    ] {
        let path = PathBuf::from(format!("{wanted:?}"));
        set_picked(&mut draft, wanted, path);
    }
    let site = &draft.held(key).unwrap().site;
    let picked = [&site.local, &site.bookmarks[0].local, &site.certificate, &site.key];
    let picked = picked.map(|path| path.as_ref().unwrap().to_str().unwrap());
    let bookmark = format!("Folder(Bookmark({key}, 0))");
    let others = [format!("Folder(Site({key}))"), format!("Certificate({key})"), format!("Key({key})")];
    assert_eq!(picked, [&others[0], &bookmark, &others[1], &others[2]].map(String::as_str));
}

#[test]
fn the_charsets_are_known() {
    for (label, name) in CHARSETS {
        let known = label.is_none_or(|label| encoding_rs::Encoding::for_label(label.as_bytes()).is_some());
        assert!(known, "{name}");
    }
}
