"""Painting scenes: from `timeline.scene` to 8-bit YUV 4:2:0 planes, the same bytes on every x86-64 processor.

What may touch pixels: numpy integer arithmetic and single float32 operations that IEEE 754 rounds exactly, OpenCV's
resize (linear with a given scale, area), addWeighted, convertScaleAbs by whole 256ths and GaussianBlur, and Pillow's
own resize and text. OpenCV's warpAffine and cubic resize differ between processors and are not used.
"""
