"""The objects in answers. Known members have typed names."""
