"""An encoder as an ONNX graph: images in [0, 1] in, features out, normalisation inside."""

from typing import Any

import torch

from sempairs.core.errors import UserError
from sempairs.core.progress import say
from sempairs.encoders.base import Encoder

INPUT, OUTPUT = "images", "features"
MOST_BYTES = 2_000_000_000  # a protobuf message ends at 2 GiB


def to_onnx(encoder: Encoder, size: list[int], notes: dict[str, str]) -> bytes:
    """The bytes of an ONNX file: float32 "images" [n, c, h, w] to float32 "features" [n, d], for any n.

    Height and width are fixed: networks that pad or resize by the size of the image have no graph for all sizes.

    Parameters
    ----------
    encoder: in eval mode, on the CPU.
    size: height and width of the images.
    notes: the file's metadata.

    Raises
    ------
    UserError: ONNX is not installed; weights of more than 2 GB; a network that has no ONNX graph.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401  (torch's exporter needs it)
    except ImportError:
        raise UserError("ONNX is not installed", todo="pip install 'sempairs[export]'") from None
    if sum(tensor.nbytes for tensor in encoder.state_dict().values()) > MOST_BYTES:
        raise UserError("the weights are too large for one ONNX file", todo="export them as safetensors")
    say("tracing the encoder; a deep one takes a minute")
    images = torch.zeros(2, encoder.mean.shape[1], *size)
    try:
        program = torch.onnx.export(
            encoder,
            (images,),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            dynamo=True,
            verbose=False,
        )
    except torch.onnx.OnnxExporterError as error:
        raise UserError(
            "this encoder cannot be written as ONNX",
            got=str(error).partition("\n")[0],
            todo="export it as safetensors",
        ) from error
    assert program is not None
    model = program.model_proto
    _forget_the_source(model)
    onnx.helper.set_model_props(model, notes)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _forget_the_source(model: Any) -> None:
    """Drop what torch notes of each node: lines and paths of this machine, which would differ on another."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
