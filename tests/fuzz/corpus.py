"""A corpus as one file of lines (`tests/fuzz.rs` says how) to the folder that libFuzzer wants, and back.

    corpus.py unpack FILE FOLDER        corpus.py pack FOLDER FILE MOST
"""
import hashlib
import re
import sys
from pathlib import Path

ESCAPES = {10: "\\n", 13: "\\r", 9: "\\t", 92: "\\\\", 34: '\\"', 39: "\\'"}


def escape(data):
    return "".join(ESCAPES.get(b) or (chr(b) if 32 <= b < 127 else f"\\x{b:02x}") for b in data)


def unescape(line):
    named = {"n": "\n", "r": "\r", "t": "\t"}
    plain = lambda m: chr(int(m[1][1:], 16)) if m[1].startswith("x") and len(m[1]) == 3 else named.get(m[1], m[1])
    return re.sub(r"\\(x[0-9a-f]{2}|.)", plain, line).encode("latin-1")


def main():
    how, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if how == "unpack":
        target.mkdir(parents=True, exist_ok=True)
        for line in source.read_text().splitlines() if source.exists() else []:
            data = unescape(line)
            (target / hashlib.sha1(data).hexdigest()).write_bytes(data)
        return
    inputs = sorted({file.read_bytes() for file in source.iterdir()}, key=lambda data: (len(data), data))
    lines = [escape(data) for data in inputs if len(data) <= 2048]
    # Of too many, some of every length.
    most = int(sys.argv[4])
    step = max(1, -(-len(lines) // most))
    target.write_text("".join(line + "\n" for line in lines[::step]))


main()
