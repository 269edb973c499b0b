//! XML as far as FileZilla's files need it: elements with text and children, read one by one, and the same written.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Elements within one another; FileZilla's are at most ten deep.
const DEEPEST: usize = 64;
/// Attributes of an element.
const MOST_ATTRIBUTES: usize = 16;

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

/// Reads a document. Each element that ends is shown to `keep` with the one that it lies in as far as that was read; what
/// comes back becomes a child, so that a document of any length need not be in memory. Why it is none, in words.
pub fn read(text: &str, keep: &mut dyn FnMut(&Element, Element) -> Option<Element>) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| format!("It is no XML: {error}"))?;
        let inner = open.last_mut().ok_or("It is no XML")?;
        match event {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err("Its elements lie too deep in one another".to_owned());
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                let made = element(&start)?;
                inner.children.extend(keep(inner, made));
            }
            Event::End(_) => {
                let made = open.pop().ok_or("It is no XML")?;
                let outer = open.last_mut().ok_or("It is no XML")?;
                outer.children.extend(keep(outer, made));
            }
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
            Event::Eof => return open.pop().ok_or_else(|| "It is empty".to_owned()),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
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
    use super::*;

    fn all(text: &str) -> Result<Element, String> {
        read(text, &mut |_, child| Some(child))
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
        let root = read("<q><s>1</s><f>a</f><f>b</f></q>", &mut |outer, child| {
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
