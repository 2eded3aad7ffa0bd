"""The backend's chatter: silent when all is well, replayed when something fails."""

import os
import subprocess
import sys

import pytest

from ser_bench.models.backend import quiet


def test_native_chatter_is_swallowed(capfd):
    with quiet():
        os.write(2, b"a warning nobody needs\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_chatter_is_replayed_when_the_block_fails(capfd):
    with pytest.raises(RuntimeError), quiet():
        os.write(2, b"the reason\n")
        raise RuntimeError
    assert capfd.readouterr().err == "the reason\n"


def test_training_a_network_writes_nothing_and_uses_one_thread():
    """A fresh process that trains and predicts leaves standard error empty."""
    code = (
        "import numpy as np\n"
        "from ser_bench import models\n"
        "X = np.random.default_rng(0).normal(size=(24, 4)); y = np.array(['a', 'b'] * 12)\n"
        "m = models.get('mlp-keras')\n"
        "models.fit(m, models.build(m, hidden=[4], epochs=1), X, y, np.arange(24) // 4).predict(X)\n"
        "import tensorflow as tf\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads())\n"
        "print(tf.config.threading.get_inter_op_parallelism_threads())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.split() == ["1", "1"]
