//! From bytes to text: byte order marks, declared encodings, and names that other programs broke over lines.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::Plan;

use super::codes;
use super::findings::{fault, shortened};

/// Decodes an XML document: byte order mark, else the declared encoding, else UTF-8.
///
/// # Errors
/// An encoding other than UTF-8, UTF-16 or GB18030 (GBK, GB2312), or bytes that do not follow it.
pub(crate) fn decode_xml(bytes: &[u8]) -> Result<Cow<'_, str>, Diagnostic> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return strictly(encoding, &bytes[mark..]);
    }
    match bytes {
        [b'<', 0, ..] => return strictly(UTF_16LE, bytes),
        [0, b'<', ..] => return strictly(UTF_16BE, bytes),
        _ => {}
    }
    let declared = declared_encoding(&bytes[..bytes.len().min(200)]);
    let encoding = match declared.as_deref() {
        None => UTF_8,
        Some(label) => match Encoding::for_label(label.as_bytes()) {
            // GB2312 and GBK are subsets of GB18030, and files so labelled often hold characters beyond them.
            Some(found) if found == encoding_rs::GBK => GB18030,
            Some(found) if found == UTF_8 || found == GB18030 => found,
            // ASCII is declared under many names; as long as the bytes are UTF-8 nothing is lost.
            Some(_) if bytes.is_ascii() => UTF_8,
            _ => {
                let message = format!(
                    "the XML declares the encoding `{}`; only UTF-8, UTF-16 and GB18030 are read",
                    shortened(label)
                );
                return Err(fault(codes::ENCODING, "line 1", message));
            }
        },
    };
    strictly(encoding, bytes)
}

fn declared_encoding(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let declaration = head.trim_start().strip_prefix("<?xml")?;
    let declaration = declaration.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
}

/// Decodes without replacement characters: a byte that does not fit is an error, never a silent `�`.
fn strictly<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, Diagnostic> {
    if encoding == UTF_8 {
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
            fault(codes::ENCODING, format!("line {line}"), "the text is not valid UTF-8, as it claims to be")
        });
    }
    encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
        let message = format!("the text is not valid {}, as it claims to be", encoding.name());
        fault(codes::ENCODING, "file", message)
    })
}

/// Turns line breaks and tabs in names into spaces: MS Project and P6 both let people paste them.
pub(crate) fn tidy_names(plan: &mut Plan) {
    let tidy = |name: &mut String| {
        if name.bytes().any(|byte| matches!(byte, b'\t' | b'\n' | b'\r')) {
            *name = name.split(['\t', '\n', '\r']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        }
    };
    plan.name.iter_mut().for_each(tidy);
    plan.activities.iter_mut().for_each(|activity| tidy(&mut activity.name));
    plan.calendars.iter_mut().filter_map(|calendar| calendar.name.as_mut()).for_each(tidy);
}
