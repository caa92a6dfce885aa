//! `guatu export`: a version of a plan as a file for other programs, or the empty Excel template.

use super::{NOT_FOUND, Stopped, tell, write_result};
use crate::features::exchange::{self, Written};
use crate::features::{Guatu, plan};
use crate::serve::Place;
use guatu_formats::plans::sheet;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  guatu export --version v-7 --format mspdi -o plan.xml
  guatu export --template -o plan.xlsx";

/// What to write.
#[derive(Clone, Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Id of the version, the last part of its page's address.
    #[arg(long, value_name = "ID", required_unless_present = "template")]
    version: Option<String>,
    /// The empty Excel template to fill in.
    #[arg(long, conflicts_with_all = ["version", "format"])]
    template: bool,
    /// Form of the file.
    #[arg(long, value_enum, default_value = "json")]
    format: exchange::Format,
    /// File to write; without it, standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the verb.
pub async fn run(arguments: Arguments) -> Result<(), Stopped> {
    let Some(id) = &arguments.version else {
        return write_result(&sheet::template(), arguments.output.as_ref(), false);
    };
    let missing = || Stopped::new(NOT_FOUND, format!("there is no version `{id}`"));
    if !arguments.place.data.is_dir() && arguments.place.database_url.is_none() {
        return Err(missing());
    }
    let db = arguments.place.db().await?;
    let mut conn = db.reader().await?;
    let version = plan::store::version(&mut conn, id).await?.ok_or_else(missing)?;
    let base = Guatu::default().networks.base(&mut conn, &version.document).await?;
    drop(conn);
    db.close().await;
    let Written { bytes, lost, .. } = exchange::write(arguments.format, &base.plan, &base.baseline)?;
    tell(&lost);
    write_result(&bytes, arguments.output.as_ref(), arguments.format != exchange::Format::Xlsx)
}
