"""How far the oracle lies from LXT, the authors' own implementation, where LXT knows the family.

usage: python lxt_check.py ZOO STATES [family …]      in an environment with lxt 2.1 and transformers 4.52.4; STATES comes from make_zoo.py --states
Each case gets `lxt: {attnlrp, cplrp}`: the largest difference relative to the largest relevance.
"""

import glob
import importlib
import json
import os
import subprocess
import sys

FAMILIES = {
    "bert": ("bert", "BertForSequenceClassification"), "bert-bias-free": ("bert", "BertForSequenceClassification"),
    "gpt2": ("gpt2", "GPT2LMHeadModel"), "llama": ("llama", "LlamaForCausalLM"), "llama-bias-free": ("llama", "LlamaForCausalLM"),
    "smollm2": ("llama", "LlamaForCausalLM"), "qwen2": ("qwen2", "Qwen2ForCausalLM"), "qwen3": ("qwen3", "Qwen3ForCausalLM"),
    "gemma3": ("gemma3", "Gemma3ForCausalLM"),
}
MAPS = {"attnlrp": "attnLRP", "cplrp": "cp_LRP"}


def relevance(states: str, name: str, method: str, case: dict) -> list[float]:
    """LXT's relevance per token. Its patch cannot be undone, so every call wants a process of its own."""
    import lxt.efficient
    import torch
    import transformers
    family, head = FAMILIES[name]
    module = importlib.import_module(f"transformers.models.{family}.modeling_{family}")
    lxt.efficient.monkey_patch(module, getattr(importlib.import_module(f"lxt.efficient.models.{family}"), MAPS[method]))
    eager = {} if family == "bert" else {"attn_implementation": "eager"}
    config = transformers.AutoConfig.from_pretrained(f"{states}/{name}")
    if "rope_theta" in (rope := getattr(config, "rope_parameters", None) or {}): config.rope_theta = rope["rope_theta"]      # as transformers 5 saves it
    if "full_attention" in (kinds := getattr(config, "layer_types", None) or []): config.sliding_window_pattern = kinds.index("full_attention") + 1
    model = getattr(module, head).from_pretrained(f"{states}/{name}", config=config, **eager).float().eval().requires_grad_(False)
    ids = torch.tensor(case["inputs"]["input_ids"]["data"]).reshape(1, -1)
    embeddings = model.get_input_embeddings()(ids).detach().requires_grad_()
    logits = model(inputs_embeds=embeddings, attention_mask=torch.ones_like(ids), **({} if family == "bert" else {"use_cache": False})).logits
    value = logits[tuple(case["target"]["index"])]
    assert abs(float(value) - case["target"]["value"]) < 1e-3 * max(1, abs(float(value))), f"another logit: {float(value)}"
    value.backward()
    return (embeddings * embeddings.grad).sum(-1)[0].tolist()


def main(zoo: str, states: str, *wanted: str):
    for name in wanted or FAMILIES:
        files = [f for f in glob.glob(f"{zoo}/{name}-*/case.json") if (c := json.load(open(f)))["family"] == name and c["variant"] is None]
        if not files or not os.path.isdir(f"{states}/{name}"): continue
        case, found = json.load(open(files[0])), {}
        for method in MAPS:
            run = subprocess.run([sys.executable, __file__, "--one", states, name, method, files[0]], capture_output=True, text=True)
            if run.returncode:
                print(f"{name} {method}: FAILED {run.stderr.strip().splitlines()[-1][:200]}", flush=True)
                continue
            got, want = json.loads(run.stdout.splitlines()[-1]), case["sources"][0][method]
            found[method] = float(f"{max(abs(a - b) for a, b in zip(got, want)) / max(map(abs, want)):.2g}")
        print(name, found, flush=True)
        for path in files:
            with open(path) as f: case = json.load(f)
            with open(path, "w") as f: json.dump({**case, "lxt": found}, f, separators=(",", ":"))


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        states, name, method, path = sys.argv[2:]
        print(json.dumps(relevance(states, name, method, json.load(open(path)))))
    else: main(*sys.argv[1:])
