import pytest

from analyzer.speculative.weights.shapes import LLAMA_1B, LLAMA_8B, SMOLLM2, Shape, tensor_shapes

# SmolLM2: 49,152 x 576 = 28,311,552 embedding; a layer 2 x 576 norms, 576 x 576 twice,
# 192 x 576 twice, 1,536 x 576 three times = 3,540,096; 30 of them, and a last norm of 576
WORKED = 28_311_552 + 30 * 3_540_096 + 576


@pytest.mark.parametrize(
    ("shape", "parameters", "tensors"),
    [
        (SMOLLM2, WORKED, 272),
        (LLAMA_1B, 1_235_814_400, 146),  # as the model's card states
        (LLAMA_8B, 8_030_261_248, 291),
    ],
)
def test_a_shape_counts_its_weights(shape: Shape, parameters: int, tensors: int) -> None:
    assert shape.parameters == parameters
    assert len(tensor_shapes(shape)) == tensors


def test_an_untied_model_has_a_head_of_its_own() -> None:
    assert tensor_shapes(LLAMA_8B)["output.weight"] == (128_256, 4096)
    assert "output.weight" not in tensor_shapes(SMOLLM2)
