"""Ratings for other programs: CSV as results have it, and for R the same with a script that fits the usual models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mudata.evaluation.listening.results_files import csv_text, flat_row, rating_rows
from mudata.home import write_atomic, writing_to

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import TestKind
    from mudata.evaluation.listening.rated_rows import RatedTest

ExportForm = Literal["csv", "r"]

_READ = """\
# Ratings of the listening test {test}, made by mudata {version}. In this folder: Rscript analysis.R
# Rows that do not count (practice, checks, raters left out by the test's own rule) are in the file and left out here.
ratings <- read.csv("ratings.csv", stringsAsFactors = TRUE, na.strings = "", fileEncoding = "UTF-8")
ratings <- droplevels(subset(ratings, counted))
"""
_MODELS: dict[TestKind, str] = {
    "mos": """\
library(lme4)     # mixed models: raters and clips as crossed random effects
library(ordinal)  # the same for ordered marks

for (aspect in levels(ratings$aspect)) {
  rows <- droplevels(ratings[ratings$aspect == aspect, ])
  cat("\\n==", aspect, "\\n")
  print(aggregate(number ~ system, rows, mean))
  linear <- lmer(number ~ 0 + system + (1 | rater) + (1 | cluster), data = rows)
  print(summary(linear)$coefficients)
  rows$mark <- factor(rows$number, ordered = TRUE)
  ordered_marks <- clmm(mark ~ system + (1 | rater) + (1 | cluster), data = rows)
  print(summary(ordered_marks)$coefficients)
}
""",
    "texts": """\
library(BradleyTerry2)

names <- sort(unique(c(as.character(ratings$system), as.character(ratings$system_2))))
ratings$first <- factor(ratings$system, levels = names)
ratings$second <- factor(ratings$system_2, levels = names)
ratings$win <- sign(ratings$number) / 2 + 0.5  # no preference is half of one for each
wins <- aggregate(cbind(win1 = win, win2 = 1 - win) ~ first + second, ratings, sum)
# halves of wins are no whole numbers, which glm says in a warning
model <- suppressWarnings(BTm(cbind(win1, win2), first, second, data = wins))
print(BTabilities(model))  # the first system is 0; the standard errors know neither raters nor clips
""",
    "pairwise": """\
library(lme4)

ratings$towards <- ifelse(ratings$described == 0, ratings$number, -ratings$number)
decided <- droplevels(subset(ratings, towards != 0))  # no preference says nothing here
decided$found <- decided$towards > 0
print(aggregate(found ~ system, decided, mean))
model <- glmer(found ~ 0 + system + (1 | rater) + (1 | cluster), data = decided, family = binomial)
print(summary(model)$coefficients)  # log odds of finding the clip; 0 is chance
""",
}


def export_ratings(rated: RatedTest, form: ExportForm, folder: Path) -> list[Path]:
    """Write ratings.csv, and for R analysis.R beside it; the paths.

    Raises HomeError where the folder cannot be written.
    """
    texts = {"ratings.csv": csv_text([flat_row(row) for row in rating_rows(rated)])}
    if form == "r":
        head = _READ.format(test=rated.test.name, version=rated.test.mudata_version)
        texts["analysis.R"] = f"{head}\n{_MODELS[rated.test.kind]}"
    with writing_to(folder):
        for name, text in texts.items():
            write_atomic(folder / name, text)
    return [folder / name for name in texts]
