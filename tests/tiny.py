"""A tokenizer of bytes and a Llama of random weights, made here: what trainers and decoders are tested on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tracedsl import models

_TEMPLATE = (
    "{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}{{ '<end>' if m['role'] == 'assistant' else '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)


def byte_tokenizer() -> Any:
    """Return a byte-level tokenizer without merges, with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<pad>", "<end>", *alphabet])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="<end>", padding_side="left", chat_template=_TEMPLATE
    )


def metaspace_tokenizer(scheme: str) -> Any:
    """Return a tokenizer of characters and bytes with a mark for a space, as SentencePiece's are."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = [
        "<unk>",
        "<pad>",
        "<end>",
        *(f"<0x{byte:02X}>" for byte in range(256)),
        "\u2581",
        *map(chr, range(33, 127)),
    ]
    vocabulary = {token: number for number, token in enumerate(pieces)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[], byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    whole = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    made.decoder = decoders.Sequence(whole)
    marks = {"pad_token": "<pad>", "eos_token": "<end>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, padding_side="left", chat_template=_TEMPLATE, **marks)


def llama(tokenizer: Any, layers: int = 1, *, heads: int = 2, tied: bool = False) -> Any:
    """Return a Llama of random weights, always the same, of two query heads and as many or one of keys and values."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    torch.set_num_threads(1)
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": layers, "num_attention_heads": 2}
    shared = {"num_key_value_heads": heads, "tie_word_embeddings": tied}
    config = LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=1024, **size, **shared)
    config.pad_token_id, config.eos_token_id, config.bos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id, None
    return LlamaForCausalLM(config)


def saved(folder: Path, layers: int = 2, *, tied: bool = False) -> Path:
    """Save both to a folder, as a base model is, and return it."""
    tokenizer = byte_tokenizer()
    llama(tokenizer, layers, heads=1, tied=tied).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def needs_base() -> None:
    """Skip a test, loudly, where the embedded base model is not installed; where it must be, fail."""
    try:
        models.base()
    except models.NoModel as error:
        if os.environ.get("TRACEDSL_NEEDS_MODEL"):
            raise
        pytest.skip(f"THE SHIPPED ADAPTER IS NOT TESTED: {error}")
