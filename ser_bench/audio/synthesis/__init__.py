"""A speech synthesiser by rule for the demo corpus and for babble: 24 voices, two sentences, eight emotions.

``utterances`` names what is spoken, ``speakers`` and ``expression`` say how, ``phones`` and ``controls`` turn it into
formants and amplitudes frame by frame, and ``synthesiser`` into samples. ``portable`` keeps them the same on every
machine. A change of any sample needs new digests of the demo corpus and a new version of the condition ``babble``.
"""
