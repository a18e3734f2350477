//! What the tests stand on: projects to run `lls` in, a Lambda API and a package index to talk to.

pub mod lambda_api;
pub mod manifest_schema;
pub mod ministack;
pub mod notes;
pub mod package_index;
pub mod plain_http;
pub mod programs;
pub mod project;
pub mod recorder;
pub mod report_schema;
pub mod run;
pub mod share;
pub mod source_package;
