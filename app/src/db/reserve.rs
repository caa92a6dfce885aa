//! Room that is kept for the day on which the disk is full.
//!
//! A full disk must not lock anybody out: who logs in writes a session, and whoever frees the disk logs in first. So a file of
//! zeros lies beside the database. The first write that finds no room gives it up; from then on nothing new is recorded, while
//! sessions have the room it held. Once the disk has room for it again, it is laid again and recording goes on by itself.

use std::path::PathBuf;

/// Bytes kept: a day of logins, and what the database's log needs to be folded into its file.
const RESERVE_BYTES: u64 = 8 << 20;

/// A file of zeros beside the database.
#[derive(Debug)]
pub struct Reserve(PathBuf);

impl Reserve {
    pub fn beside(database: &std::path::Path) -> Reserve {
        Reserve(database.with_extension("reserve"))
    }

    /// Whether something new may be recorded: the reserve lies there, or there is room to lay it and as much beside it.
    pub fn lies(&self) -> bool {
        std::fs::metadata(&self.0).is_ok_and(|found| found.len() == RESERVE_BYTES) || self.lay()
    }

    fn lay(&self) -> bool {
        let folder = self.0.parent().unwrap_or(std::path::Path::new("."));
        let has_room = match rustix::fs::statvfs(folder) {
            Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize) >= 2 * RESERVE_BYTES,
            // A file system that does not say how full it is says so when it is.
            Err(_) => true,
        };
        let is_laid = has_room && std::fs::write(&self.0, vec![0; RESERVE_BYTES as usize]).is_ok();
        if !is_laid {
            self.give_up();
        }
        is_laid
    }

    /// Gives the room to whoever writes next.
    pub fn give_up(&self) {
        match std::fs::remove_file(&self.0) {
            Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => {
                tracing::error!(%fault, "the reserve of the disk cannot be given up");
            }
            _ => {}
        }
    }
}
