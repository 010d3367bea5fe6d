"""Writes golden checkpoints with torch's own answers beside them.

usage: python make_zoo.py OUT [--seed 1] [--hidden 24] [--layers 2] [--tokens 7] [--families bert,gpt2] [--states DIR]
"""

import argparse
import contextlib
import io
import os

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", CUDA_VISIBLE_DEVICES="")

import torch
import transformers

from export import EXPORTERS, FUSED_ATTENTION, Prepared, export_case
from families import FAMILIES, Size


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=Size.hidden)
    parser.add_argument("--layers", type=int, default=Size.layers)
    parser.add_argument("--tokens", type=int, default=Size.tokens)
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--exporters", default=",".join(EXPORTERS))
    parser.add_argument("--states", help="also save every checkpoint there for torch (save_pretrained), for lxt_check.py")
    return parser.parse_args()


def main():
    options = arguments()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    size = Size(hidden=options.hidden, layers=options.layers, tokens=options.tokens)
    for name in options.families.split(","):
        try:
            prepared = Prepared(name, size, options.seed)
        except Exception as error:
            print(f"{name}: FAILED to build or to explain, {type(error).__name__} {str(error)[:200]}", flush=True)
            continue
        for exporter in options.exporters.split(","):
            if exporter == "dynamo23" and name not in FUSED_ATTENTION: continue
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()): line = export_case(options.out, prepared, exporter)
            print(line, flush=True)
        if options.states and prepared.config is not None: prepared.model.save_pretrained(os.path.join(options.states, name))


if __name__ == "__main__": main()
