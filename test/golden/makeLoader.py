"""Orders of torch.utils.data from PyTorch 1.13 (Debian: apt install python3-torch).

    python3 test/golden/makeLoader.py

writes loader.json: the batches of DataLoader(range(n)) over two epochs and the parts of random_split, with the generator
of manual_seed or with one of their own; and what torch.rand draws from the global generator afterwards.
"""
import json
import os

import torch
from torch.utils.data import DataLoader, random_split

HERE = os.path.dirname(os.path.abspath(__file__))


def epochs(n, seed, own, **options):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(own) if own is not None else None
    loader = DataLoader(range(n), generator=generator, collate_fn=list, **options)
    return [[batch for batch in loader] for _ in range(2)]


loaders = []
for n, seed, own, batch, shuffle, drop in [
    (10, 0, None, 3, True, False),
    (10, 0, None, 3, False, False),
    (11, 7, 42, 4, True, True),
    (300, 123, None, 128, True, False),
    (5, 1, -3 % 2**32, 2, True, False),
]:
    e = epochs(n, seed, own, batch_size=batch, shuffle=shuffle, drop_last=drop)
    loaders.append({
        "n": n, "manualSeed": seed, "seed": own, "batchSize": batch, "shuffle": shuffle, "dropLast": drop,
        "epochs": e, "rand": torch.rand(1).item(),
    })

splits = []
for n, lengths, seed, own in [(10, [7, 3], 0, None), (11, [0.5, 0.3, 0.2], 3, None), (9, [4, 5], 0, 42), (10, [0.9, 0.1], 1, None)]:
    torch.manual_seed(seed)
    generator = {} if own is None else {"generator": torch.Generator().manual_seed(own)}
    parts = random_split(range(n), lengths, **generator)
    splits.append({"n": n, "lengths": lengths, "manualSeed": seed, "seed": own, "parts": [list(p.indices) for p in parts]})

with open(os.path.join(HERE, "loader.json"), "w") as f:
    json.dump({"loaders": loaders, "splits": splits}, f)
    f.write("\n")
