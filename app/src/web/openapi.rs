//! The machine-readable list of what programs may ask, at `/api/openapi.json`.

use axum::Json;
use serde_json::{Value, json};

/// OpenAPI 3.1 of the routes that answer programs. Pages for people are not in it.
pub async fn describe() -> Json<Value> {
    let text =
        |description: &str, media: &str| json!({ "200": { "description": description, "content": { media: {} } } });
    let place = json!([{ "name": "place", "in": "query", "required": true, "schema": { "type": "string" }, "description": "Place id" }]);
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Guatu", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0 OR MIT" } },
        "components": { "securitySchemes": { "session": { "type": "apiKey", "in": "cookie", "name": super::visitor::SESSION_COOKIE } } },
        "paths": {
            "/livez": { "get": { "summary": "The process answers", "responses": text("ok", "text/plain") } },
            "/readyz": { "get": { "summary": "Database and write door are open, or why not", "responses": {
                "200": { "description": "ready", "content": { "application/json": {} } },
                "503": { "description": "not ready, with reasons", "content": { "application/json": {} } } } } },
            "/metrics": { "get": { "summary": "Counters in Prometheus text form", "responses": text("counters", "text/plain") } },
            "/ledger/checkpoint": { "get": { "summary": "Newest signed head (C2SP tlog-checkpoint)", "responses": text("signed note", "text/plain") } },
            "/ledger/tile/{path}": { "get": { "summary": "Tiles of the tree (C2SP tlog-tiles)",
                "parameters": [{ "name": "path", "in": "path", "required": true, "schema": { "type": "string" }, "example": "0/000.p/7" }],
                "responses": text("tile", "application/octet-stream") } },
            "/wall/rows.json": { "get": { "summary": "Bars of a place; dates are days since 1970-01-01", "security": [{ "session": [] }],
                "parameters": place, "responses": text("rows", "application/json") } },
            "/wall.pdf": { "get": { "summary": "The wall chart on paper", "security": [{ "session": [] }],
                "parameters": place, "responses": text("vector PDF", "application/pdf") } },
            "/wall/events": { "get": { "summary": "Server-sent events: the number of the newest fact", "security": [{ "session": [] }],
                "responses": text("events", "text/event-stream") } },
        },
    }))
}
