"""Tiny models that make texts of texts, made from configurations; torch has to be there."""

from __future__ import annotations

import json

from tests.lazily import Lazily

torch, transformers = Lazily("torch"), Lazily("transformers")

CODES = ("seh_Latn", "eng_Latn", "arb_Arab")
SMALL = {"d_model": 16, "vocab_size": 100}
BART = {
    **SMALL, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16,
    "max_position_embeddings": 64, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 0,
    "decoder_start_token_id": 0, "forced_eos_token_id": None, "init_std": 0.5,
}  # fmt: skip
KINDS = {
    "t5": ("T5Config", "T5ForConditionalGeneration",
           {**SMALL, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2, "pad_token_id": 0,
            "eos_token_id": 1, "decoder_start_token_id": 0}),
    "marian": ("MarianConfig", "MarianMTModel", BART),
    "m2m_100": ("M2M100Config", "M2M100ForConditionalGeneration",
                {**BART, "decoder_start_token_id": 1}),
    "mbart": ("MBartConfig", "MBartForConditionalGeneration",
              {**BART, "decoder_start_token_id": 1}),
}  # fmt: skip


def make_tokenizer(texts=(), codes=()):
    """A tokenizer of words, whose spaces come back; it knows the words of some texts."""
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import WordLevel

    pieces = pre_tokenizers.Metaspace().pre_tokenize_str
    known = sorted({piece for text in texts for piece, _ in pieces(text.lower())})
    vocab = {one: number for number, one in enumerate(["<pad>", "</s>", "<unk>", *known])}
    made = Tokenizer(WordLevel(vocab, unk_token="<unk>"))
    made.normalizer = normalizers.Sequence([normalizers.Lowercase(),
                                            normalizers.Replace(Regex(r"\s+"), " ")])  # fmt: skip
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    made.add_special_tokens(["<pad>", "</s>", *codes])
    head = [(codes[0], made.token_to_id(codes[0]))] if codes else []
    single = " ".join([*(name for name, _ in head), "$A", "</s>"])
    made.post_processor = processors.TemplateProcessing(
        single=single, pair=None, special_tokens=[*head, ("</s>", 1)]
    )
    return made


def make_sequences(folder, kind="t5", texts=(), codes=(), **changed):
    """A folder as transformers writes it, with weights that are drawn."""
    config, network, told = KINDS[kind]
    tokenizer = make_tokenizer(texts, codes)
    torch.manual_seed(1)
    facts = {**told, "vocab_size": tokenizer.get_vocab_size(), **changed}
    made = getattr(transformers, network)(getattr(transformers, config)(**facts))
    made.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    kinds = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(kinds), encoding="utf-8")
    return folder
