//! What a server says beside forms: which there are, what became of one that was sent, and how a program is set up.

use super::{Form, Written};
use crate::documents::qr;
use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use quick_xml::escape::escape;
use std::io::Write;

/// The list of forms, each with the address at which it is fetched.
pub fn form_list<'f>(forms: impl Iterator<Item = (&'f Form, String)>) -> String {
    let entry = |(form, address): (&Form, String)| {
        let Written { version, md5, .. } = form.written();
        let (id, title, address) = (escape(&form.id), escape(&form.title), escape(&address));
        format!(
            "<xform><formID>{id}</formID><name>{title}</name><version>{version}</version><hash>md5:{md5}</hash><downloadUrl>{address}</downloadUrl></xform>"
        )
    };
    let entries: String = forms.map(entry).collect();
    document("xforms", "http://openrosa.org/xforms/xformsList", &entries)
}

/// The envelope of an answer: without it no program takes a form for sent.
pub fn response(sentence: &str) -> String {
    document(
        "OpenRosaResponse",
        "http://openrosa.org/http/response",
        &format!("<message>{}</message>", escape(sentence)),
    )
}

fn document(name: &str, namespace: &str, inside: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name} xmlns=\"{namespace}\">{inside}</{name}>\n")
}

/// The code that sets ODK Collect up when its camera sees it: settings as JSON, packed. Its list of forms is then exactly the
/// server's, so that forms of an inspection that is over go by themselves.
pub fn settings_code(server: &str, project: &str) -> Option<Vec<Vec<bool>>> {
    let settings = serde_json::json!({
        "general": { "server_url": server, "form_update_mode": "match_exactly" },
        "admin": {},
        "project": { "name": project },
    });
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(settings.to_string().as_bytes()).ok()?;
    qr(&STANDARD.encode(packed.finish().ok()?))
}
