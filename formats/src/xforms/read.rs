//! A filled form as it comes back: which form, which instance, and its answers by name.

use usvg::roxmltree::{Document, Node, ParsingOptions};

/// Nodes of a filled form, texts and attributes' elements included: some hundred answers, and no more.
const MOST_NODES: u32 = 5_000;
/// How deep answers lie: a group, a repeat, and what is in it.
const MOST_DEEP: usize = 4;

/// An answer, or several in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its name.
    pub name: String,
    /// What was answered, without the blanks around it; empty for nothing, and for a group.
    pub text: String,
    /// What is in it, when it is a group.
    pub inside: Vec<Answer>,
}

impl Answer {
    /// Whether nothing was answered.
    pub fn is_blank(&self) -> bool {
        self.text.is_empty() && self.inside.iter().all(Answer::is_blank)
    }
}

/// A filled form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The form's id.
    pub form: String,
    /// What the program calls this one: `uuid:` and an id it made.
    pub instance: String,
    /// The answers, in order, without the form's data about itself.
    pub answers: Vec<Answer>,
}

/// Why something is no filled form: it cannot be read as XML, has a DTD or an entity, is too large, or names no form or instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAForm;

/// Reads a filled form.
///
/// # Errors
/// When it is none.
pub fn filled(bytes: &[u8]) -> Result<Filled, NotAForm> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotAForm)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|_| NotAForm)?;
    let root = document.root_element();
    let is_meta = |node: &Node<'_, '_>| node.tag_name().name() == "meta";
    let meta = root.children().find(is_meta).ok_or(NotAForm)?;
    // Metadata of an edited form names the one before; what was sent is a fact, and is not edited.
    if meta.children().any(|node| node.tag_name().name() == "deprecatedID") {
        return Err(NotAForm);
    }
    let instance = meta
        .children()
        .find(|node| node.tag_name().name() == "instanceID")
        .map(|node| text_of(&node))
        .ok_or(NotAForm)?;
    let form = root.attribute("id").ok_or(NotAForm)?.to_owned();
    let answers =
        root.children().filter(|node| node.is_element() && !is_meta(node)).map(|node| answer(&node, MOST_DEEP));
    Ok(Filled { form, instance, answers: answers.collect::<Result<_, _>>()? })
}

fn answer(node: &Node<'_, '_>, deep: usize) -> Result<Answer, NotAForm> {
    let below = deep.checked_sub(1).ok_or(NotAForm)?;
    let inside: Vec<Answer> =
        node.children().filter(Node::is_element).map(|child| answer(&child, below)).collect::<Result<_, _>>()?;
    let text = text_of(node);
    // An answer is a text or a group, never both.
    if !inside.is_empty() && !text.is_empty() {
        return Err(NotAForm);
    }
    Ok(Answer { name: node.tag_name().name().to_owned(), text, inside })
}

fn text_of(node: &Node<'_, '_>) -> String {
    let texts = node.children().filter(Node::is_text).filter_map(|text| text.text());
    texts.collect::<String>().trim().to_owned()
}
