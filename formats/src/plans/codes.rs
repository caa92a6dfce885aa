//! The codes of what readers and writers of plan files, of workbooks of reports and of measurements, say. `docs/spec/plan-formats.md` lists them.
//!
//! `F-1xx` are errors: the file is refused and changes nothing. `F-2xx` are warnings: the plan is read or written, and
//! the diagnostic names what was kept aside or had no home. A code keeps its meaning for ever.

/// The bytes are of no format known here.
pub(crate) const UNKNOWN_FORMAT: &str = "F-101";
/// The file is larger than the limit.
pub(crate) const TOO_LARGE: &str = "F-102";
/// The bytes do not follow the format (XML, JSON, tables, ZIP).
pub(crate) const MALFORMED: &str = "F-103";
/// A construct that is never read: DTD, entity, macro; in a workbook of reports a formula.
pub(crate) const FORBIDDEN: &str = "F-104";
/// A limit on depth, attributes, rows, columns, entries or counts.
pub(crate) const LIMIT: &str = "F-105";
/// The character encoding cannot be told or is not supported.
pub(crate) const ENCODING: &str = "F-106";
/// The reader ended for want of memory or time.
pub(crate) const GAVE_UP: &str = "F-107";
/// A value that cannot be understood: date, duration, number, choice.
pub(crate) const BAD_VALUE: &str = "F-110";
/// A required field or table is absent.
pub(crate) const MISSING: &str = "F-111";
/// Two things carry one id.
pub(crate) const DUPLICATE_ID: &str = "F-112";
/// A reference to an id that is not in the file.
pub(crate) const UNKNOWN_ID: &str = "F-113";
/// A date outside 1900–2200.
pub(crate) const DATE_RANGE: &str = "F-114";
/// A duration or lag beyond 100 years.
pub(crate) const SPAN_RANGE: &str = "F-115";
/// A name that is too long or holds control characters.
pub(crate) const NAME: &str = "F-116";
/// A breakdown structure that contains itself.
pub(crate) const PARENT_LOOP: &str = "F-117";
/// A workbook of daily reports that holds several days.
pub(crate) const SEVERAL_DAYS: &str = "F-118";
/// A building marked as unchanged whose cells are filled in.
pub(crate) const CONTRADICTION: &str = "F-119";
/// More measured than there is, or less than nothing.
pub(crate) const DONE_BEYOND: &str = "F-120";
/// More promised for a period than is left.
pub(crate) const PROMISED_TOO_MUCH: &str = "F-121";
/// Two different promises for one activity and period.
pub(crate) const PROMISED_TWICE: &str = "F-122";
/// Part of a unit promised of what counts in whole units.
pub(crate) const NOT_WHOLE: &str = "F-123";

/// A field that is not part of the format was ignored.
pub(crate) const UNKNOWN_FIELD: &str = "F-201";
/// A task that is not scheduled by logic was kept at its dates.
pub(crate) const KEPT_AT_DATES: &str = "F-202";
/// An inactive task was kept without its links.
pub(crate) const INACTIVE: &str = "F-203";
/// A link was left out.
pub(crate) const LINK_LEFT_OUT: &str = "F-204";
/// A resource works in another calendar than the task.
pub(crate) const RESOURCE_CALENDAR: &str = "F-205";
/// A field of the file has no home in the plan.
pub(crate) const NO_HOME: &str = "F-206";
/// A calendar was approximated.
pub(crate) const CALENDAR_APPROXIMATED: &str = "F-207";
/// A status date that the other program does not schedule by.
pub(crate) const STATUS_DATE: &str = "F-208";
/// Several projects in one file.
pub(crate) const SEVERAL_PROJECTS: &str = "F-209";
/// The other program scheduled backwards from the finish.
pub(crate) const FROM_FINISH: &str = "F-210";
/// The encoding was guessed.
pub(crate) const ENCODING_GUESSED: &str = "F-211";
/// Units of a resource are counted in hundredths.
pub(crate) const HUNDREDTHS: &str = "F-212";
/// A field of the plan has no home in the written format.
pub(crate) const NOT_CARRIED: &str = "F-213";
/// A reference of the file was replaced by the default.
pub(crate) const DEFAULTED: &str = "F-214";

/// A part of the answer was too large to be written.
pub(crate) const LEFT_OUT: &str = "F-215";

/// A calendar keeps everybody from work for so long that its dates can hardly be meant. F-216 and F-217 are of targets.
pub(crate) const LONG_EXCEPTION: &str = "F-218";
/// A date lies so far from the start of the plan that its year can hardly be meant.
pub(crate) const FAR_DATE: &str = "F-219";

/// Every code of readers and writers.
pub const ALL: &[&str] = &[
    UNKNOWN_FORMAT,
    TOO_LARGE,
    MALFORMED,
    FORBIDDEN,
    LIMIT,
    ENCODING,
    GAVE_UP,
    BAD_VALUE,
    MISSING,
    DUPLICATE_ID,
    UNKNOWN_ID,
    DATE_RANGE,
    SPAN_RANGE,
    NAME,
    PARENT_LOOP,
    SEVERAL_DAYS,
    CONTRADICTION,
    UNKNOWN_FIELD,
    KEPT_AT_DATES,
    INACTIVE,
    LINK_LEFT_OUT,
    RESOURCE_CALENDAR,
    NO_HOME,
    CALENDAR_APPROXIMATED,
    STATUS_DATE,
    SEVERAL_PROJECTS,
    FROM_FINISH,
    ENCODING_GUESSED,
    HUNDREDTHS,
    NOT_CARRIED,
    DEFAULTED,
    LEFT_OUT,
    LONG_EXCEPTION,
    FAR_DATE,
];

/// The lasting text of a code that came from another process.
pub(crate) fn known(code: &str) -> Option<&'static str> {
    ALL.iter().find(|known| **known == code).copied()
}
