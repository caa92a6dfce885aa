//! Refusals: the rules say no. A closed list per feature, each with a code, and a sentence in `locale/`.

use std::fmt;

/// What a refusal means to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A rule forbids it. HTTP 422, exit 5.
    Rule,
    /// There is no such object, or none that this person may see: the two look alike. HTTP 404, exit 4.
    Missing,
    /// Somebody was faster, or the same id came with other bytes. HTTP 409, exit 6.
    Conflict,
    /// There is no room on the disk. HTTP 507, exit 75.
    Full,
    /// The person holds no post that allows it. HTTP 403, exit 5.
    Forbidden,
}

/// A refusal as it travels: code, meaning, parameters of its sentence, and the form field to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code, `P-101`; the sentence is `refusal.P-101` in the locale files.
    pub code: &'static str,
    /// What it means to the caller.
    pub reason: Reason,
    /// Parameters of the sentence.
    pub params: Vec<(&'static str, String)>,
    /// The form field it is about.
    pub field: Option<&'static str>,
}

/// The parameter that names the one of several things a refusal is about.
pub const AT: &str = "at";

impl Refusal {
    /// The same refusal about one of several things: its sentence begins with what it is about.
    pub fn at(mut self, what: &str) -> Refusal {
        self.params.push((AT, what.to_owned()));
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        for (name, value) in &self.params {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// Words that must be said, without what surrounds them; `none` is the refusal when there are none.
///
/// # Errors
/// `none`, when nothing but blanks is said.
pub fn text<R>(words: &str, none: R) -> Result<String, R> {
    let words = words.trim();
    if words.is_empty() { Err(none) } else { Ok(words.to_owned()) }
}

/// Declares a feature's closed list of refusals.
///
/// `Name = "P-101" Rule field` declares a refusal without parameters; `Name { a, b } = …` one with text parameters;
/// the field is `_` when no form field is to blame.
#[macro_export]
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $({ $($param:ident),+ })? = $code:literal $reason:ident $field:tt;)+) => {
        /// Why a command of this feature is refused.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "parameters are named by the sentence they fill")]
        pub enum Refused { $($(#[$doc])* $name $({ $($param: String),+ })?,)+ }

        impl Refused {
            /// Every code of the feature, for the tests that look for its sentence and its case.
            #[allow(dead_code, reason = "read by tests")]
            pub const CODES: &'static [&'static str] = &[$($code),+];
        }

        impl From<Refused> for $crate::refusal::Refusal {
            fn from(refused: Refused) -> Self {
                match refused {
                    $(Refused::$name $({ $($param),+ })? => $crate::refusal::Refusal {
                        code: $code,
                        reason: $crate::refusal::Reason::$reason,
                        params: vec![$($((stringify!($param), $param)),+)?],
                        field: $crate::refusals!(@field $field),
                    },)+
                }
            }
        }
    };
    (@field _) => { None };
    (@field $field:ident) => { Some(stringify!($field)) };
}
