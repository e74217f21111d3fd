"""Chains of layers: the whole net's gradients, and the first layer whose own gradient is wrong.

`gradcheck.chain` builds a `Chain` (a formula) of layers; see there for what a user writes.

- `layers`: what a user may give for a layer; `naming`: one name for every argument and layer
- `composing`: forward and backward of the whole, of those of the layers
- `occurring`: what reaches a layer, for checking it alone
- `building`: the function; `chain`: the formula that it makes
- `locating`: which layer is wrong; `trail` and `wiring`: where, and how, a backward of the whole goes wrong
- `result`: what a person gets
"""
