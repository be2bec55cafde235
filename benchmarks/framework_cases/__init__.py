"""The frameworks of ``benchmarks/frameworks.py``, a module each.

A module has ``PACKAGES``, what must be installed, and ``MODELS``: by a short title, a function that is given a folder,
a frame of numbers and a target of 0 and 1. It fits a model, saves it into the folder as the plugin takes it, and
returns a function that has the framework itself predict a frame: the probability of class 1, in the last column of two.

Where it can use a GPU it has ``has_gpu``, a function that says whether there is one, and ``NETWORKS``: by a title, a
function that saves a network of so many columns into a folder, whose weights are random.
"""
