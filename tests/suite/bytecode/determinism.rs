//! Equal sources give equal bytes, in all orders and with all seeds of hashes, and the code that CPython would make.
//!
//! The sources are those of each CPython's own library, and of the folders in `LLS_TEST_SOURCES`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lls::archive::EntryPath;
use lls::bytecode::{Bytecode, CompileError, Compiler, write_batches};
use lls::layer::BytecodeMode;
use lls::process::Launcher;

use super::pythons;

/// A file.
struct File {
    path: EntryPath,
    file: PathBuf,
    size: u64,
}

/// The sources below a folder, without those that take long and show nothing else.
fn sources(folder: &Path) -> Vec<File> {
    let skipped = [
        "site-packages",
        "test",
        "tests",
        "idlelib",
        "lib2to3",
        "pydoc_data",
    ];
    let is_kept = |entry: &walkdir::DirEntry| {
        !entry
            .file_name()
            .to_str()
            .is_some_and(|name| skipped.contains(&name))
    };
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
    let files = walk.into_iter().filter_entry(is_kept).map(Result::unwrap);
    let is_source = |path: &Path| path.is_file() && path.extension().is_some_and(|end| end == "py");
    let sources = files.filter(|entry| is_source(entry.path()));
    let source = |entry: walkdir::DirEntry| {
        let below = entry.path().strip_prefix(folder).unwrap();
        let path = format!("python/{}", below.display()).parse().ok()?;
        let size = entry.metadata().ok()?.len();
        let file = entry.into_path();
        Some(File { path, file, size })
    };
    sources.filter_map(source).collect()
}

/// The folders with sources for a compiler: its library, and those that were named.
fn folders(compiler: &Compiler) -> Vec<PathBuf> {
    let script = "import os; print(os.path.dirname(os.__file__))";
    let library = run(compiler, &["-I", "-c", script]);
    let named = std::env::var("LLS_TEST_SOURCES").unwrap_or_default();
    let named = std::env::split_paths(&named).filter(|folder| folder.is_absolute());
    [library.trim().into()].into_iter().chain(named).collect()
}

/// Whether all sources are to be compiled, which takes minutes.
fn is_thorough() -> bool {
    std::env::var_os("LLS_TEST_SOURCES").is_some()
}

fn run(compiler: &Compiler, arguments: &[&str]) -> String {
    let output = Command::new(&compiler.program).args(arguments).output();
    let output = output.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The code of each source that is valid Python.
fn compile(
    compiler: &Compiler,
    sources: &[File],
    parallel: usize,
) -> BTreeMap<EntryPath, Option<Bytecode>> {
    try_compile(compiler, sources, parallel).unwrap_or_else(|error| panic!("{error:?}"))
}

fn try_compile(
    compiler: &Compiler,
    sources: &[File],
    parallel: usize,
) -> Result<BTreeMap<EntryPath, Option<Bytecode>>, CompileError> {
    let folder = tempfile::tempdir().unwrap();
    let read = |source: &File| Ok((source.path.clone(), fs::read(&source.file).unwrap()));
    let batches = write_batches(folder.path(), sources.iter().map(read)).unwrap();
    let launcher = Launcher::new(std::env::vars_os());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let runs = runtime.block_on(compiler.compile(&launcher, batches, parallel))?;
    let mut compiled = BTreeMap::new();
    for run in &runs {
        let paths = run.0.sources.iter().cloned();
        compiled.extend(paths.zip(compiler.codes(run)?));
    }
    Ok(compiled)
}

/// Compares files of bytecode with what this interpreter makes of their sources, and with its own idea of their headers.
const COMPARE: &str = r"
import importlib.util, json, marshal, sys, types, warnings
warnings.simplefilter('ignore')
def same(a, b):
    if type(a) is not type(b): return False
    if isinstance(a, types.CodeType):
        names = [n for n in dir(a) if n.startswith('co_') and n not in
                 ('co_consts', 'co_lines', 'co_positions', 'co_branches', 'co_lnotab')]
        return all(getattr(a, n) == getattr(b, n) for n in names) and same(a.co_consts, b.co_consts)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, frozenset):
        return a == b and sorted(map(repr, a)) == sorted(map(repr, b))
    return repr(a) == repr(b)
with open(sys.argv[1]) as file:
    files = json.load(file)
