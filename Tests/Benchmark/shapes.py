"""The tracked weights of published models: names and shapes as their checkpoints have them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """`layers` of the published model, of which the benchmark makes `made`: what the disk allows."""

    name: str
    title: str
    layers: int
    hidden: int
    intermediate: int
    query: int
    key_value: int
    experts: int = 0

    def layer(self, number):
        """(name, rows, columns) of one layer's tracked weights, in the order in which they are written."""
        prefix = f"model.layers.{number}."
        shapes = [
            ("self_attn.q_proj", self.query, self.hidden),
            ("self_attn.k_proj", self.key_value, self.hidden),
            ("self_attn.v_proj", self.key_value, self.hidden),
            ("self_attn.o_proj", self.hidden, self.query),
        ]
        blocks = [f"mlp.experts.{e}." for e in range(self.experts)] or ["mlp."]
        for block in blocks:
            shapes += [
                (block + "gate_proj", self.intermediate, self.hidden),
                (block + "up_proj", self.intermediate, self.hidden),
                (block + "down_proj", self.hidden, self.intermediate),
            ]
        return [(f"{prefix}{name}.weight", rows, columns) for name, rows, columns in shapes]

    def weights(self, layers):
        return [weight for number in range(layers) for weight in self.layer(number)]

    def numbers(self, layers):
        return sum(rows * columns for _, rows, columns in self.weights(layers))


MODELS = {
    model.name: model
    for model in [
        Model("0.5B", "Qwen2.5-0.5B", 24, 896, 4864, 896, 128),
        Model("1.5B", "Qwen2.5-1.5B", 28, 1536, 8960, 1536, 256),
        Model("7B", "Qwen2.5-7B", 28, 3584, 18944, 3584, 512),
        Model("MoE", "Qwen3-30B-A3B", 48, 2048, 768, 4096, 512, experts=128),
    ]
}
