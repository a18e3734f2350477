"""Writes the seeds that are no text, small wheels and ends of archives, into fuzz/corpus.

Deterministic, and made from nothing: the repository holds no binary files. The other seeds stand in fuzz/seeds.
"""

import base64
import hashlib
import io
import struct
import zipfile
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
INFO = "demo-1.0.dist-info"
DATA = "demo-1.0.data"
METADATA = {f"{INFO}/METADATA": b"Name: demo\nVersion: 1.0\n", f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"}
MODULE = {"demo/__init__.py": b"x = 1\n" * 9}


class Stream(io.RawIOBase):
    """Cannot seek, so that zipfile writes data descriptors."""

    def __init__(self):
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.bytes += data
        return len(data)


def record(files):
    rows = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(content)}\n")
    return "".join(rows + [f"{INFO}/RECORD,,\n"]).encode()


def archive(files, method=zipfile.ZIP_DEFLATED, stream=False, zip64=False, comment=b"", modes={}):
    target = Stream() if stream else io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.comment = comment
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.create_system = 3
            info.external_attr = modes.get(name, 0o100644) << 16
            with archive.open(info, "w", force_zip64=zip64) as entry:
                entry.write(content)
    return bytes(target.bytes) if stream else target.getvalue()


def wheel(files, record_of=None, **options):
    files = {**files, **METADATA}
    listed = record(files) if record_of is None else record_of
    return archive({**files, f"{INFO}/RECORD": listed}, **options)


def zip64_end(plain):
    """The same archive with the end records of ZIP64."""
    end = plain.rindex(b"PK\5\6")
    count, size, offset = struct.unpack("<HII", plain[end + 10 : end + 20])
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    last = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return plain[:end] + record + locator + last


def directory_elsewhere(plain, bytes_between):
    """The directory stands where the end record says, but not directly before it."""
    end = plain.rindex(b"PK\5\6")
    return plain[:end] + bytes_between + plain[end:]


def split(plain):
    """An archive's entries, its directory, and the number of entries."""
    end = plain.rindex(b"PK\5\6")
    count, size, offset = struct.unpack("<HII", plain[end + 10 : end + 20])
    return plain[:offset], plain[offset:end], count


def two_directories():
    """Two wheels in one: readers that go by the end record's offset see one, those that go by its position the other.

    A digital signature's mark ends the first directory. The entries of the second stand in a gap behind the first's.
    """
    seen, first, _ = split(wheel({"seen.py": b"1"}, method=zipfile.ZIP_STORED))
    hidden, second, count = split(wheel({"hidden.py": b"2"}, method=zipfile.ZIP_STORED))
    start = len(seen) + len(hidden)
    between = len(first) + 6  # what Python's zipfile adds to every offset
    shifted = bytearray(second)
    for at in [at for at in range(len(second)) if second.startswith(b"PK\1\2", at)]:
        offset = struct.unpack("<I", second[at + 42 : at + 46])[0] + len(seen) - between
        shifted[at + 42 : at + 46] = struct.pack("<I", offset)
    mark = struct.pack("<4sH", b"PK\5\5", len(second))
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(second), start, 0)
    return seen + hidden + first + mark + bytes(shifted) + end


def wrong_count(plain):
    """The end record counts fewer entries than the directory has."""
    end = plain.rindex(b"PK\5\6")
    return plain[: end + 8] + struct.pack("<HH", 1, 1) + plain[end + 12 :]


def offset_beyond(plain, distance):
    """The end record says that the directory starts later than it does."""
    end = plain.rindex(b"PK\5\6")
    offset = struct.unpack("<I", plain[end + 16 : end + 20])[0] + distance
    return plain[: end + 16] + struct.pack("<I", offset) + plain[end + 20 :]


def gap(plain):
    """Bytes that belong to no entry stand between the last entry and the directory."""
    end = plain.rindex(b"PK\5\6")
    offset = struct.unpack("<I", plain[end + 16 : end + 20])[0]
    moved = plain[:offset] + b"hidden" + plain[offset:]
    end += 6
    return moved[: end + 16] + struct.pack("<I", offset + 6) + moved[end + 20 :]


