//! How good the figures behind lamps are: the truth grade of every measured work item, kept between pages, and its mark.

use super::model::Grade;
use crate::args;
use crate::db::Conn;
use crate::features::plan::store::Bar;
use crate::web::visitor::Visitor;
use anyhow::{Context, Result};
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Grades of work items, by project and activity.
#[derive(Clone, Debug, Default)]
pub struct Grades(HashMap<String, HashMap<String, Grade>>);

impl Grades {
    /// The grade of what a bar says is done; `None` where nothing is said to be done. What was recorded without a report is
    /// what the site says.
    pub fn of(&self, bar: &Bar) -> Option<Grade> {
        if bar.actual_start.is_none() || bar.kind == "summary" {
            return None;
        }
        Some(self.of_work(&bar.project, &bar.activity).unwrap_or_default())
    }

    /// The grade of what was measured of a work item; `None` where nothing was.
    pub fn of_work(&self, project: &str, activity: &str) -> Option<Grade> {
        self.0.get(project).and_then(|works| works.get(activity)).copied()
    }
}

/// The grades read last, and the newest fact they hold.
#[derive(Debug, Default)]
pub struct Kept(Mutex<(u64, Arc<Grades>)>);

impl Kept {
    /// The grades as they are now: only work items that were reported or judged since the last look are read.
    pub async fn grades(&self, conn: &mut Conn) -> Result<Arc<Grades>> {
        let newest = match conn.row("SELECT number FROM measured_item ORDER BY number DESC LIMIT 1", args![]).await? {
            Some(row) => row.count(0)?,
            None => 0,
        };
        let (mut since, mut grades) = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if since == newest {
            return Ok(grades);
        }
        // A ledger that was put back has less than what is kept.
        if since > newest {
            (since, grades) = (0, Arc::default());
        }
        let rows = conn.rows("SELECT project, activity, grade FROM measured_item WHERE number > ?", args![since]).await?;
        let known = Arc::make_mut(&mut grades);
        for row in rows {
            let grade = Grade::from_name(&row.text(2)?).context("a stored grade is known")?;
            known.0.entry(row.text(0)?).or_default().insert(row.text(1)?, grade);
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (newest, grades.clone());
        Ok(grades)
    }
}

/// Marks of truth grades: who stands for what a lamp says is done.
pub struct Marks([String; Grade::ALL.len()]);

impl Marks {
    /// In a person's language.
    pub fn of_visitor(visitor: &Visitor) -> Marks {
        Marks(Grade::ALL.map(|(_, name)| visitor.t(&format!("grade.{name}"))))
    }

    /// The word of a grade.
    pub fn word(&self, grade: Grade) -> &str {
        Grade::ALL.iter().zip(&self.0).find(|((known, _), _)| *known == grade).map_or("", |(_, word)| word)
    }

    /// The mark of a grade; its word is read out, and shown where one points.
    pub fn of(&self, grade: Grade) -> Markup {
        html! { span class={ "grade " (grade.name()) } title=(self.word(grade)) role="img" aria-label=(self.word(grade)) {} }
    }

    /// The mark with its word beside it.
    pub fn with_word(&self, grade: Grade) -> Markup {
        html! { span.grades { span { span class={ "grade " (grade.name()) } {} (self.word(grade)) } } }
    }

    /// In few letters, for the wall.
    pub fn short(visitor: &Visitor) -> Marks {
        Marks(Grade::ALL.map(|(_, name)| visitor.t(&format!("grade_short.{name}"))))
    }

    /// The mark as a letter of a paper. What a site says itself is most of what stands there and has none.
    pub fn letter(grade: Grade) -> Option<char> {
        match grade {
            Grade::Reported => None,
            Grade::Disputed => Some('◆'),
            Grade::Confirmed => Some('◐'),
            Grade::Verified => Some('●'),
        }
    }

    /// A text of a paper with the letter of its grade behind it.
    pub fn marked(text: &str, grade: Option<Grade>) -> String {
        grade.and_then(Marks::letter).map_or_else(|| text.to_owned(), |letter| format!("{text} {letter}"))
    }

    /// What the letters mean, in one line.
    pub fn line(&self, unmarked: &str) -> String {
        let words = Grade::ALL.iter().zip(&self.0).map(|((grade, _), word)| match Marks::letter(*grade) {
            Some(letter) => format!("{letter} {word}"),
            None => format!("{unmarked} {word}"),
        });
        words.collect::<Vec<_>>().join("  ")
    }

    /// What the marks mean.
    pub fn legend(&self) -> Markup {
        html! { span.grades { @for ((grade, _), word) in Grade::ALL.iter().zip(&self.0) { span { span class={ "grade " (grade.name()) } {} (word) } } } }
    }
}
