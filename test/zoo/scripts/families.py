"""Tiny random checkpoints, one per family, with weights large enough that no path through the model is idle.

`FAMILIES[name].build(size)` gives an untrained model; `checkpoint(name, size, seed)` gives it weights and an input.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Callable

import torch
import transformers as tf
from torch import nn

from own_models import ConvolutionalClassifier, RecurrentClassifier

MANTISSA_BITS = 5
"""Weights keep this many bits of mantissa: every exporter and quantiser sees the same numbers, and the files compress."""


@dataclass(frozen=True)
class Size:
    hidden: int = 24
    layers: int = 2
    heads: int = 4
    vocab: int = 41
    tokens: int = 7

    @property
    def intermediate(self) -> int:
        return self.hidden * 5 // 3


@dataclass(frozen=True)
class Family:
    """`task` is one of classify, lm, seq2seq, image, recurrent; it decides the inputs of the model."""

    task: str
    build: Callable[[Size], nn.Module]
    bias_free: bool = False
    lrp: bool = True
    spread: float = 1.0


def _config_fields(size: Size) -> dict:
    return dict(vocab_size=size.vocab, hidden_size=size.hidden, num_hidden_layers=size.layers, num_attention_heads=size.heads,
                intermediate_size=size.intermediate, max_position_embeddings=64, pad_token_id=0)


def _from_config(config, head: str) -> nn.Module:
    return getattr(tf, head)._from_config(config, attn_implementation="eager")


def _encoder(prefix: str, **fields) -> Family:
    def build(size):
        config = getattr(tf, prefix + "Config")(**{**_config_fields(size), "num_labels": 3, **fields})
        return _from_config(config, prefix + "ForSequenceClassification")
    return Family("classify", build)


def _decoder(prefix: str, fields: Callable[[Size], dict] = lambda size: {}, head: str | None = None, config: str | None = None, **more) -> Family:
    def build(size):
        base = dict(_config_fields(size), num_key_value_heads=2, max_position_embeddings=128, bos_token_id=1, eos_token_id=2)
        return _from_config(getattr(tf, config or prefix + "Config")(**{**base, **fields(size)}), head or prefix + "ForCausalLM")
    return Family("lm", build, **more)


def _experts(prefix: str, fields: Callable[[Size], dict]) -> Family:
    """A mixture of experts exports only with its experts computed as batched matrix products."""
    inner = _decoder(prefix, fields)

    def build(size):
        model = inner.build(size)
        model.set_experts_implementation("batched_mm")
        return model
    return Family("lm", build)


def _custom(task: str, config: Callable[[Size], object], head: str, **more) -> Family:
    return Family(task, lambda size: _from_config(config(size), head), **more)


def _recurrent(kind: str, bidirectional: bool = False) -> Family:
    return Family("recurrent", lambda s: RecurrentClassifier(kind, bidirectional, s.vocab, s.hidden * 3 // 4, s.hidden, s.layers))


def _sequence_to_sequence(s: Size) -> dict:
    return dict(vocab_size=s.vocab, d_model=s.hidden, encoder_layers=s.layers, decoder_layers=s.layers, encoder_attention_heads=s.heads,
                decoder_attention_heads=s.heads, encoder_ffn_dim=s.intermediate, decoder_ffn_dim=s.intermediate, max_position_embeddings=64)


_head = lambda s: max(8, s.hidden // s.heads)
_GEMMA = lambda s: dict(head_dim=_head(s), query_pre_attn_scalar=_head(s), sliding_window=4)
_DISTILBERT = lambda s: tf.DistilBertConfig(vocab_size=s.vocab, dim=s.hidden, n_layers=s.layers, n_heads=s.heads, hidden_dim=s.intermediate,
                                            max_position_embeddings=64, num_labels=3)
_GPT2 = lambda s: tf.GPT2Config(vocab_size=s.vocab, n_embd=s.hidden, n_layer=s.layers, n_head=s.heads, n_inner=s.intermediate, n_positions=64,
                                bos_token_id=1, eos_token_id=2)
_OPT = lambda s: tf.OPTConfig(vocab_size=s.vocab, hidden_size=s.hidden, num_hidden_layers=s.layers, num_attention_heads=s.heads,
                              ffn_dim=s.intermediate, max_position_embeddings=64, word_embed_proj_dim=s.hidden)
_BLOOM = lambda s: tf.BloomConfig(vocab_size=s.vocab, hidden_size=s.hidden, n_layer=s.layers, n_head=s.heads)
_FALCON = lambda s: tf.FalconConfig(vocab_size=s.vocab, hidden_size=s.hidden, num_hidden_layers=s.layers, num_attention_heads=s.heads,
                                    multi_query=True, parallel_attn=True, alibi=False, bias=True, ffn_hidden_size=s.intermediate)
_MAMBA = lambda s: tf.MambaConfig(vocab_size=s.vocab, hidden_size=s.hidden, num_hidden_layers=s.layers, state_size=4, conv_kernel=3)
_T5 = lambda s: tf.T5Config(vocab_size=s.vocab, d_model=s.hidden, d_kv=6, d_ff=s.intermediate, num_layers=s.layers, num_heads=s.heads,
                            feed_forward_proj="gated-gelu", decoder_start_token_id=0)
_BART = lambda s: tf.BartConfig(**_sequence_to_sequence(s), decoder_start_token_id=2)
_MARIAN = lambda s: tf.MarianConfig(**_sequence_to_sequence(s), pad_token_id=0, decoder_start_token_id=0, forced_eos_token_id=None)
_VIT = lambda s: tf.ViTConfig(hidden_size=s.hidden, num_hidden_layers=s.layers, num_attention_heads=s.heads, intermediate_size=s.intermediate,
                              image_size=12, patch_size=4, num_labels=3)

FAMILIES: dict[str, Family] = {
    "bert": _encoder("Bert"),
    "distilbert": _custom("classify", _DISTILBERT, "DistilBertForSequenceClassification"),
    "roberta": _encoder("Roberta", pad_token_id=1),
    "bert-bias-free": Family("classify", _encoder("Bert").build, bias_free=True),
    "llama-bias-free": Family("lm", _decoder("Llama").build, bias_free=True),
    "xlm-roberta": _encoder("XLMRoberta", pad_token_id=1),
    "electra": _encoder("Electra", embedding_size=16),
    "albert": _encoder("Albert", embedding_size=16),
    "mpnet": _encoder("MPNet", relative_attention_num_buckets=32, pad_token_id=1),
    "deberta-v2": _encoder("DebertaV2", relative_attention=True, pos_att_type=["p2c", "c2p"], position_biased_input=False, share_att_key=True,
                           norm_rel_ebd="layer_norm", position_buckets=8, type_vocab_size=0),
    "modernbert": _encoder("ModernBert", global_attn_every_n_layers=2, local_attention=6, cls_token_id=1, sep_token_id=2, bos_token_id=1,
                           eos_token_id=2, reference_compile=False),
    "gpt2": _custom("lm", _GPT2, "GPT2LMHeadModel"),
    "gpt-neox": _decoder("GPTNeoX", lambda s: dict(rotary_pct=1 / 3)),
    "opt": _custom("lm", _OPT, "OPTForCausalLM"),
    "bloom": _custom("lm", _BLOOM, "BloomForCausalLM"),
    "falcon": _custom("lm", _FALCON, "FalconForCausalLM"),
    "llama": _decoder("Llama"),
    "smollm2": _decoder("Llama", lambda s: dict(tie_word_embeddings=True, rope_theta=100000.0, num_key_value_heads=1)),
    "mistral": _decoder("Mistral", lambda s: dict(sliding_window=4)),
    "qwen2": _decoder("Qwen2"),
    "qwen3": _decoder("Qwen3", lambda s: dict(head_dim=_head(s))),
    "phi3": _decoder("Phi3", lambda s: dict(original_max_position_embeddings=128)),
    "gemma2": _decoder("Gemma2", _GEMMA),
    "gemma3": _decoder("Gemma3", lambda s: dict(_GEMMA(s), layer_types=["sliding_attention", "full_attention"] * (s.layers // 2) + ["sliding_attention"] * (s.layers % 2)),
                       config="Gemma3TextConfig"),
    "mixtral": _experts("Mixtral", lambda s: dict(num_local_experts=4, num_experts_per_tok=2)),
    "olmoe": _experts("Olmoe", lambda s: dict(num_experts=4, num_experts_per_tok=2)),
    "gpt-oss": _experts("GptOss", lambda s: dict(num_local_experts=4, num_experts_per_tok=2, head_dim=_head(s), sliding_window=4,
                                                 layer_types=(["sliding_attention", "full_attention"] * s.layers)[:s.layers])),
    "t5": _custom("seq2seq", _T5, "T5ForConditionalGeneration"),
    "bart": _custom("seq2seq", _BART, "BartForConditionalGeneration"),
    "marian": _custom("seq2seq", _MARIAN, "MarianMTModel"),
    "vit": _custom("image", _VIT, "ViTForImageClassification"),
    "lstm": _recurrent("LSTM"),
    "bilstm": _recurrent("LSTM", bidirectional=True),
    "gru": _recurrent("GRU"),
    "cnn": Family("recurrent", lambda s: ConvolutionalClassifier(s.vocab, s.hidden * 3 // 4, 12)),
    "mamba": _custom("lm", _MAMBA, "MambaForCausalLM", lrp=False, spread=0.6),
}


def round_mantissa(t: torch.Tensor, bits: int = MANTISSA_BITS) -> torch.Tensor:
    """The nearest numbers with `bits` bits of mantissa."""
    mantissa, exponent = torch.frexp(t)
    return torch.ldexp(torch.round(mantissa * 2**bits) / 2**bits, exponent).to(t.dtype)


def excite(model: nn.Module, generator: torch.Generator, std: float, bias_free: bool) -> nn.Module:
    """Random weights large enough that attention is not uniform, norms with an own scale, biases and shifts that are not zero.

    With `bias_free` every additive constant is zero, position and type embeddings included, so that the relevance of the
    tokens and the softmax's absorption alone must add up to the logit.
    """
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        is_constant = bias_free and ("position_embeddings" in name or "token_type_embeddings" in name)
        if is_constant: value = torch.zeros_like(p)
        elif p.dim() >= 2: value = noise * std
        elif "norm" in name.lower() and name.endswith("weight"): value = 1 + 0.3 * noise
        else: value = torch.zeros_like(p) if bias_free else 0.2 * noise
        p.data = round_mantissa(value)
    return model.eval()


def generator_of(name: str, seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(zlib.crc32(name.encode()) % 2**20 + seed)


def build(name: str, size: Size, seed: int) -> nn.Module:
    """The checkpoint of a family: the same name, size and seed always give the same weights."""
    family = FAMILIES[name]
    torch.manual_seed(seed)
    std = 0.25 * (32 / size.hidden) ** 0.5 * family.spread
    return excite(family.build(size), generator_of(name, seed), std, family.bias_free)


def make_inputs(name: str, size: Size, seed: int) -> dict[str, torch.Tensor]:
    """Inputs by name, in the order of the exported graph: ids int64[1, T], mask int64[1, T], pixels float32[1, 3, 12, 12]."""
    family, generator = FAMILIES[name], generator_of("input " + name, seed)
    if family.task == "image": return {"pixel_values": round_mantissa(torch.randn(1, 3, 12, 12, generator=generator))}
    ids = torch.randint(5, size.vocab, (1, size.tokens), generator=generator)
    if family.task == "recurrent" or name == "mamba": return {"input_ids": ids}
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if family.task == "seq2seq":
        start = torch.full((1, 1), 2 if name == "bart" else 0)
        inputs["decoder_input_ids"] = torch.cat([start, torch.randint(5, size.vocab, (1, 3), generator=generator)], 1)
    return inputs


class LogitsOnly(nn.Module):
    """Positional tensors in, logits out: the form both exporters take."""

    def __init__(self, model: nn.Module, names: list[str]):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *values):
        keywords = dict(zip(self.names, values))
        if "use_cache" in getattr(getattr(self.model, "config", None), "__dict__", {}): keywords["use_cache"] = False
        output = self.model(**keywords)
        return output if torch.is_tensor(output) else output.logits


def word_embeddings(model: nn.Module) -> list[torch.Tensor]:
    """The weights whose look-ups are explained, each once however many modules share it."""
    if hasattr(model, "embed"): return [model.embed.weight]
    if getattr(getattr(model, "config", None), "model_type", "") == "vit": return []
    modules = [model.get_input_embeddings()] + [m for n, m in model.named_modules() if n.endswith("embed_tokens")]
    return list({id(m.weight): m.weight for m in modules}.values())


def patch_embedding(model: nn.Module) -> nn.Module | None:
    """The module whose output is explained where inputs are pictures."""
    return model.vit.embeddings.patch_embeddings if hasattr(model, "vit") else None
