"""Layers whose fp32 master weights are cast to the type of the activations where they are used."""
import torch
from torch import nn
from torch.nn import functional as F

NORM_EPSILON = 1e-5


class Linear(nn.Linear):
    """A linear map whose fp32 master weight is cast to the activations' type where it is used."""

    def forward(self, x):
        bias = None if self.bias is None else self.bias.to(x.dtype)
        return F.linear(x, self.weight.to(x.dtype), bias)


class LayerNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return F.layer_norm(x, tuple(self.weight.shape), self.weight.to(x.dtype), self.bias.to(x.dtype), NORM_EPSILON)
