"""What "meson install" will install, as the build knows it."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os
import re
import subprocess

ELF = b'\x7fELF'


def list_elf_files(build_root):
    """Paths of the built ELF files that are installed: program, library, plugins."""
    with open(os.path.join(build_root, 'meson-info', 'intro-installed.json'), encoding='utf-8') as file:
        candidates = sorted(json.load(file))
    paths = []
    for path in candidates:
        if os.path.isfile(path):
            with open(path, 'rb') as file:
                if file.read(len(ELF)) == ELF:
                    paths.append(path)
    return paths


def is_plugin(path):
    """Whether an installed ELF file is a module: KIND-NAME.so."""
    return re.fullmatch(r'[a-z]+-[a-z0-9_]+\.so', os.path.basename(path)) is not None


def is_library(path):
    """Whether an installed ELF file is the shared library."""
    return os.path.basename(path).startswith('libbtfw-')


def run_tool(*words):
    """What a program of binutils prints."""
    return subprocess.run(words, check=True, capture_output=True, text=True, env={**os.environ, 'LC_ALL': 'C'}).stdout
