//! A reading as bytes that pass between processes: plan files are read in a child of limited memory, and this is what
//! it hands back.
//!
//! The first line is a JSON object with the diagnostics and the places in the file that activities and links came from;
//! the rest is guatu-plan/1, absent when the file was refused. Dates saved by other programs are not carried.

use guatu_kernel::diagnose::{Diagnostic, Severity};
use guatu_kernel::plan::Place;
use serde_json::{Value, json};

use super::{Format, Limits, Reading, SavedDates, codes, json, read};

/// Bytes of a plan that was read once already: larger than the file it came from, never larger than this.
const OWN_BYTES: usize = 512 << 20;

/// Packs a reading.
pub fn pack(reading: &Reading) -> Vec<u8> {
    let diagnostics = packed(&reading.diagnostics);
    let (activities, links): (Vec<_>, Vec<_>) = match &reading.plan {
        Some(plan) => (
            plan.activities.iter().map(|one| placed(&one.at)).collect(),
            plan.links.iter().map(|one| placed(&one.at)).collect(),
        ),
        None => (Vec::new(), Vec::new()),
    };
    let mut bytes =
        json!({ "diagnostics": diagnostics, "activities": activities, "links": links }).to_string().into_bytes();
    bytes.push(b'\n');
    if let Some(plan) = &reading.plan {
        bytes.extend_from_slice(json::write(plan).as_bytes());
    }
    bytes
}

/// Unpacks a reading; `None` when the bytes are not a whole parcel, as when the child ended early.
pub fn unpack(bytes: &[u8]) -> Option<Reading> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let head: Value = serde_json::from_slice(&bytes[..end]).ok()?;
    let diagnostics = unpacked(&head["diagnostics"])?;
    let has_errors = diagnostics.iter().any(|one| one.severity == Severity::Error);
    let body = &bytes[end + 1..];
    if body.is_empty() {
        return has_errors.then_some(Reading { plan: None, saved: SavedDates::default(), diagnostics });
    }
    let limits = Limits { text_bytes: OWN_BYTES, ..Limits::default() };
    let mut plan = read(body, Format::GuatuJson, &limits).plan?;
    for (activity, at) in plan.activities.iter_mut().zip(head["activities"].as_array()?) {
        activity.at = place(at);
    }
    for (link, at) in plan.links.iter_mut().zip(head["links"].as_array()?) {
        link.at = place(at);
    }
    Some(Reading { plan: Some(plan), saved: SavedDates::default(), diagnostics })
}

/// A place as JSON: a line as its number.
fn placed(at: &Option<Place>) -> Value {
    match at {
        Some(Place::Line(line)) => json!(line),
        Some(Place::Named(name)) => json!(name),
        None => Value::Null,
    }
}

/// A place from JSON.
fn place(at: &Value) -> Option<Place> {
    let line = at.as_u64().and_then(|line| usize::try_from(line).ok()).map(Place::Line);
    line.or_else(|| at.as_str().map(|name| Place::Named(name.to_owned())))
}

/// Findings as JSON.
pub(crate) fn packed(diagnostics: &[Diagnostic]) -> Vec<Value> {
    let packed =
        |one: &Diagnostic| json!([one.code, one.severity.to_string(), one.activity, one.at, one.params, one.message]);
    diagnostics.iter().map(packed).collect()
}

/// Findings from JSON.
pub(crate) fn unpacked(diagnostics: &Value) -> Option<Vec<Diagnostic>> {
    diagnostics.as_array()?.iter().map(diagnostic).collect()
}

fn diagnostic(value: &Value) -> Option<Diagnostic> {
    let text = |at: usize| value[at].as_str().map(str::to_owned);
    Some(Diagnostic {
        code: codes::known(value[0].as_str()?)?,
        severity: match value[1].as_str()? {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => Severity::Notice,
        },
        activity: text(2),
        at: text(3),
        params: value[4].as_array()?.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        message: text(5)?,
    })
}

/// The reading of a file whose reader ended early for want of memory or time.
pub fn gave_up(message: &str) -> Reading {
    let diagnostics = vec![super::findings::fault(codes::GAVE_UP, "file", message)];
    Reading { plan: None, saved: SavedDates::default(), diagnostics }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_arrives_as_it_left() {
        let text = br#"{"format":"guatu-plan/1","start":"2026-06-01","calendar":"c","calendars":[{"id":"c","week":{"mon":true}}],
            "activities":[{"id":"A","duration":"5d","colour":1},{"id":"B","duration":"1d"}],"links":[{"from":"A","to":"B"}]}"#;
        let sent = read(text, Format::GuatuJson, &Limits::default());
        let got = unpack(&pack(&sent)).expect("a parcel");
        assert!(sent.plan.is_some() && sent.diagnostics.len() == 1);
        assert_eq!((got.plan, got.diagnostics), (sent.plan, sent.diagnostics));
    }

    #[test]
    fn a_refusal_arrives_and_a_cut_parcel_does_not() {
        let sent = read(b"{", Format::GuatuJson, &Limits::default());
        let bytes = pack(&sent);
        assert_eq!(unpack(&bytes).expect("a parcel").diagnostics, sent.diagnostics);
        assert!(unpack(&bytes[..bytes.len() - 5]).is_none());
        assert!(unpack(b"").is_none());
    }
}
