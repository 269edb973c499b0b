//! XML as far as FileZilla's files need it: elements with text and children, read one by one, and the same written.

use std::io::BufRead;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Elements within one another; FileZilla's are at most ten deep.
const DEEPEST: usize = 64;
/// Attributes of an element.
const MOST_ATTRIBUTES: usize = 16;
/// Elements that are in memory at once: those of a thousand filters with a thousand conditions.
const MOST_ELEMENTS: usize = 5_000_000;

/// An element and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
    /// Its text, without that of its children.
    pub text: String,
    /// The elements in it that were kept.
    pub children: Vec<Self>,
}

impl Element {
    /// The first child called `name`.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child called `name`; empty where there is none.
    pub fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| &child.text)
    }

    /// The number in the first child called `name`.
    pub fn number_of<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.text_of(name).trim().parse().ok()
    }

    /// The attribute called `name`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An element that has not ended yet, and how many it and what is in it are.
#[derive(Default)]
struct Open {
    element: Element,
    count: usize,
}

/// Reads a document. Each element that ends is shown to `keep` with the one that it lies in as far as that was read; what
/// comes back becomes a child, so that a document of any length need not be in memory. Why it is none, in words.
pub fn read(from: impl BufRead, keep: &mut dyn FnMut(&Element, Element) -> Option<Element>) -> Result<Element, String> {
    let (mut reader, mut buffer) = (Reader::from_reader(from), Vec::new());
    let mut open = vec![Open::default()];
    let mut count = 0;
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(|error| match error {
            quick_xml::Error::Io(error) => error.to_string(),
            error => format!("It is no XML: {error}"),
        })?;
        let is_empty = matches!(event, Event::Empty(_));
        if let Event::Start(start) | Event::Empty(start) = &event {
            if open.len() > DEEPEST {
                return Err("Its elements lie too deep in one another".to_owned());
            }
            count += 1;
            if count > MOST_ELEMENTS {
                return Err("It has too many elements".to_owned());
            }
            open.push(Open { element: element(start)?, count: 1 });
        }
        if is_empty || matches!(event, Event::End(_)) {
            let made = open.pop().ok_or("It is no XML")?;
            let outer = open.last_mut().ok_or("It is no XML")?;
            match keep(&outer.element, made.element) {
                Some(kept) => {
                    outer.element.children.push(kept);
                    outer.count += made.count;
                }
                None => count -= made.count,
            }
            continue;
        }
        let inner = &mut open.last_mut().ok_or("It is no XML")?.element;
        match event {
            Event::Text(text) => inner.text.push_str(&text.decode().map_err(|error| error.to_string())?),
            Event::CData(data) => inner.text.push_str(&data.decode().map_err(|error| error.to_string())?),
            Event::GeneralRef(entity) => {
                let name = entity.decode().map_err(|error| error.to_string())?;
                match entity.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(character) => inner.text.push(character),
                    None => inner.text.push_str(resolve_predefined_entity(&name).ok_or("It names an unknown entity")?),
                }
            }
            Event::DocType(_) => return Err("It has a document type, which no file of FileZilla has".to_owned()),
            Event::Eof if open.len() > 1 => return Err("It ends in the middle of an element".to_owned()),
            Event::Eof => return open.pop().map(|open| open.element).ok_or_else(|| "It is empty".to_owned()),
            Event::Start(_) | Event::Empty(_) | Event::End(_) | Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes().take(MOST_ATTRIBUTES) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        attributes.push((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value.into_owned()));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

/// `<name>text</name>`, with a line's end. What XML cannot hold becomes a blank.
pub fn line(name: &str, text: &str) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r') || c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let text: String = text.chars().map(|c| if allowed(c) { c } else { ' ' }).collect();
    format!("<{name}>{}</{name}>\n", quick_xml::escape::escape(text.as_str()))
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    fn all(text: &str) -> Result<Element, String> {
        read(text.as_bytes(), &mut |_, child| Some(child))
    }

    #[test]
    fn elements_are_read_with_text_and_attributes() {
        let root = all(
            "\u{feff}<?xml version=\"1.0\"?>\n<!-- x --><a b='1 &amp; 2'><c>x &lt;&#x20AC;<![CDATA[<&]]></c><d/></a>",
        )
        .unwrap();
        let a = root.child("a").unwrap();
        assert_eq!((a.attribute("b"), a.text_of("c"), a.children.len()), (Some("1 & 2"), "x <€<&", 2));
        assert_eq!((a.number_of::<u8>("c"), a.text_of("none")), (None, ""));
    }

    #[test]
    fn what_is_not_kept_is_not_in_memory() {
        let mut seen = Vec::new();
        let root = read(&b"<q><s>1</s><f>a</f><f>b</f></q>"[..], &mut |outer, child| {
            if child.name == "f" {
                seen.push((outer.text_of("s").to_owned(), child.text));
                return None;
            }
            Some(child)
        });
        assert_eq!(seen, [("1".to_owned(), "a".to_owned()), ("1".to_owned(), "b".to_owned())]);
        assert_eq!(root.unwrap().child("q").unwrap().children.len(), 1);
    }

    #[test]
    fn a_document_is_read_in_portions() {
        let (text, mut seen) = (format!("<q>{}", "<f>a</f>".repeat(1000)), 0);
        // What comes after the rows cannot be read: they have been seen by then.
        let from = BufReader::with_capacity(64, text.as_bytes().chain(Broken));
        let read = read(from, &mut |_, _| {
            seen += 1;
            None
        });
        assert_eq!((seen, read), (1000, Err("the disk is gone".to_owned())));
    }

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }

    #[test]
    fn what_is_no_document_or_an_attack_is_refused() {
        let deep = "<a>".repeat(100);
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>";
        for bad in ["<a>", "<a></b>", "</a>", "<a>&b;</a>", &deep, bomb, "<a b></a>", "<a>&#0;</a>"] {
            assert!(all(bad).is_err(), "{bad}");
        }
        assert_eq!(all("text").unwrap().children.len(), 0);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let root = all(&line("a", "x<&>\"' \u{1} \u{1F600}")).unwrap();
        assert_eq!(root.text_of("a"), "x<&>\"'   \u{1F600}");
    }
}
