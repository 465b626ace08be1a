"""The data sets of the field by name, in the folders and files that torchvision knows, decoded by our own rules."""
