//! `guatu lead-key` and `guatu leads`: what the recipient of sealed leads does on a machine of its own.

use super::{CONFLICT, FAILED, Stopped, UNREADABLE, read_at_most, write_result};
use crate::features::leads::envelope::{self, SIZES, SecretKey};
use image::guess_format;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes of a file that is taken for a secret key, at most.
const KEY_FILE_BYTES: u64 = 1 << 10;

/// What is done with keys.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Key {
    /// Make a pair: the secret half goes to a new file that only its owner reads, the public half to standard output.
    #[command(before_help = "Example:\n  guatu lead-key new -o lead.key")]
    New {
        /// The file that keeps the secret half.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// What is done with leads.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Leads {
    /// Open a sealed lead: its text to standard output, or text and photographs to a new folder.
    #[command(
        before_help = "Examples:\n  guatu leads open --key lead.key < lead-1234.sealed\n  guatu leads open --key lead.key lead-1234.sealed -o opened"
    )]
    Open {
        /// The file with the secret key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The sealed lead; standard input without it.
        #[arg(default_value = "-")]
        envelope: PathBuf,
        /// A folder to make, with text.txt and the photographs.
        #[arg(short, long, value_name = "FOLDER")]
        output: Option<PathBuf>,
    },
}

/// Runs a verb of keys.
pub fn key(verb: &Key) -> Result<(), Stopped> {
    let Key::New { output } = verb;
    let (secret, public) = SecretKey::generate();
    let cannot = |fault: std::io::Error| match fault.kind() {
        ErrorKind::AlreadyExists => {
            Stopped::new(CONFLICT, format!("{} is there already: no key is overwritten", output.display()))
        }
        _ => Stopped::new(FAILED, format!("cannot write {}: {fault}", output.display())),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(output).map_err(cannot)?;
    file.write_all(secret.line().as_bytes()).and_then(|()| file.sync_all()).map_err(cannot)?;
    eprintln!("fingerprint: {}", public.fingerprint());
    eprintln!("Keep {} and a copy of it away from the server: nothing opens a lead without it.", output.display());
    write_result(format!("{}\n", public.text()).as_bytes(), None, true)
}

/// Runs a verb of leads.
pub fn run(verb: &Leads) -> Result<(), Stopped> {
    let Leads::Open { key, envelope, output } = verb;
    let line = String::from_utf8(read_at_most(key, KEY_FILE_BYTES)?).unwrap_or_default();
    let key =
        SecretKey::read(&line).map_err(|fault| Stopped::new(UNREADABLE, format!("{}: {fault}", key.display())))?;
    let bytes = read_at_most(envelope, SIZES[SIZES.len() - 1] as u64 + 1)?;
    let (text, photos) = envelope::open(&key, &bytes).map_err(|fault| Stopped::new(UNREADABLE, fault.to_string()))?;
    eprintln!("receipt: {}", crate::journal::sha256_hex(&bytes));
    let Some(folder) = output else {
        if !photos.is_empty() {
            eprintln!("photographs: {}; name a folder with -o FOLDER to have them", photos.len());
        }
        return write_result(format!("{text}\n").as_bytes(), None, true);
    };
    write_opened(folder, &text, &photos)
        .map_err(|fault| Stopped::new(FAILED, format!("cannot write to {}: {fault}", folder.display())))
}

/// Writes what was sealed to a folder that is made for it and that only its owner reads.
fn write_opened(folder: &Path, text: &str, photos: &[Vec<u8>]) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(folder)?;
    std::fs::write(folder.join("text.txt"), format!("{text}\n"))?;
    for (at, photo) in photos.iter().enumerate() {
        let format = guess_format(photo).ok();
        let extension = format.and_then(|format| format.extensions_str().first()).unwrap_or(&"bin");
        std::fs::write(folder.join(format!("photo-{}.{extension}", at + 1)), photo)?;
    }
    Ok(())
}
