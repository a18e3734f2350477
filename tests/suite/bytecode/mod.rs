//! Bytecode: its bytes, where it is in a layer, and what Python makes of it.

mod determinism;
mod layers;
mod plans;
mod pythons;
mod trust;
