//! Cases of forms: what is written can be read, and what is no form is refused before it costs anything.

use super::*;
use std::collections::BTreeSet;
use usvg::roxmltree::Document;

fn question(name: &str, kind: Kind) -> Question {
    Question {
        name: name.into(),
        label: format!("{name} <&\">"),
        hint: (name == "where").then(|| "a & b".into()),
        is_needed: name == "words",
        kind,
    }
}

fn form() -> Form {
    let finding = vec![
        question("where", Kind::Choice(vec![("b1".into(), "1 < 2".into())])),
        question("words", Kind::Text),
        question("photo", Kind::Photo),
    ];
    Form {
        id: "visit-1.safety".into(),
        title: "Safety & duty".into(),
        questions: vec![
            question("begun", Kind::Begun),
            question("here", Kind::Position),
            question("points", Kind::Group(vec![question("scheme", Kind::Whole { most: 10 })])),
            question("count", Kind::Whole { most: 6 }),
            question("finding", Kind::Repeat { count: "count".into(), questions: finding }),
        ],
    }
}

#[test]
fn a_form_is_well_formed_and_every_question_has_its_node() {
    let written = form().written();
    let document = Document::parse(&written.xml).unwrap();
    let all = |name: &str| document.descendants().filter(|node| node.tag_name().name() == name).collect::<Vec<_>>();
    let data = all("data")[0];
    assert_eq!(
        (data.attribute("id"), data.attribute("version")),
        (Some("visit-1.safety"), Some(written.version.as_str()))
    );
    let mut nodes = BTreeSet::new();
    for node in data.descendants().filter(|node| node.is_element() && *node != data) {
        let above: Vec<&str> =
            node.ancestors().take_while(|above| *above != data).map(|above| above.tag_name().name()).collect();
        nodes.insert(format!("/data/{}", above.into_iter().rev().collect::<Vec<_>>().join("/")));
    }
    // Every bind and every control leads to a node, also where it has a prefix.
    let mut bound = BTreeSet::new();
    for node in document.descendants() {
        for path in ["nodeset", "ref"].iter().filter_map(|name| node.attribute(*name)) {
            let plain = path.replace("orx:", "");
            assert!(nodes.contains(&plain), "{path} is no node of {nodes:?}");
            if node.tag_name().name() == "bind" {
                bound.insert(plain);
            }
        }
    }
    assert_eq!(bound.len(), 8, "every leaf has its bind: {bound:?}");
    assert_eq!(all("instanceID")[0].tag_name().namespace(), Some("http://openrosa.org/xforms"));
    assert_eq!(all("upload")[0].attribute("mediatype"), Some("image/*"));
    assert_eq!(all("repeat")[0].attribute(("http://openrosa.org/javarosa", "count")), Some("/data/count"));
    assert_eq!(all("label").iter().filter_map(|label| label.text()).filter(|text| text.contains("<&\">")).count(), 8);
    let mut other = form();
    other.title.push('.');
    assert_ne!(other.written().version, written.version, "another content is another version");
    assert_eq!(form().written(), written);
}

#[test]
fn a_list_names_what_is_fetched() {
    let form = form();
    let list = form_list(std::iter::once((&form, "https://a.invalid/x?a=1&b=2".to_owned())));
    let document = Document::parse(&list).unwrap();
    let text = |name: &str| {
        document
            .descendants()
            .find(|node| node.tag_name().name() == name)
            .and_then(|node| node.text())
            .unwrap_or_default()
    };
    let written = form.written();
    assert_eq!(text("formID"), "visit-1.safety");
    assert_eq!(text("hash"), format!("md5:{}", written.md5));
    assert_eq!((text("name"), text("version")), ("Safety & duty", written.version.as_str()));
    assert_eq!(text("downloadUrl"), "https://a.invalid/x?a=1&b=2");
    assert!(Document::parse(&response("1 < 2 & 3")).is_ok());
    assert!(settings_code("https://a.invalid/openrosa/token", "Guatu").is_some_and(|cells| cells.len() > 20));
}

#[test]
fn what_comes_back_is_read_by_name() {
    let text = "<?xml version='1.0' ?><data id=\"f\" version=\"1\" xmlns:orx=\"http://openrosa.org/xforms\"><!-- -->\
        <begun>2026-11-23T08:30:00.000+08:00</begun><points> <scheme>10</scheme><other/> </points>\
        <finding><words> a &lt; b <![CDATA[& c]]></words></finding><finding><words/></finding>\
        <orx:meta><orx:instanceID>uuid:1</orx:instanceID><orx:instanceName>n</orx:instanceName></orx:meta></data>";
    let filled = filled(text.as_bytes()).unwrap();
    assert_eq!((filled.form.as_str(), filled.instance.as_str()), ("f", "uuid:1"));
    let leaf = |name: &str, text: &str| Answer { name: name.into(), text: text.into(), inside: Vec::new() };
    let group = |name: &str, inside| Answer { name: name.into(), text: String::new(), inside };
    let expected = vec![
        leaf("begun", "2026-11-23T08:30:00.000+08:00"),
        group("points", vec![leaf("scheme", "10"), leaf("other", "")]),
        group("finding", vec![leaf("words", "a < b & c")]),
        group("finding", vec![leaf("words", "")]),
    ];
    assert_eq!(filled.answers, expected);
    assert_eq!(filled.answers.iter().map(Answer::is_blank).collect::<Vec<_>>(), [false, false, false, true]);
}

#[test]
fn what_is_no_form_is_refused() {
    let meta = "<meta><instanceID>uuid:1</instanceID></meta>";
    let laughs = "<!DOCTYPE data [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>";
    let deep = |count: usize| format!("<data id=\"f\">{}{}{meta}</data>", "<a>".repeat(count), "</a>".repeat(count));
    let cases = [
        ("nothing", String::new()),
        ("words", "hello".into()),
        ("cut off", format!("<data id=\"f\">{meta}")),
        ("a DTD", format!("<!DOCTYPE data><data id=\"f\">{meta}</data>")),
        ("a billion laughs", format!("{laughs}<data id=\"f\"><a>&c;</a>{meta}</data>")),
        (
            "a file of the server",
            format!(
                "<!DOCTYPE data [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><data id=\"f\"><a>&x;</a>{meta}</data>"
            ),
        ),
        ("an entity nobody knows", format!("<data id=\"f\"><a>&x;</a>{meta}</data>")),
        ("no id", format!("<data>{meta}</data>")),
        ("no instance", "<data id=\"f\"><meta/></data>".into()),
        ("no meta", "<data id=\"f\"/>".into()),
        (
            "an edited one",
            "<data id=\"f\"><meta><instanceID>uuid:2</instanceID><deprecatedID>uuid:1</deprecatedID></meta></data>"
                .into(),
        ),
        ("text beside elements", format!("<data id=\"f\"><a>x<b>y</b></a>{meta}</data>")),
        ("deeper than a form", deep(5)),
        ("deeper than a stack", deep(8_000)),
        ("too many nodes", format!("<data id=\"f\">{}{meta}</data>", "<a/>".repeat(5_001))),
    ];
    for (what, text) in cases {
        assert_eq!(filled(text.as_bytes()), Err(NotAForm), "{what}");
    }
    assert!(filled(&[0xff, 0xfe]).is_err());
    assert!(filled(deep(4).as_bytes()).is_ok());
}
