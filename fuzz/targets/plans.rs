//! Any bytes as a plan file: no reader panics or hangs, a plan is given exactly where no fault was found, and what is
//! scheduled and levelled from a small one passes the walking checker.

#![no_main]

use guatu_formats::plans::{self, Limits};
use guatu_kernel::check::{check, check_levelled};
use guatu_kernel::diagnose::Severity;
use guatu_kernel::level::level;
use guatu_kernel::rcpsp::Effort;
use libfuzzer_sys::fuzz_target;

/// Plans with more activities are only read: the checker walks every day.
const MOST_CHECKED: usize = 12;

fuzz_target!(|bytes: &[u8]| {
    let Ok(format) = plans::detect(None, bytes) else { return };
    let reading = plans::read(bytes, format, &Limits::default());
    let has_errors = reading.diagnostics.iter().any(|found| found.severity == Severity::Error);
    assert_eq!(reading.plan.is_none(), has_errors, "{:?}", reading.diagnostics);
    let Some(plan) = reading.plan.filter(|plan| plan.activities.len() <= MOST_CHECKED) else { return };
    let faults = check(&plan, &guatu_kernel::schedule(&plan));
    assert!(faults.is_empty(), "{faults:#?}");
    let faults = check_levelled(&plan, &level(&plan, Effort { schedules: 20, seed: 7 }, &mut |_| {}));
    assert!(faults.is_empty(), "{faults:#?}");
});
