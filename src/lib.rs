//! The library behind the `lls` command.

// As in main.rs: futures are deep.
#![recursion_limit = "256"]

pub mod apply;
pub mod archive;
pub mod build;
pub mod bytecode;
pub mod cache;
pub mod cli;
pub mod commands;
pub mod digest;
pub mod doctor;
pub mod ecosystem;
pub mod elf;
pub mod error;
pub mod http;
pub mod input;
pub mod layer;
pub mod manifest;
pub mod observe;
pub mod plan;
pub mod process;
pub mod progress;
pub mod reconcile;
pub mod registry;
pub mod render;
pub mod trial;
