"""Labels of options in other languages than English: '第二个选项', 'la segunda opción', 'der zweite Ausschnitt'."""

from __future__ import annotations

import re
from collections.abc import Iterator

_OPTION = (
    r"(?:option|antwort|antwortmöglichkeit|möglichkeit|réponse|proposition|opción|respuesta|opzione|risposta|opção"
    r"|resposta|optie|antwoord|вариант|ответ)"
)
CLIP = (
    r"(?:clip|ausschnitt|aufnahme|hörbeispiel|stück|audio|extrait|enregistrement|morceau|fragmento|grabación|extracto"
    r"|brano|estratto|registrazione|frammento|trecho|áudio|gravação|clipe|fragment|opname|фрагмент|клип|отрывок|запись"
    r"|ролик)"
)
ORDINALS = (
    r"erste[nrsm]?|premi(?:er|ère)|primer[ao]?|prim[ao]|primeir[ao]|eerste|перв(?:ый|ая|ое|ом|ой|ого)",
    r"zweite[nrsm]?|deuxième|seconde?|segund[ao]|second[ao]|tweede|втор(?:ой|ая|ое|ом|ого)",
    r"dritte[nrsm]?|troisième|tercer[ao]?|terz[ao]|terceir[ao]|derde|трет(?:ий|ья|ье|ьем|ьей|ьего)",
    r"vierte[nrsm]?|quatrième|cuart[ao]|quart[ao]|vierde|четв[её]рт(?:ый|ая|ое|ом|ого)",
)
_WORDED = [re.compile(rf"(?<!\w)(?:{words}) (?:(?P<option>{_OPTION})|{CLIP})(?!\w)") for words in ORDINALS]
_SIGNS = {"一": 1, "二": 2, "三": 3, "四": 4, "첫": 1, "두": 2, "세": 3, "네": 4}
_SIGNED = re.compile(
    r"第(?P<chinese>[一二三四1-4])(?:个|個|段|首|条|項|项)?(?:(?P<option>选项|選項)|音频|音頻|片段|录音|錄音|剪辑)?"
    r"|(?P<option2>选项|選項|選択肢|선택지|정답은|답은) ?(?P<noun>[1-4一二三四])(?:번)?(?!\d)"
    r"|(?P<japanese>[1-4一二三四])(?:番目|つ目)(?:の(?:(?P<option3>選択肢)|クリップ|音声|曲|録音))?"
    r"|(?P<korean>첫|두|세|네) ?번째(?: ?(?:(?P<option4>선택지)|클립|음원|곡))?|(?<!\d)(?P<number>[1-4])번(?!째)"
)
_NUMBERS = ("chinese", "noun", "japanese", "korean", "number")


def translated_labels(text: str, *, clips: bool) -> Iterator[tuple[int, int, int]]:
    """Labels [start, end) of a lower-case text, and the number that each says, from 1; not sorted.

    Beside other words only options called so: 'the second piece' may be a part of the music, and what is told of a clip
    in another language is not known ('the first is slower' chooses no faster one, of `clips`).
    """
    for number, pattern in enumerate(_WORDED, 1):
        for match in pattern.finditer(text):
            if (match["option"] and not clips) or _is_all(text, *match.span()):
                yield *match.span(), number
    for match in () if text.isascii() else _SIGNED.finditer(text):
        named = any(match[name] for name in ("option", "option2", "option3", "option4"))
        if (named and not clips) or _is_all(text, *match.span()):
            said = next(match[name] for name in _NUMBERS if match[name])
            yield *match.span(), _SIGNS.get(said) or int(said)


_BESIDE = re.compile(
    r"[\W_]*(?:(?:die |la |le |的 ?)?(?:antwort|réponse|respuesta|risposta|resposta|antwoord|ответ|答案|答え|正解"
    r"|正确答案|정답|답)"
    r"(?: ?(?:ist|est|es|è|é|is|是|为|は|은|이))?[\W_]*)?(?:(?:der|die|das|den|le|la|el|il|lo|o|a|de|het)[\W_]*)?"
    r"(?:です|입니다)?[\W_]*"
)
"""What may stand beside a label that is the whole answer."""


def _is_all(text: str, start: int, end: int) -> bool:
    return _BESIDE.fullmatch(text[:start] + " " + text[end:]) is not None
