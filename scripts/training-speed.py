#!/usr/bin/env python3
"""Tokens a second of training the same small decoder in PyTorch: the other side of the example `training_speed`.

    pip install torch numpy
    scripts/training-speed.py [hidden layers heads feed-forward vocabulary examples length steps]

Prints the median over steps of forward, backward and AdamW with clipping, in float32, and in bfloat16 by autocast.
"""
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

SIZES = [128, 5, 4, 384, 512, 32, 256, 9]
SIZES[: len(sys.argv) - 1] = map(int, sys.argv[1:])
HIDDEN, LAYERS, HEADS, FEED_FORWARD, VOCABULARY, EXAMPLES, LENGTH, STEPS = SIZES


def rotate(x, cosine, sine):
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1).flatten(-2)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm, self.feed_norm = nn.RMSNorm(HIDDEN), nn.RMSNorm(HIDDEN)
        self.query, self.key, self.value, self.output = (
            nn.Linear(HIDDEN, HIDDEN, bias=False) for _ in range(4)
        )
        self.gate = nn.Linear(HIDDEN, FEED_FORWARD, bias=False)
        self.up = nn.Linear(HIDDEN, FEED_FORWARD, bias=False)
        self.down = nn.Linear(FEED_FORWARD, HIDDEN, bias=False)

    def forward(self, x, cosine, sine):
        y = self.attention_norm(x)
        heads = lambda z: z.view(EXAMPLES, LENGTH, HEADS, HIDDEN // HEADS).transpose(1, 2)
        query, key = (rotate(heads(part(y)), cosine, sine) for part in (self.query, self.key))
        z = F.scaled_dot_product_attention(query, key, heads(self.value(y)), is_causal=True)
        x = x + self.output(z.transpose(1, 2).reshape(EXAMPLES, LENGTH, HIDDEN))
        y = self.feed_norm(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, HIDDEN)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.RMSNorm(HIDDEN)
        half = HIDDEN // HEADS // 2
        angles = torch.arange(LENGTH)[:, None] * 10000.0 ** (-torch.arange(half) / half)[None]
        self.register_buffer("cosine", angles.cos())
        self.register_buffer("sine", angles.sin())

    def forward(self, tokens):
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, self.cosine, self.sine)
        return self.norm(x) @ self.embedding.weight.T


def measure(bfloat16):
    torch.manual_seed(0)
    model = Decoder()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95))
    tokens = torch.randint(VOCABULARY, (EXAMPLES, LENGTH))
    seconds = []
    for _ in range(STEPS):
        started = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = model(tokens)
            loss = F.cross_entropy(logits[:, :-1].reshape(-1, VOCABULARY).float(), tokens[:, 1:].reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seconds.append(time.perf_counter() - started)
    speed = EXAMPLES * LENGTH / statistics.median(seconds)
    print(f"torch {torch.__version__} {'bfloat16' if bfloat16 else 'float32'}: {speed:,.0f} tokens/s")


measure(False)
measure(True)
