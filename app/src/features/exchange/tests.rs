//! Tests of imports and exports through the pages.
