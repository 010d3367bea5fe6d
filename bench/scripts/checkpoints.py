"""Checkpoints of well-known sizes with random weights: time and memory do not depend on what they have learned.

Needs torch, transformers, onnx and onnxruntime. Writes OUT/<name>/onnx/model.onnx:

  minilm        BERT of MiniLM-L6's size, 2,048 positions (fp32); minilm-int8 is the same with dynamic int8 weights per channel
  minilm-L<n>   the same with n layers: 2, 4, 8, 12, 24
  smollm2       Llama of SmolLM2-135M's size (fp32)
"""
import argparse
import os
import warnings

import torch
import transformers
from onnxruntime.quantization import QuantType, quantize_dynamic


class Logits(torch.nn.Module):
    """Positional inputs, logits out."""

    def __init__(self, model, names):
        super().__init__()
        self.model, self.names = model.eval(), names

    def forward(self, *inputs):
        return self.model(**dict(zip(self.names, inputs))).logits


def bert(layers):
    return transformers.BertForSequenceClassification(transformers.BertConfig(
        vocab_size=30522, hidden_size=384, num_hidden_layers=layers, num_attention_heads=12, intermediate_size=1536,
        max_position_embeddings=2048, num_labels=2))


def llama():
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
        max_position_embeddings=8192, tie_word_embeddings=True, use_cache=False))


def export(model, names, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    ids = torch.randint(5, 90, (1, 9))
    sample = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(Logits(model, names), tuple(sample[n] for n in names), path, input_names=names, output_names=["logits"],
                          opset_version=17, dynamic_axes={n: {0: "batch", 1: "sequence"} for n in names}, dynamo=False)


def make(out, name):
    torch.manual_seed(0)
    path = os.path.join(out, name, "onnx", "model.onnx")
    if os.path.exists(path):
        return
    if name == "minilm-int8":
        make(out, "minilm")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        quantize_dynamic(os.path.join(out, "minilm", "onnx", "model.onnx"), path, weight_type=QuantType.QInt8, per_channel=True,
                         reduce_range=True)
    elif name == "smollm2":
        export(llama(), ["input_ids", "attention_mask"], path)
    else:
        layers = int(name.split("-L")[1]) if "-L" in name else 6
        export(bert(layers), ["input_ids", "attention_mask", "token_type_ids"], path)
    print(f"{name}: {os.path.getsize(path) / 1e6:.1f} MB")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("out", metavar="OUT")
    arguments.add_argument("names", metavar="NAME", nargs="*", help="those of minilm, minilm-int8 and smollm2 that are missing, unless named")
    given = arguments.parse_args()
    for wanted in given.names or ["minilm", "minilm-int8", "smollm2"]:
        make(given.out, wanted)