def without_utf8_flag():
    """A name of other than ASCII letters without the flag that says that it is UTF-8."""
    plain = wheel({"\u00e9.py": b""}, method=zipfile.ZIP_STORED)
    return plain.replace(struct.pack("<HH", 20, 0x800), struct.pack("<HH", 20, 0))


def wheels():
    stored = zipfile.ZIP_STORED
    plain = wheel(MODULE, method=stored)
    folders = {f"{DATA}/{folder}/{folder}.txt": b"" for folder in ("purelib", "platlib", "data", "scripts", "headers")}
    yield "stored", plain
    yield "deflated", wheel(MODULE)
    yield "descriptors", wheel(MODULE, stream=True)
    yield "zip64_sizes", wheel(MODULE, zip64=True)
    yield "zip64_end", zip64_end(plain)
    yield "comment", wheel(MODULE, comment=b"a comment")
    yield "data_folders", wheel({**MODULE, **folders})
    yield "twice_in_one_place", wheel({"a.py": b"1", f"{DATA}/purelib/a.py": b"2"})
    yield "record_in_data_folder", wheel({**MODULE, f"{DATA}/purelib/{INFO}/RECORD": b""})
    yield "file_and_folder", wheel({"a": b"", "a/b.py": b""})
    yield "folders", wheel({"demo/": b"", **MODULE}, modes={"demo/": 0o040755})
    yield "executable", wheel({"demo/run": b"#!"}, modes={"demo/run": 0o100755})
    yield "symlink", wheel({"demo/link": b"target"}, modes={"demo/link": 0o120777})
    yield "byte_code", wheel({**MODULE, "demo/__pycache__/a.pyc": b"x", "b.pyc": b""})
    yield "record_empty", wheel(MODULE, record_of=b"")
    yield "record_too_long", wheel(MODULE, record_of=record({**MODULE, "gone.py": b""}))
    yield "record_quoted", wheel({'de,mo/"a".py': b""}, record_of=b'"de,mo/""a"".py",,\n')
    yield "record_no_list", wheel(MODULE, record_of=b'"\xff\n\r\n,,,,,')
    yield "no_record", archive({**MODULE, **METADATA})
    yield "two_dist_infos", wheel({"other-1.dist-info/METADATA": b""})
    yield "climbing", wheel({"../a.py": b""})
    yield "unicode", wheel({"é/\u212b.py": b"", "e\u0301/a": b""})
    yield "empty", archive({})
    yield "directory_elsewhere", directory_elsewhere(plain, b"hidden")
    yield "two_directories", two_directories()
    yield "wrong_count", wrong_count(plain)
    yield "offset_beyond", offset_beyond(plain, 5)
    yield "gap_before_directory", gap(plain)
    yield "without_utf8_flag", without_utf8_flag()


def tails():
    ours = archive(MODULE, comment=b"lls:1:" + b"0123456789abcdef" * 4)
    huge = zip64_end(archive({f"{n}.py": b"" for n in range(3)}))
    for name, content in {"ours": ours, "zip64": huge, "descriptors": archive(MODULE, stream=True)}.items():
        for kind, number in enumerate([0, 1 << 33, len(content), len(content) // 2]):
            yield f"{name}_{kind}", struct.pack("<BQ", kind, number) + content
    directory = ours.index(b"PK\1\2")
    yield "directory", struct.pack("<BQ", 1, directory) + ours[directory:]
    sizes = struct.pack("<HHQQ", 1, 16, 0xFFFFFFFFFFFFFFFF, 0)
    wide = b"".join(
        struct.pack("<4s4B4HIIIHHHHHII", b"PK\1\2", 45, 3, 45, 0, 0, 0, 0, 33, 0, 0, 0xFFFFFFFF, 1, len(sizes), 0, 0, 0, 0, 0)
        + name
        + sizes
        for name in (b"a", b"b")
    )
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2, 2, len(wide), 0, 0)
    yield "sizes_beyond_64_bits", struct.pack("<BQ", 0, 0) + wide + end


def main():
    for target, seeds in {"wheel": wheels(), "archive_tail": tails()}.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in seeds:
            (folder / name).write_bytes(content)


main()
