//! Mail by SMTP: plain text with one link. Addresses and subjects go through types that know no line breaks, so no header can be
//! slipped in.

use crate::features::messages::model::Outcome;
use anyhow::{Context, Result, bail};
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Mailbox, Message};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::time::{Duration, SystemTime};

/// All of a conversation with a server takes so long at most.
const LIMIT: Duration = Duration::from_secs(20);

/// The way to a mail server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What is behind it holds a password.
        f.write_str("Mailer")
    }
}

/// A mail.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// To whom.
    pub to: &'a str,
    /// About what.
    pub subject: &'a str,
    /// The text.
    pub text: String,
    /// The id under which it goes, the same when it is sent again.
    pub id: &'a str,
    /// When it goes.
    pub at: SystemTime,
}

impl Mailer {
    /// By the address of a server: `smtps://name:password@host` or `smtp://name:password@host?tls=required`. Without encryption only
    /// to this machine, where a mail server of one's own may stand.
    ///
    /// # Errors
    /// When the address cannot be read, or would send in the clear.
    pub fn open(server: &str, from: &str) -> Result<Mailer> {
        let from: Mailbox = from.parse().context("the sender of mails (GUATU_MAIL_FROM) is not an address of one mailbox")?;
        let is_encrypted = server.starts_with("smtps://") || (server.starts_with("smtp://") && server.contains("tls=required"));
        let host = server.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next()).and_then(|rest| rest.rsplit('@').next()).unwrap_or_default();
        if !(is_encrypted || host == "127.0.0.1" || host.starts_with("127.0.0.1:")) {
            bail!("the mail server (GUATU_SMTP_URL) must be smtps://… or smtp://…?tls=required: mails and the password would travel in the clear");
        }
        // What is wrong with an address is not said: it holds a password.
        let Ok(builder) = AsyncSmtpTransport::<Tokio1Executor>::from_url(server) else { bail!("the address of the mail server (GUATU_SMTP_URL) cannot be read") };
        Ok(Mailer { transport: builder.timeout(Some(LIMIT)).build(), from })
    }

    /// Sends a mail.
    pub async fn send(&self, letter: Letter<'_>) -> Outcome {
        let message = match self.compose(&letter) {
            Ok(message) => message,
            Err(_) => return Outcome::Never { why: "address".to_owned() },
        };
        match tokio::time::timeout(LIMIT, self.transport.send(message)).await {
            Err(_) => Outcome::Again { why: "unreachable".to_owned(), after_seconds: None },
            Ok(Ok(_)) => Outcome::Sent,
            Ok(Err(fault)) => {
                let code = fault.status().map(|code| format!("SMTP {}{}{}", code.severity, code.category, code.detail));
                let why = code.unwrap_or_else(|| if fault.is_tls() { "untrusted" } else { "unreachable" }.to_owned());
                if fault.is_permanent() { Outcome::Never { why } } else { Outcome::Again { why, after_seconds: None } }
            }
        }
    }

    fn compose(&self, letter: &Letter<'_>) -> Result<Message> {
        let address: Address = letter.to.parse()?;
        let subject: String = letter.subject.chars().filter(|letter| !letter.is_control()).collect();
        let domain = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(subject)
            .date(letter.at)
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            .header(ContentType::TEXT_PLAIN)
            // No line of the text then means anything to a server.
            .header(ContentTransferEncoding::Base64)
            .body(letter.text.clone())?;
        Ok(message)
    }
}

/// Whether a text is the address of one mailbox.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_is_slipped_in() {
        for (text, is) in [
            ("jian@example.org", true),
            ("jian.wen+guatu@mail.example.org", true),
            ("jian@example.org\r\nBcc: all@example.org", false),
            ("jian@example.org\nSubject: x", false),
            ("jian@example.org, all@example.org", false),
            ("Jian <jian@example.org>", false),
            ("jian", false),
            ("", false),
        ] {
            assert_eq!(is_address(text), is, "{text:?}");
        }
        let mailer = Mailer::open("smtp://127.0.0.1:25", "Guatu <guatu@example.org>").unwrap();
        let letter = Letter { to: "jian@example.org", subject: "a\r\nBcc: all@example.org", text: "b".into(), id: "1", at: SystemTime::UNIX_EPOCH };
        let sent = String::from_utf8(mailer.compose(&letter).unwrap().formatted()).unwrap();
        let head = sent.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc:")), "{head}");
        assert_eq!(head.lines().filter(|line| line.starts_with("Message-ID: <1@example.org>")).count(), 1, "{head}");
    }

    #[test]
    fn nothing_travels_in_the_clear() {
        for (server, is) in [
            ("smtps://u:p@mail.example.org", true),
            ("smtp://u:p@mail.example.org:587?tls=required", true),
            ("smtp://127.0.0.1:2525", true),
            ("smtp://mail.example.org", false),
            ("smtp://u:p@mail.example.org?tls=opportunistic", false),
            ("smtp://127.0.0.1.example.org", false),
            ("mail.example.org", false),
        ] {
            assert_eq!(Mailer::open(server, "guatu@example.org").is_ok(), is, "{server}");
        }
        assert!(Mailer::open("smtps://mail.example.org", "nobody").is_err());
    }
}
