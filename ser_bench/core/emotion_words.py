"""Words and codes for emotions in several languages, by canonical label."""

from __future__ import annotations

WORDS = {
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
