//! Files packed with gzip, as programs and mail gateways leave them: unpacked before anything looks at them.

use super::{Limits, codes, findings};
use flate2::read::GzDecoder;
use guatu_kernel::diagnose::Diagnostic;
use std::borrow::Cow;
use std::io::Read;

/// The two bytes every gzip file begins with (RFC 1952 §2.3.1).
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes of a file, unpacked if it is a gzip file.
///
/// Unpacking stops at the limit for text, counted as it comes out: what a header claims is not believed.
///
/// # Errors
/// A damaged archive, or one that unpacks beyond the limit.
pub fn unpack<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>, Diagnostic> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(Cow::Borrowed(bytes));
    }
    let most = limits.text_bytes as u64;
    let mut unpacked = Vec::new();
    if let Err(fault) = GzDecoder::new(bytes).take(most + 1).read_to_end(&mut unpacked) {
        let message = format!("the gzip file is damaged ({fault}); pack it again or send it unpacked");
        return Err(findings::fault(codes::MALFORMED, "file", message));
    }
    if unpacked.len() as u64 > most {
        let message = format!("the gzip file unpacks to more than {most} bytes, which is the most that is read");
        return Err(findings::fault(codes::TOO_LARGE, "file", message));
    }
    Ok(Cow::Owned(unpacked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_unpacked_and_bounded() {
        let limits = Limits { text_bytes: 1000, ..Limits::default() };
        assert_eq!(&*unpack(b"plain", &limits).unwrap(), b"plain");
        assert_eq!(&*unpack(&packed(b"packed"), &limits).unwrap(), b"packed");
        assert_eq!(unpack(&packed(&[0; 1000]), &limits).unwrap().len(), 1000);
        assert_eq!(unpack(&packed(&[0; 100_000_000]), &limits).unwrap_err().code, codes::TOO_LARGE);
        let mut cut = packed(&[7; 500]);
        cut.truncate(12);
        assert_eq!(unpack(&cut, &limits).unwrap_err().code, codes::MALFORMED);
    }
}
