//! Drawings of a plan as values: an arrow diagram on a time scale, rows on which its lines seldom cross, links between
//! bars, and what is wanted of resources day by day.
//!
//! Nothing here knows of paper, colours or words: a drawing says which event stands when and in which row, and which arrow
//! goes from where to where. Positions on the time scale are days from the first day of the drawing.

mod arrows;
mod closed;
mod flow;
mod load;
mod paths;
mod routes;
mod rows;
mod web;

pub use arrows::{Arrow, ArrowDiagram, ArrowKind, Event, Untold, arrow_diagram};
pub use closed::closed_days;
pub use flow::{Climb, Meeting, meetings};
pub use load::{Load, Overload, loads};
pub use paths::FloatPath;
pub use routes::{Ground, Join, Route, RowBar, route};
pub use rows::{Layout, lay_out};
