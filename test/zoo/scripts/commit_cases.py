"""Copies the cases that the tests need from a zoo into ../cases.

usage: python commit_cases.py OUT      OUT was filled by make_zoo.py, variants.py, layouts.py, handmade.py, experts.py and genai.py with their defaults
"""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    lines = (HERE / "committed.txt").read_text().splitlines()
    return sorted(name for line in lines if not line.startswith("#") for name in line.split())


def main(zoo: Path):
    target = HERE.parent / "cases"
    shutil.rmtree(target, ignore_errors=True)
    missing = [name for name in names() if not (zoo / name / "case.json").exists()]
    if missing: raise SystemExit(f"not in {zoo}: {' '.join(missing)}")
    for name in names(): shutil.copytree(zoo / name, target / name)
    files = [f for f in target.rglob("*") if f.is_file()]
    print(f"{len(names())} cases, {len(files)} files, {sum(f.stat().st_size for f in files) / 1e6:.1f} MB")


if __name__ == "__main__": main(Path(sys.argv[1]))
