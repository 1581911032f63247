#!/usr/bin/env python3
"""Runs the fuzz targets of a build folder: each for some time, two side by side.

    tests/fuzz/run.py BUILD [--seconds N] [--discard] [TARGET …]

What libFuzzer found interesting is added to tests/fuzz/corpus/TARGET, as small as it can be
made, unless it is to be discarded. Inputs that failed are left in BUILD/findings.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CORPUS = pathlib.Path(__file__).parent / 'corpus'
LIMITS = ['-timeout=10', '-rss_limit_mb=512']
# Each input of the stored corpora is small, so that they stay readable and quick.
KEPT_SIZE = 4096


def find_targets(build):
    """The programs of libFuzzer, by name."""
    folder = build / 'tests' / 'fuzz'
    return {path.name[len('fuzz-'):]: path for path in sorted(folder.glob('fuzz-*')) if path.is_file()}


def read_summary(output):
    """What libFuzzer says at the end of its work."""
    found = re.findall(r'^#(\d+)\s.*?cov: (\d+)', output, re.M)
    return 'inputs %s, edges %s' % found[-1] if found else 'nothing'


def fuzz(name, program, work, findings, seconds):
    """One target. Answers whether it was clean, and what it did."""
    found = work / name
    found.mkdir()
    command = [program, found, CORPUS / name, '-max_total_time=%d' % seconds, '-print_final_stats=1',
               '-artifact_prefix=%s/%s-' % (findings, name), *LIMITS]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    return name, run.returncode == 0, run.stdout


def merge(name, program, work):
    """Adds to the stored corpus what reaches anything new."""
    subprocess.run([program, '-merge=1', '-max_len=%d' % KEPT_SIZE, *LIMITS, CORPUS / name, work / name],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('--seconds', type=int, default=600)
    parser.add_argument('--discard', action='store_true')
    parser.add_argument('targets', nargs='*')
    arguments = parser.parse_intermixed_args()

    targets = find_targets(arguments.build)
    chosen = arguments.targets or list(targets)
    if not targets or set(chosen) - set(targets):
        sys.exit('no such target in %s; is it built with clang and -Dfuzz=true?' % arguments.build)
    findings = (arguments.build / 'findings').resolve()
    findings.mkdir(exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix='btfw-fuzz-'))
    clean = True
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(fuzz, name, targets[name], work, findings, arguments.seconds) for name in chosen]
            for job in concurrent.futures.as_completed(jobs):
                name, ok, output = job.result()
                print('%s %s: %s' % ('ok    ' if ok else 'FAILED', name, read_summary(output)), flush=True)
                if not ok:
                    clean = False
                    print(output[-6000:], flush=True)
        if not arguments.discard:
            for name in chosen:
                merge(name, targets[name], work)
    finally:
        shutil.rmtree(work)
    return 0 if clean else 1


if __name__ == '__main__':
    os.environ.setdefault('ASAN_OPTIONS', 'detect_leaks=1')
    sys.exit(main())
