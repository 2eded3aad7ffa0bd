"""Words and codes for emotions in several languages, by canonical label."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

from ser_bench.core.labels import EMOTIONS, canonical_label

_WORDS = {
    "neutral": (
        *("neu", "ntr", "neut", "normal speech", "neutre", "neutralität", "neutro", "neutra", "neutralità"),
        *(
            "neutraal",
            "neutralny",
            "nötr",
            "нейтральный",
            "нейтрально",
            "中性",
            "中立",
            "平常",
            "중립",
            "무감정",
            "محايد",
        ),
    ),
    "calm": (
        *("cal", "calmness", "relaxed", "ruhig", "ruhe", "calme", "calma", "tranquilo", "tranquillo", "kalm", "sakin"),
        *("спокойствие", "спокойный", "平静", "平靜", "平穏", "평온", "هادئ"),
    ),
    "happy": (
        *(
            "hap",
            "joyful",
            "freude",
            "fröhlich",
            "glücklich",
            "joie",
            "joyeux",
            "heureux",
            "alegría",
            "alegre",
            "feliz",
        ),
        *("felicidad", "gioia", "gio", "felicità", "felice", "alegria", "felicidade", "blij", "blijdschap", "radość"),
        *("mutlu", "mutluluk", "радость", "счастье", "高兴", "高興", "快乐", "快樂", "开心", "開心", "喜び", "喜悦"),
        *("기쁨", "행복", "سعادة", "سعيد", "فرح", "खुशी", "ख़ुशी"),
    ),
    "sad": (
        *("trauer", "traurig", "tristesse", "triste", "tristeza", "tristezza", "tri", "verdriet", "verdrietig"),
        *("smutek", "smutny", "üzgün", "üzüntü", "грусть", "печаль", "悲伤", "悲傷", "伤心", "傷心", "难过", "難過"),
        *("悲しみ", "슬픔", "حزن", "حزين", "दुख", "दुःख", "उदास"),
    ),
    "angry": (
        *("ang", "wut", "wütend", "ärger", "ärgerlich", "zorn", "zornig", "colère", "enfado", "enojo", "ira", "rabia"),
        *("rabbia", "rab", "arrabbiato", "raiva", "boos", "boosheid", "złość", "gniew", "kızgın", "öfke", "öfkeli"),
        *("злость", "гнев", "愤怒", "憤怒", "生气", "生氣", "怒り", "분노", "화남", "غضب", "غاضب", "क्रोध", "गुस्सा"),
    ),
    "fearful": (
        *("fea", "afraid", "scared", "angst", "ängstlich", "furcht", "peur", "miedo", "paura", "pau", "medo", "bang"),
        *(
            "strach",
            "korku",
            "страх",
            "恐惧",
            "恐懼",
            "害怕",
            "恐れ",
            "恐怖",
            "공포",
            "두려움",
            "خوف",
            "خائف",
            "डर",
            "भय",
        ),
    ),
    "disgust": (
        *("dis", "disgusting", "ekel", "angeekelt", "dégoût", "asco", "disgusto", "nojo", "walging", "wstręt"),
        *("iğrenme", "tiksinti", "отвращение", "厌恶", "厭惡", "嫌悪", "혐오", "اشمئزاز", "घृणा"),
    ),
    "surprised": (
        *("sur", "sup", "ps", "pleasant surprise", "pleasant surprised", "überraschung", "überrascht", "sorpresa"),
        *("sor", "surpresa", "verrast", "verrassing", "zaskoczenie", "zdziwienie", "şaşkın", "şaşırma", "удивление"),
        *("惊讶", "驚訝", "惊奇", "驚奇", "驚き", "놀람", "مفاجأة", "आश्चर्य"),
    ),
    "boredom": (
        *("bor", "langeweile", "gelangweilt", "ennui", "aburrimiento", "noia", "tédio", "verveling", "nuda", "скука"),
    ),
    "contempt": ("con", "contemptuous", "verachtung", "mépris", "disprezzo", "轻蔑", "軽蔑"),
    "excited": ("exc", "excitement"),
    "frustrated": ("fru", "frustration"),
    "amused": ("amu", "amusement"),
    "anxious": ("anxiety", "worried"),
    "sleepy": ("sleepiness",),
    "sarcastic": ("sarcasm",),
    "other": ("oth",),
}
"""Words of English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Turkish, Russian, Chinese, Japanese,
Korean, Arabic and Hindi, and usual codes of three letters."""

LETTERS = {
    "English": {"A": "angry", "D": "disgust", "F": "fearful", "H": "happy", "N": "neutral", "S": "sad"},
    "German": {
        **{"W": "angry", "L": "boredom", "E": "disgust", "A": "fearful", "F": "happy", "T": "sad", "N": "neutral"},
    },
    "French": {
        **{"C": "angry", "D": "disgust", "J": "happy", "N": "neutral", "P": "fearful", "S": "surprised", "T": "sad"},
    },
}
"""First letters of emotions by language; a letter alone means nothing."""

_LONGEST_CODE = 3
_SHORT_WORDS = {"wut"}
_OWN_CLASSES = {"relaxed", "pleasant surprise", "pleasant surprised", "normal speech"}
"""Words that may be a class beside the emotion that they usually denote."""


def canonical_labels(labels: Collection[str]) -> dict[str, str]:
    """Return the canonical form of every label of a column.

    Parameters
    ----------
    labels : collection of str
        Labels as a corpus spells them.

    Returns
    -------
    dict of str to str
        As :func:`canonical_label`, by text. A word such as ``Wut`` is ``angry`` where that is a label, too; codes
        and words that may be another class are kept.
    """
    canonical = {label: canonical_label(label) for label in labels}
    present = set(EMOTIONS).intersection(canonical.values())
    return {
        written: emotion_of(label) if _is_certain(label) and emotion_of(label) in present else label
        for written, label in canonical.items()
    }


def _is_certain(label: str) -> bool:
    """Return whether a word of an emotion is neither a code nor perhaps a class of its own."""
    code = label.isascii() and len(label) <= _LONGEST_CODE and label not in _SHORT_WORDS
    return not code and label.replace("_", " ").replace("-", " ") not in _OWN_CLASSES


@lru_cache(maxsize=4096)
def emotion_of(word: str) -> str:
    """Return the emotion that a word or an unambiguous code denotes, in one of several languages.

    Parameters
    ----------
    word : str
        A word of a folder name, a file name or a table, such as ``ANG``, ``Wut`` or ``pleasant_surprise``.

    Returns
    -------
    str
        A label, one of :data:`~ser_bench.core.labels.EMOTIONS` or another usual one such as ``contempt``; empty for an
        unknown word.
    """
    text = canonical_label(word.replace("_", " ").replace("-", " "))
    label = text if text in EMOTIONS else _EMOTION_OF.get(_without_accents(text), "")
    return label or (text if text in _WORDS else "")


def emotions_of_letters(letters: Iterable[str]) -> dict[str, str]:
    """Return the emotions that a set of single letters denotes.

    Parameters
    ----------
    letters : iterable of str
        The distinct codes of a corpus.

    Returns
    -------
    dict of str to str
        Emotion by code where one language has all of them, neutral among at least four; else empty.
    """
    codes = {letter: letter.upper() for letter in letters}
    fitting = [table for table in LETTERS.values() if set(codes.values()) <= set(table)]
    if len(fitting) != 1 or len(codes) < 4 or "N" not in codes.values():
        return {}
    return {letter: fitting[0][code] for letter, code in codes.items()}


def _without_accents(text: str) -> str:
    """Return text in lower case without accents, for comparison."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ı", "i"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _spellings(word: str) -> set[str]:
    """Return the spellings of a word without accents; German umlauts may have two letters."""
    two_letters = word.casefold().translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue"})
    return {_without_accents(word), _without_accents(two_letters)}


_EMOTION_OF = {
    spelling: emotion for emotion, words in _WORDS.items() for word in words for spelling in _spellings(word)
}
