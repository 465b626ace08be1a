"""Speed as ratios: each benchmark times ours and a peer or a floor in turn, in one run, and quotes medians."""

import os

# Read when torch is loaded. OpenMP threads otherwise wait by spinning, so that beside other work (a DataLoader's, or
# that of another program) a training with two threads took six times as long; ours, which has a thread more, did not.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
