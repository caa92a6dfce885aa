//! The machine-readable list of what programs may ask, at `/api/openapi.json`.

use super::extract::FILE_COUNT;
use crate::features::reports::model::{MOST_REPORTS, WORDS};
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
        "components": { "schemas": { "Report": report(), "Problem": problem() }, "securitySchemes": { "session": { "type": "apiKey", "in": "cookie", "name": super::visitor::SESSION_COOKIE } } },
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
            "/api/reports": { "post": {
                "summary": "File daily reports of one day: one, or a list of which all are filed or none. The same bytes again are harmless; others under an id in use are refused",
                "security": [{ "session": [] }],
                "parameters": [{ "name": "Origin", "in": "header", "required": true, "schema": { "type": "string" }, "description": "The address of this site, as its own pages send it" }],
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "oneOf": [
                    { "$ref": "#/components/schemas/Report" }, { "type": "array", "items": { "$ref": "#/components/schemas/Report" }, "maxItems": MOST_REPORTS } ] } } } },
                "responses": {
                    "201": { "description": "filed, with the number and hash of the last fact", "content": { "application/json": {} } },
                    "200": { "description": "filed before", "content": { "application/json": {} } },
                    "default": { "description": "not filed, with a code", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } } } } },
            "/wall/rows.json": { "get": { "summary": "Bars of a place; dates are days since 1970-01-01", "security": [{ "session": [] }],
                "parameters": place, "responses": text("rows", "application/json") } },
            "/wall.pdf": { "get": { "summary": "The wall chart on paper", "security": [{ "session": [] }],
                "parameters": place, "responses": text("vector PDF", "application/pdf") } },
            "/wall/events": { "get": { "summary": "Server-sent events: the number of the newest fact", "security": [{ "session": [] }],
                "responses": text("events", "text/event-stream") } },
        },
    }))
}

/// A daily report as `/api/reports` takes it.
fn report() -> Value {
    let counts = |words: &[String], most: u32, description: &str| json!({ "type": "object", "description": description, "propertyNames": { "enum": words }, "additionalProperties": { "type": "integer", "minimum": 0, "maximum": most } });
    json!({
        "type": "object", "additionalProperties": false, "required": ["id", "building", "on"],
        "properties": {
            "id": { "type": "string", "pattern": "^[A-Za-z0-9-]{8,64}$", "description": "Made by the sender" },
            "building": { "type": "string", "description": "Place id of a building or facility" },
            "on": { "type": "string", "format": "date" },
            "photos": { "type": "array", "maxItems": FILE_COUNT, "description": "Photographs, each a whole JPEG, PNG or WebP file; what claims a work complete needs one", "items": { "type": "string", "contentEncoding": "base64" } },
            "unchanged": { "type": "boolean", "description": "Nothing has changed; then there is no content" },
            "content": { "type": "object", "properties": {
                "items": { "type": "array", "items": { "type": "object", "required": ["activity", "cumulative_e3"], "properties": {
                    "activity": { "type": "string" },
                    "cumulative_e3": { "type": "integer", "description": "Done so far, in thousandths of the unit" } } } },
                "hands": counts(&WORDS.trades, WORDS.most, "Hands on site by trade"),
                "machines": counts(&WORDS.machines, WORDS.most_machines, "Machines on site"),
                "stock_e3": { "type": "object", "description": "Materials on hand, in thousandths of the unit", "propertyNames": { "enum": WORDS.material_ids() }, "additionalProperties": { "type": "integer", "minimum": 0, "maximum": WORDS.most_stock * 1000 } },
                "cover_days": counts(&WORDS.material_ids(), WORDS.most, "Days that materials on hand will last"),
                "weather_hours": { "type": "integer", "minimum": 0, "maximum": 24 },
                "hindrance": { "type": "object", "required": ["kind", "decider", "remark"], "properties": {
                    "kind": { "enum": WORDS.hindrances }, "decider": { "type": "string" }, "remark": { "type": "string" } } },
                "written_at": { "type": "string", "format": "date-time" } } },
        },
    })
}

/// Why something was not done (RFC 9457).
fn problem() -> Value {
    let text = || json!({ "type": "string" });
    json!({ "type": "object", "properties": {
        "title": text(), "status": { "type": "integer" }, "detail": text(),
        "code": { "type": "string", "example": "R-108" }, "field": text(),
        "params": { "type": "object", "description": "Parts of the sentence; `at` names the report of a list" } } })
}
