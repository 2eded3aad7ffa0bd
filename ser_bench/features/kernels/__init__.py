"""Inner loops compiled by numba; tests compare each with a plain version."""
