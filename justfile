# List the recipes.
default:
    @just --list

# Format, lints, documentation, and the dependencies against deny.toml.
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
    .ci/deny

# All tests.
test:
    cargo test

# Accept what the tests print now as their snapshots. Review the diff.
bless:
    UPDATE_EXPECT=1 cargo test

# Write the manifest's schema and reference, and what the documents' commands print. Review the diff.
docs:
    cargo run -- schema > docs/schema/layers.schema.json
    UPDATE_EXPECT=1 cargo test --test suite documents

# Fuzz every target for some seconds, one after another.
fuzz SECONDS:
    fuzz/run {{SECONDS}}

# What CI runs.
ci:
    bash .ci/run

# Measure lls and its peers, and write docs/benchmarks.md. Wants an idle machine and some minutes.
bench:
    cargo build --release
    python3 bench/run.py

# Measure single parts: fingerprints, archives, wheels, locks, plans. For changes that make one of them slower.
bench-micro:
    cargo bench --bench micro