for source, path, pyc in files:
    with open(source, 'rb') as file: source = file.read()
    with open(pyc, 'rb') as file: pyc = file.read()
    assert pyc[:4] == importlib.util.MAGIC_NUMBER, path
    assert pyc[4:8] == b'\1\0\0\0' and pyc[8:16] == importlib.util.source_hash(source), path
    code = compile(source, '/opt/' + path, 'exec', dont_inherit=True, optimize=0)
    assert same(marshal.loads(pyc[16:]), code), path
print(len(files))
";

/// How many files of bytecode this interpreter finds to be what it would have made.
fn compared(
    compiler: &Compiler,
    sources: &[File],
    codes: &BTreeMap<EntryPath, Option<Bytecode>>,
) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let Some(code) = &codes[&source.path] else {
            continue;
        };
        let pyc = folder.path().join(format!("{index}.pyc"));
        let content = code.file(compiler.version, BytecodeMode::UncheckedHash);
        fs::write(&pyc, content.unwrap()).unwrap();
        files.push((&source.file, source.path.as_str(), pyc));
    }
    let list = folder.path().join("files.json");
    fs::write(&list, serde_json::to_string(&files).unwrap()).unwrap();
    let counted = run(compiler, &["-I", "-c", COMPARE, list.to_str().unwrap()]);
    counted.trim().parse().unwrap()
}

#[test]
fn bytecode_is_equal_in_all_orders_and_with_all_seeds() {
    let mut table = String::new();
    for compiler in pythons::compilers() {
        for folder in folders(compiler) {
            let mut sources = sources(&folder);
            assert!(sources.len() > 100, "{}", folder.display());
            if !is_thorough() {
                let mut number = 0..;
                sources.retain(|_| number.next().unwrap() % 5 == 0);
            }
            // Isolated interpreters take a new seed for each run.
            let first = compile(compiler, &sources, 2);
            sources.reverse();
            let second = compile(compiler, &sources, 1);
            sources.sort_by_key(|source| source.size);
            let third = compile(compiler, &sources, 3);
            for (path, code) in &first {
                assert!(*code == second[path] && *code == third[path], "{path}");
            }
            let count = compared(compiler, &sources, &first);
            let is_valid = |code: &&Option<Bytecode>| code.is_some();
            assert_eq!(count, first.values().filter(is_valid).count());
            table += &format!(
                "{} {}: {count} of {} sources compiled\n",
                compiler.program.display(),
                folder.display(),
                first.len()
            );
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bytecode.txt");
    fs::write(path, table).unwrap();
}

/// Files of sources that are made up.
fn made_up(folder: &Path, texts: &[(&str, &str)]) -> Vec<File> {
    let file = |(name, text): &(&str, &str)| {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        File {
            path: format!("python/{name}").parse().unwrap(),
            file,
            size: text.len() as u64,
        }
    };
    texts.iter().map(file).collect()
}

#[test]
fn what_is_not_valid_python_has_no_bytecode() {
    let folder = tempfile::tempdir().unwrap();
    let texts = [
        ("a.py", "a = 1\n"),
        ("b.py", "print 'a template'\n"),
        ("c.py", "c = '\0'\n"),
        ("d.py", "# coding: no-such-coding\n"),
        ("e.py", "e = 1\n"),
        ("f.py", ""),
    ];
    let sources = made_up(folder.path(), &texts);
    for compiler in pythons::compilers() {
        let codes = compile(compiler, &sources, 1);
        let valid: Vec<_> = codes.values().map(Option::is_some).collect();
        assert_eq!(valid, [true, false, false, false, true, true]);
    }
}

#[test]
fn a_source_that_exhausts_the_interpreter_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let deep = format!("x = {}1\n", "-".repeat(200_000));
    let texts = [("a.py", "a = 1\n"), ("deep.py", deep.as_str())];
    let sources = made_up(folder.path(), &texts);
    for compiler in pythons::compilers() {
        let refused = try_compile(compiler, &sources, 1);
        let error = refused.unwrap_err().to_string();
        assert!(
            error.contains("cannot compile `python/deep.py`: "),
            "{error}"
        );
    }
}

#[test]
fn an_interpreter_of_another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sources = made_up(folder.path(), &[("a.py", "a = 1\n")]);
    let other = Compiler {
        program: pythons::of(11).program.clone(),
        version: pythons::of(12).version,
    };
    let refused = try_compile(&other, &sources, 1);
    let error = refused.unwrap_err().to_string();
    let expected = "with the magic number 3495, not 3531";
    assert!(error.ends_with(expected), "{error}");
}
