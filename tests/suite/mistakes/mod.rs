//! Mistakes that people make, and all that they are told: what failed, where, and what to do about it.

mod aws;
mod command_line;
mod connecting;
mod lists;
mod local;
mod manifest;
mod network;
mod requirements;
mod values;
