"""What values are called: the nouns that announce one ('the tempo is'), in the languages whose cues mudata has."""

from __future__ import annotations

import re
from functools import cache

from mudata.evaluation.align.trie import HANGUL, HAS_UNSPACED, UNSPACED

NOUNS: dict[str, tuple[str, ...]] = {
    "key": (
        "key", "keys", "musical key", "key signature", "tonality", "tonal center", "tonal centre", "keynote", "tonart",
        "tonalité", "tonalidad", "tonalidade", "tonalità", "tonalita", "toonsoort", "tonart", "tonarten", "toneart",
        "tonearten", "tonacja", "tonacją", "tonacji", "тональность", "тональности", "тональностью", "ton", "tonu",
        "tonalite", "giọng", "điệu", "tông", "조성", "조", "キー", "調", "调性", "调", "調性", "المقام", "السلم",
    ),
    "tempo": (
        "tempo", "tempos", "tempi", "bpm", "speed", "pace", "beats per minute", "metronome", "metronome marking",
        "pulse", "tempo marking", "velocidad", "velocidade", "velocità", "vitesse", "geschwindigkeit", "snelheid",
        "hastighet", "tempoet", "tempot", "tempa", "tempie", "темп", "темпе", "темпа", "tempo değeri", "tempusu",
        "nhịp độ", "tốc độ", "템포", "빠르기", "속도", "テンポ", "速度", "速さ", "节奏速度", "节拍速度", "الإيقاع",
        "السرعة", "سرعة",
    ),
    "metre": (
        "time signature", "time signatures", "meter", "metre", "metrum", "time sig", "meters", "metres", "takt",
        "taktart", "mesure", "chiffrage", "signature rythmique", "compás", "métrica", "metro", "compasso",
        "fórmula de compasso", "indicazione di tempo", "tempo", "maatsoort", "taktarten", "maat", "taktarten", "такт",
        "размер", "музыкальный размер", "metrum", "metrum utworu", "ölçü", "usul", "nhịp", "số chỉ nhịp", "박자",
        "박자표", "拍子", "拍号", "拍", "الميزان", "ميزان", "beat",
    ),
    "number": (
        "number", "count", "total", "total number", "how many", "in total", "altogether", "anzahl", "nombre", "número",
        "numero", "aantal", "antall", "antal", "liczba", "число", "количество", "sayısı", "sayı", "số lượng", "số",
        "수", "개수", "数", "数量", "عدد", "gesamt", "au total", "en total",
    ),
    "option": ("selection", "option number", "correct option", "right option"),
    "order": (
        "order", "ordering", "sequence", "ranking", "arrangement", "permutation", "reihenfolge", "orden", "secuencia",
        "ordre", "séquence", "ordem", "sequência", "ordine", "sequenza", "volgorde", "rækkefølge", "rekkefølge",
        "ordning", "ordningen", "kolejność", "порядок", "sıra", "sıralama", "thứ tự", "順序", "順番", "顺序", "순서",
        "الترتيب", "ترتيب",
    ),
    "structure": (
        "form", "forms", "structure", "layout", "scheme", "sections", "segments", "boundary", "boundaries",
        "section boundaries", "change points", "changes", "transitions", "aufbau", "struktur", "grenzen", "forme",
        "frontières", "forma", "estructura", "límites", "estrutura", "limites", "struttura", "confini", "vorm",
        "structuur", "grenzen", "formen", "strukturen", "struktura", "форма", "структура", "границы", "biçim", "yapı",
        "hình thức", "cấu trúc", "形式", "構成", "構造", "曲式", "结构", "형식", "구조", "البنية",
    ),
}  # fmt: skip


@cache
def noun_pattern(topic: str, more: tuple[str, ...] = ()) -> re.Pattern[str]:
    """What finds the nouns of a topic in a clean text (`align.clean`)."""
    words = {*NOUNS[topic], *(word.casefold() for word in more)}
    ordered = sorted(words, key=lambda word: (-len(word), word))
    free = "|".join(re.escape(word) for word in ordered if HAS_UNSPACED.search(word))
    bounded = "|".join(re.escape(word) for word in ordered if not HAS_UNSPACED.search(word))
    letters = rf"[^\W_{UNSPACED}{HANGUL}]"
    return re.compile(rf"(?<!{letters})(?:{bounded})(?!{letters})" + (f"|(?:{free})" if free else ""))
