//! Any bytes as a workbook of daily reports: the reader neither panics nor hangs.

#![no_main]

use guatu_formats::reports;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = reports::read(bytes);
});
