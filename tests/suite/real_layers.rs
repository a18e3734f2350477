//! The layers that people really make: locked, built, unpacked, and used by a real CPython.
//!
//! Some 150 MB come from the package index once; the tests' cache in `target/` keeps them.

use expect_test::{Expect, expect};

use crate::building::manifest;
use crate::python::{built, evaluate, runtime, unpack};
use crate::support::project::Project;

/// A package, its version, and the module that it brings.
type Package = (&'static str, &'static str, &'static str);

/// The same version wherever it is needed, so that it is downloaded once.
const NUMPY: Package = ("numpy", "2.2.6", "numpy");
const PILLOW: Package = ("pillow", "11.3.0", "PIL");

/// Holds every file of the packages in `PACKAGES` against its `RECORD`, and prints `done` with their versions.
const FINISH: &str = r"
import base64, hashlib, importlib.metadata, json, sys
for package in PACKAGES:
    assert package in importlib.metadata.packages_distributions().get(MODULES[package], []), package
    files = importlib.metadata.files(package)
    hashed = [file for file in files if file.hash is not None]
    assert len(hashed) >= len(files) - 2, package
    for file in hashed:
        content = file.read_binary()
        digest = base64.urlsafe_b64encode(hashlib.new(file.hash.mode, content).digest())
        assert digest.rstrip(b'=').decode() == file.hash.value and len(content) == file.size, file
for module in set(MODULES.values()):
    assert sys.modules[module].__file__.startswith(sys.path[1]), module
print(json.dumps([done, {package: importlib.metadata.version(package) for package in PACKAGES}]))
";

/// Builds a layer of packages and runs `script` on it.
fn check(packages: &[Package], script: &str, expected: Expect) {
    let runtime = runtime();
    let pins = packages
        .iter()
        .map(|(name, version, _)| format!("{name}=={version}\n"));
    let project = Project::new()
        .manifest(&manifest(&format!("\"{runtime}\""), ""))
        .file("layers/app/requirements.txt", pins.collect::<String>());
    let opt = unpack(&built(&project, "app"));
    let names = packages.iter().map(|(name, ..)| *name).collect::<Vec<_>>();
    let modules: std::collections::BTreeMap<_, _> = packages
        .iter()
        .map(|(name, _, module)| (*name, *module))
        .collect();
    let modules = serde_json::to_string(&modules).unwrap();
    let script = format!("{script}\nPACKAGES = {names:?}\nMODULES = {modules}\n{FINISH}");
    let seen = evaluate(opt.path(), &script);
    expected.assert_eq(&format!("{seen}\n"));
}

#[test]
fn numpy_and_pandas_work() {
    let script = r"
import numpy, pandas
frame = pandas.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'x']})
done = [int(numpy.arange(10).sum()), frame.groupby('b').a.sum().to_dict()]
";
    check(
        &[NUMPY, ("pandas", "2.3.1", "pandas")],
        script,
        expect![[r#"
            [[45,{"x":4,"y":2}],{"numpy":"2.2.6","pandas":"2.3.1"}]
        "#]],
    );
}

#[test]
fn scipy_works() {
    let script = r"
import scipy.linalg, scipy.optimize
inverse = scipy.linalg.inv([[2.0, 1.0], [1.0, 1.0]])
root = scipy.optimize.brentq(lambda x: x * x - 2, 0, 2)
done = [inverse.round(6).tolist(), round(root, 6)]
";
    check(
        &[("scipy", "1.15.3", "scipy"), NUMPY],
        script,
        expect![[r#"
            [[[[1.0,-1.0],[-1.0,2.0]],1.414214],{"numpy":"2.2.6","scipy":"1.15.3"}]
        "#]],
    );
}

#[test]
fn matplotlib_works() {
    let script = r"
import io, os, tempfile
os.environ['MPLCONFIGDIR'] = tempfile.mkdtemp()
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot
figure, axes = matplotlib.pyplot.subplots()
axes.plot([1, 2], [3, 4])
image = io.BytesIO()
figure.savefig(image, format='png')
done = [image.getvalue()[:8].hex(), len(image.getvalue()) > 5000]
";
    check(
        &[("matplotlib", "3.10.3", "matplotlib"), NUMPY, PILLOW],
        script,
        expect![[r#"
            [["89504e470d0a1a0a",true],{"matplotlib":"3.10.3","numpy":"2.2.6","pillow":"11.3.0"}]
        "#]],
    );
}

#[test]
fn cryptography_works() {
    let script = r"
import cryptography, cryptography.fernet
fernet = cryptography.fernet.Fernet(cryptography.fernet.Fernet.generate_key())
done = fernet.decrypt(fernet.encrypt(b'secret')).decode()
";
    check(
        &[("cryptography", "45.0.5", "cryptography")],
        script,
        expect![[r#"
            ["secret",{"cryptography":"45.0.5"}]
        "#]],
    );
}

#[test]
fn pydantic_works() {
    let script = r"
import pydantic
class Point(pydantic.BaseModel):
    x: int
    y: int = 2
try:
    Point(x='no number')
except pydantic.ValidationError as error:
    done = [Point(x='1').model_dump(), error.error_count()]
";
    check(
        &[("pydantic", "2.11.7", "pydantic")],
        script,
        expect![[r#"
        [[{"x":1,"y":2},1],{"pydantic":"2.11.7"}]
    "#]],
    );
}

#[test]
fn psycopg2_works() {
    let script = r"
import psycopg2, psycopg2.extensions
try:
    psycopg2.connect(host='127.0.0.1', port=1, connect_timeout=5)
except psycopg2.OperationalError as error:
    done = [psycopg2.__version__.split()[0], 'port 1 failed' in str(error)]
";
    check(
        &[("psycopg2-binary", "2.9.10", "psycopg2")],
        script,
        expect![[r#"
            [["2.9.10",true],{"psycopg2-binary":"2.9.10"}]
        "#]],
    );
}

#[test]
fn pillow_works() {
    let script = r"
import io, PIL, PIL.Image
image = io.BytesIO()
PIL.Image.new('RGB', (3, 2), 'red').save(image, format='PNG')
image = PIL.Image.open(image).resize((6, 4))
done = [image.size, image.getpixel((5, 3))]
";
    check(
        &[PILLOW],
        script,
        expect![[r#"
        [[[6,4],[255,0,0]],{"pillow":"11.3.0"}]
    "#]],
    );
}
