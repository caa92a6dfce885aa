//! Any bytes as a filled list: the reader neither panics nor hangs.

#![no_main]

use guatu_formats::lists;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = lists::read(bytes);
});
