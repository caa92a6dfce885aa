//! Copies of photographs: drawn once the photographs have come, kept, and drawn again wherever one is missing.
//!
//! Nobody waits for a copy but who wants to see it. What has come is noted in memory and drawn a little later, one after
//! another and only while no more are coming: an inspector's day of photographs needs the machine for itself. Whoever asks
//! for a copy that is not there, because its turn has not come or because the program ended before it, has it drawn on the
//! spot. So the notes are a head start and no promise, and need no table; a photograph whose form was refused is not found
//! and forgotten.

use super::model::Photo;
use super::photos::{decoding, drawn};
use crate::args;
use crate::features::authority::missing;
use crate::features::plan;
use crate::web::Site;
use crate::web::problem::Problem;
use anyhow::Result;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// Photographs that may be noted; of more the copies are drawn when somebody asks for them.
const MOST_NOTED: usize = 4096;
/// So long none may have come before the next copy is drawn.
const QUIET: Duration = Duration::from_millis(250);

/// Turns at drawing: a photograph has always the same one, so that nobody draws what somebody else is drawing.
static TURNS: [Mutex<()>; 16] = [const { Mutex::const_new(()) }; 16];

/// Where originals are noted whose copies are to be drawn, and where they are read by [`run`].
pub fn notes() -> (mpsc::Sender<String>, mpsc::Receiver<String>) {
    mpsc::channel(MOST_NOTED)
}

/// Notes that the copy of a photograph is to be drawn.
pub(super) fn note(site: &Site, photo: &Photo) {
    // Where there is no room the copy is drawn when it is asked for.
    let _ = site.uncopied.try_send(photo.original.clone());
}

/// Draws what is noted until the server ends.
pub async fn run(site: Site, mut noted: mpsc::Receiver<String>) {
    while let Some(original) = noted.recv().await {
        let mut waiting = noted.len();
        loop {
            tokio::time::sleep(QUIET).await;
            let before = std::mem::replace(&mut waiting, noted.len());
            if waiting == before {
                break;
            }
        }
        if let Err(fault) = drawn_once(&site, &original).await {
            tracing::error!(fault = %format!("{fault:#}"), original, "the copy of a photograph is not drawn");
        }
    }
}

/// The copy of a photograph by its name, for whoever may see the fact that names it.
pub async fn copy(site: &Site, name: &str) -> Result<Option<Vec<u8>>> {
    match Photo::drawn_from(name) {
        Some(original) => drawn_once(site, original).await,
        None => plan::store::document(&mut site.papers.reader().await?, name).await,
    }
}

/// A copy as an answer.
///
/// # Errors
/// It is not there.
pub async fn answer(site: &Site, name: &str) -> Result<Response, Problem> {
    let bytes = copy(site, name).await?.ok_or_else(missing)?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=86400")], bytes).into_response())
}

/// The copy that is kept, or one that is drawn now and kept; `None` without an original.
async fn drawn_once(site: &Site, original: &str) -> Result<Option<Vec<u8>>> {
    if let Some(kept) = kept(site, original).await? {
        return Ok(Some(kept));
    }
    let turn = original.bytes().fold(0, |sum: usize, byte| sum + usize::from(byte)) % TURNS.len();
    let _turn = TURNS[turn].lock().await;
    if let Some(kept) = kept(site, original).await? {
        return Ok(Some(kept));
    }
    let Some(bytes) = plan::store::document(&mut site.papers.reader().await?, original).await? else { return Ok(None) };
    let copy = decoding(move || drawn(&bytes)).await??;
    // On a full disk it is shown all the same.
    if site.papers.has_room() {
        let sql = "INSERT INTO photo_copy (original, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING";
        site.papers.writer().await?.execute(sql, args![original, copy.as_slice()]).await?;
    }
    Ok(Some(copy))
}

async fn kept(site: &Site, original: &str) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT bytes FROM photo_copy WHERE original = ?";
    site.papers.reader().await?.row(sql, args![original]).await?.map(|row| row.blob(0)).transpose()
}
