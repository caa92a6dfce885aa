//! Tells plan formats apart by content. A file name is only used to word the refusal.

use guatu_kernel::diagnose::Diagnostic;

use super::findings::{fault, shortened};
use super::{Format, codes, text};

/// The format of a file, from its first bytes; XML is told apart by its root element.
///
/// # Errors
/// One diagnostic that says what the bytes look like and what could be done.
pub fn detect(name: Option<&str>, bytes: &[u8]) -> Result<Format, Diagnostic> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Format::Xlsx);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        let message = "this is a binary Office file (mpp or xls); save it as XML or xlsx first";
        return Err(fault(codes::UNKNOWN_FORMAT, "file", message));
    }
    let head = &bytes[..bytes.len().min(4096)];
    let unmarked = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let start = unmarked.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(unmarked.len());
    let body = &unmarked[start..];
    if body.starts_with(b"ERMHDR") {
        return Ok(Format::Xer);
    }
    if body.starts_with(b"{") {
        return Ok(Format::GuatuJson);
    }
    // UTF-16 is only expected of XML and XER.
    let is_wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.contains(&0);
    if body.starts_with(b"<") || is_wide {
        // An even cut keeps UTF-16 units whole; a cut UTF-8 character is harmless in a lossy view.
        let even = head.len() & !1;
        let view = match text::decode_xml(&head[..even]) {
            Ok(view) => view.into_owned(),
            Err(_) => String::from_utf8_lossy(head).into_owned(),
        };
        if view.starts_with("ERMHDR") {
            return Ok(Format::Xer);
        }
        match root_element(&view) {
            Some("Project") => return Ok(Format::Mspdi),
            Some("APIBusinessObjects") => return Ok(Format::Pmxml),
            Some(other) => {
                let message = format!(
                    "the XML root element is `{}`; expected `Project` (MS Project) or `APIBusinessObjects` (P6)",
                    shortened(other)
                );
                return Err(fault(codes::UNKNOWN_FORMAT, "line 1", message));
            }
            None => {}
        }
    }
    let shown = name.map_or_else(|| "the file".to_owned(), |name| format!("`{}`", shortened(name)));
    let message = format!(
        "{shown} is not a plan that can be read: expected guatu-plan JSON, MS Project XML, P6 XML or XER, or xlsx"
    );
    Err(fault(codes::UNKNOWN_FORMAT, "file", message))
}

/// The local name of the first element, past declarations and comments.
fn root_element(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = &rest[rest.find('<')? + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = &comment[comment.find("-->")?..];
        } else if !rest.starts_with(['?', '!']) {
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
            let name = &rest[..end];
            return Some(name.rsplit_once(':').map_or(name, |(_, local)| local));
        }
    }
}
