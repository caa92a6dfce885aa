//! `guatu import`: a plan file becomes a draft of a project's plan, as through the pages.

use super::{CONFLICT, NOT_FOUND, REFUSED, Stopped, TRY_AGAIN, UNREADABLE, read_plan, tell};
use crate::clock::Clock;
use crate::features::exchange;
use crate::features::plan::model::{Command, Source};
use crate::features::{Command as AnyCommand, places};
use crate::journal::domain::Permit;
use crate::journal::{Document, Submission, SubmitError};
use crate::refusal::{Reason, Refusal};
use crate::serve::{self, Opened, Place};
use crate::web::forms::derived_id;
use crate::web::locale::Language;
use guatu_formats::plans::json;
use guatu_kernel::schedule;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  guatu import --project p-7 plan.xml --dry-run
  guatu import --project p-7 plan.xml";

/// What to import, and where.
#[derive(Clone, Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Id of the project.
    #[arg(long)]
    project: String,
    /// Plan file; `-` for standard input.
    file: PathBuf,
    /// Only say what would be imported.
    #[arg(long)]
    dry_run: bool,
}

/// Runs the verb.
pub async fn run(arguments: Arguments) -> Result<(), Stopped> {
    let reading = read_plan(&arguments.file)?;
    tell(&reading.diagnostics);
    let Some(plan) = reading.plan else { return Err(Stopped::said(UNREADABLE)) };
    let computed = schedule(&plan);
    tell(&computed.diagnostics);
    if computed.has_errors() {
        return Err(Stopped::said(UNREADABLE));
    }
    let dates = match (computed.start, computed.finish) {
        (Some(start), Some(finish)) => format!("{} – {}", start.date(), finish.date()),
        _ => "no dates".to_owned(),
    };
    println!("{} activities, {} links, {dates}", plan.activities.len(), plan.links.len());
    if !arguments.place.data.is_dir() && arguments.place.database_url.is_none() {
        return Err(Stopped::new(NOT_FOUND, format!("there is no data folder {}", arguments.place.data.display())));
    }
    let db = arguments.place.db().await?;
    let checked = serve::check_rehearsal(&db, Clock::System, false).await?;
    let clock = checked.map_err(|sentence| Stopped::new(REFUSED, sentence))?;
    let project = places::get(&mut db.reader().await?, &arguments.project).await?;
    if project.is_none_or(|project| project.kind != places::model::Kind::Project) {
        return Err(Stopped::new(NOT_FOUND, format!("there is no project `{}`", arguments.project)));
    }
    if arguments.dry_run {
        println!("dry run: nothing was imported");
        return Ok(());
    }
    let document = Document { media_type: "application/json", bytes: json::write(&plan).into_bytes() };
    // Made from project and content, so that importing the same file twice makes one draft.
    let request_id = derived_id(&arguments.project, document.sha256().as_bytes());
    let version = format!("v-{request_id}");
    let name = arguments.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let command = Command::Draft {
        version: version.clone(),
        project: arguments.project.clone(),
        document: document.sha256(),
        source: Source::Import { format: exchange::format_of(&name).to_owned(), file: name },
        activity_count: u32::try_from(plan.activities.len()).unwrap_or(u32::MAX),
    };
    let submission = Submission {
        permit: Permit::system(),
        request_id,
        command: AnyCommand::from(command),
        documents: vec![document],
    };
    let Opened { site, writer, .. } = serve::open(db.clone(), &arguments.place.data, clock).await?;
    let outcome = site.journal.submit(submission).await;
    drop(site);
    writer.await.map_err(anyhow::Error::from)?;
    db.close().await;
    match outcome {
        Ok(receipt) if receipt.is_repeat => {
            println!("imported before: version {version}, fact {}", receipt.first_number)
        }
        Ok(receipt) => {
            println!("imported: version {version}, fact {}; somebody has to approve it", receipt.first_number)
        }
        Err(SubmitError::Refused(refusal)) => return Err(refused(&refusal)),
        Err(SubmitError::Fault(fault)) => return Err(fault.into()),
    }
    Ok(())
}

fn refused(refusal: &Refusal) -> Stopped {
    let code = match refusal.reason {
        Reason::Rule | Reason::Forbidden => REFUSED,
        Reason::Missing => NOT_FOUND,
        Reason::Conflict => CONFLICT,
        Reason::Full => TRY_AGAIN,
    };
    let params: Vec<(&str, String)> = refusal.params.iter().map(|(name, value)| (*name, value.clone())).collect();
    let sentence = Language::En.tf(&format!("refusal.{}", refusal.code), &params);
    Stopped::new(code, format!("{} {sentence}", refusal.code))
}
