"""PyTorch: subclasses of `torch.autograd.Function`, run by its own engine."""
