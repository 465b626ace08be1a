"""Train with lightly on pairs of another image of the class, instead of two views of one image.

pip install lightly
python examples/lightly_pairs.py photos
"""

import sys

import torch
from lightly.loss import NTXentLoss
from lightly.models.modules.heads import SimCLRProjectionHead
from lightly.transforms import SimCLRTransform
from torch.utils.data import DataLoader
from torchvision.models import resnet18

from sempairs.interop import LightlyPairs
from sempairs.pairs.rules import same_class
from sempairs.sources.opening import open_source

images = open_source({"name": "folder", "root": sys.argv[1], "size": 32})
pairs = LightlyPairs(same_class(images), SimCLRTransform(input_size=32, cj_strength=0.5), images)
loader = DataLoader(pairs, batch_size=64, shuffle=True, drop_last=True)

# From here on it is the training that a user of lightly has already.
backbone = resnet18()
backbone.fc = torch.nn.Identity()
head = SimCLRProjectionHead(512, 512, 128)
criterion = NTXentLoss(temperature=0.5)
optimizer = torch.optim.SGD([*backbone.parameters(), *head.parameters()], lr=0.06, momentum=0.9)

for epoch in range(2):
    for (x0, x1), _targets, _pair_ids in loader:
        loss = criterion(head(backbone(x0)), head(backbone(x1)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: loss {loss.item():.3f}")
