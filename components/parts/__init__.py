"""Parts of the serving platform: everything that is installed on the cluster for serving models, one component each.

What is known of a part before it is made is in its descriptor, :mod:`mlplatform.config.parts`; the module of the same
name here has its component, and ``create``, which joins it with the parts that it needs.
"""
