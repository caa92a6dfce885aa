//! Any bytes as guatu-actuals/1 of a plan of two activities: the reader neither panics nor hangs.

#![no_main]

use guatu_formats::plans::{self, Format, Limits};
use guatu_formats::targets::read_actuals;
use libfuzzer_sys::fuzz_target;

/// One activity is measured, the other is not.
const PLAN: &str = r#"{"format":"guatu-plan/1","granularity":"day","start":"2026-06-01","activities":[
 {"id":"A","duration":"5d","quantity":{"total":26,"unit":"floor"}},{"id":"B","duration":"2d"}]}"#;

fuzz_target!(|bytes: &[u8]| {
    let plan = plans::read(PLAN.as_bytes(), Format::GuatuJson, &Limits::default()).plan.expect("the plan is good");
    let _ = read_actuals(bytes, &plan);
});
