//! Micro-benchmarks of what each plan and build does for every layer: `just bench-micro`.
//!
//! `bench/run.py` measures whole runs and compares them with other tools; this tells which part became slower.

#![allow(missing_docs, reason = "criterion makes the functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark may fail where it stands")]

use std::collections::BTreeSet;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lls::archive::{
    ArchiveComment, ArchiveLayout, EntryPath, EntryPlace, Listing, ListingEntry, Mode, NewEntry,
    Stream,
};
use lls::build::Builder;
use lls::cache::{CachePlaces, FileIndex, NoteKey};
use lls::digest::Sha256;
use lls::ecosystem::python::lock::{Lock, LockedWheel};
use lls::ecosystem::python::wheel::WheelLayout;
use lls::ecosystem::python::{Tools, UvSource};
use lls::ecosystem::{LockPolicy, Workbench};
use lls::input::Repository;
use lls::layer::{Policy, PublishedVersion, VersionMetadata, VersionNumber};
use lls::manifest::{Manifest, Republish};
use lls::plan::{Desired, DesiredArchive, Observed, ObservedContent, plan_layer};
use lls::progress::Silent;

const MANIFEST: &str = r#"[targets.local]
directory = "registry"

[layers.app]
description = "v1.0.0"
runtimes = ["python3.12"]
prefix = "python"
"#;

fn path(text: &str) -> EntryPath {
    text.parse().unwrap()
}

/// Entries of 1 kB at paths that `name` makes, sorted.
fn entries(count: usize, name: impl Fn(usize) -> String) -> Vec<NewEntry<'static>> {
    let stream = Stream::of(&[7; 1000]);
    let entry = |number| NewEntry {
        path: path(&name(number)),
        mode: Mode::File,
        stream: stream.clone(),
    };
    (0..count).map(entry).collect()
}

/// From a folder of 1,000 files to a fingerprint, with and without knowing their hashes.
fn fingerprint(criterion: &mut Criterion) {
    let project = tempfile::tempdir().unwrap();
    let folder = project.path().join("layers/app");
    std::fs::create_dir_all(&folder).unwrap();
    for number in 0..1000 {
        std::fs::write(folder.join(format!("file{number:04}.py")), [b'x'; 2000]).unwrap();
    }
    let repository = Repository::around(project.path(), project.path(), &[]);
    let path = project.path().join("layers.toml");
    let manifest = Manifest::parse(&path, MANIFEST.into(), &repository).unwrap();
    let layers: Vec<_> = manifest.layers.iter().collect();
    let places = CachePlaces {
        project: project.path().to_owned(),
        user: project.path().join("cache"),
        key: NoteKey::of_this_run().unwrap(),
    };
    let builder = || {
        let bench = Workbench {
            artifacts: places.artifacts(),
            repository: repository.clone(),
            lock_policy: LockPolicy::Locked,
            progress: &Silent,
            python: Tools::new(UvSource::default()),
        };
        Builder::new(&places, bench).unwrap()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let prepare = |builder: &Builder<'_>| {
        let inputs = runtime.block_on(builder.prepare(&layers));
        black_box(inputs[0].as_ref().unwrap().fingerprint)
    };
    criterion.bench_function("fingerprint of 1,000 own files, read", |bencher| {
        let mut builder = builder();
        bencher.iter(|| {
            builder.files = FileIndex::default();
            prepare(&builder)
        });
    });
    criterion.bench_function("fingerprint of 1,000 own files, known", |bencher| {
        let builder = builder();
        prepare(&builder);
        bencher.iter(|| prepare(&builder));
    });
}

fn archive(criterion: &mut Criterion) {
    let entries = entries(10_000, |number| {
        format!("python/package/file{number:05}.py")
    });
    criterion.bench_function(
        "archive of 10,000 entries, laid out and written",
        |bencher| {
            bencher.iter(|| {
                let layout = ArchiveLayout::new(&entries, ArchiveComment::of(Sha256::of("")));
                black_box(layout.unwrap().to_bytes())
            });
        },
    );
}

