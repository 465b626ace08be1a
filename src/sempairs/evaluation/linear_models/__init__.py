"""Linear models of features: one solver for many problems at once, the probe of linear transfer, ridge regression."""
