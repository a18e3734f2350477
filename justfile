# List the recipes.
default:
    @just --list

# Format, lints, documentation, and the dependencies against deny.toml.
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
    .ci/deny
    .ci/lint

# All tests.
test:
    cargo test

# All tests, with all kills and races. `cargo test` takes a fifth of them, chosen by a seed that it prints.
test-all:
    LLS_TEST_ALL=1 cargo test

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

# Measure what bytecode is worth, and write the tables of docs/cold-starts.md: `just bench-imports python3.12 python3.13`.
bench-imports *PYTHONS="python3":
    cargo build --release
    python3 bench/imports.py --pythons {{PYTHONS}}

# Measure single parts: fingerprints, archives, wheels, locks, plans. For changes that make one of them slower.
bench-micro:
    cargo bench --bench micro

# Build and import a layer of every package in corpus/packages.txt, or of those named, and write docs/compatibility.md.
corpus *PACKAGES:
    cargo build --release
    python3 corpus/run.py {{PACKAGES}}
