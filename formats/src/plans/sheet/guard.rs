//! Looks at a workbook as a ZIP before anything parses it: entries, names, and the real bytes each one unpacks to.

use std::io::{Cursor, Read};

use guatu_kernel::diagnose::Diagnostic;

use crate::plans::findings::{fault, shortened};
use crate::plans::{Limits, codes};

/// Refuses a workbook that is no ZIP, holds macros, has too many parts or unpacks to too much.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<(), Diagnostic> {
    let refuse = |code, message: String| Err(fault(code, "file", message));
    let damaged = "the workbook is damaged: it is not a readable ZIP";
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return refuse(codes::MALFORMED, damaged.to_owned());
    };
    if archive.len() > limits.entries {
        let message = format!("the workbook has {} parts, at most {} are read", archive.len(), limits.entries);
        return refuse(codes::LIMIT, message);
    }
    let (mut total, mut is_workbook, mut buffer) = (0_u64, false, vec![0_u8; 64 << 10]);
    for index in 0..archive.len() {
        let Ok(mut entry) = archive.by_index(index) else { return refuse(codes::MALFORMED, damaged.to_owned()) };
        let name = entry.name().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        if name.ends_with("vbaproject.bin") {
            return refuse(codes::FORBIDDEN, "the workbook holds macros; save it as xlsx without them".to_owned());
        }
        is_workbook |= name == "xl/workbook.xml";
        // Headers lie about sizes, so the bytes that really come out are counted.
        loop {
            match entry.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => total += read as u64,
                Err(_) => {
                    return refuse(
                        codes::MALFORMED,
                        format!("the part `{}` of the workbook is damaged", shortened(&name)),
                    );
                }
            }
            if total > limits.unpacked_bytes {
                let message = format!("the workbook unpacks to more than {} bytes", limits.unpacked_bytes);
                return refuse(codes::LIMIT, message);
            }
        }
    }
    if !is_workbook {
        return refuse(codes::UNKNOWN_FORMAT, "the ZIP is not an Excel workbook (xlsx)".to_owned());
    }
    Ok(())
}
