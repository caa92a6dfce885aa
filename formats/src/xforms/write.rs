//! A form as an XForm: the instance that is filled, what each of its nodes may hold, and how it is asked for.

use super::{Form, Kind, Question};
use md5::{Digest, Md5};
use quick_xml::escape::escape;
use std::fmt::Write;

/// A form as it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its version: another content is another version.
    pub version: String,
    /// The XForm.
    pub xml: String,
    /// Hexadecimal MD5 of it, by which programs see that theirs is another; it protects nothing.
    pub md5: String,
}

const NAMESPACES: &str = "xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/xhtml\" \
    xmlns:jr=\"http://openrosa.org/javarosa\" xmlns:odk=\"http://www.opendatakit.org/xforms\" xmlns:orx=\"http://openrosa.org/xforms\"";

/// Digits of a version.
const VERSION_DIGITS: usize = 12;

fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writing to a text cannot fail.
macro_rules! put {
    ($to:expr, $($part:tt)*) => { write!($to, $($part)*).expect("writing to a String cannot fail") };
}

impl Form {
    /// The form as it is fetched.
    pub fn written(&self) -> Written {
        let mut version = md5_hex(&self.xml(""));
        version.truncate(VERSION_DIGITS);
        let xml = self.xml(&version);
        Written { md5: md5_hex(&xml), version, xml }
    }

    fn xml(&self, version: &str) -> String {
        let (mut instance, mut binds, mut body) = (String::new(), String::new(), String::new());
        for question in &self.questions {
            question.put_instance(&mut instance);
            question.put_binds(&mut binds, "/data");
            question.put_body(&mut body, "/data");
        }
        let (id, title) = (escape(&self.id), escape(&self.title));
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<h:html {NAMESPACES}><h:head><h:title>{title}</h:title><model odk:xforms-version=\"1.0.0\">\
             <instance><data id=\"{id}\" version=\"{version}\">{instance}<orx:meta><orx:instanceID/></orx:meta></data></instance>\
             {binds}<bind nodeset=\"/data/orx:meta/orx:instanceID\" type=\"string\" readonly=\"true()\" jr:preload=\"uid\"/>\
             </model></h:head><h:body>{body}</h:body></h:html>\n"
        )
    }
}

impl Question {
    fn put_instance(&self, to: &mut String) {
        let name = &self.name;
        let (mark, inside): (&str, &[Question]) = match &self.kind {
            Kind::Group(inside) => ("", inside),
            // A template is no answer: a form in which nothing was counted sends none.
            Kind::Repeat { questions, .. } => (" jr:template=\"\"", questions),
            _ => return put!(to, "<{name}/>"),
        };
        put!(to, "<{name}{mark}>");
        inside.iter().for_each(|question| question.put_instance(to));
        put!(to, "</{name}>");
    }

    fn put_binds(&self, to: &mut String, above: &str) {
        let path = format!("{above}/{}", self.name);
        let needed = if self.is_needed { " required=\"true()\"" } else { "" };
        match &self.kind {
            Kind::Begun => put!(
                to,
                "<bind nodeset=\"{path}\" type=\"dateTime\" jr:preload=\"timestamp\" jr:preloadParams=\"start\"/>"
            ),
            Kind::Position => put!(to, "<bind nodeset=\"{path}\" type=\"geopoint\"{needed}/>"),
            Kind::Text | Kind::Choice(_) => put!(to, "<bind nodeset=\"{path}\" type=\"string\"{needed}/>"),
            Kind::Whole { most } => {
                put!(to, "<bind nodeset=\"{path}\" type=\"int\" constraint=\". &gt;= 0 and . &lt;= {most}\"{needed}/>")
            }
            Kind::Photo => put!(to, "<bind nodeset=\"{path}\" type=\"binary\"{needed}/>"),
            Kind::Group(inside) | Kind::Repeat { questions: inside, .. } => {
                inside.iter().for_each(|question| question.put_binds(to, &path))
            }
        }
    }

    fn put_body(&self, to: &mut String, above: &str) {
        let path = format!("{above}/{}", self.name);
        let hint = self.hint.as_ref().map(|hint| format!("<hint>{}</hint>", escape(hint))).unwrap_or_default();
        let said = format!("<label>{}</label>{hint}", escape(&self.label));
        match &self.kind {
            Kind::Begun => {}
            Kind::Position | Kind::Whole { .. } => put!(to, "<input ref=\"{path}\">{said}</input>"),
            Kind::Text => put!(to, "<input ref=\"{path}\" appearance=\"multiline\">{said}</input>"),
            Kind::Photo => put!(to, "<upload ref=\"{path}\" mediatype=\"image/*\">{said}</upload>"),
            Kind::Choice(options) => {
                put!(to, "<select1 ref=\"{path}\" appearance=\"minimal\">{said}");
                for (value, name) in options {
                    put!(to, "<item><label>{}</label><value>{}</value></item>", escape(name), escape(value));
                }
                to.push_str("</select1>");
            }
            Kind::Group(inside) => {
                put!(to, "<group ref=\"{path}\" appearance=\"field-list\">{said}");
                inside.iter().for_each(|question| question.put_body(to, &path));
                to.push_str("</group>");
            }
            Kind::Repeat { count, questions } => {
                put!(to, "<group ref=\"{path}\">{said}<repeat nodeset=\"{path}\" jr:count=\"{above}/{count}\">");
                questions.iter().for_each(|question| question.put_body(to, &path));
                to.push_str("</repeat></group>");
            }
        }
    }
}
