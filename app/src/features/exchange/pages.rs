//! Pages of imports and exports.

use crate::web::Site;
use axum::Router;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
}
