"""Files to share: the same ones for the same seed."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import hashlib
import random

CHUNK = 1 << 20


def make_file(path, size, seed=0):
    """A file of random bytes. Returns its path."""
    dice = random.Random(f'{seed}/{path.name}')
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, 'wb') as file:
        while size > 0:
            file.write(dice.randbytes(min(size, CHUNK)))
            size -= CHUNK
    return path


def make_tree(folder, seed=0, scale=1):
    """Many sizes around the borders of pieces and blocks, folders, nothing at all, and
    names in several scripts. Returns the folder."""
    sizes = {
        'a first file': 100_000,
        'empty': 0,
        'one byte': 1,
        'docs/ένα αρχείο.txt': 16_384,
        'docs/Ünïcödé «quotes» & 100%.bin': 65_537,
        'docs/deeper/日本語のファイル': 300_001,
        'docs/deeper/empty too': 0,
        'zz/🦆 last': 1_234_567,
    }
    for name, size in sizes.items():
        make_file(folder / name, size * scale, seed)
    return folder


def digest(path):
    """SHA-256 of a file."""
    total = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(CHUNK):
            total.update(chunk)
    return total.hexdigest()


def digests(path):
    """SHA-256 of every file below a folder, by its relative path; or of the one file."""
    if path.is_file():
        return {'': digest(path)}
    return {str(file.relative_to(path)): digest(file) for file in sorted(path.rglob('*')) if file.is_file()}