fn wheel(criterion: &mut Criterion) {
    let mut entries = entries(1997, |number| format!("alpha/file{number:04}.py"));
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| [entry.path.as_str(), ",,\n"].concat())
        .collect();
    let record = rows.concat();
    let metadata = [
        (
            "METADATA",
            "Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\n",
        ),
        ("RECORD", record.as_str()),
        (
            "WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
    ];
    entries.extend(metadata.map(|(name, text)| NewEntry {
        path: path(&format!("alpha-1.0.dist-info/{name}")),
        mode: Mode::File,
        stream: Stream::of(text.as_bytes()),
    }));
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let layout = ArchiveLayout::new(&entries, ArchiveComment::of(Sha256::of("")));
    let bytes = layout.unwrap().to_bytes();
    let name = "alpha".parse().unwrap();
    criterion.bench_function("directory of a wheel of 2,000 entries, read", |bencher| {
        bencher.iter(|| {
            WheelLayout::read(black_box(&bytes), &name, "1.0")
                .unwrap()
                .placements
                .len()
        });
    });
}

fn lock(criterion: &mut Criterion) {
    let wheel = |number: usize| LockedWheel {
        name: format!("package-{number}").parse().unwrap(),
        version: "1.2.3".to_owned(),
        pythons: None,
        sha256: Sha256::of(number.to_string()),
        built: None,
    };
    let lock = Lock {
        inputs: Sha256::of(""),
        wheels: (0..200).map(wheel).collect(),
        is_whole: true,
    };
    let text = lock.to_string();
    criterion.bench_function("lock of 200 wheels, parsed", |bencher| {
        bencher.iter(|| black_box(&text).parse::<Lock>().unwrap());
    });
}

fn listing(crc32: u32) -> Listing {
    let entry = |number| ListingEntry {
        path: path(&format!("python/app/file{number:04}.py")),
        mode: Mode::File,
        size: 1000,
        crc32,
        place: EntryPlace::default(),
    };
    Listing((0..5000).map(entry).collect())
}

fn metadata(description: &str) -> VersionMetadata {
    VersionMetadata {
        description: description.to_owned(),
        runtimes: BTreeSet::from(["python3.12".parse().unwrap()]),
        architectures: BTreeSet::from(["x86_64".parse().unwrap()]),
        license: None,
    }
}

/// A layer whose 5,000 files all differ from the published ones.
fn desired() -> Desired {
    let listing = listing(1);
    let own_files: BTreeSet<_> = listing.0.iter().map(|entry| entry.path.clone()).collect();
    Desired {
        layer: "app".parse().unwrap(),
        description: "v1.1.0".parse().unwrap(),
        description_position: None,
        metadata: metadata("v1.1.0"),
        comment: ArchiveComment::of(Sha256::of("new inputs")),
        without_bytecode: None,
        trusts_comments: true,
        sha256: Some(Sha256::of("new")),
        archive: Some(DesiredArchive {
            size: 5_000_000,
            listing,
            own_files,
            packages: Vec::new(),
        }),
        grantee: None,
        parameters: None,
        republish: Republish::Deny,
    }
}

fn observed() -> Observed {
    let number = VersionNumber(1);
    let version = PublishedVersion {
        number,
        arn: "arn:lls:lambda:directory:000000000000:layer:app:1".to_owned(),
        created: "2026-01-01T00:00:00Z".to_owned(),
        metadata: metadata("v1.0.0"),
    };
    let content = ObservedContent {
        sha256: Sha256::of("old"),
        size: 5_000_000,
        comment: None,
        listing: Some(listing(2)),
        policy: Policy::default(),
    };
    Observed {
        destination: "registry".to_owned(),
        versions: vec![version],
        contents: [(number, content)].into(),
        ..Observed::default()
    }
}

fn plan(criterion: &mut Criterion) {
    let (desired, observed) = (desired(), [observed()]);
    let planned = plan_layer(&desired, &observed);
    assert!(planned.destinations[0].is_change());
    criterion.bench_function("layer of 5,000 changed files, planned", |bencher| {
        bencher.iter(|| plan_layer(black_box(&desired), black_box(&observed)));
    });
}

criterion_group!(micro, fingerprint, archive, wheel, lock, plan);
criterion_main!(micro);
