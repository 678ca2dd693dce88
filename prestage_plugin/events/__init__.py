"""Where changes of devices are heard of, beside the inventory (prestaging spec, section 6)."""
