"""Speed as ratios: each benchmark times ours and a peer or a floor in turn, in one run, and quotes medians."""
