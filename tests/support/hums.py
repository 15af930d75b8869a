"""The card of a dataset of noise in two genres: files GENRE/NAME.wav."""

CARD = """
name: hums
title: Hums
summary: Noise that tests read.
tags: [genre]
format: wav
duration: {min: 0.2, max: 20}
licence: {text: CC0, spdx: CC0-1.0, usage: unrestricted, redistributable: true}
citation: {text: Nobody, bibtex: "@misc{nobody}"}
homepage: https://example.org
availability: do-it-yourself
sources: {all: {what: hums, mirrors: [{kind: local, how: Made by the tests.}]}}
clips: [{files: "**/{genre}/{stem}.wav", id: "{genre}.{stem}"}]
labels: {genre: {part: genre, vocabulary: [low, high]}}
tasks: {genre: {kind: classify, namespace: genre, noun: genre}}
"""
