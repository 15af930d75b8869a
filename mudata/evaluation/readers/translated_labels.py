"""Labels of options in other languages than English: '第二个选项', 'la segunda opción', 'der zweite Ausschnitt'."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NOUNS = (
    r"(?:option|antwort|möglichkeit|clip|ausschnitt|aufnahme|hörbeispiel|stück|audio|extrait|enregistrement|morceau|piste"
    r"|réponse|proposition|opción|respuesta|fragmento|grabación|extracto|pista|opzione|brano|estratto|registrazione"
    r"|frammento|opção|resposta|trecho|áudio|gravação|clipe|optie|fragment|opname"
    r"|вариант|ответ|фрагмент|клип|отрывок|запись|ролик)"
)
_ORDINALS = (
    r"erste[nrsm]?|premi(?:er|ère)|primer[ao]?|prim[ao]|primeir[ao]|eerste|перв(?:ый|ая|ое|ом|ой|ого)",
    r"zweite[nrsm]?|deuxième|seconde?|segund[ao]|second[ao]|tweede|втор(?:ой|ая|ое|ом|ого)",
    r"dritte[nrsm]?|troisième|tercer[ao]?|terz[ao]|terceir[ao]|derde|трет(?:ий|ья|ье|ьем|ьей|ьего)",
    r"vierte[nrsm]?|quatrième|cuart[ao]|quart[ao]|vierde|четв[её]рт(?:ый|ая|ое|ом|ого)",
)
_WORDED = [re.compile(rf"(?<!\w)(?:{words}) {_NOUNS}(?!\w)") for words in _ORDINALS]
_CHINESE_NUMBERS = {"一": 1, "二": 2, "三": 3, "四": 4, "첫": 1, "두": 2, "세": 3, "네": 4}
_SIGNED = re.compile(
    r"第(?P<chinese>[一二三四1-4])(?:个|個|段|首|条|項|项)(?:音频|音頻|片段|选项|選項|录音|錄音|剪辑|音乐|音樂)?"
    r"|(?:选项|選項|選択肢|クリップ|音声|선택지|클립) ?(?P<noun>[1-4一二三四])(?!\d)"
    r"|(?P<japanese>[1-4一二三四])(?:番目|つ目)(?:の(?:クリップ|音声|曲|選択肢|録音))?"
    r"|(?P<korean>첫|두|세|네) ?번째(?: ?(?:클립|음원|곡|선택지))?|(?<!\d)(?P<number>[1-4])번(?!째)"
)


def translated_labels(text: str) -> Iterator[tuple[int, int, int]]:
    """Labels [start, end) of a lower-case text, and the number that each says, from 1; not sorted."""
    for number, pattern in enumerate(_WORDED, 1):
        for match in pattern.finditer(text):
            yield *match.span(), number
    for match in _SIGNED.finditer(text):
        said = match[match.lastgroup or 0]
        yield *match.span(), _CHINESE_NUMBERS.get(said) or int(said)


def is_all(text: str, start: int, end: int) -> bool:
    """Whether nothing but signs and articles stands beside a piece of a lower-case text."""
    beside = text[:start] + " " + text[end:]
    return (
        re.fullmatch(r"[\W_]*(?:(?:der|die|das|den|le|la|el|il|lo|o|a|de|het|です|입니다)[\W_]*)?", beside) is not None
    )
