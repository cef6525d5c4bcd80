"""Tests in a real Chromium, at the sizes of a phone and of a desk."""
