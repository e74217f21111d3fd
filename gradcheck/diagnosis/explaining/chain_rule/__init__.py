"""Explanations by one step of the chain rule: a local derivative, a factor or a term on the way back."""
